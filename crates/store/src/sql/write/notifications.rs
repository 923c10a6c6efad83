//! Notifications: written in the transaction of the change they tell of.

use std::collections::BTreeSet;

use engine::model::{Id, Timestamp};
use yaql::json;

use super::Tx;
use crate::codec::damaged;
use crate::notification::{Attempt, Attempted, NewNotification, Notification};
use crate::query::NotificationColumn;
use crate::sql::fields::{Key, Micros};
use crate::sql::list::get;
use crate::sql::named_params;
use crate::sql::read::one;
use crate::{Resource, StoreError};

/// Rows that are deleted at a time.
const SLICE: usize = 1_000;

/// The next number of a receiver. One that waits after a failure goes on waiting.
pub(super) const NUMBER: &str = "
INSERT INTO receivers (id, publisher, seq, failures, due_at, told_at)
VALUES (?1, ?2, 1, 0, ?3, ?3)
ON CONFLICT (id) DO UPDATE SET
    seq = receivers.seq + 1, due_at = ifnull(receivers.due_at, excluded.due_at),
    told_at = excluded.told_at
RETURNING seq";

const INSERT: &str = "
INSERT INTO notifications (
    id, receiver, seq, execution, project_id, event, body, state, attempts, due_at, created_at
) VALUES (
    :id, :receiver, :seq, :execution, :project_id, :event, :body, 'PENDING', 0, :at, :at
)";

const END: &str = "
UPDATE notifications SET
    state = ?2, attempts = attempts + 1, due_at = NULL, ended_at = ?3, reason = ?4
WHERE id = ?1 AND due_at IS NOT NULL";

const AGAIN: &str = "
UPDATE notifications SET attempts = attempts + 1, due_at = ?2, reason = ?3
WHERE id = ?1 AND due_at IS NOT NULL";

const BLOCK: &str = "UPDATE receivers SET failures = failures + 1, due_at = ?2 WHERE id = ?1";

pub(super) const GO_ON: &str = "
UPDATE receivers SET failures = 0, due_at = (
    SELECT min(due_at) FROM notifications WHERE receiver = ?1 AND due_at IS NOT NULL)
WHERE id = ?1";

const REPLAY: &str = "
UPDATE notifications SET state = 'PENDING', due_at = ?2, ended_at = NULL WHERE id = ?1
RETURNING receiver";

const WAKE: &str = "UPDATE receivers SET due_at = ?2 WHERE id = ?1";

pub(super) const FORGET: &str = "
DELETE FROM notifications WHERE id IN (
    SELECT id FROM notifications WHERE ended_at < ?1 ORDER BY ended_at LIMIT ?2)";

/// Of receivers without any row in the log.
pub(super) const FORGET_RECEIVERS: &str = "
DELETE FROM receivers WHERE id IN (
    SELECT r.id FROM receivers r WHERE r.told_at < ?1
    AND NOT EXISTS (SELECT 1 FROM notifications v WHERE v.receiver = r.id)
    ORDER BY r.told_at LIMIT ?2)";

pub(super) fn write(tx: &mut Tx<'_>, new: &NewNotification) -> Result<(), StoreError> {
    let publisher = json::to_string(&new.publisher.clone().into());
    let params = (Key(new.receiver), publisher, Micros(new.at));
    let seq = one(tx.connection(), NUMBER, params, |fields| fields.integer())?;
    let seq = seq.ok_or_else(|| damaged("a receiver without a number"))?;
    tx.send(
        INSERT,
        named_params! {
            ":id": Key(new.id),
            ":receiver": Key(new.receiver),
            ":seq": seq,
            ":execution": Key(new.execution.0),
            ":project_id": new.project_id,
            ":event": new.event,
            ":body": new.body,
            ":at": Micros(new.at),
        },
    )
}

pub(crate) fn attempted(
    tx: &mut Tx<'_>,
    at: Timestamp,
    receiver: Id,
    attempts: &[Attempt],
    blocked: Option<Timestamp>,
) -> Result<(), StoreError> {
    for Attempt { id, outcome } in attempts {
        let none: Option<&str> = None;
        match outcome {
            Attempted::Delivered => tx.execute(END, (Key(*id), "DELIVERED", Micros(at), none))?,
            Attempted::Again { at, reason } => {
                tx.execute(AGAIN, (Key(*id), Micros(*at), reason))?
            }
            Attempted::GivenUp { reason } => {
                tx.execute(END, (Key(*id), "FAILED", Micros(at), reason))?
            }
        };
    }
    match blocked {
        Some(until) => tx.execute(BLOCK, (Key(receiver), Micros(until)))?,
        None => tx.execute(GO_ON, (Key(receiver),))?,
    };
    Ok(())
}

pub(crate) fn replay(tx: &mut Tx<'_>, at: Timestamp, id: Id) -> Result<Notification, StoreError> {
    replay_all(tx, at, &[id])?;
    let found = get::<NotificationColumn>(tx.connection(), id)?;
    found.ok_or_else(|| StoreError::not_found(Resource::Notification, id))
}

/// Those that are there; tells how many.
pub(crate) fn replay_all(tx: &mut Tx<'_>, at: Timestamp, ids: &[Id]) -> Result<usize, StoreError> {
    let mut count = 0;
    let mut receivers = BTreeSet::new();
    for id in ids {
        let params = (Key(*id), Micros(at));
        let receiver = one(tx.connection(), REPLAY, params, |fields| fields.id())?;
        count += usize::from(receiver.is_some());
        receivers.extend(receiver);
    }
    for receiver in receivers {
        tx.execute(WAKE, (Key(receiver), Micros(at)))?;
    }
    Ok(count)
}

pub(crate) fn forget(tx: &mut Tx<'_>, before: Timestamp) -> Result<bool, StoreError> {
    forget_by(tx, FORGET, before)
}

pub(crate) fn forget_receivers(tx: &mut Tx<'_>, before: Timestamp) -> Result<bool, StoreError> {
    forget_by(tx, FORGET_RECEIVERS, before)
}

fn forget_by(tx: &mut Tx<'_>, sql: &'static str, before: Timestamp) -> Result<bool, StoreError> {
    let limit = i64::try_from(SLICE).unwrap_or(i64::MAX);
    Ok(tx.execute(sql, (Micros(before), limit))? >= SLICE)
}
