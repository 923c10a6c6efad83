//! Root documents, signs of life, maintenance state and services (REST API §4,
//! §16).

use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderValue, StatusCode};
use tokio::time::timeout;
use yaql::{Dict, List, Value, json};

use super::caller::Caller;
use super::error::{ApiError, ApiResult};
use super::openapi::{Operation, Routes};
use super::path::BaseUrl;
use super::query::Query;
use super::reply;
use super::resource::{Field, Form, Resource};
use super::state::App;

/// The largest info document, in bytes.
const MAX_INFO_BYTES: u64 = 1 << 20;

/// The media type of metrics.
const METRICS: &str = "application/openmetrics-text";

static VERSIONS: Resource = Resource {
    name: "Versions",
    about: "The versions of the API.",
    fields: &[Field::new("versions", Form::Many(&VERSION), "")],
    is_partial: false,
};

static VERSION: Resource = Resource {
    name: "Version",
    about: "",
    fields: &[
        Field::text("id", ""),
        Field::text("status", ""),
        Field::new("links", Form::Many(&LINK), ""),
    ],
    is_partial: false,
};

static LINK: Resource = Resource {
    name: "Link",
    about: "",
    fields: &[
        Field::text("href", ""),
        Field::text("target", ""),
        Field::text("rel", ""),
    ],
    is_partial: false,
};

static ADDRESS: Resource = Resource {
    name: "Address",
    about: "Where this version of the API is.",
    fields: &[Field::text("uri", "")],
    is_partial: false,
};

static SIGN: Resource = Resource {
    name: "Sign",
    about: "A sign of life.",
    fields: &[Field::text("status", "")],
    is_partial: false,
};

static SERVICE: Resource = Resource {
    name: "Service",
    about: "A part of the service, and the process that does it.",
    fields: &[Field::text("name", ""), Field::text("type", "")],
    is_partial: false,
};

/// The routes of this file.
pub(super) fn routes() -> Routes {
    let new = Operation::new;
    let of_metrics = new("Metrics for Prometheus").text(200, METRICS);
    Routes::of("Service")
        .get(
            "/",
            versions,
            new("Versions of the API").answers(200, &VERSIONS),
        )
        .get("/v2", redirect, new("To the same with a slash").empty(302))
        .get("/v2/", version, new("This version").answers(200, &ADDRESS))
        .get(
            "/info",
            info,
            new("The operator's own document").any_json(200),
        )
        .get(
            "/healthcheck",
            healthcheck,
            new("A sign of life, if it is switched on")
                .answers(200, &SIGN)
                .faults(&[404]),
        )
        .get(
            "/healthz",
            alive,
            new("The process answers").answers(200, &SIGN),
        )
        .get(
            "/readyz",
            ready,
            new("The store and the engine answer and the server does not stop").answers(200, &SIGN),
        )
        .get("/metrics", metrics, of_metrics)
        .get(
            "/v2/services",
            services,
            new("List the parts of the service").answers_all(200, "services", &SERVICE),
        )
}

/// `GET /`: the versions of the API.
async fn versions(base: BaseUrl) -> Response {
    let link: Dict = [
        ("href", base.link("/v2")),
        ("target", "v2".into()),
        ("rel", "self".into()),
    ]
    .into_iter()
    .collect();
    let version: Dict = [
        ("id", Value::from("v2.0")),
        ("status", "CURRENT".into()),
        ("links", vec![link.into()].into()),
    ]
    .into_iter()
    .collect();
    let versions = List::from(vec![version.into()]);
    reply::ok([("versions", versions)].into_iter().collect::<Dict>())
}

/// `GET /v2`: the same with a slash.
async fn redirect(base: BaseUrl) -> ApiResult {
    let target = HeaderValue::from_str(&base.link("/v2/"))
        .map_err(|_| ApiError::bad_request("The Host header is not valid."))?;
    let mut response = reply::empty(StatusCode::FOUND);
    response.headers_mut().insert(LOCATION, target);
    Ok(response)
}

/// `GET /v2/`
async fn version(base: BaseUrl) -> Response {
    reply::ok([("uri", base.link("/v2"))].into_iter().collect::<Dict>())
}

/// `GET /info`: a document of the operator.
async fn info(State(app): State<App>) -> ApiResult {
    let api = &app.config().api;
    if !api.enable_info_endpoint {
        return Err(ApiError::bad_request("Info endpoint disabled."));
    }
    let path = api.info_json_file_path.clone();
    let read = app.read(move |_| {
        let wrong = || ApiError::bad_request("Incorrect path to info json file.");
        let size = std::fs::metadata(&path).map_err(|_| wrong())?.len();
        let text = (size <= MAX_INFO_BYTES)
            .then(|| std::fs::read_to_string(&path).ok())
            .flatten();
        json::parse(&text.ok_or_else(wrong)?).map_err(|error| {
            ApiError::bad_request(format!("The info json file is not JSON: {error}"))
        })
    });
    read.await.map(reply::ok)
}

/// `GET /healthcheck`: only if it is switched on.
async fn healthcheck(State(app): State<App>) -> ApiResult {
    match app.config().healthcheck.enabled {
        true => Ok(status("OK")),
        false => Err(ApiError::no_such_path()),
    }
}

/// `GET /healthz`: the process answers.
async fn alive() -> Response {
    status("alive")
}

/// The longest that `/readyz` waits for the engine.
const ENGINE_ANSWERS: Duration = Duration::from_secs(5);

/// `GET /readyz`: the store and the engine answer and the server does not stop.
async fn ready(State(app): State<App>) -> ApiResult {
    if app.shutdown().is_cancelled() {
        return Err(ApiError::stopping());
    }
    let probe = app.read(|reading| {
        let nobody = store::query::Projects::Of("".into());
        reading
            .catalog
            .environment("", &nobody)
            .map(|_| ())
            .map_err(ApiError::from)
    });
    probe.await?;
    match timeout(ENGINE_ANSWERS, app.engine().ping()).await {
        Ok(Ok(())) => Ok(status("ready")),
        _ => Err(ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "The engine does not take events.",
        )),
    }
}

/// `GET /metrics`: for Prometheus.
async fn metrics(State(app): State<App>) -> Response {
    let text = app.metrics().text(app.feed().followers());
    let mut response = Response::new(Body::from(text));
    let kind =
        HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

/// `GET /v2/services`: this process does everything.
async fn services(State(app): State<App>, caller: Caller, arguments: Query) -> ApiResult {
    arguments.check_known(&[])?;
    tracing::trace!(project = %caller.project_id, "services listed");
    let name = format!("{}_{}", app.config().api.host, std::process::id());
    let groups = ["api_group", "engine_group", "executor_group"];
    let services = groups.map(|group| {
        let service: Dict = [("name", name.as_str()), ("type", group)]
            .into_iter()
            .collect();
        Value::from(service)
    });
    Ok(reply::ok(
        [("services", List::from(services.to_vec()))]
            .into_iter()
            .collect::<Dict>(),
    ))
}

fn status(word: &str) -> Response {
    reply::ok([("status", word)].into_iter().collect::<Dict>())
}
