//! What is due, what runs, triggers by name.

use crate::sql::Connection;
use engine::model::{ExecutionId, Id, Timestamp};

use super::{all, one};
use crate::query::{CronTriggerColumn, EventTriggerColumn, Projects};
use crate::sql::fields::{Key, Micros};
use crate::sql::list::{Listed, get};
use crate::trigger::{CronTrigger, EventTrigger, Fire, FireState, Place};
use crate::{Resource, StoreError, query::FireColumn};

const BY_NAME: &str = "
SELECT id FROM cron_triggers
WHERE name = ?1 AND (CAST(?2 AS TEXT) IS NULL OR project_id = ?2 OR scope = 'public')
ORDER BY project_id IS DISTINCT FROM ?2, created_at, id LIMIT 1";

const CRON_OF_WORKFLOW: &str = "SELECT id FROM cron_triggers WHERE workflow_id = ?1 ORDER BY id";
const EVENT_OF_WORKFLOW: &str = "SELECT id FROM event_triggers WHERE workflow_id = ?1 ORDER BY id";

const PLACES: &str = "SELECT DISTINCT exchange, topic FROM event_triggers";

pub(crate) const LISTENING: &str = "
SELECT id FROM event_triggers
WHERE exchange = ?1 AND topic = ?2 AND event = ?3
AND (CAST(?4 AS TEXT) IS NULL OR project_id = ?4 OR scope = 'public')
ORDER BY id";

pub(crate) const NEXT_DUE: &str = "SELECT min(due_at) FROM cron_triggers WHERE due_at IS NOT NULL";

/// The last ones of a trigger are looked at: they are few, see `write/fires.rs`.
pub(crate) const RUNNING: &str = "
SELECT f.id FROM fires f LEFT JOIN executions e ON e.id = f.id
WHERE f.owner = ?1 AND f.id < ?2
AND (f.state = 'PENDING'
    OR f.state = 'STARTED' AND e.state NOT IN ('SUCCESS', 'ERROR', 'CANCELLED'))
ORDER BY f.id";

/// The row that a project means by a name.
pub(crate) fn by_name(
    connection: &Connection,
    name: &str,
    projects: &Projects,
) -> Result<Option<CronTrigger>, StoreError> {
    match one(connection, BY_NAME, (name, projects.own()), |fields| {
        fields.id()
    })? {
        Some(id) => get::<CronTriggerColumn>(connection, id),
        None => Ok(None),
    }
}

/// The triggers that use a workflow.
pub(crate) fn of_workflow(
    connection: &Connection,
    id: Id,
) -> Result<[(Resource, Vec<Id>); 2], StoreError> {
    let ids = |sql| all(connection, sql, (Key(id),), |fields| fields.id());
    Ok([
        (Resource::CronTrigger, ids(CRON_OF_WORKFLOW)?),
        (Resource::EventTrigger, ids(EVENT_OF_WORKFLOW)?),
    ])
}

/// The exchanges and topics that triggers listen to.
pub(crate) fn places(connection: &Connection) -> Result<Vec<Place>, StoreError> {
    all(connection, PLACES, (), |fields| {
        Ok((fields.text()?, fields.text()?))
    })
}

/// The triggers of an exchange, a topic and an event.
pub(crate) fn listening(
    connection: &Connection,
    (exchange, topic, event): (&str, &str, &str),
    projects: &Projects,
) -> Result<Vec<EventTrigger>, StoreError> {
    let params = (exchange, topic, event, projects.own());
    let ids = all(connection, LISTENING, params, |fields| fields.id())?;
    let rows = ids
        .into_iter()
        .map(|id| get::<EventTriggerColumn>(connection, id));
    Ok(rows
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .flatten()
        .collect())
}

pub(crate) fn due(
    connection: &Connection,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<CronTrigger>, StoreError> {
    let sql = format!(
        "SELECT {} FROM {} WHERE due_at <= ?1 ORDER BY due_at LIMIT ?2",
        CronTriggerColumn::SELECT,
        CronTriggerColumn::FROM
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    all(
        connection,
        &sql,
        (Micros(now), limit),
        CronTriggerColumn::read,
    )
}

pub(crate) fn next_due(connection: &Connection) -> Result<Option<Timestamp>, StoreError> {
    let next = one(connection, NEXT_DUE, (), |fields| fields.optional_time())?;
    Ok(next.flatten())
}

pub(crate) fn waiting(
    connection: &Connection,
    state: FireState,
    after: Option<ExecutionId>,
    limit: usize,
) -> Result<Vec<Fire>, StoreError> {
    let sql = format!(
        "SELECT {} FROM {} WHERE v.state = '{}' AND v.id > ?1 ORDER BY v.id LIMIT ?2",
        FireColumn::SELECT,
        FireColumn::FROM,
        state.as_str()
    );
    let after = Key(after.map_or(Id::from_bytes([0; 16]), |after| after.0));
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    all(connection, &sql, (after, limit), FireColumn::read)
}

pub(crate) fn running(
    connection: &Connection,
    owner: Id,
    before: ExecutionId,
) -> Result<Vec<ExecutionId>, StoreError> {
    all(connection, RUNNING, (Key(owner), Key(before.0)), |fields| {
        fields.execution()
    })
}
