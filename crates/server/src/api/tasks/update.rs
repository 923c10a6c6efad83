//! `PUT /v2/tasks/{id}`: run again or skip (REST API §10.3).

use axum::extract::State;
use engine::event::Event;
use engine::model::{ExecutionId, State as Run};
use store::record::TaskRecord;

use super::{SCHEMA, find, not_found, render};
use crate::api::body::JsonBody;
use crate::api::error::{ApiError, ApiResult};
use crate::api::fields::Given;
use crate::api::path::Segments;
use crate::api::query::Query;
use crate::api::reply;
use crate::api::state::{App, Reading};

/// Runs a failed task again, or skips it.
pub(crate) async fn update(
    State(app): State<App>,
    Segments(id): Segments<String>,
    arguments: Query,
    body: JsonBody,
) -> ApiResult {
    arguments.check_known(&[])?;
    let given = body.check(&SCHEMA)?;
    let key = id.clone();
    let (root, event) = app
        .read(move |reading| prepare(reading, &key, &given))
        .await?;
    app.send(root, "rerun_workflow", event).await?;
    let shown = app.read(move |reading| render::changed(reading, &find(reading, &id)?));
    shown.await.map(reply::ok)
}

fn prepare(reading: &Reading<'_>, id: &str, given: &Given) -> ApiResult<(ExecutionId, Event)> {
    let record = find(reading, id)?;
    let program = reading.definitions.program(&record.program)?;
    let node = program
        .as_ref()
        .and_then(|program| render::node(program, &record));
    let event =
        check(&record, render::has_items(&record, node), given).map_err(ApiError::bad_request)?;
    let root = reading.store.root_of_task(record.id)?;
    Ok((root.ok_or_else(|| not_found(id))?, event))
}

/// The checks of the contract, in its order.
fn check(record: &TaskRecord, has_items: bool, given: &Given) -> Result<Event, &'static str> {
    if given.text("name").is_some_and(|name| *name != *record.name) {
        return Err("Task name does not match.");
    }
    if given
        .text("workflow_name")
        .is_some_and(|name| *name != *record.workflow_name)
    {
        return Err("Workflow name does not match.");
    }
    let state = given.text("state").unwrap_or_default();
    if !matches!(state, "RUNNING" | "SKIPPED") {
        return Err("Invalid task state. Only updating task to RUNNING or SKIPPED is supported.");
    }
    if record.state != Run::Error {
        return Err("The current task execution must be in ERROR for rerun. \
                    Only updating task to rerun is supported.");
    }
    let (task, env) = (record.id, given.dict("env").cloned());
    if state == "SKIPPED" {
        return Ok(Event::TaskSkipped { task, env });
    }
    match given.flag("reset") {
        None => Err("Reset field is mandatory to rerun task."),
        Some(false) if !has_items => Err("Only with-items task has the option to not reset."),
        Some(reset) => Ok(Event::TaskRerun { task, reset, env }),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use engine::model::{Id, Runtime, TaskId, TaskKind, Timestamp};
    use language::program::TaskIndex;
    use yaql::json;

    use super::*;

    fn record(state: Run) -> TaskRecord {
        let id = Id::from_bytes([7; 16]);
        let at = Timestamp::from_micros(0);
        TaskRecord {
            id: TaskId(id),
            name: "t".into(),
            kind: TaskKind::Action,
            index: TaskIndex(0),
            program: [0; 32],
            workflow_id: id,
            workflow_name: "w".into(),
            workflow_namespace: "".into(),
            execution: ExecutionId(id).into(),
            root: ExecutionId(id),
            project_id: "p".into(),
            state,
            state_info: None,
            processed: true,
            runtime: Arc::new(Runtime::default()),
            published: None,
            created_at: at,
            updated_at: at,
            started_at: None,
            finished_at: None,
        }
    }

    fn checked(state: Run, has_items: bool, body: &str) -> Result<Event, &'static str> {
        let given = SCHEMA
            .check(json::parse(body).unwrap().as_dict().unwrap())
            .unwrap();
        check(&record(state), has_items, &given)
    }

    #[test]
    fn refusals_come_in_the_order_of_the_contract() {
        for (state, body, text) in [
            (
                Run::Success,
                r#"{"name": "x", "workflow_name": "y"}"#,
                "Task name does not match.",
            ),
            (
                Run::Success,
                r#"{"name": "t", "workflow_name": "y"}"#,
                "Workflow name does not match.",
            ),
            (
                Run::Success,
                r#"{"state": "PAUSED"}"#,
                "Invalid task state. Only updating task to RUNNING or SKIPPED is supported.",
            ),
            (
                Run::Success,
                r#"{"state": "RUNNING"}"#,
                "The current task execution must be in ERROR for rerun. \
                 Only updating task to rerun is supported.",
            ),
            (
                Run::Error,
                r#"{"state": "RUNNING"}"#,
                "Reset field is mandatory to rerun task.",
            ),
            (
                Run::Error,
                r#"{"state": "RUNNING", "reset": false}"#,
                "Only with-items task has the option to not reset.",
            ),
        ] {
            assert_eq!(checked(state, false, body).unwrap_err(), text);
        }
    }

    #[test]
    fn rerun_and_skip() {
        let body = r#"{"state": "RUNNING", "reset": false, "env": "{\"a\": 1}"}"#;
        let event = checked(Run::Error, true, body).unwrap();
        assert!(matches!(
            event,
            Event::TaskRerun {
                reset: false,
                env: Some(_),
                ..
            }
        ));
        let event = checked(Run::Error, false, r#"{"state": "SKIPPED"}"#).unwrap();
        assert!(matches!(event, Event::TaskSkipped { env: None, .. }));
    }
}
