//! Errors as callers see them (REST API §3).
//!
//! Invariant: every error of the API is a JSON object with `faultcode`,
//! `faultstring` and `debuginfo`, whatever endpoint it comes from; the text is the
//! contract's. What went wrong inside is logged, never shown.

use std::fmt;

use axum::response::{IntoResponse, Response};
use engine::event::Refusal;
use http::{HeaderName, HeaderValue, StatusCode};
use store::Roles;
use store::Trouble;
use yaql::{Dict, Value};

use super::reply;

/// An answer that is not a success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiError {
    status: StatusCode,
    text: String,
}

/// What handlers answer.
pub(crate) type ApiResult<T = Response> = Result<T, ApiError>;

/// Repeats the text of errors that Python clients look for in a header.
const SERVER_ERROR_MESSAGE: HeaderName = HeaderName::from_static("server-error-message");

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $status:ident;)*) => {
        impl ApiError {
            $($(#[$doc])*
            pub(crate) fn $name(text: impl Into<String>) -> Self {
                Self::new(StatusCode::$status, text)
            })*
        }
    };
}

kinds! {
    /// The request makes no sense.
    bad_request = BAD_REQUEST;
    /// The caller may not do this.
    forbidden = FORBIDDEN;
    /// There is no such thing.
    not_found = NOT_FOUND;
    /// There is such a thing already.
    conflict = CONFLICT;
    /// The request is larger than allowed.
    too_large = PAYLOAD_TOO_LARGE;
    /// The body is of a kind that is not read here.
    unsupported_type = UNSUPPORTED_MEDIA_TYPE;
    /// The product does not do this yet.
    not_implemented = NOT_IMPLEMENTED;
    /// Something inside did not answer.
    internal = INTERNAL_SERVER_ERROR;
}

impl ApiError {
    /// An error of any status.
    pub(crate) fn new(status: StatusCode, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { status, text }
    }

    /// The store does not answer. The cause goes to the log.
    pub(crate) fn unavailable(cause: &dyn fmt::Display) -> Self {
        tracing::error!(%cause, "the store failed");
        Self::internal("The service is temporarily unavailable")
    }

    /// The database can not be used for now.
    pub(crate) fn in_trouble(trouble: Trouble) -> Self {
        let text = format!("{trouble} Try again later.");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, text)
    }

    /// A field or argument that does not fit, in the words of the original.
    pub(crate) fn invalid_input(
        field: &str,
        value: impl fmt::Display,
        reason: impl fmt::Display,
    ) -> Self {
        Self::bad_request(format!(
            "Invalid input for field/attribute {field}. Value: '{value}'. {reason}"
        ))
    }

    /// Nothing is served under the path.
    pub(crate) fn no_such_path() -> Self {
        Self::not_found("The resource could not be found.")
    }

    /// The server stops.
    pub(crate) fn stopping() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "The server is stopping.")
    }

    /// Too many requests of a kind are at work.
    pub(crate) fn overloaded() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "Too many requests wait already; try again later.",
        )
    }

    /// The node has other roles than that of the API.
    pub(crate) fn no_api(roles: Roles) -> Self {
        let roles: Vec<_> = roles.names().collect();
        Self::not_found(format!(
            "This node has no API, its roles are: {}. GET /v2/nodes shows which nodes have one.",
            roles.join(", ")
        ))
    }

    /// The answer took longer than any may.
    pub(crate) fn too_slow(seconds: u64) -> Self {
        let text = format!("The request took longer than {seconds} seconds.");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, text)
    }

    /// The caller lacks the permission for an operation.
    pub(crate) fn policy_refusal() -> Self {
        Self::forbidden("Operation forbidden (insufficient permissions)")
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotFound(text) => Self::not_found(text),
            Refusal::Invalid(text) => Self::bad_request(text),
            Refusal::Forbidden(text) => Self::forbidden(text),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let fault = match self.status.is_server_error() {
            true => "Server",
            false => "Client",
        };
        let body: Dict = [
            ("faultcode", Value::from(fault)),
            ("faultstring", Value::from(self.text.as_str())),
            ("debuginfo", Value::Null),
        ]
        .into_iter()
        .collect();
        let mut response = reply::json(self.status, body);
        if wants_header(self.status)
            && let Ok(value) = HeaderValue::from_str(&self.text)
        {
            response.headers_mut().insert(SERVER_ERROR_MESSAGE, value);
        }
        response
    }
}

/// The statuses whose text clients read from the header (REST API §3.3).
fn wants_header(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::UNAUTHORIZED | StatusCode::UNSUPPORTED_MEDIA_TYPE | StatusCode::LOCKED
    )
}
