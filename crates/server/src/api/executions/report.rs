//! `GET /v2/executions/{id}/report` (REST API §9.6).

use std::collections::HashMap;
use std::hash::Hash;

use axum::extract::State;
use engine::model::{ExecutionId, State as Run, TaskId};
use store::query::{Direction, ExecutionColumn, Filter, ListQuery, Operand};
use store::record::{ActionRecord, ExecutionRecord, TaskRecord};
use yaql::{Dict, List};

use super::find_below_uuid;
use super::tree::{self, Reader};
use crate::api::error::ApiResult;
use crate::api::path::Segments;
use crate::api::query::Query;
use crate::api::reply;
use crate::api::state::{App, Reading, now};

/// How many earlier successes an estimate is made of.
const SAMPLES: usize = 20;

/// The tree of an execution with its states, and how many tasks are in each.
pub(crate) async fn report(
    State(app): State<App>,
    Segments(id): Segments<String>,
    arguments: Query,
) -> ApiResult {
    arguments.check_known(&["errors_only", "max_depth", "statistics_only"])?;
    let errors_only = arguments.flag("errors_only");
    let statistics_only = arguments.flag("statistics_only");
    let levels = tree::levels(&arguments)?;
    let body = app.read(move |reading| {
        let top = find_below_uuid(reading, &id)?;
        let mut rows = Rows::read(reading, &top, errors_only, levels, !statistics_only)?;
        let mut body = Dict::new();
        body.insert("statistics", rows.statistics(estimate(reading, &top)?));
        if !statistics_only {
            body.insert("root_workflow_execution", rows.render(&top));
        }
        Ok(body)
    });
    body.await.map(reply::ok)
}

/// What a report is made of. Levels are kept apart, so that the report can be
/// put together from the bottom up without recursion.
#[derive(Default)]
struct Rows {
    levels: Vec<Level>,
    actions: HashMap<TaskId, Vec<ActionRecord>>,
    children: HashMap<TaskId, Vec<ExecutionRecord>>,
}

/// The tasks of all executions at one depth.
type Level = HashMap<ExecutionId, Vec<TaskRecord>>;

impl Rows {
    fn read(
        reading: &Reading<'_>,
        top: &ExecutionRecord,
        errors_only: bool,
        levels: usize,
        with_actions: bool,
    ) -> ApiResult<Self> {
        let mut reader = Reader::new(reading.catalog, errors_only, Vec::new());
        let mut rows = Self::default();
        let mut executions = vec![top.id.id];
        for _ in 0..=levels {
            let tasks = reader.tasks(&executions, None)?;
            let ids: Vec<_> = tasks.iter().map(|task| task.id).collect();
            let mut level: Level = executions.iter().map(|id| (*id, Vec::new())).collect();
            for task in tasks {
                level.entry(task.execution.id).or_default().push(task);
            }
            rows.levels.push(level);
            if with_actions {
                group(&mut rows.actions, reader.actions(&ids)?, |action| {
                    action.task_execution_id
                });
            }
            let children = reader.children(&ids)?;
            executions = children.iter().map(|child| child.id.id).collect();
            group(&mut rows.children, children, |child| {
                child.task_execution_id
            });
            if executions.is_empty() {
                break;
            }
        }
        Ok(rows)
    }

    fn statistics(&self, estimated_time: yaql::Value) -> Dict {
        let tasks = || self.levels.iter().flat_map(HashMap::values).flatten();
        let named = [
            ("running_tasks_count", Run::Running),
            ("success_tasks_count", Run::Success),
            ("error_tasks_count", Run::Error),
            ("idle_tasks_count", Run::Idle),
            ("paused_tasks_count", Run::Paused),
        ];
        let counts =
            named.map(|(name, state)| (name, tasks().filter(|task| task.state == state).count()));
        let total: usize = counts.iter().map(|(_, count)| count).sum();
        let mut statistics = Dict::new();
        statistics.insert("total_tasks_count", total);
        statistics.extend(counts);
        statistics.insert("estimated_time", estimated_time);
        statistics
    }

