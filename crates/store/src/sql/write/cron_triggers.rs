//! Rows of cron triggers.

use crate::sql::named_params;
use engine::model::{Id, Timestamp};
use yaql::json;

use super::{Tx, definitions, delete_row};
use crate::query::CronTriggerColumn;
use crate::sql::fields::{Key, Micros};
use crate::sql::list::get;
use crate::trigger::CronTrigger;
use crate::{DefinitionKind, Resource, StoreError};

const INSERT: &str = "
INSERT INTO cron_triggers (
    id, name, project_id, scope, workflow_id, workflow_name, workflow_input,
    workflow_params, pattern, remaining, first_at, next_at, due_at, timezone,
    catch_up, overlap, enabled, jitter, likeness, version, created_at, updated_at
) VALUES (
    :id, :name, :project_id, :scope, :workflow_id, :workflow_name, :workflow_input,
    :workflow_params, :pattern, :remaining, :first_at, :next_at, :due_at, :timezone,
    :catch_up, :overlap, :enabled, :jitter, :likeness, :version, :created_at, :updated_at
)";

const UPDATE: &str = "
UPDATE cron_triggers SET
    name = :name, project_id = :project_id, scope = :scope, workflow_id = :workflow_id,
    workflow_name = :workflow_name, workflow_input = :workflow_input,
    workflow_params = :workflow_params, pattern = :pattern, remaining = :remaining,
    first_at = :first_at, next_at = :next_at, due_at = :due_at, timezone = :timezone,
    catch_up = :catch_up, overlap = :overlap, enabled = :enabled, jitter = :jitter,
    likeness = :likeness, version = :version + 1, created_at = :created_at,
    updated_at = :updated_at
WHERE id = :id AND version = :version";

const DELETE: &str = "DELETE FROM cron_triggers WHERE id = ?1";

pub(crate) fn create(tx: &mut Tx<'_>, trigger: CronTrigger) -> Result<CronTrigger, StoreError> {
    definitions::existing(tx, DefinitionKind::Workflow, trigger.workflow_id)?;
    put(tx, INSERT, &trigger)?;
    Ok(trigger)
}

pub(crate) fn update(
    tx: &mut Tx<'_>,
    at: Timestamp,
    mut trigger: CronTrigger,
) -> Result<Option<CronTrigger>, StoreError> {
    definitions::existing(tx, DefinitionKind::Workflow, trigger.workflow_id)?;
    trigger.updated_at = Some(at);
    if put(tx, UPDATE, &trigger)? == 1 {
        trigger.version += 1;
        return Ok(Some(trigger));
    }
    match get::<CronTriggerColumn>(tx.connection(), trigger.id)? {
        Some(_) => Ok(None),
        None => Err(StoreError::not_found(Resource::CronTrigger, trigger.id)),
    }
}

pub(crate) fn delete(tx: &mut Tx<'_>, id: Id) -> Result<(), StoreError> {
    delete_row(tx, DELETE, Resource::CronTrigger, id)
}

fn put(tx: &mut Tx<'_>, sql: &'static str, trigger: &CronTrigger) -> Result<usize, StoreError> {
    let schedule = &trigger.schedule;
    let micros = |at: Option<Timestamp>| at.map(Micros);
    let done = tx.execute(
        sql,
        named_params! {
            ":id": Key(trigger.id),
            ":name": trigger.name,
            ":project_id": trigger.project_id,
            ":scope": trigger.scope.as_str(),
            ":workflow_id": Key(trigger.workflow_id),
            ":workflow_name": trigger.workflow_name,
            ":workflow_input": json::to_string(&trigger.input.clone().into()),
            ":workflow_params": json::to_string(&trigger.params.clone().into()),
            ":pattern": schedule.pattern,
            ":remaining": trigger.remaining,
            ":first_at": micros(schedule.first_at),
            ":next_at": micros(trigger.next_at),
            ":due_at": micros(trigger.due_at),
            ":timezone": schedule.timezone,
            ":catch_up": schedule.catch_up.to_string(),
            ":overlap": schedule.overlap.as_str(),
            ":enabled": schedule.enabled,
            ":jitter": schedule.jitter,
            ":likeness": trigger.likeness(),
            ":version": i64::try_from(trigger.version).unwrap_or(i64::MAX),
            ":created_at": Micros(trigger.created_at),
            ":updated_at": micros(trigger.updated_at),
        },
    );
    done.map_err(|error| error.or_duplicate(Resource::CronTrigger, &trigger.name))
}
