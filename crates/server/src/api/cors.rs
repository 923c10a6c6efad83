//! Pages of other origins, in a browser (REST API §17.7): off unless origins are
//! configured.
//!
//! Invariant: an origin that is not configured gets no header that would let its page
//! read an answer.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HOST, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method};

use crate::config::Cors;

/// Every origin, as a setting and as an answer.
const ANY: &str = "*";

/// What a page may ask by.
const METHODS: [Method; 5] = [
    Method::GET,
    Method::PUT,
    Method::POST,
    Method::DELETE,
    Method::PATCH,
];

/// The headers that a page may send: those of the contract, those that are harmless, and
/// those of our additions.
const TAKEN: [&str; 22] = [
    "x-auth-token",
    "x-identity-status",
    "x-roles",
    "x-service-catalog",
    "x-user-id",
    "x-tenant-id",
    "x-project-id",
    "x-user-name",
    "x-project-name",
    "accept",
    "accept-language",
    "cache-control",
    "content-language",
    "content-type",
    "expires",
    "last-modified",
    "pragma",
    "idempotency-key",
    "if-none-match",
    "last-event-id",
    "x-openstack-request-id",
    "x-request-id",
];

/// The headers of answers that a page may read.
const SHOWN: &str = "X-Auth-Token, X-Subject-Token, X-Service-Token, X-Project-Id, X-User-Name, \
    X-Project-Name, Allow, ETag, Idempotent-Replayed, Server-Error-Message, \
    X-OpenStack-Request-ID, X-Request-ID";

/// What an answer says to the page that asked.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    origin: HeaderValue,
    has_credentials: bool,
    preflight: Option<Preflight>,
}

/// A browser's question whether a page may ask something.
#[derive(Clone, Debug)]
struct Preflight {
    method: HeaderValue,
    headers: Option<HeaderValue>,
    max_age: u64,
}

impl Grant {
    /// What the answer to a request grants; nothing if the request is from no page, or
    /// from one that may not ask this.
    pub(super) fn of(method: &Method, headers: &HeaderMap, config: &Cors) -> Option<Self> {
        let origin = admitted(headers.get(ORIGIN)?, config)?;
        let is_preflight = method == Method::OPTIONS;
        let wanted = headers.get(ACCESS_CONTROL_REQUEST_METHOD);
        let preflight = match wanted.filter(|_| is_preflight) {
            Some(wanted) => Some(Preflight::of(wanted, headers, config)?),
            None => None,
        };
        Some(Self {
            has_credentials: config.allow_credentials && origin != ANY,
            origin,
            preflight,
        })
    }

    /// Adds the headers to an answer.
    pub(super) fn tell(self, headers: &mut HeaderMap) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, self.origin);
        if self.has_credentials {
            let yes = HeaderValue::from_static("true");
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, yes);
        }
        let Some(preflight) = self.preflight else {
            let shown = HeaderValue::from_static(SHOWN);
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, shown);
            return;
        };
        headers.insert(ACCESS_CONTROL_MAX_AGE, preflight.max_age.into());
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, preflight.method);
        if let Some(names) = preflight.headers {
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, names);
        }
    }
}

impl Preflight {
    fn of(method: &HeaderValue, headers: &HeaderMap, config: &Cors) -> Option<Self> {
        let is_known = METHODS.iter().any(|known| known.as_str() == method);
        let names = headers.get(ACCESS_CONTROL_REQUEST_HEADERS);
        let are_taken = names.is_none_or(|names| names.to_str().is_ok_and(are_taken));
        (is_known && are_taken).then(|| Self {
            method: method.clone(),
            headers: names.cloned(),
            max_age: config.max_age,
        })
    }
}

/// The answer depends on who asks, if anybody may.
pub(super) fn vary(headers: &mut HeaderMap, config: &Cors) {
    if !config.allowed_origin.is_empty() {
        headers.append(VARY, HeaderValue::from_name(ORIGIN));
    }
}

/// Whether a page may open a socket. Browsers let any page do so and leave it to the
/// server: a page of this address may, and those of configured origins.
pub(super) fn may_open_socket(headers: &HeaderMap, config: &Cors) -> bool {
    let Some(origin) = headers.get(ORIGIN) else {
        return true;
    };
    let host = headers.get(HOST).map(HeaderValue::as_bytes);
    let own = origin.to_str().ok().and_then(|text| text.split_once("://"));
    let is_own = own.is_some_and(|(_, host_of_page)| Some(host_of_page.as_bytes()) == host);
    is_own || admitted(origin, config).is_some()
}

fn admitted(origin: &HeaderValue, config: &Cors) -> Option<HeaderValue> {
    let mut allowed = config.allowed_origin.iter();
    allowed.find_map(|allowed| match &**allowed {
        ANY => Some(HeaderValue::from_static(ANY)),
        allowed => (origin == allowed).then(|| origin.clone()),
    })
}

fn are_taken(names: &str) -> bool {
    let mut names = names.split(',').map(str::trim);
    names.all(|name| name.is_empty() || TAKEN.iter().any(|taken| taken.eq_ignore_ascii_case(name)))
}