    /// The tree, made from its lowest level upwards.
    fn render(&mut self, top: &ExecutionRecord) -> Dict {
        let mut rendered: HashMap<ExecutionId, List> = HashMap::new();
        while let Some(level) = self.levels.pop() {
            let mut above = HashMap::with_capacity(level.len());
            for (execution, tasks) in level {
                let tasks = tasks
                    .iter()
                    .map(|task| self.render_task(task, &mut rendered));
                above.insert(execution, tasks.collect());
            }
            rendered = above;
        }
        render_execution(top, rendered.remove(&top.id.id))
    }

    fn render_task(&self, task: &TaskRecord, below: &mut HashMap<ExecutionId, List>) -> Dict {
        let actions = self.actions.get(&task.id).into_iter().flatten();
        let children = self.children.get(&task.id).into_iter().flatten();
        let children = children.map(|child| render_execution(child, below.remove(&child.id.id)));
        let mut shown = Dict::new();
        shown.insert(
            "action_executions",
            actions.map(render_action).collect::<List>(),
        );
        shown.insert("workflow_executions", children.collect::<List>());
        if let Some(retrying) = task.runtime.retry {
            shown.insert("retry_count", retrying.done);
        }
        shown.insert("id", task.id.to_string());
        shown.insert("name", task.name.clone());
        shown.insert("created_at", task.created_at.to_string());
        shown.insert("updated_at", task.updated_at.to_string());
        shown.insert("state", task.state.as_str());
        shown.insert("state_info", task.state_info.clone());
        shown
    }
}

fn render_execution(record: &ExecutionRecord, tasks: Option<List>) -> Dict {
    let mut shown = Dict::new();
    shown.insert("id", record.id.to_string());
    shown.insert("name", record.workflow_name.clone());
    shown.insert("created_at", record.created_at.to_string());
    shown.insert("updated_at", record.updated_at.to_string());
    shown.insert("state", record.state.as_str());
    shown.insert("state_info", record.state_info.clone());
    if let Some(tasks) = tasks {
        shown.insert("task_executions", tasks);
    }
    shown
}

fn render_action(record: &ActionRecord) -> Dict {
    let mut shown = Dict::new();
    shown.insert("accepted", record.accepted);
    // Executors of this server give no signs of life; the last one is the last change.
    shown.insert("last_heartbeat", record.updated_at.to_string());
    shown.insert("id", record.id.to_string());
    shown.insert("name", record.name.clone());
    shown.insert("created_at", record.created_at.to_string());
    shown.insert("updated_at", record.updated_at.to_string());
    shown.insert("state", record.state.as_str());
    shown.insert("state_info", record.state_info.clone());
    shown
}

fn group<K: Eq + Hash, T>(
    groups: &mut HashMap<K, Vec<T>>,
    rows: Vec<T>,
    key: impl Fn(&T) -> Option<K>,
) {
    for row in rows {
        if let Some(key) = key(&row) {
            groups.entry(key).or_default().push(row);
        }
    }
}

/// Seconds until the execution ends, if it takes as long as earlier ones: 0 if it
/// does not run, -1 if there were none.
fn estimate(reading: &Reading<'_>, top: &ExecutionRecord) -> ApiResult<yaql::Value> {
    if top.state != Run::Running {
        return Ok(0.into());
    }
    let success = Operand::Text(Run::Success.as_str().into());
    let earlier = reading.catalog.executions(&ListQuery {
        filters: vec![
            Filter::equal(ExecutionColumn::WorkflowId, Operand::Id(top.workflow_id)),
            Filter::equal(ExecutionColumn::State, success),
        ],
        sort: vec![(ExecutionColumn::CreatedAt, Direction::Descending)],
        limit: Some(SAMPLES),
        wide: Vec::new(),
        ..ListQuery::default()
    })?;
    if earlier.records.is_empty() {
        return Ok((-1).into());
    }
    let seconds = |micros: i64| micros as f64 / 1e6;
    let total: f64 = earlier
        .records
        .iter()
        .map(|record| seconds(record.updated_at.micros() - record.created_at.micros()))
        .sum();
    let mean = total / earlier.records.len() as f64;
    let elapsed = seconds(now().micros() - top.created_at.micros());
    Ok((mean - elapsed).max(1.0).into())
}
