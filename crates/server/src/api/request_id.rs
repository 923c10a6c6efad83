//! The id under which the log knows a request.

use axum::extract::Request;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::state::App;

/// The header that proxies and most services use.
const COMMON: HeaderName = HeaderName::from_static("x-request-id");

/// The header of OpenStack's services.
const OPENSTACK: HeaderName = HeaderName::from_static("x-openstack-request-id");

/// The longest id that is taken from a caller, in bytes.
const MAX_LENGTH: usize = 128;

/// The caller's own id, or `req-` and a UUID, as OpenStack writes it.
pub(crate) struct RequestId(pub(crate) String);

impl RequestId {
    /// The id that the request brings, if it is one that a log line can hold.
    pub(crate) fn of(request: &Request, app: &App) -> Self {
        let given = [COMMON, OPENSTACK]
            .iter()
            .find_map(|name| request.headers().get(name))
            .and_then(|value| value.to_str().ok())
            .filter(|id| is_plain(id));
        match given {
            Some(id) => Self(id.to_owned()),
            None => Self(format!("req-{}", app.new_id())),
        }
    }

    /// Tells the caller.
    pub(crate) fn tell(&self, headers: &mut HeaderMap) {
        if let Ok(value) = HeaderValue::from_str(&self.0) {
            headers.insert(COMMON, value.clone());
            headers.insert(OPENSTACK, value);
        }
    }
}

fn is_plain(id: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/+=@".contains(&byte);
    (1..=MAX_LENGTH).contains(&id.len()) && id.bytes().all(is_plain)
}
