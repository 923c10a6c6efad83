//! `/maintenance` (REST API §16.2), and what is refused meanwhile.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use http::{Method, StatusCode};
use yaql::Dict;

use super::body::JsonBody;
use super::error::{ApiError, ApiResult};
use super::fields::{Attribute, Schema};
use super::openapi::{Operation, Routes};
use super::reply;
use super::resource::{Field, Resource};
use super::state::App;
use crate::maintenance::Phase;

const SCHEMA: Schema = Schema {
    argument: "new_maintenance_status",
    attributes: &[Attribute::text("status")],
};

static RESOURCE: Resource = Resource {
    name: "Maintenance",
    about: "Whether the service is paused.",
    fields: &[Field::word("status", &["RUNNING", "PAUSING", "PAUSED"], "")],
    is_partial: false,
};

/// The routes of this resource.
pub(super) fn routes() -> Routes {
    let show_it = Operation::new("Whether the service is paused").answers(200, &RESOURCE);
    let update_it = Operation::new("Pause the service, or let it go on")
        .about("`PAUSED` pauses all executions, `RUNNING` resumes them; both in the background.")
        .json_body("MaintenanceBody", &SCHEMA, &RESOURCE)
        .answers(200, &RESOURCE);
    Routes::of("Service")
        .get("/maintenance", show, show_it)
        .put("/maintenance", update, update_it)
}

/// `GET /maintenance`
async fn show(State(app): State<App>) -> Response {
    status(app.maintenance().phase())
}

/// `PUT /maintenance`: the work of pausing and resuming goes on after the answer.
async fn update(State(app): State<App>, body: JsonBody) -> ApiResult {
    let given = body.check(&SCHEMA)?;
    let word = given.text("status").unwrap_or("Unset");
    let wanted = match Phase::by_name(word) {
        Some(Phase::Pausing) => {
            let text = "PAUSING is intermediate state. Consider PAUSED, RUNNING as new state";
            return Err(ApiError::bad_request(text));
        }
        Some(phase) => phase,
        None => {
            return Err(ApiError::bad_request(format!(
                "Not found {word} maintenance state. \
                 List of states: ['PAUSING', 'PAUSED', 'RUNNING']"
            )));
        }
    };
    let switched = app.clone();
    let (before, phase) = app
        .write(move |_| {
            let maintenance = switched.maintenance();
            Ok((maintenance.phase(), maintenance.switch(wanted)?))
        })
        .await?;
    if before != phase {
        app.follow_maintenance();
    }
    Ok(status(phase))
}

/// Refuses what would change something while the service is paused; a cancel of
/// an execution passes, and results of actions while it still pauses.
pub(super) async fn admit(app: &App, request: Request) -> ApiResult<Request> {
    let phase = app.maintenance().phase();
    if phase == Phase::Running || request.method() == Method::GET {
        return Ok(request);
    }
    let path = request.uri().path().trim_end_matches('/');
    let is_put = request.method() == Method::PUT;
    let below = |collection: &str| is_put && path.starts_with(collection);
    if matches!(path, "" | "/v2" | "/health" | "/maintenance")
        || (phase == Phase::Pausing && below("/v2/action_executions"))
    {
        return Ok(request);
    }
    let refusal = ApiError::new(
        StatusCode::LOCKED,
        format!("Current Mistral state is {phase}. Method is not allowed"),
    );
    match below("/v2/executions") {
        true => only_cancel(app, request, refusal).await,
        false => Err(refusal),
    }
}

/// Passes a body that asks for CANCELLED.
async fn only_cancel(app: &App, request: Request, refusal: ApiError) -> ApiResult<Request> {
    let (parts, body) = request.into_parts();
    let limit = app.config().limits.max_body_bytes;
    let Ok(bytes) = to_bytes(body, limit).await else {
        return Err(refusal);
    };
    let state = std::str::from_utf8(&bytes)
        .ok()
        .and_then(|text| yaql::json::parse(text).ok())
        .and_then(|body| body.as_dict()?.get("state")?.as_str().map(str::to_owned));
    match state.as_deref() {
        Some("CANCELLED") => Ok(Request::from_parts(parts, Body::from(bytes))),
        _ => Err(refusal),
    }
}

fn status(phase: Phase) -> Response {
    reply::ok([("status", phase.as_str())].into_iter().collect::<Dict>())
}
