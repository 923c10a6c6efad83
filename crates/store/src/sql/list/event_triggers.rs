//! Where the columns of event triggers are.

use super::Listed;
use super::definitions::scope;
use crate::codec::{read_dict, read_value};
use crate::query::EventTriggerColumn as C;
use crate::sql::fields::Fields;
use crate::trigger::EventTrigger;
use crate::{Resource, StoreError};

impl Listed for C {
    type Record = EventTrigger;

    const RESOURCE: Resource = Resource::EventTrigger;
    const SELECT: &'static str = "
        v.id, v.name, v.project_id, v.scope, v.workflow_id, v.workflow_name,
        v.workflow_input, v.workflow_params, v.exchange, v.topic, v.event, v.secret,
        v.created_at, v.updated_at";
    const FROM: &'static str = "event_triggers v";
    const PROJECT: &'static str = "v.project_id";
    const SCOPE: Option<&'static str> = Some("v.scope");

    fn sql(self) -> &'static str {
        match self {
            C::Id => "v.id",
            C::CreatedAt => "v.created_at",
            C::UpdatedAt => "v.updated_at",
            C::ProjectId => "v.project_id",
            C::Name => "v.name",
            C::WorkflowId => "v.workflow_id",
            C::WorkflowInput => "v.workflow_input",
            C::WorkflowParams => "v.workflow_params",
            C::Exchange => "v.exchange",
            C::Topic => "v.topic",
            C::Event => "v.event",
            C::Scope => "v.scope",
        }
    }

    fn read(fields: &mut Fields<'_>) -> Result<EventTrigger, StoreError> {
        Ok(EventTrigger {
            id: fields.id()?,
            name: fields.optional_text()?,
            project_id: fields.text()?,
            scope: scope(fields)?,
            workflow_id: fields.id()?,
            workflow_name: fields.text()?,
            input: read_dict(read_value(fields.str()?)?)?,
            params: read_dict(read_value(fields.str()?)?)?,
            exchange: fields.text()?,
            topic: fields.text()?,
            event: fields.text()?,
            secret: fields.optional_text()?,
            created_at: fields.time()?,
            updated_at: fields.optional_time()?,
        })
    }
}
