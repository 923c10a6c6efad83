//! Where something is: the root of its tree.

use crate::sql::Connection;
use engine::model::{ActionId, ExecutionId, State, TaskId};

use yaql::Dict;

use super::values::{Glance, Values, glance_dict};
use super::{all, one};
use crate::codec::read_next;
use crate::sql::fields::Key;
use crate::sql::write::ExecutionPart;
use crate::{Next, StoreError};

const OF_EXECUTION: &str = "SELECT ifnull(root, id) FROM executions WHERE id = ?1";

pub(super) const OF_TASK: &str = "
SELECT ifnull(e.root, e.id) FROM tasks t JOIN executions e ON e.id = t.execution
WHERE t.id = ?1";

pub(super) const OF_ACTION: &str = "
SELECT CASE WHEN a.task IS NULL THEN a.id ELSE ifnull(e.root, e.id) END
FROM actions a LEFT JOIN executions e ON e.id = a.execution
WHERE a.id = ?1 AND (a.task IS NULL OR e.id IS NOT NULL)";

pub(super) const BY_EXTERNAL_ID: &str = "SELECT id FROM executions WHERE external_id = ?1";

pub(super) const DESCENDANTS: &str = "SELECT id, parent_execution FROM executions WHERE root = ?1";

pub(crate) fn root_of_execution(
    connection: &Connection,
    id: ExecutionId,
) -> Result<Option<ExecutionId>, StoreError> {
    one(connection, OF_EXECUTION, (Key(id.0),), |fields| {
        fields.execution()
    })
}

pub(crate) fn root_of_task(
    connection: &Connection,
    id: TaskId,
) -> Result<Option<ExecutionId>, StoreError> {
    one(connection, OF_TASK, (Key(id.0),), |fields| {
        fields.execution()
    })
}

pub(crate) fn root_of_action(
    connection: &Connection,
    id: ActionId,
) -> Result<Option<ExecutionId>, StoreError> {
    one(connection, OF_ACTION, (Key(id.0),), |fields| {
        fields.execution()
    })
}

pub(crate) fn execution_by_external_id(
    connection: &Connection,
    id: &str,
) -> Result<Option<ExecutionId>, StoreError> {
    one(connection, BY_EXTERNAL_ID, (id,), |fields| {
        fields.execution()
    })
}

pub(crate) fn descendants(
    connection: &Connection,
    root: ExecutionId,
) -> Result<Vec<(ExecutionId, ExecutionId)>, StoreError> {
    all(connection, DESCENDANTS, (Key(root.0),), |fields| {
        Ok((fields.execution()?, fields.execution()?))
    })
}

pub(super) const STATES_BELOW: &str = "SELECT id, state FROM executions WHERE root = ?1";

pub(crate) fn states_below(
    connection: &Connection,
    root: ExecutionId,
) -> Result<Vec<(ExecutionId, State)>, StoreError> {
    all(connection, STATES_BELOW, (Key(root.0),), |fields| {
        Ok((fields.execution()?, fields.state()?))
    })
}

pub(super) const TRANSITIONS: &str =
    "SELECT id, next FROM tasks WHERE execution = ?1 AND next <> '[]'";

pub(crate) fn transitions(
    connection: &Connection,
    execution: ExecutionId,
) -> Result<Vec<(TaskId, Next)>, StoreError> {
    all(connection, TRANSITIONS, (Key(execution.0),), |fields| {
        Ok((fields.task()?, read_next(fields.str()?)?))
    })
}

pub(super) const CONTEXT: &str = "
SELECT (SELECT v.value FROM execution_values v WHERE v.execution = e.id AND v.part = 2)
FROM executions e WHERE e.id = ?1";

/// The context of an execution, by one statement if it is not large.
pub(crate) fn glance_context(
    connection: &Connection,
    id: ExecutionId,
) -> Result<Glance<Option<Dict>>, StoreError> {
    let found = one(connection, CONTEXT, (Key(id.0),), |fields| {
        glance_dict(fields.optional_wide()?)
    })?;
    Ok(match found {
        None => Glance::Whole(None),
        Some(Glance::Whole(dict)) => Glance::Whole(Some(dict)),
        Some(Glance::Part) => Glance::Part,
    })
}

/// The context of an execution.
pub(crate) fn context(
    connection: &Connection,
    id: ExecutionId,
) -> Result<Option<Dict>, StoreError> {
    let Some(root) = root_of_execution(connection, id)? else {
        return Ok(None);
    };
    let mut values = Values::new(connection);
    values.execution(root, id, ExecutionPart::Context).map(Some)
}
