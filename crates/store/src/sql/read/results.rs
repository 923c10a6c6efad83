//! What became of a task's actions and sub-workflows.

use crate::sql::Connection;
use engine::model::{ExecutionId, ItemLists, TaskId, TaskKind};
use yaql::Value;

use super::values::Values;
use super::{all, root_of_task};
use crate::codec::read_items;
use crate::sql::fields::{Fields, Key};
use crate::sql::write::{ActionPart, ExecutionPart};
use crate::{StoreError, TaskResult};

pub(super) const ACTIONS: &str = "
SELECT id, item, state, name, accepted FROM actions
WHERE task = ?1 AND state IN ('SUCCESS', 'ERROR', 'CANCELLED', 'SKIPPED')";

pub(super) const EXECUTIONS: &str = "
SELECT id, parent_index, state, workflow_name, accepted FROM executions
WHERE parent_task = ?1 AND state IN ('SUCCESS', 'ERROR', 'CANCELLED', 'SKIPPED')";

pub(crate) fn task_results(
    connection: &Connection,
    task: TaskId,
) -> Result<Vec<TaskResult>, StoreError> {
    read(connection, task, |child| child.accepted)
}

pub(crate) fn task_children(
    connection: &Connection,
    task: TaskId,
) -> Result<Vec<TaskResult>, StoreError> {
    read(connection, task, |_| true)
}

pub(crate) fn item_lists(
    connection: &Connection,
    task: TaskId,
) -> Result<Option<ItemLists>, StoreError> {
    let Some(root) = root_of_task(connection, task)? else {
        return Ok(None);
    };
    let value = Values::new(connection).items(root, task.0)?;
    value.map(|value| read_items(&value)).transpose()
}

fn read(
    connection: &Connection,
    task: TaskId,
    wanted: impl Fn(&TaskResult) -> bool,
) -> Result<Vec<TaskResult>, StoreError> {
    let Some(root) = root_of_task(connection, task)? else {
        return Ok(Vec::new());
    };
    let mut values = Values::new(connection);
    let mut found = Vec::new();
    let action = |fields: &mut Fields<'_>| child(fields, TaskKind::Action);
    for mut child in all(connection, ACTIONS, (Key(task.0),), action)? {
        if wanted(&child) {
            let output = values.action(root, child.id, ActionPart::Output)?;
            child.output = output.unwrap_or_default();
            found.push(child);
        }
    }
    let execution = |fields: &mut Fields<'_>| child(fields, TaskKind::Workflow);
    for mut child in all(connection, EXECUTIONS, (Key(task.0),), execution)? {
        if wanted(&child) {
            let id = ExecutionId(child.id);
            child.output = values.execution(root, id, ExecutionPart::Output)?.into();
            found.push(child);
        }
    }
    found.sort_by_key(|child| (child.index, child.id));
    Ok(found)
}

fn child(fields: &mut Fields<'_>, kind: TaskKind) -> Result<TaskResult, StoreError> {
    Ok(TaskResult {
        id: fields.id()?,
        kind,
        index: fields.u32()?,
        state: fields.state()?,
        name: fields.text()?,
        accepted: fields.flag()?,
        output: Value::Null,
    })
}
