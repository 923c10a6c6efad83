//! `Idempotency-Key`: a POST with one can be repeated until it is answered, and does
//! its work once.
//!
//! The key is durable before the work begins, the answer after it. In between a crash
//! leaves a start that finds its own execution when it is repeated, since the execution's
//! id is made of the key; an action that was run on its own is not run again.

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use engine::model::{ExecutionId, Id, Timestamp};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use store::{KeptAnswer, KeyedRequest, Reservation};
use tracing::Instrument;

use super::caller::Caller;
use super::error::{ApiError, ApiResult};
use super::state::{App, now};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Marks an answer that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// The longest key, in bytes.
const MAX_KEY: usize = 255;

/// The path whose work has effects outside that nobody can look up.
const ACTIONS: &str = "/v2/action_executions";

/// What web hooks begin with.
const HOOKS: &str = "/v2/hooks/";

/// The id that an execution started by the request gets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyedId(pub(crate) ExecutionId);

/// Does the work of a POST with a key once.
pub(crate) async fn once(State(app): State<App>, request: Request, next: Next) -> Response {
    let key = request.headers().get(KEY).cloned();
    // A web hook proves who it is first; its keys are message ids.
    let is_hook = request.uri().path().starts_with(HOOKS);
    match key.filter(|_| request.method() == Method::POST && !is_hook) {
        None => next.run(request).await,
        Some(key) => match answer(app, &key, request, next).await {
            Ok(response) => response,
            Err(error) => error.into_response(),
        },
    }
}

async fn answer(app: App, key: &HeaderValue, request: Request, next: Next) -> ApiResult {
    let (mut parts, body) = request.into_parts();
    let bytes = read(&app, body).await?;
    let keyed = keyed(&app, checked(key)?, &mut parts, &bytes).await;
    let wanted = keyed.clone();
    let keep = i64::from(app.config().api.idempotency_hours) * 3_600_000_000;
    let reservation = app
        .write(move |store| {
            let at = now();
            Ok(store.reserve(at, at.plus_micros(-keep), wanted)?)
        })
        .await?;
    let since = match reservation {
        Reservation::Answered(answer) => return Ok(replayed(&answer)),
        Reservation::Taken => return Err(taken(&keyed.key)),
        Reservation::AtWork => return Err(at_work()),
        Reservation::Interrupted(_) if parts.uri.path() == ACTIONS => return Err(interrupted()),
        Reservation::Interrupted(since) | Reservation::First(since) => since,
    };
    parts.extensions.insert(execution_id(&keyed, since));
    let request = Request::from_parts(parts, Body::from(bytes));
    // The caller may go; the work and its answer do not.
    let work = async move {
        let response = next.run(request).await;
        keep_answer(&app, keyed, response).await
    };
    let work = tokio::spawn(work.in_current_span()).await;
    work.map_err(|error| ApiError::unavailable(&error))
}

async fn read(app: &App, body: Body) -> ApiResult<Bytes> {
    let limits = &app.config().limits;
    let limit = limits.max_body_bytes.max(limits.max_definition_bytes);
    let bytes = to_bytes(body, limit).await;
    bytes
        .map_err(|_| ApiError::too_large(format!("The request body is larger than {limit} bytes.")))
}

fn checked(key: &HeaderValue) -> ApiResult<&str> {
    let text = key.to_str().unwrap_or_default().trim();
    match (1..=MAX_KEY).contains(&text.len()) {
        true => Ok(text),
        false => Err(ApiError::bad_request(format!(
            "The Idempotency-Key must be 1 to {MAX_KEY} printable ASCII characters."
        ))),
    }
}

async fn keyed(app: &App, key: &str, parts: &mut Parts, body: &[u8]) -> KeyedRequest {
    let caller = match Caller::from_request_parts(parts, app).await {
        Ok(caller) => caller,
        Err(never) => match never {},
    };
    let mut hasher = blake3::Hasher::new();
    hasher.update(parts.uri.to_string().as_bytes());
    hasher.update(b"\n");
    hasher.update(body);
    KeyedRequest {
        project_id: caller.project_id,
        key: key.into(),
        fingerprint: *hasher.finalize().as_bytes(),
        claim: app.incarnation(),
    }
}

/// The same for every repetition; another one when the key is used again later.
fn execution_id(request: &KeyedRequest, since: Timestamp) -> KeyedId {
    let mut hasher = blake3::Hasher::new();
    for part in [&request.project_id, &request.key] {
        hasher.update(part.as_bytes());
        hasher.update(b"\0");
    }
    hasher.update(&since.micros().to_be_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    // A UUID of version 8: made by rules of our own.
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    KeyedId(ExecutionId(Id::from_bytes(bytes)))
}

/// Answers that say nothing of the request itself are not kept: it may be repeated.
async fn keep_answer(app: &App, keyed: KeyedRequest, response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let bytes = match to_bytes(body, usize::MAX).await {
        Ok(bytes) => bytes,
        Err(error) => return ApiError::unavailable(&error).into_response(),
    };
    let header = parts.headers.get(CONTENT_TYPE);
    let content_type = header.and_then(|value| value.to_str().ok());
    let answer = (!parts.status.is_server_error()).then(|| KeptAnswer {
        status: parts.status.as_u16(),
        content_type: content_type.unwrap_or_default().into(),
        body: Arc::from(&*String::from_utf8_lossy(&bytes)),
    });
    let kept = app
        .write(move |store| Ok(store.keep_answer(keyed, answer)?))
        .await;
    match kept {
        Ok(()) => Response::from_parts(parts, Body::from(bytes)),
        Err(error) => error.into_response(),
    }
}

fn replayed(answer: &KeptAnswer) -> Response {
    let mut response = Response::new(Body::from(answer.body.to_string()));
    let status = StatusCode::from_u16(answer.status);
    *response.status_mut() = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    if let Ok(kind) = HeaderValue::from_str(&answer.content_type) {
        headers.insert(CONTENT_TYPE, kind);
    }
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

fn taken(key: &str) -> ApiError {
    let text = format!(
        "The Idempotency-Key '{key}' was used for another request; take a new one for a new request."
    );
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, text)
}

fn at_work() -> ApiError {
    ApiError::conflict(
        "The request with this Idempotency-Key is still at work; repeat it to get its answer.",
    )
}

fn interrupted() -> ApiError {
    ApiError::conflict(
        "The request with this Idempotency-Key was interrupted, and whether its action ran is not \
         known; look at the action executions, and take a new key to run it again.",
    )
}
