//! Where the columns of executions are.

use std::sync::LazyLock;

use engine::model::{ExecutionId, Id, TaskId};
use yaql::Dict;

use super::Listed;
use crate::codec::read_tags;
use crate::query::ExecutionColumn as C;
use crate::record::{ExecutionRecord, ExecutionRef};
use crate::sql::Connection;
use crate::sql::fields::{Fields, Key};
use crate::sql::read::{Glance, Sheet, Values, glance_dict, one};
use crate::sql::write::ExecutionPart;
use crate::{Resource, StoreError};

impl Listed for C {
    type Record = ExecutionRecord;

    const RESOURCE: Resource = Resource::Execution;
    const SELECT: &'static str = "
        e.id, e.external_id, e.workflow_id, e.workflow_name, e.workflow_namespace, e.program,
        e.description, e.tags, e.parent_task, e.root, r.external_id, e.state, e.state_info,
        e.project_id, e.created_at, e.updated_at";
    const FROM: &'static str = "executions e LEFT JOIN executions r ON r.id = e.root";
    const PROJECT: &'static str = "e.project_id";
    const NAME: Option<&'static str> = Some("e.external_id");
    const ROOT: &'static str = "ifnull(e.root, e.id)";
    const INDEXED: &'static [Self] = &[
        C::CreatedAt,
        C::UpdatedAt,
        C::State,
        C::WorkflowName,
        C::WorkflowId,
        C::TaskExecutionId,
        C::RootExecutionId,
        C::ProjectId,
    ];
    const TABLE: &'static str = "executions e";
    const STATE: Option<Self> = Some(C::State);
    // A sub-execution has both.
    const NULL_TOGETHER: &'static [Self] = &[C::RootExecutionId, C::TaskExecutionId];
    const UPDATED_AT: Option<Self> = Some(C::UpdatedAt);
    const TAG_TABLE: bool = true;

    fn sql(self) -> &'static str {
        match self {
            C::Id => "e.id",
            C::WorkflowId => "e.workflow_id",
            C::WorkflowName => "e.workflow_name",
            C::WorkflowNamespace => "e.workflow_namespace",
            C::Description => "e.description",
            C::Tags => "e.tags",
            C::Params => {
                "ifnull((SELECT v.value FROM execution_values v \
                 WHERE v.execution = e.id AND v.part = 1), '{}')"
            }
            C::TaskExecutionId => "e.parent_task",
            C::RootExecutionId => "e.root",
            C::State => "e.state",
            C::StateInfo => "e.state_info",
            C::Input => {
                "ifnull((SELECT v.value FROM execution_values v \
                 WHERE v.execution = e.id AND v.part = 0), '{}')"
            }
            C::Output => {
                "ifnull((SELECT v.value FROM execution_values v \
                 WHERE v.execution = e.id AND v.part = 3), '{}')"
            }
            C::CreatedAt => "e.created_at",
            C::UpdatedAt => "e.updated_at",
            C::ProjectId => "e.project_id",
        }
    }

    fn read(fields: &mut Fields<'_>) -> Result<ExecutionRecord, StoreError> {
        Ok(ExecutionRecord {
            id: reference(fields)?,
            workflow_id: fields.id()?,
            workflow_name: fields.text()?,
            workflow_namespace: fields.text()?,
            program: fields.array()?,
            description: fields.text()?,
            tags: read_tags(fields.str()?)?,
            task_execution_id: fields.optional_id()?.map(TaskId),
            root_execution_id: optional_reference(fields)?,
            state: fields.state()?,
            state_info: fields.optional_text()?,
            project_id: fields.text()?,
            created_at: fields.time()?,
            updated_at: fields.time()?,
            input: None,
            params: None,
            output: None,
        })
    }

    fn id(record: &ExecutionRecord) -> Option<Id> {
        Some(record.id.id.0)
    }

    fn part(self) -> Option<(Sheet, i64)> {
        let part = match self {
            C::Input => ExecutionPart::Input,
            C::Params => ExecutionPart::Params,
            C::Output => ExecutionPart::Output,
            _ => return None,
        };
        Some((Sheet::Executions, part as i64))
    }

    fn fill(
        self,
        record: &mut ExecutionRecord,
        root: ExecutionId,
        values: &mut Values<'_>,
    ) -> Result<(), StoreError> {
        let (place, part) = match self {
            C::Input => (&mut record.input, ExecutionPart::Input),
            C::Params => (&mut record.params, ExecutionPart::Params),
            C::Output => (&mut record.output, ExecutionPart::Output),
            _ => return Ok(()),
        };
        *place = Some(values.execution(root, record.id.id, part)?);
        Ok(())
    }
}

