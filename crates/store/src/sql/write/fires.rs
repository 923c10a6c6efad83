//! Starts that triggers order. A trigger's new times and the fires that go with
//! them are one transaction, and so are an execution and the end of its order.

use engine::model::{ExecutionId, Id, Timestamp};
use yaql::{Dict, Value, json};

use super::Tx;
use crate::StoreError;
use crate::query::FireColumn;
use crate::sql::fields::{Key, Micros};
use crate::sql::list::get;
use crate::sql::read::{one, triggers};
use crate::sql::{Expect, named_params};
use crate::trigger::{Fire, FirePlace, FireState, Firing, NewFire, Overlap, StartRequest};

/// Fires that are kept of each trigger, besides those that still run or wait.
const HISTORY: i64 = 100;

const ADVANCE: &str = "
UPDATE cron_triggers SET
    remaining = ?3, next_at = ?4, due_at = ?5, version = version + 1, updated_at = ?6
WHERE id = ?1 AND version = ?2";

const USED_UP: &str = "DELETE FROM cron_triggers WHERE id = ?1 AND version = ?2";

const INSERT: &str = "
INSERT INTO fires (id, owner, kind, state, scheduled_at, created_at, reason, request)
VALUES (:id, :owner, :kind, :state, :scheduled_at, :at, :reason, :request)";

/// With the execution's row.
pub(super) const STARTED: &str = "
UPDATE fires SET state = 'STARTED', started_at = ?2, request = NULL
WHERE id = ?1 AND state = 'PENDING'";

const REFUSE: &str = "
UPDATE fires SET state = 'REFUSED', reason = ?2, request = NULL
WHERE id = ?1 AND state = 'PENDING'";

const RELEASE: &str = "UPDATE fires SET state = 'PENDING' WHERE id = ?1 AND state = 'BUFFERED'";

const REPLACE_BUFFERED: &str = "
UPDATE fires SET state = 'SKIPPED', reason = 'a later one waits instead', request = NULL
WHERE owner = ?1 AND state = 'BUFFERED'";

pub(super) const FORGET: &str = "
DELETE FROM fires WHERE owner = ?1
AND id < (SELECT id FROM fires WHERE owner = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)
AND state NOT IN ('PENDING', 'BUFFERED')
AND NOT EXISTS (
    SELECT 1 FROM executions e
    WHERE e.id = fires.id AND e.state NOT IN ('SUCCESS', 'ERROR', 'CANCELLED'))";

/// The last fire of a slice.
pub(super) const SLICE_END: &str = "
SELECT created_at, id FROM fires WHERE (created_at, id) > (?1, ?2) AND created_at < ?3
ORDER BY created_at, id LIMIT 1 OFFSET 999";

/// Those of a slice whose trigger is gone.
pub(super) const FORGET_GONE: &str = "
DELETE FROM fires WHERE (created_at, id) > (?1, ?2) AND (created_at, id) <= (?3, ?4)
AND state NOT IN ('PENDING', 'BUFFERED')
AND NOT EXISTS (SELECT 1 FROM cron_triggers t WHERE t.id = fires.owner)
AND NOT EXISTS (SELECT 1 FROM event_triggers t WHERE t.id = fires.owner)
AND NOT EXISTS (
    SELECT 1 FROM executions e
    WHERE e.id = fires.id AND e.state NOT IN ('SUCCESS', 'ERROR', 'CANCELLED'))";

pub(crate) fn fire_all(
    tx: &mut Tx<'_>,
    at: Timestamp,
    firings: Vec<Firing>,
) -> Result<Vec<Fire>, StoreError> {
    let mut started = Vec::new();
    for firing in firings {
        if advance(tx, at, &firing)? {
            for new in firing.fires {
                started.extend(decide(tx, at, firing.owner, firing.overlap, new)?);
            }
            forget(tx, firing.owner)?;
        }
    }
    Ok(started)
}

pub(crate) fn order(
    tx: &mut Tx<'_>,
    at: Timestamp,
    owner: Id,
    fires: Vec<NewFire>,
) -> Result<Vec<Fire>, StoreError> {
    let ordered = fires
        .into_iter()
        .map(|new| insert(tx, at, owner, FireState::Pending, new))
        .collect::<Result<_, _>>()?;
    forget(tx, owner)?;
    Ok(ordered)
}

/// Orders what an event starts; a start without a request is refused.
pub(super) fn of_event(
    tx: &mut Tx<'_>,
    at: Timestamp,
    owner: Id,
    new: NewFire,
) -> Result<Fire, StoreError> {
    let state = match new.request {
        Some(_) => FireState::Pending,
        None => FireState::Refused,
    };
    let fire = insert(tx, at, owner, state, new)?;
    forget(tx, owner)?;
    Ok(fire)
}

/// The execution's row is written: its order is done.
pub(super) fn start(tx: &mut Tx<'_>, id: ExecutionId, at: Timestamp) -> Result<(), StoreError> {
    tx.send_row(STARTED, (Key(id.0), Micros(at)), Expect::Anything)
}

