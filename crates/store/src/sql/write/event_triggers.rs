//! Rows of event triggers.

use engine::model::{Id, Timestamp};
use yaql::json;

use super::{Tx, definitions, delete_row};
use crate::sql::fields::{Key, Micros};
use crate::sql::named_params;
use crate::trigger::EventTrigger;
use crate::{DefinitionKind, Resource, StoreError};

const INSERT: &str = "
INSERT INTO event_triggers (
    id, name, project_id, scope, workflow_id, workflow_name, workflow_input,
    workflow_params, exchange, topic, event, secret, created_at, updated_at
) VALUES (
    :id, :name, :project_id, :scope, :workflow_id, :workflow_name, :workflow_input,
    :workflow_params, :exchange, :topic, :event, :secret, :created_at, :updated_at
)";

const UPDATE: &str = "
UPDATE event_triggers SET
    name = :name, project_id = :project_id, scope = :scope, workflow_id = :workflow_id,
    workflow_name = :workflow_name, workflow_input = :workflow_input,
    workflow_params = :workflow_params, exchange = :exchange, topic = :topic,
    event = :event, secret = :secret, created_at = :created_at, updated_at = :updated_at
WHERE id = :id";

const DELETE: &str = "DELETE FROM event_triggers WHERE id = ?1";

pub(crate) fn create(tx: &mut Tx<'_>, trigger: EventTrigger) -> Result<EventTrigger, StoreError> {
    put(tx, INSERT, &trigger)?;
    Ok(trigger)
}

pub(crate) fn update(
    tx: &mut Tx<'_>,
    at: Timestamp,
    mut trigger: EventTrigger,
) -> Result<EventTrigger, StoreError> {
    trigger.updated_at = Some(at);
    match put(tx, UPDATE, &trigger)? {
        0 => Err(StoreError::not_found(Resource::EventTrigger, trigger.id)),
        _ => Ok(trigger),
    }
}

pub(crate) fn delete(tx: &mut Tx<'_>, id: Id) -> Result<(), StoreError> {
    delete_row(tx, DELETE, Resource::EventTrigger, id)
}

fn put(tx: &mut Tx<'_>, sql: &'static str, trigger: &EventTrigger) -> Result<usize, StoreError> {
    definitions::existing(tx, DefinitionKind::Workflow, trigger.workflow_id)?;
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
            ":exchange": trigger.exchange,
            ":topic": trigger.topic,
            ":event": trigger.event,
            ":secret": trigger.secret,
            ":created_at": Micros(trigger.created_at),
            ":updated_at": trigger.updated_at.map(Micros),
        },
    );
    done.map_err(|error| error.or_duplicate(Resource::EventTrigger, &trigger.event))
}
