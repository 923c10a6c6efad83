//! Who asks, and what they may do (REST API §17.3, §17.6).
//!
//! Without authentication everything belongs to one project and everybody may
//! use it; the rules for administrators want the header `X-Roles: admin`.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;

use super::error::{ApiError, ApiResult};

/// The project of everything as long as there is no authentication.
pub(crate) const DEFAULT_PROJECT: &str = "<default-project>";

/// Whoever sent a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    /// Owner of what the request makes.
    pub(crate) project_id: Arc<str>,
    /// Has the role `admin`.
    pub(crate) is_admin: bool,
}

impl Caller {
    /// Passes administrators only.
    pub(crate) fn require_admin(&self) -> ApiResult<()> {
        match self.is_admin {
            true => Ok(()),
            false => Err(ApiError::policy_refusal()),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let roles = parts.headers.get_all("x-roles").iter();
        let mut roles = roles
            .filter_map(|value| value.to_str().ok())
            .flat_map(|v| v.split(','));
        Ok(Self {
            project_id: DEFAULT_PROJECT.into(),
            is_admin: roles.any(|role| role.trim().eq_ignore_ascii_case("admin")),
        })
    }
}