/// The row with its wide columns beside it: input, params, output.
static WHOLE: LazyLock<String> = LazyLock::new(|| statement(WIDE));

/// The same with the context.
static IN_FULL: LazyLock<String> = LazyLock::new(|| statement(&format!("{WIDE}, {CONTEXT}")));

const WIDE: &str = "
    (SELECT v.value FROM execution_values v WHERE v.execution = e.id AND v.part = 0),
    (SELECT v.value FROM execution_values v WHERE v.execution = e.id AND v.part = 1),
    (SELECT v.value FROM execution_values v WHERE v.execution = e.id AND v.part = 3)";

const CONTEXT: &str =
    "(SELECT v.value FROM execution_values v WHERE v.execution = e.id AND v.part = 2)";

/// An execution with its wide columns, by one statement if none of them is large.
pub(crate) fn glance(
    connection: &Connection,
    id: ExecutionId,
) -> Result<Glance<Option<ExecutionRecord>>, StoreError> {
    let found = one(connection, &WHOLE, (Key(id.0),), whole)?;
    Ok(found.unwrap_or(Glance::Whole(None)))
}

/// The same, with the context.
pub(crate) fn glance_in_full(
    connection: &Connection,
    id: ExecutionId,
) -> Result<Glance<Option<(ExecutionRecord, Dict)>>, StoreError> {
    let found = one(connection, &IN_FULL, (Key(id.0),), |fields| {
        let Glance::Whole(Some(record)) = whole(fields)? else {
            return Ok(Glance::Part);
        };
        Ok(match glance_dict(fields.optional_wide()?)? {
            Glance::Whole(context) => Glance::Whole(Some((record, context))),
            Glance::Part => Glance::Part,
        })
    })?;
    Ok(found.unwrap_or(Glance::Whole(None)))
}

fn statement(wide: &str) -> String {
    format!(
        "SELECT {}, {wide} FROM {} WHERE e.id = ?1",
        C::SELECT,
        C::FROM
    )
}

fn whole(fields: &mut Fields<'_>) -> Result<Glance<Option<ExecutionRecord>>, StoreError> {
    let mut record = C::read(fields)?;
    let wide = [&mut record.input, &mut record.params, &mut record.output];
    for place in wide {
        let Glance::Whole(dict) = glance_dict(fields.optional_wide()?)? else {
            return Ok(Glance::Part);
        };
        *place = Some(dict);
    }
    Ok(Glance::Whole(Some(record)))
}

/// An id and an external id.
pub(super) fn reference(fields: &mut Fields<'_>) -> Result<ExecutionRef, StoreError> {
    Ok(ExecutionRef {
        id: fields.execution()?,
        external_id: fields.optional_text()?,
    })
}

/// The same, if there is an id.
pub(super) fn optional_reference(
    fields: &mut Fields<'_>,
) -> Result<Option<ExecutionRef>, StoreError> {
    let id = fields.optional_id()?;
    let external_id = fields.optional_text()?;
    Ok(id.map(|id| ExecutionRef {
        id: ExecutionId(id),
        external_id,
    }))
}
