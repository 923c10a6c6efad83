//! The results that count for a task.

use std::collections::BTreeMap;

use engine::model::{ExecutionId, Id, State, TaskId};
use rusqlite::Connection;

use super::values::Values;
use super::{all, root_of_task};
use crate::sqlite::fields::{Fields, Key};
use crate::sqlite::write::{ActionPart, ExecutionPart};
use crate::{StoreError, TaskResult};

// Later rows win: order by run, then by id.
const ACTIONS: &str = "
SELECT item, state, name, id FROM actions WHERE task = ?1 AND accepted
ORDER BY run, id";

const EXECUTIONS: &str = "
SELECT parent_index, state, workflow_name, id FROM executions
WHERE parent_task = ?1 AND accepted
ORDER BY id";

struct Found {
    state: State,
    name: std::sync::Arc<str>,
    id: Id,
    is_action: bool,
}

pub(crate) fn task_results(
    connection: &Connection,
    task: TaskId,
) -> Result<Vec<TaskResult>, StoreError> {
    let Some(root) = root_of_task(connection, task)? else {
        return Ok(Vec::new());
    };
    let mut newest = BTreeMap::new();
    for (sql, is_action) in [(ACTIONS, true), (EXECUTIONS, false)] {
        newest.extend(all(connection, sql, (Key(task.0),), |fields| {
            found(fields, is_action)
        })?);
    }
    let mut values = Values::new(connection);
    let results = newest.into_iter().map(|(index, found)| {
        let output = output(&mut values, root, &found)?;
        let Found { state, name, .. } = found;
        Ok(TaskResult {
            index,
            state,
            name,
            output,
        })
    });
    results.collect()
}

fn found(fields: &mut Fields<'_>, is_action: bool) -> Result<(u32, Found), StoreError> {
    let index = fields.u32()?;
    let found = Found {
        state: fields.state()?,
        name: fields.text()?,
        id: fields.id()?,
        is_action,
    };
    Ok((index, found))
}

fn output(
    values: &mut Values<'_>,
    root: ExecutionId,
    found: &Found,
) -> Result<yaql::Value, StoreError> {
    if found.is_action {
        let output = values.action(root, found.id, ActionPart::Output)?;
        return Ok(output.unwrap_or_default());
    }
    let output = values.execution(root, ExecutionId(found.id), ExecutionPart::Output)?;
    Ok(output.into())
}