pub(crate) fn refuse(tx: &mut Tx<'_>, id: ExecutionId, reason: &str) -> Result<(), StoreError> {
    tx.execute(REFUSE, (Key(id.0), reason))?;
    Ok(())
}

pub(crate) fn forget_gone(
    tx: &mut Tx<'_>,
    after: Option<FirePlace>,
    before: Timestamp,
) -> Result<Option<FirePlace>, StoreError> {
    let first = ExecutionId(Id::from_bytes([0; 16]));
    let (from, id) = after.unwrap_or((Timestamp::from_micros(i64::MIN), first));
    let params = (Micros(from), Key(id.0), Micros(before));
    let end = one(tx.connection(), SLICE_END, params, |fields| {
        Ok((fields.time()?, fields.execution()?))
    })?;
    let (until, last) = end.unwrap_or((before, first));
    let params = (Micros(from), Key(id.0), Micros(until), Key(last.0));
    tx.execute(FORGET_GONE, params)?;
    Ok(end)
}

pub(crate) fn release(tx: &mut Tx<'_>, id: ExecutionId) -> Result<Option<Fire>, StoreError> {
    let Some(mut fire) = get::<FireColumn>(tx.connection(), id.0)? else {
        return Ok(None);
    };
    let held = fire.state != FireState::Buffered
        || !triggers::running(tx.connection(), fire.owner, id)?.is_empty();
    if held {
        return Ok(None);
    }
    let is_released = tx.execute(RELEASE, (Key(id.0),))? > 0;
    fire.state = FireState::Pending;
    Ok(is_released.then_some(fire))
}

/// Tells whether the trigger was still the one that was looked at.
fn advance(tx: &mut Tx<'_>, at: Timestamp, firing: &Firing) -> Result<bool, StoreError> {
    let (id, version) = (
        Key(firing.owner),
        i64::try_from(firing.version).unwrap_or(i64::MAX),
    );
    let rows = match firing.remaining {
        Some(0) => tx.execute(USED_UP, (id, version))?,
        remaining => tx.execute(
            ADVANCE,
            (
                id,
                version,
                remaining,
                firing.next_at.map(Micros),
                firing.due_at.map(Micros),
                Micros(at),
            ),
        )?,
    };
    Ok(rows == 1)
}

/// Writes a fire; answers it if it is to be started now.
fn decide(
    tx: &mut Tx<'_>,
    at: Timestamp,
    owner: Id,
    overlap: Overlap,
    mut new: NewFire,
) -> Result<Option<Fire>, StoreError> {
    let busy = new.request.is_some()
        && overlap != Overlap::Allow
        && !triggers::running(tx.connection(), owner, new.id)?.is_empty();
    let state = match (&mut new.request, overlap) {
        (None, _) => FireState::Missed,
        (Some(_), _) if !busy => FireState::Pending,
        (Some(_), Overlap::Allow) => FireState::Pending,
        (Some(request), Overlap::CancelPrevious) => {
            request.cancel_previous = true;
            FireState::Pending
        }
        (Some(_), Overlap::BufferOne) => {
            tx.execute(REPLACE_BUFFERED, (Key(owner),))?;
            FireState::Buffered
        }
        (Some(_), Overlap::Skip) => {
            new.request = None;
            new.reason = Some("an earlier execution was running".into());
            FireState::Skipped
        }
    };
    let fire = insert(tx, at, owner, state, new)?;
    Ok((state == FireState::Pending || state == FireState::Buffered).then_some(fire))
}

fn insert(
    tx: &mut Tx<'_>,
    at: Timestamp,
    owner: Id,
    state: FireState,
    new: NewFire,
) -> Result<Fire, StoreError> {
    tx.send(
        INSERT,
        named_params! {
            ":id": Key(new.id.0),
            ":owner": Key(owner),
            ":kind": new.kind.as_str(),
            ":state": state.as_str(),
            ":scheduled_at": Micros(new.scheduled_at),
            ":at": Micros(at),
            ":reason": new.reason,
            ":request": new.request.as_ref().map(write_request),
        },
    )?;
    Ok(Fire {
        id: new.id,
        owner,
        kind: new.kind,
        state,
        scheduled_at: new.scheduled_at,
        created_at: at,
        started_at: None,
        reason: new.reason,
        request: new.request,
    })
}

fn forget(tx: &mut Tx<'_>, owner: Id) -> Result<(), StoreError> {
    tx.execute(FORGET, (Key(owner), HISTORY))?;
    Ok(())
}

fn write_request(request: &StartRequest) -> String {
    let mut dict = Dict::with_capacity(7);
    dict.insert("workflow_id", request.workflow_id.to_string());
    dict.insert("workflow_name", request.workflow_name.clone());
    dict.insert("input", request.input.clone());
    dict.insert("params", request.params.clone());
    dict.insert("description", request.description.clone());
    dict.insert("project_id", request.project_id.clone());
    dict.insert("cancel_previous", request.cancel_previous);
    json::to_string(&Value::from(dict))
}
