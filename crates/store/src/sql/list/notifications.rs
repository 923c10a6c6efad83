//! Where the columns of notifications are.

use super::Listed;
use crate::codec::{damaged, read_dict, read_value};
use crate::notification::{DeliveryState, Notification};
use crate::query::NotificationColumn as C;
use crate::sql::fields::Fields;
use crate::{Resource, StoreError};

impl Listed for C {
    type Record = Notification;

    const RESOURCE: Resource = Resource::Notification;
    const SELECT: &'static str = "
        v.id, v.receiver, r.publisher, v.seq, v.execution, v.project_id, v.event, v.body,
        v.state, v.attempts, v.due_at, v.created_at, v.ended_at, v.reason";
    const FROM: &'static str = "notifications v JOIN receivers r ON r.id = v.receiver";
    const PROJECT: &'static str = "v.project_id";

    fn sql(self) -> &'static str {
        match self {
            C::Id => "v.id",
            C::ReceiverId => "v.receiver",
            C::Sequence => "v.seq",
            C::WorkflowExecutionId => "v.execution",
            C::Event => "v.event",
            C::State => "v.state",
            C::Attempts => "v.attempts",
            C::CreatedAt => "v.created_at",
            C::EndedAt => "v.ended_at",
            C::ProjectId => "v.project_id",
        }
    }

    fn read(fields: &mut Fields<'_>) -> Result<Notification, StoreError> {
        Ok(Notification {
            id: fields.id()?,
            receiver: fields.id()?,
            publisher: read_dict(read_value(fields.str()?)?)?,
            seq: u64::try_from(fields.integer()?).map_err(|_| damaged("a sequence number"))?,
            execution: fields.execution()?,
            project_id: fields.text()?,
            event: fields.text()?,
            body: fields.text()?,
            state: DeliveryState::by_name(fields.str()?).ok_or_else(|| damaged("a state"))?,
            attempts: fields.u32()?,
            due_at: fields.optional_time()?,
            created_at: fields.time()?,
            ended_at: fields.optional_time()?,
            reason: fields.optional_text()?,
        })
    }
}
