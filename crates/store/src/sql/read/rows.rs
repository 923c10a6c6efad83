//! Narrow rows as images.

use std::sync::Arc;

use engine::model::{
    Action, Claim, Counters, Execution, ExecutionId, Origin, Parent, Task, TaskKind, Timer,
    TimerKey, TimerKind,
};
use language::program::TaskIndex;
use yaql::Dict;

use crate::StoreError;
use crate::codec::{damaged, read_backlog, read_next, read_parents, read_runtime, read_tags};
use crate::sql::fields::Fields;

/// Columns for [`execution`].
pub(super) const EXECUTION: &str = "
    id, root, external_id, parent_execution, parent_task, parent_index,
    workflow_id, workflow_name, workflow_namespace, workbook, program, project_id, tags,
    created_at, state, state_info, description, backlog,
    open, unhandled, cancelled, total, unprocessed, accepted, updated_at";

/// Columns for [`task`].
pub(super) const TASK: &str = "
    t.id, t.execution, t.node, t.name, t.type, t.state, t.state_info, t.processed,
    t.error_handled, t.next, t.parents, t.runtime, t.created_at, t.updated_at, t.started_at,
    t.finished_at";

/// Columns for [`action`].
pub(super) const ACTION: &str = "
    id, task, execution, item, run, name, state, state_info, accepted, is_sync, safe_rerun,
    target, timeout, claim, started, description, project_id, created_at, updated_at";

/// Columns for [`timer`].
pub(super) const TIMER: &str = "owner, kind, root, due_at, run";

/// An execution without its wide columns.
pub(super) fn execution(fields: &mut Fields<'_>) -> Result<(Execution, Origin), StoreError> {
    let id = fields.execution()?;
    let root = fields.optional_id()?.map_or(id, ExecutionId);
    let external_id = fields.optional_text()?;
    let parent = parent(fields)?;
    let origin = Origin {
        external_id,
        root,
        parent,
        workflow_id: fields.id()?,
        workflow_name: fields.text()?,
        workflow_namespace: fields.text()?,
        workbook: fields.optional_text()?,
        program: fields.array()?,
        project_id: fields.text()?,
        tags: read_tags(fields.str()?)?,
        input: Dict::new(),
        created_at: fields.time()?,
    };
    let image = Execution {
        id,
        state: fields.state()?,
        state_info: fields.optional_text()?,
        description: fields.text()?,
        backlog: read_backlog(fields.optional_str()?)?,
        counters: Counters {
            open: fields.u32()?,
            unhandled: fields.u32()?,
            cancelled: fields.u32()?,
            total: fields.u32()?,
            unprocessed: fields.u32()?,
        },
        accepted: fields.flag()?,
        updated_at: fields.time()?,
        params: Dict::new(),
        context: Dict::new(),
        output: Dict::new(),
        origin: Arc::new(origin.clone()),
    };
    Ok((image, origin))
}

fn parent(fields: &mut Fields<'_>) -> Result<Option<Parent>, StoreError> {
    let execution = fields.optional_id()?;
    let task = fields.optional_id()?;
    let index = fields.optional_u32()?;
    Ok(match (execution, task, index) {
        (Some(execution), Some(task), Some(index)) => Some(Parent {
            execution: ExecutionId(execution),
            task: engine::model::TaskId(task),
            index,
        }),
        _ => None,
    })
}

/// A task without its wide columns.
pub(super) fn task(fields: &mut Fields<'_>) -> Result<Task, StoreError> {
    Ok(Task {
        id: fields.task()?,
        execution: fields.execution()?,
        index: TaskIndex(fields.u32()?),
        name: fields.text()?,
        kind: task_kind(fields.str()?)?,
        state: fields.state()?,
        state_info: fields.optional_text()?,
        processed: fields.flag()?,
        error_handled: fields.flag()?,
        next: read_next(fields.str()?)?,
        parents: read_parents(fields.bytes()?)?,
        published: None,
        runtime: Arc::new(read_runtime(fields.str()?)?),
        created_at: fields.time()?,
        updated_at: fields.time()?,
        started_at: fields.optional_time()?,
        finished_at: fields.optional_time()?,
    })
}

pub(crate) fn task_kind(name: &str) -> Result<TaskKind, StoreError> {
    [TaskKind::Action, TaskKind::Workflow]
        .into_iter()
        .find(|kind| kind.as_str() == name)
        .ok_or_else(|| damaged(&format!("unknown type of task {name:?}")))
}

/// An action without its wide columns; its root is that of its task.
pub(super) fn action(
    fields: &mut Fields<'_>,
    root: Option<ExecutionId>,
) -> Result<Action, StoreError> {
    let id = fields.action()?;
    Ok(Action {
        id,
        task: fields.optional_id()?.map(engine::model::TaskId),
        execution: fields.optional_id()?.map(ExecutionId),
        root: root.unwrap_or(ExecutionId(id.0)),
        index: fields.u32()?,
        run: fields.u32()?,
        name: fields.text()?,
        state: fields.state()?,
        state_info: fields.optional_text()?,
        accepted: fields.flag()?,
        is_sync: fields.flag()?,
        safe_rerun: fields.flag()?,
        target: fields.optional_text()?,
        timeout: fields.optional_integer()?.map(i64::cast_unsigned),
        claim: fields
            .optional_integer()?
            .map(|bits| Claim(bits.cast_unsigned())),
        is_started: fields.flag()?,
        description: fields.text()?,
        project_id: fields.text()?,
        created_at: fields.time()?,
        updated_at: fields.time()?,
        input: Dict::new(),
        base: None,
        output: None,
    })
}

pub(super) fn timer(fields: &mut Fields<'_>) -> Result<Timer, StoreError> {
    let owner = fields.id()?;
    let task = |kind| TimerKey::Task(engine::model::TaskId(owner), kind);
    let key = match fields.integer()? {
        0 => task(TimerKind::Delay),
        1 => task(TimerKind::Timeout),
        2 => TimerKey::Sleep(engine::model::ActionId(owner)),
        other => return Err(damaged(&format!("unknown kind of timer {other}"))),
    };
    Ok(Timer {
        key,
        root: fields.execution()?,
        due_at: fields.time()?,
        run: fields.u32()?,
    })
}
