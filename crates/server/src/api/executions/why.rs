//! `GET /v2/executions/{id}/why`: an own addition that says what an execution waits for.

use std::collections::HashMap;

use axum::extract::State;
use engine::event::{Answer, Event};
use engine::model::ExecutionId;
use engine::why::{Cause, Reason};
use yaql::{Dict, List, Value};

use super::find_with_root;
use crate::api::error::ApiResult;
use crate::api::path::Segments;
use crate::api::query::Query;
use crate::api::reply;
use crate::api::state::App;

/// Answers `{waits: [{task, kind, for, since, until}]}`; nothing for an ended execution.
pub(crate) async fn why(
    State(app): State<App>,
    Segments(id): Segments<String>,
    arguments: Query,
) -> ApiResult {
    arguments.check_known(&[])?;
    let (root, record) = app
        .read(move |reading| find_with_root(reading, &id))
        .await?;
    if record.state.is_completed() {
        return Ok(shown(&[]));
    }
    let execution = record.id.id;
    let event = Event::WaitsAsked { execution };
    match app.send(root, "explain_workflow_execution", event).await? {
        Answer::Waits(reasons) => Ok(shown(&with_takers(&app, root, reasons).await?)),
        _ => Ok(shown(&[])),
    }
}

/// Who took an offered action is in the store only: an action that has no place as far as
/// its tree knows may run on another node.
async fn with_takers(
    app: &App,
    root: ExecutionId,
    mut reasons: Vec<Reason>,
) -> ApiResult<Vec<Reason>> {
    let is_offered = |reason: &Reason| matches!(reason.cause, Cause::Place(..) | Cause::Target(..));
    let Some(nodes) = app.nodes().filter(|_| reasons.iter().any(is_offered)) else {
        return Ok(reasons);
    };
    let started: HashMap<_, _> = app
        .read(move |_| Ok(nodes.started(root)?))
        .await?
        .into_iter()
        .collect();
    for reason in &mut reasons {
        let (Cause::Place(id, name) | Cause::Target(id, name, _)) = &reason.cause else {
            continue;
        };
        match started.get(id) {
            Some(true) => reason.cause = Cause::Action(*id, name.clone()),
            Some(false) => reason.cause = Cause::Report(*id, name.clone()),
            None => {}
        }
    }
    Ok(reasons)
}

fn shown(reasons: &[Reason]) -> axum::response::Response {
    let waits: List = reasons.iter().map(reason).map(Value::from).collect();
    reply::ok([("waits", waits)].into_iter().collect::<Dict>())
}

fn reason(reason: &Reason) -> Dict {
    let task = reason
        .task
        .as_ref()
        .map(|(id, name)| -> Value { named(id.to_string(), name).into() });
    let (kind, what) = cause(&reason.cause);
    [
        ("execution_id", Value::from(reason.execution.to_string())),
        ("task", task.into()),
        ("kind", kind.into()),
        ("for", what),
        ("since", reason.since.to_string().into()),
        ("until", reason.until.map(|until| until.to_string()).into()),
    ]
    .into_iter()
    .collect()
}

fn named(id: String, name: &str) -> Dict {
    [("id", Value::from(id)), ("name", name.into())]
        .into_iter()
        .collect()
}

/// The names of all kinds of waiting.
pub(super) const KINDS: &[&str] = &[
    "paused",
    "pause-before",
    "wait-before",
    "wait-after",
    "retry",
    "join",
    "action",
    "slot",
    "target",
    "report",
    "paused-action",
    "sleep",
    "sub-workflow",
    "concurrency",
    "turn",
];

/// The name of a kind of waiting, and what is waited for.
fn cause(cause: &Cause) -> (&'static str, Value) {
    let action = |id: &engine::model::ActionId, name: &str| named(id.to_string(), name);
    match cause {
        Cause::Resume => ("paused", Value::Null),
        Cause::PauseBefore => ("pause-before", Value::Null),
        Cause::WaitBefore => ("wait-before", Value::Null),
        Cause::WaitAfter => ("wait-after", Value::Null),
        Cause::Retry => ("retry", Value::Null),
        Cause::Join(tasks) => {
            let tasks: List = tasks.iter().map(|name| Value::from(name.clone())).collect();
            ("join", tasks.into())
        }
        Cause::Action(id, name) => ("action", action(id, name).into()),
        Cause::Place(id, name) => ("slot", action(id, name).into()),
        Cause::Target(id, name, target) => {
            let mut action = action(id, name);
            action.insert("target", target.clone());
            ("target", action.into())
        }
        Cause::Report(id, name) => ("report", action(id, name).into()),
        Cause::PausedAction(id, name) => ("paused-action", action(id, name).into()),
        Cause::Sleep(id, name) => ("sleep", action(id, name).into()),
        Cause::SubWorkflow(id, name) => ("sub-workflow", named(id.to_string(), name).into()),
        Cause::Concurrency(items) => ("concurrency", i64::from(*items).into()),
        Cause::Turn => ("turn", Value::Null),
    }
}
