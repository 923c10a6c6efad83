//! Where the columns of tasks are.

use std::sync::Arc;

use engine::model::{ExecutionId, Id};
use language::program::TaskIndex;

use super::Listed;
use super::executions::reference;
use crate::codec::read_runtime;
use crate::query::TaskColumn as C;
use crate::record::TaskRecord;
use crate::sql::fields::Fields;
use crate::sql::read::rows::task_kind;
use crate::sql::read::{Sheet, Values};
use crate::{Resource, StoreError};

impl Listed for C {
    type Record = TaskRecord;

    const RESOURCE: Resource = Resource::Task;
    const SELECT: &'static str = "
        t.id, t.name, t.type, t.node, e.program, e.workflow_id, e.workflow_name,
        e.workflow_namespace, e.id, e.external_id, ifnull(e.root, e.id), e.project_id,
        t.state, t.state_info, t.processed, t.runtime,
        t.created_at, t.updated_at, t.started_at, t.finished_at";
    // CROSS keeps the tasks outside: they are in the order that lists want.
    const FROM: &'static str = "tasks t CROSS JOIN executions e ON e.id = t.execution";
    const PROJECT: &'static str = "e.project_id";
    const ROOT: &'static str = "ifnull(e.root, e.id)";
    const IDS_IN_TIME_ORDER: bool = true;

    fn sql(self) -> &'static str {
        match self {
            C::Id => "t.id",
            C::Name => "t.name",
            C::Type => "t.type",
            C::WorkflowName => "e.workflow_name",
            C::WorkflowNamespace => "e.workflow_namespace",
            C::WorkflowId => "e.workflow_id",
            C::WorkflowExecutionId => "t.execution",
            C::State => "t.state",
            C::StateInfo => "t.state_info",
            C::ProjectId => "e.project_id",
            C::Published => {
                "ifnull((SELECT v.value FROM task_published v WHERE v.task = t.id), '{}')"
            }
            C::Processed => "t.processed",
            C::CreatedAt => "t.created_at",
            C::UpdatedAt => "t.updated_at",
            C::StartedAt => "t.started_at",
            C::FinishedAt => "t.finished_at",
        }
    }

    fn read(fields: &mut Fields<'_>) -> Result<TaskRecord, StoreError> {
        Ok(TaskRecord {
            id: fields.task()?,
            name: fields.text()?,
            kind: task_kind(fields.str()?)?,
            index: TaskIndex(fields.u32()?),
            program: fields.array()?,
            workflow_id: fields.id()?,
            workflow_name: fields.text()?,
            workflow_namespace: fields.text()?,
            execution: reference(fields)?,
            root: fields.execution()?,
            project_id: fields.text()?,
            state: fields.state()?,
            state_info: fields.optional_text()?,
            processed: fields.flag()?,
            runtime: Arc::new(read_runtime(fields.str()?)?),
            published: None,
            created_at: fields.time()?,
            updated_at: fields.time()?,
            started_at: fields.optional_time()?,
            finished_at: fields.optional_time()?,
        })
    }

    fn id(record: &TaskRecord) -> Option<Id> {
        Some(record.id.0)
    }

    fn part(self) -> Option<(Sheet, i64)> {
        (self == C::Published).then_some((Sheet::Published, 0))
    }

    fn fill(
        self,
        record: &mut TaskRecord,
        root: ExecutionId,
        values: &mut Values<'_>,
    ) -> Result<(), StoreError> {
        if self == C::Published {
            record.published = values.published(root, record.id.0)?;
        }
        Ok(())
    }
}
