//! Where the columns of action executions are.

use engine::model::{ExecutionId, Id, TaskId};
use yaql::Value;

use super::Listed;
use super::executions::optional_reference;
use crate::codec::read_dict;
use crate::query::ActionColumn as C;
use crate::record::ActionRecord;
use crate::sql::fields::Fields;
use crate::sql::read::{Sheet, Values};
use crate::sql::write::ActionPart;
use crate::{Resource, StoreError};

impl Listed for C {
    type Record = ActionRecord;

    const RESOURCE: Resource = Resource::ActionExecution;
    const SELECT: &'static str = "
        a.id, a.name, e.workflow_name, e.workflow_namespace, e.id, e.external_id, a.task, t.name,
        a.state, a.state_info, a.accepted, a.is_sync, a.description, a.project_id,
        a.created_at, a.updated_at";
    const FROM: &'static str = "actions a
        LEFT JOIN executions e ON e.id = a.execution LEFT JOIN tasks t ON t.id = a.task";
    // What is below a deleted execution is not to be seen.
    const WHERE: Option<&'static str> = Some("(a.task IS NULL OR e.id IS NOT NULL)");
    const PROJECT: &'static str = "a.project_id";
    const ROOT: &'static str = "ifnull(ifnull(e.root, e.id), a.id)";
    const IDS_IN_TIME_ORDER: bool = true;

    fn sql(self) -> &'static str {
        match self {
            C::Id => "a.id",
            C::WorkflowName => "e.workflow_name",
            C::WorkflowNamespace => "e.workflow_namespace",
            C::TaskName => "t.name",
            C::TaskExecutionId => "a.task",
            C::State => "a.state",
            C::StateInfo => "a.state_info",
            C::Name => "a.name",
            C::Description => "a.description",
            C::ProjectId => "a.project_id",
            C::Accepted => "a.accepted",
            C::Input => {
                "ifnull((SELECT v.value FROM action_values v \
                 WHERE v.action = a.id AND v.part = 0), '{}')"
            }
            C::Output => {
                "(SELECT v.value FROM action_values v WHERE v.action = a.id AND v.part = 2)"
            }
            C::CreatedAt => "a.created_at",
            C::UpdatedAt => "a.updated_at",
        }
    }

    /// The API shows outputs as `{"result": …}`.
    fn stored(self, operand: &Value) -> Option<Value> {
        match operand {
            Value::Dict(shown) if self == C::Output => {
                let result = shown.get("result").filter(|_| shown.len() == 1);
                result.cloned()
            }
            operand => Some(operand.clone()),
        }
    }

    fn read(fields: &mut Fields<'_>) -> Result<ActionRecord, StoreError> {
        Ok(ActionRecord {
            id: fields.action()?,
            name: fields.text()?,
            workflow_name: fields.optional_text()?,
            workflow_namespace: fields.optional_text()?,
            execution: optional_reference(fields)?,
            task_execution_id: fields.optional_id()?.map(TaskId),
            task_name: fields.optional_text()?,
            state: fields.state()?,
            state_info: fields.optional_text()?,
            accepted: fields.flag()?,
            is_sync: fields.flag()?,
            description: fields.text()?,
            project_id: fields.text()?,
            created_at: fields.time()?,
            updated_at: fields.time()?,
            input: None,
            output: None,
        })
    }

    fn id(record: &ActionRecord) -> Option<Id> {
        Some(record.id.0)
    }

    fn part(self) -> Option<(Sheet, i64)> {
        let part = match self {
            C::Input => ActionPart::Input,
            C::Output => ActionPart::Output,
            _ => return None,
        };
        Some((Sheet::Actions, part as i64))
    }

    fn fill(
        self,
        record: &mut ActionRecord,
        root: ExecutionId,
        values: &mut Values<'_>,
    ) -> Result<(), StoreError> {
        let id = record.id.0;
        match self {
            C::Input => {
                let input = values.action(root, id, ActionPart::Input)?;
                record.input = Some(input.map_or_else(|| Ok(Default::default()), read_dict)?);
            }
            C::Output => record.output = values.action(root, id, ActionPart::Output)?,
            _ => {}
        }
        Ok(())
    }
}
