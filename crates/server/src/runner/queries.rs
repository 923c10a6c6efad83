//! `tasks(…)` and `executions(…)` over the store (workflow language §7.3).

use engine::model::{ExecutionId, TaskKind};
use engine::world::{QueryError, Unavailable};
use language::expression::{ExecutionsFilter, TasksFilter};
use store::query::{Column, ExecutionColumn, ListQuery, Projects, TaskColumn};
use store::record::{ExecutionRecord, TaskRecord};
use yaql::{Dict, Value};

use super::RunnerWorld;

/// The most records one call gives.
const LIMIT: usize = 10_000;

/// Task records; without an execution those of the whole project.
pub(super) fn tasks(
    world: &RunnerWorld,
    filter: &TasksFilter,
    project_id: &str,
) -> Result<Value, QueryError> {
    let mut executions = vec![filter.workflow_execution_id.clone()];
    let mut found = Vec::new();
    while let Some(execution) = executions.pop() {
        let mut query = ListQuery::<TaskColumn> {
            projects: Projects::Of(project_id.into()),
            limit: Some(LIMIT),
            ..ListQuery::default()
        };
        query = narrow(query, "workflow_execution_id", execution.as_deref())?;
        for task in world.catalog.tasks(&query).map_err(unavailable)?.records {
            let children = match task.kind {
                TaskKind::Workflow => children(world, &task)?,
                TaskKind::Action => Vec::new(),
            };
            if filter.recursive && filter.workflow_execution_id.is_some() {
                executions.extend(children.iter().map(|child| Some(child.id.id.to_string())));
            }
            let hidden = filter.flat && children.iter().any(|child| child.state == task.state);
            let wanted = filter
                .state
                .as_deref()
                .is_none_or(|state| task.state.as_str() == state);
            if wanted && !hidden {
                found.push(task);
            }
        }
        if found.len() > LIMIT {
            let text = format!("tasks() finds more than {LIMIT} tasks");
            return Err(QueryError::Refused(text));
        }
    }
    found.sort_by_key(|task| (task.created_at, task.id));
    found.iter().map(|task| task_record(world, task)).collect()
}

/// Execution records.
pub(super) fn executions(
    world: &RunnerWorld,
    filter: &ExecutionsFilter,
    project_id: &str,
) -> Result<Value, QueryError> {
    let mut query = ListQuery::<ExecutionColumn> {
        projects: Projects::Of(project_id.into()),
        limit: Some(LIMIT),
        ..ListQuery::default()
    };
    let since = filter.from_time.as_ref().map(|time| format!("gte:{time}"));
    let until = filter.to_time.as_ref().map(|time| format!("lt:{time}"));
    for (column, value) in [
        ("id", &filter.id),
        ("root_execution_id", &filter.root_execution_id),
        ("state", &filter.state),
        ("created_at", &since),
        ("created_at", &until),
    ] {
        query = narrow(query, column, value.as_deref())?;
    }
    let page = world.catalog.executions(&query).map_err(unavailable)?;
    Ok(page.records.iter().map(execution_record).collect())
}

fn children(world: &RunnerWorld, task: &TaskRecord) -> Result<Vec<ExecutionRecord>, QueryError> {
    let query = ListQuery::<ExecutionColumn> {
        limit: Some(LIMIT),
        wide: Vec::new(),
        ..ListQuery::default()
    };
    let query = narrow(query, "task_execution_id", Some(&task.id.to_string()))?;
    Ok(world
        .catalog
        .executions(&query)
        .map_err(unavailable)?
        .records)
}

fn narrow<C: Column>(
    query: ListQuery<C>,
    column: &str,
    value: Option<&str>,
) -> Result<ListQuery<C>, QueryError> {
    let Some(value) = value else { return Ok(query) };
    let refused = |error: store::query::QueryError| QueryError::Refused(error.to_string());
    let column = C::by_name(column).map_err(refused)?;
    query.filter(column, value).map_err(refused)
}

fn task_record(world: &RunnerWorld, task: &TaskRecord) -> Result<Value, QueryError> {
    let results = world.store.task_results(task.id).map_err(unavailable)?;
    let has_items = task.runtime.items.is_some();
    let mut values: Vec<Value> = results.into_iter().map(|result| result.output).collect();
    let result = match (has_items, values.len()) {
        (false, 1) => values.remove(0),
        _ => values.into(),
    };
    let program = world
        .definitions()
        .program(&task.program)
        .map_err(unavailable)?;
    let spec = program.and_then(|program| {
        let spec = program.tasks.get(task.index.0 as usize)?;
        Some(spec.spec.clone())
    });
    let record: Dict = [
        ("id", Value::from(task.id.to_string())),
        ("name", task.name.clone().into()),
        ("spec", spec.into()),
        ("state", task.state.as_str().into()),
        ("state_info", task.state_info.clone().into()),
        ("result", result),
        ("published", task.published.clone().into()),
        ("type", task.kind.as_str().into()),
        (
            "workflow_execution_id",
            task.execution.id.to_string().into(),
        ),
        ("created_at", task.created_at.to_string().into()),
        ("updated_at", task.updated_at.to_string().into()),
    ]
    .into_iter()
    .collect();
    Ok(record.into())
}

fn execution_record(execution: &ExecutionRecord) -> Value {
    let shown = |id: ExecutionId| Value::from(id.to_string());
    let record: Dict = [
        ("id", shown(execution.id.id)),
        ("name", execution.workflow_name.clone().into()),
        ("workflow_name", execution.workflow_name.clone().into()),
        ("state", execution.state.as_str().into()),
        ("state_info", execution.state_info.clone().into()),
        ("input", execution.input.clone().into()),
        ("output", execution.output.clone().into()),
        ("params", execution.params.clone().into()),
        ("description", execution.description.clone().into()),
        ("created_at", execution.created_at.to_string().into()),
        ("updated_at", execution.updated_at.to_string().into()),
        (
            "root_execution_id",
            execution
                .root_execution_id
                .as_ref()
                .map(|root| shown(root.id))
                .into(),
        ),
    ]
    .into_iter()
    .collect();
    record.into()
}

fn unavailable(error: impl std::fmt::Display) -> Unavailable {
    Unavailable(error.to_string())
}
