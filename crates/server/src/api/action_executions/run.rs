//! `POST /v2/action_executions`: run a single action (REST API §11.2).

use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use engine::event::{ActionRequest, Answer, Event};
use engine::model::{Action, ActionId, ExecutionId, State as Run};
use engine::world::ActionDefinition;
use store::record::ActionRecord;
use yaql::{Value, json, python};

use super::inline::Prepared;
use super::{SCHEMA, find, render};
use crate::api::body::JsonBody;
use crate::api::caller::Caller;
use crate::api::dynamic_actions;
use crate::api::error::{ApiError, ApiResult};
use crate::api::fields::{Given, shown};
use crate::api::list;
use crate::api::query::Query;
use crate::api::reply;
use crate::api::state::App;

/// Runs an action: at once while the caller waits, or stored and scheduled.
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    arguments: Query,
    body: JsonBody,
) -> ApiResult {
    arguments.check_known(&[])?;
    let given = body.check(&SCHEMA)?;
    let wish = Wish::of(&given);
    let request = with_defaults(&app, request(&app, &caller, &given)?).await?;
    let (name, namespace) = (request.name.clone(), request.namespace.clone());
    let projects = list::visible(&caller);
    app.read(move |reading| dynamic_actions::refuse_to_run(reading, &name, &namespace, &projects))
        .await?;
    let checked = request.clone();
    let prepared = app
        .think(move |world| Prepared::new(world, &checked))
        .await?;
    match (prepared.is_sync(), wish) {
        (
            true,
            Wish {
                save_result: false, ..
            },
        ) if app.runs_here(request.target.as_deref()) => Ok(unsaved(&prepared.run(&app).await?)),
        // Another node's result comes by what is stored.
        (true, wish) if wish.run_sync || !wish.save_result => run_and_wait(&app, request).await,
        (false, Wish { run_sync: true, .. }) => Err(ApiError::bad_request(
            "Action does not support synchronous execution.",
        )),
        _ => schedule(&app, request).await,
    }
}

/// How the caller wants it to be run.
#[derive(Clone, Copy)]
struct Wish {
    run_sync: bool,
    save_result: bool,
}

impl Wish {
    fn of(given: &Given) -> Self {
        let flag = |name| {
            let params = given.dict("params");
            params
                .and_then(|params| params.get(name))
                .is_some_and(Value::is_truthy)
        };
        Self {
            run_sync: flag("run_sync"),
            save_result: flag("save_result"),
        }
    }
}

fn request(app: &App, caller: &Caller, given: &Given) -> ApiResult<ActionRequest> {
    let Some(name) = given.filled_text("name") else {
        return Err(ApiError::bad_request(
            "Please provide at least action name to run action.",
        ));
    };
    let param = |name| given.dict("params").and_then(|params| params.get(name));
    let target = param("target").filter(|target| target.is_truthy());
    Ok(ActionRequest {
        id: ActionId(app.new_root()),
        name: name.into(),
        namespace: given.text("workflow_namespace").unwrap_or_default().into(),
        input: given.dict("input").cloned().unwrap_or_default(),
        target: target.map(|target| python::str(target).into()),
        timeout: param("timeout").map(timeout).transpose()?.flatten(),
        description: given.text("description").unwrap_or_default().into(),
        project_id: caller.project_id.clone(),
    })
}

/// `params.timeout` in whole seconds; null and 0 are none.
fn timeout(value: &Value) -> ApiResult<Option<u64>> {
    let number = match value {
        Value::Null => return Ok(None),
        Value::String(text) => text.trim().parse().ok(),
        value => value.as_i64(),
    };
    match number.and_then(|seconds| u64::try_from(seconds).ok()) {
        Some(seconds) => Ok(Some(seconds).filter(|seconds| *seconds > 0)),
        None => Err(ApiError::bad_request(format!(
            "params.timeout must be a whole number of seconds, not {}.",
            shown(&json::to_python_string(value))
        ))),
    }
}

/// Gives an ad-hoc action the defaults of what the caller left out, as they are
/// shown later.
async fn with_defaults(app: &App, mut request: ActionRequest) -> ApiResult<ActionRequest> {
    app.read(move |reading| {
        let (name, namespace) = (&request.name, &request.namespace);
        let definition = reading
            .definitions
            .action(name, None, namespace, &request.project_id)?;
        let Some(ActionDefinition::AdHoc(adhoc)) = definition else {
            return Ok(request);
        };
        for parameter in adhoc.signature.parameters.iter() {
            if let Some(default) = &parameter.default
                && !request.input.contains_key(&parameter.name)
            {
                request
                    .input
                    .insert(parameter.name.clone(), default.clone());
            }
        }
        Ok(request)
    })
    .await
}

/// The answer for a run that was not stored: it has no id and no times.
fn unsaved(action: &Action) -> Response {
    let mut body = render(&ActionRecord::alone(action));
    let unset = [
        "id",
        "description",
        "project_id",
        "accepted",
        "created_at",
        "updated_at",
    ];
    for name in unset {
        body.insert(name, Value::Null);
    }
    reply::created(body)
}

/// Stores the run, and answers when it has ended.
async fn run_and_wait(app: &App, request: ActionRequest) -> ApiResult {
    let limits = &app.config().limits;
    let timeout = Duration::from_secs(limits.action_timeout);
    let _place = app
        .waiting_requests()
        .try_acquire()
        .map_err(|_| ApiError::overloaded())?;
    let id = request.id;
    let ending = app.engine().action_ended(id, timeout);
    start(app, request).await?;
    let record = current(app, id).await?;
    if record.state.is_completed() {
        return Ok(reply::created(render(&record)));
    }
    tokio::select! {
        () = ending.reached => {}
        () = app.shutdown().cancelled() => {}
    }
    current(app, id)
        .await
        .map(|record| reply::created(render(&record)))
}

/// Stores the run and answers at once: it is RUNNING, even if a quick one has
/// ended by now.
async fn schedule(app: &App, request: ActionRequest) -> ApiResult {
    let mut record = start(app, request).await?;
    record.state = Run::Running;
    record.output = None;
    record.accepted = false;
    Ok(reply::created(render(&record)))
}

async fn start(app: &App, request: ActionRequest) -> ApiResult<ActionRecord> {
    let id = request.id;
    let event = Event::ActionRequested(Box::new(request));
    match app.send(ExecutionId(id.0), "start_action", event).await? {
        Answer::Action(action) => Ok(ActionRecord::alone(&action)),
        // Another node did it.
        _ => current(app, id).await,
    }
}

async fn current(app: &App, id: ActionId) -> ApiResult<ActionRecord> {
    app.read(move |reading| find(reading, &id.to_string()))
        .await
}
