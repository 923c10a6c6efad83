//! Request bodies: bounded in size and time, UTF-8, of the family the endpoint
//! belongs to (REST API §1.2).

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Request};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};

use super::error::{ApiError, ApiResult};
use super::fields::{Given, Schema};
use super::state::App;

/// The body of an endpoint that reads JSON; not parsed yet.
#[derive(Debug)]
pub(crate) struct JsonBody {
    text: String,
    content_type: String,
}

/// The body of an endpoint that reads a definition.
#[derive(Debug)]
pub(crate) struct DefinitionBody(pub(crate) String);

impl JsonBody {
    /// Its size in bytes.
    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    /// Parses the body and checks it against the attributes of a resource.
    ///
    /// # Errors
    /// 415 for something that neither is nor claims to be JSON, else 400.
    pub(crate) fn check(&self, schema: &Schema) -> ApiResult<Given> {
        if self.text.trim().is_empty() {
            let argument = schema.argument;
            return Err(ApiError::bad_request(format!(
                "Missing argument: \"{argument}\""
            )));
        }
        let Ok(value) = yaql::json::parse(&self.text) else {
            return Err(self.not_json());
        };
        match value.as_dict() {
            Some(dict) => schema.check(dict),
            None => Err(ApiError::bad_request(format!(
                "Request must be a JSON object, not {}.",
                value.type_name()
            ))),
        }
    }

    fn not_json(&self) -> ApiError {
        let kind = self.content_type.as_str();
        let known = [
            "",
            "application/json",
            "text/javascript",
            "application/javascript",
        ];
        match known.contains(&kind) {
            true => ApiError::bad_request("Request is not in valid JSON format"),
            false => ApiError::unsupported_type(format!("Unknown mimetype: {kind}")),
        }
    }
}

impl FromRequest<App> for JsonBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> ApiResult<Self> {
        let content_type = mime_type(request.headers());
        let limits = &app.config().limits;
        let text = read(request, limits.max_body_bytes, limits.body_timeout).await?;
        Ok(Self { text, content_type })
    }
}

impl FromRequest<App> for DefinitionBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> ApiResult<Self> {
        let limits = &app.config().limits;
        let text = read(request, limits.max_definition_bytes, limits.body_timeout).await?;
        Ok(Self(text))
    }
}

/// The body of an event that comes by a web hook: text of any kind.
#[derive(Debug)]
pub(crate) struct EventBody(pub(crate) String);

impl FromRequest<App> for EventBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> ApiResult<Self> {
        let config = app.config();
        let limit = config.event_engine.max_event_bytes;
        let text = read(request, limit, config.limits.body_timeout).await?;
        Ok(Self(text))
    }
}

/// The largest body that is taken in before anybody asks for it, in bytes.
const SMALL: u64 = 64 << 10;

/// Takes in a small body, so that a request which is refused without a look at
/// its body leaves the connection usable.
pub(crate) async fn take_small(request: Request, seconds: u64) -> ApiResult<Request> {
    match announced_length(request.headers()) {
        Some(1..=SMALL) => {}
        _ => return Ok(request),
    }
    let (parts, body) = request.into_parts();
    let reading = to_bytes(body, SMALL as usize);
    match tokio::time::timeout(Duration::from_secs(seconds), reading).await {
        Ok(Ok(bytes)) => Ok(Request::from_parts(parts, Body::from(bytes))),
        Ok(Err(error)) => Err(ApiError::bad_request(format!(
            "The request body could not be read: {error}"
        ))),
        Err(_) => Err(too_slow(seconds)),
    }
}

/// The content type without its parameters, in lower case.
pub(crate) fn mime_type(headers: &HeaderMap) -> String {
    let value = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let kind = value
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default();
    kind.trim().to_ascii_lowercase()
}

async fn read(request: Request, limit: usize, seconds: u64) -> ApiResult<String> {
    if announced_length(request.headers()).is_some_and(|length| length > limit as u64) {
        return Err(too_large(limit));
    }
    let reading = collect(request.into_body(), limit);
    match tokio::time::timeout(Duration::from_secs(seconds), reading).await {
        Ok(result) => result,
        Err(_) => Err(too_slow(seconds)),
    }
}

async fn collect(body: Body, limit: usize) -> ApiResult<String> {
    let bytes = to_bytes(body, limit).await.map_err(|error| {
        // The length limit is the only failure that leaves somebody to answer to.
        tracing::debug!(%error, "reading a request body failed");
        too_large(limit)
    })?;
    String::from_utf8(bytes.into())
        .map_err(|_| ApiError::bad_request("The request body is not valid UTF-8."))
}

fn announced_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn too_slow(seconds: u64) -> ApiError {
    let text = format!("The request body did not arrive within {seconds} seconds.");
    ApiError::new(StatusCode::REQUEST_TIMEOUT, text)
}

fn too_large(limit: usize) -> ApiError {
    ApiError::too_large(format!("The request body is larger than {limit} bytes."))
}
