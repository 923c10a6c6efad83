//! Successful answers: status, content type and body.

use axum::body::Body;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header::CONTENT_TYPE};
use yaql::{Dict, List, Value, json};

use crate::definitions::Refusal;

/// Content type of the endpoints that read JSON (REST API §1.2).
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Content type of the endpoints that read definitions.
const JSON_UTF8: HeaderValue = HeaderValue::from_static("application/json;charset=utf-8");

/// A JSON document.
pub(crate) fn json(status: StatusCode, body: impl Into<Value>) -> Response {
    typed(status, &body.into(), JSON)
}

/// The JSON answer of an endpoint that reads definitions.
pub(crate) fn definition(status: StatusCode, body: impl Into<Value>) -> Response {
    typed(status, &body.into(), JSON_UTF8)
}

/// 200 with a JSON document.
pub(crate) fn ok(body: impl Into<Value>) -> Response {
    json(StatusCode::OK, body)
}

/// 201 with a JSON document.
pub(crate) fn created(body: impl Into<Value>) -> Response {
    json(StatusCode::CREATED, body)
}

/// 204: no body and no content type.
pub(crate) fn no_content() -> Response {
    empty(StatusCode::NO_CONTENT)
}

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// The verdict of the `validate` endpoints: always 200. All problems with their
/// places are an own addition, and so are warnings about what may be meant otherwise.
pub(crate) fn verdict(result: Result<(), Refusal>, warnings: List) -> Response {
    let mut body = Dict::new();
    body.insert("valid", result.is_ok());
    if let Err(refusal) = result {
        body.insert("error", refusal.text);
        body.insert("problems", refusal.problems);
    }
    if !warnings.is_empty() {
        body.insert("warnings", warnings);
    }
    definition(StatusCode::OK, body)
}

fn typed(status: StatusCode, body: &Value, content_type: HeaderValue) -> Response {
    let mut response = Response::new(Body::from(json::to_python_string(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}
