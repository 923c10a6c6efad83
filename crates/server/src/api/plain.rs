//! `Accept: application/vnd.ostro.v2+json`: attributes that hold JSON as text are sent
//! as what they are.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderValue};
use yaql::{Dict, List, Value, json};

use super::error::ApiError;

/// The media type.
pub(crate) const PLAIN: &str = "application/vnd.ostro.v2+json";

/// The attributes that hold JSON as text.
pub(crate) const ATTRIBUTES: &[&str] = &[
    "input",
    "interface",
    "output",
    "params",
    "published",
    "published_global",
    "result",
    "runtime_context",
    "variables",
    "workflow_input",
    "workflow_params",
];

/// Sends plain JSON to those who want it.
pub(crate) async fn plain(request: Request, next: Next) -> Response {
    if !is_wanted(request.headers()) {
        return next.run(request).await;
    }
    let response = next.run(request).await;
    let kind = response.headers().get(CONTENT_TYPE);
    let is_json = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    if !is_json || !response.status().is_success() {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let bytes = match to_bytes(body, usize::MAX).await {
        Ok(bytes) => bytes,
        Err(error) => return ApiError::unavailable(&error).into_response(),
    };
    let parsed = std::str::from_utf8(&bytes).ok();
    let Some(Ok(value)) = parsed.map(json::parse) else {
        return Response::from_parts(parts, Body::from(bytes));
    };
    let text = json::to_string(&document(&value));
    let headers = &mut parts.headers;
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(PLAIN));
    headers.insert(VARY, HeaderValue::from_static("accept"));
    Response::from_parts(parts, Body::from(text))
}

/// Whether a request asks for plain JSON.
pub(super) fn is_wanted(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT).iter();
    let values = values.filter_map(|value| value.to_str().ok());
    let mut kinds = values.flat_map(|value| value.split(','));
    kinds.any(|kind| kind.split(';').next().unwrap_or_default().trim() == PLAIN)
}

/// A resource, or a list of them.
fn document(value: &Value) -> Value {
    let Some(dict) = value.as_dict() else {
        return value.clone();
    };
    let entries = |list: &List| list.iter().map(resource).collect::<List>();
    let members = dict.iter().map(|(name, value)| {
        let shown = match value.as_list() {
            Some(list) => entries(list).into(),
            None => member(name, value),
        };
        (name.clone(), shown)
    });
    members.collect::<Dict>().into()
}

fn resource(value: &Value) -> Value {
    match value.as_dict() {
        None => value.clone(),
        Some(dict) => {
            let members = dict.iter();
            let members = members.map(|(name, value)| (name.clone(), member(name, value)));
            members.collect::<Dict>().into()
        }
    }
}

fn member(name: &Value, value: &Value) -> Value {
    let is_json = name.as_str().is_some_and(|name| ATTRIBUTES.contains(&name));
    match value.as_str().filter(|_| is_json).map(json::parse) {
        Some(Ok(plain)) => plain,
        _ => value.clone(),
    }
}
