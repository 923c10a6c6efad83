//! Globally published variables, as `published_global` shows them.

use std::sync::Arc;

use engine::model::State;
use language::program::{Program, Publish};
use store::record::{ExecutionRecord, TaskRecord};
use yaql::{Dict, Value};

use crate::api::error::ApiResult;
use crate::api::state::Reading;

/// Keys of a context that the engine keeps for itself.
const INTERNAL: &[&str] = &["__execution", "__env", "__task_execution", "openstack"];

/// What tasks of an execution published globally: its context without the
/// workflow's own `vars` and the engine's keys.
pub(super) fn of_execution(
    reading: &Reading<'_>,
    record: &ExecutionRecord,
    context: Dict,
) -> ApiResult<Dict> {
    if context.is_empty() {
        return Ok(context);
    }
    let program = reading.definitions.program(&record.program)?;
    let is_var = |key: &str| {
        let mut vars = program.iter().flat_map(|program| program.vars.iter());
        vars.any(|(name, _)| &**name == key)
    };
    let is_published = |key: &Value| {
        key.as_str()
            .is_some_and(|key| !INTERNAL.contains(&key) && !is_var(key))
    };
    Ok(context
        .iter()
        .filter(|(key, _)| is_published(key))
        .collect())
}

/// What a completed task published globally; `None` if its clause has no
/// `global` part.
pub(crate) fn of_task(
    reading: &Reading<'_>,
    record: &TaskRecord,
    program: &Arc<Program>,
) -> ApiResult<Option<Dict>> {
    let Some(publish) = publish_of(record, program) else {
        return Ok(None);
    };
    if publish.global.is_empty() {
        return Ok(None);
    }
    let context = reading
        .catalog
        .context(record.execution.id)?
        .unwrap_or_default();
    let values = publish
        .global
        .iter()
        .filter_map(|(name, _)| context.get(name).map(|value| (name.clone(), value.clone())));
    Ok(Some(values.collect()))
}

fn publish_of<'a>(record: &TaskRecord, program: &'a Program) -> Option<&'a Publish> {
    let task = program.tasks.get(record.index.0 as usize)?;
    match record.state {
        State::Success => Some(&task.publish.success),
        State::Error => Some(&task.publish.error),
        _ => None,
    }
}
