//! Path segments, and the address a request came by.

use axum::extract::{FromRequestParts, Path};
use http::header::HOST;
use http::request::Parts;
use http::{HeaderMap, HeaderName};
use serde::de::DeserializeOwned;

use super::error::{ApiError, ApiResult};
use super::state::App;

/// The decoded parameters of a path.
#[derive(Clone, Debug)]
pub(crate) struct Segments<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Segments<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> ApiResult<Self> {
        let path = Path::<T>::from_request_parts(parts, app).await;
        let Path(segments) =
            path.map_err(|rejection| ApiError::bad_request(rejection.body_text()))?;
        Ok(Self(segments))
    }
}

/// Scheme, host and prefix by which the caller reached the server, for links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BaseUrl(pub(crate) String);

impl BaseUrl {
    /// The full address of a path.
    pub(crate) fn link(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

impl FromRequestParts<App> for BaseUrl {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> ApiResult<Self> {
        let authority = parts.uri.authority().map(|authority| authority.as_str());
        let host = header(&parts.headers, &HOST)
            .or(authority)
            .unwrap_or("localhost");
        let direct = format!("http://{host}");
        match app.config().api.enable_proxy_headers_parsing {
            true => Ok(Self(forwarded(&parts.headers, host))),
            false => Ok(Self(direct)),
        }
    }
}

/// The address that the outermost proxy was called by (`Forwarded`, or the
/// older `X-Forwarded-*`).
fn forwarded(headers: &HeaderMap, host: &str) -> String {
    let standard = header(headers, &http::header::FORWARDED).map(first);
    let part = |name: &str| {
        let pairs = standard?.split(';').filter_map(|pair| pair.split_once('='));
        let mut values = pairs.filter(|(key, _)| key.trim().eq_ignore_ascii_case(name));
        values
            .next()
            .map(|(_, value)| value.trim().trim_matches('"'))
    };
    let older = |name: &'static str| header(headers, &HeaderName::from_static(name)).map(first);
    let scheme = part("proto")
        .or_else(|| older("x-forwarded-proto"))
        .unwrap_or("http");
    let mut host = part("host")
        .or_else(|| older("x-forwarded-host"))
        .unwrap_or(host)
        .to_owned();
    if let Some(port) = older("x-forwarded-port").filter(|_| !host.contains(':')) {
        host = format!("{host}:{port}");
    }
    let prefix = older("x-forwarded-prefix")
        .unwrap_or_default()
        .trim_end_matches('/');
    format!("{scheme}://{host}{prefix}")
}

fn header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The first entry of a header that each proxy appends to.
fn first(list: &str) -> &str {
    list.split(',').next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(pairs: &[(&'static str, &str)]) -> String {
        let pairs = pairs.iter();
        let headers =
            pairs.map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
        forwarded(&headers.collect(), "inner:8989")
    }

    #[test]
    fn proxies_are_believed_in_both_dialects() {
        assert_eq!(base(&[]), "http://inner:8989");
        assert_eq!(
            base(&[("forwarded", "for=1.1.1.1;proto=https;host=\"a:1\", host=b")]),
            "https://a:1"
        );
        let older = [
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "a, b"),
            ("x-forwarded-port", "444"),
            ("x-forwarded-prefix", "/flow/"),
        ];
        assert_eq!(base(&older), "https://a:444/flow");
    }
}
