//! A task as callers see it (REST API §10.1).

use std::sync::Arc;

use engine::model::{Items, Runtime, Wait};
use language::program::{Program, Task, Trigger};
use store::record::TaskRecord;
use yaql::{Dict, List, Value, json};

use crate::api::error::ApiResult;
use crate::api::executions::published;
use crate::api::fields::json_object;
use crate::api::list::texts;
use crate::api::selection::Selection;
use crate::api::state::Reading;

/// An entry of a list: results and globally published variables only if they
/// are asked for by name.
pub(super) fn listed(
    reading: &Reading<'_>,
    record: &TaskRecord,
    selection: &Selection,
    includes_result: bool,
) -> ApiResult<Dict> {
    let costly = Costly {
        result: selection.names("result") || (includes_result && selection.is_all()),
        published_global: selection.names("published_global"),
    };
    render(reading, record, costly)
}

/// The answer of a single get.
pub(super) fn single(
    reading: &Reading<'_>,
    record: &TaskRecord,
    selection: &Selection,
) -> ApiResult<Dict> {
    let costly = Costly {
        result: selection.shows("result"),
        published_global: selection.shows("published_global"),
    };
    render(reading, record, costly)
}

/// The answer of an update.
pub(super) fn changed(reading: &Reading<'_>, record: &TaskRecord) -> ApiResult<Dict> {
    render(
        reading,
        record,
        Costly {
            result: true,
            published_global: false,
        },
    )
}

/// Attributes that need reads of their own.
#[derive(Clone, Copy)]
struct Costly {
    result: bool,
    published_global: bool,
}

fn render(reading: &Reading<'_>, record: &TaskRecord, costly: Costly) -> ApiResult<Dict> {
    let program = reading.definitions.program(&record.program)?;
    let node = program.as_ref().and_then(|program| node(program, record));
    let mut shown = Dict::with_capacity(20);
    shown.insert("id", record.id.to_string());
    shown.insert("name", record.name.clone());
    shown.insert("type", record.kind.as_str());
    shown.insert("workflow_name", record.workflow_name.clone());
    shown.insert("workflow_namespace", record.workflow_namespace.clone());
    shown.insert("workflow_id", record.workflow_id.to_string());
    shown.insert("workflow_execution_id", record.execution.to_string());
    shown.insert("tags", texts(node.map_or(&[], |node| &node.tags)));
    shown.insert("state", record.state.as_str());
    shown.insert("state_info", record.state_info.clone());
    shown.insert("project_id", record.project_id.clone());
    shown.insert("runtime_context", json_object(&runtime_context(record)));
    if costly.result {
        shown.insert(
            "result",
            json::to_python_string(&result(reading, record, node)?),
        );
    }
    let published = record.published.clone().unwrap_or_default();
    shown.insert("published", json_object(&published));
    if let Some(program) = program.as_ref().filter(|_| costly.published_global) {
        insert_published_global(&mut shown, reading, record, program)?;
    }
    shown.insert("processed", record.processed);
    shown.insert("created_at", record.created_at.to_string());
    shown.insert("updated_at", record.updated_at.to_string());
    shown.insert("started_at", record.started_at.map(|at| at.to_string()));
    shown.insert("finished_at", record.finished_at.map(|at| at.to_string()));
    Ok(shown)
}

fn insert_published_global(
    shown: &mut Dict,
    reading: &Reading<'_>,
    record: &TaskRecord,
    program: &Arc<Program>,
) -> ApiResult<()> {
    if let Some(published) = published::of_task(reading, record, program)? {
        shown.insert("published_global", json_object(&published));
    }
    Ok(())
}

/// What counts as the task's result (workflow language §9.7): the value of the one
/// result, else a list; for with-items always a list.
fn result(reading: &Reading<'_>, record: &TaskRecord, node: Option<&Task>) -> ApiResult<Value> {
    if record.runtime.result_dropped {
        let items = record.runtime.items.as_ref();
        let none_each = |items: &Items| vec![Value::Null; items.count as usize].into();
        return Ok(items.map_or(Value::Null, none_each));
    }
    let results = reading.store.task_results(record.id)?;
    let mut outputs: Vec<_> = results.into_iter().map(|result| result.output).collect();
    if outputs.len() == 1 && !has_items(record, node) {
        return Ok(outputs.remove(0));
    }
    Ok(outputs.into())
}

/// Whether the task is a `with-items` one.
pub(super) fn has_items(record: &TaskRecord, node: Option<&Task>) -> bool {
    record.runtime.items.is_some() || node.is_some_and(|node| !node.with_items.is_empty())
}

/// Whether a task has all of some tags, in any case.
pub(super) fn has_tags(
    reading: &Reading<'_>,
    record: &TaskRecord,
    wanted: &[String],
) -> ApiResult<bool> {
    let program = reading.definitions.program(&record.program)?;
    let tags = program.as_ref().and_then(|program| node(program, record));
    let tags = tags.map_or(&[][..], |node| &node.tags);
    let has = |wanted: &String| {
        let wanted = wanted.to_lowercase();
        tags.iter().any(|tag| tag.to_lowercase() == wanted)
    };
    Ok(wanted.iter().all(has))
}

/// The task's node in its program.
pub(super) fn node<'a>(program: &'a Program, record: &TaskRecord) -> Option<&'a Task> {
    program.tasks.get(record.index.0 as usize)
}

/// Policies' and items' memory, by the names of the original.
fn runtime_context(record: &TaskRecord) -> Dict {
    let runtime: &Runtime = &record.runtime;
    let mut shown = Dict::new();
    if let Some(triggers) = &runtime.triggered_by {
        let triggers = triggers.iter().map(|(task, trigger)| {
            let event = trigger.map_or("not triggered", Trigger::as_str);
            let pairs = [("task_id", task.to_string()), ("event", event.to_owned())];
            pairs.into_iter().collect::<Dict>()
        });
        shown.insert("triggered_by", triggers.collect::<List>());
    }
    if runtime.wait == Some(Wait::Before) {
        shown.insert("wait_before_policy", dict("skip", true));
    }
    if runtime.wait == Some(Wait::After) {
        shown.insert("wait_after_policy", dict("skip", true));
    }
    if let Some(retrying) = runtime.retry {
        shown.insert("retry_task_policy", dict("retry_no", retrying.done));
    }
    if let Some(concurrency) = runtime.concurrency {
        shown.insert("concurrency", concurrency);
    }
    if let Some(items) = &runtime.items {
        let capacity = runtime
            .concurrency
            .map(|limit| limit.saturating_sub(items.running));
        let mut progress = dict("capacity", capacity);
        progress.insert("count", items.count);
        shown.insert("with_items", progress);
    }
    shown
}

fn dict(key: &str, value: impl Into<Value>) -> Dict {
    [(key, value)].into_iter().collect()
}
