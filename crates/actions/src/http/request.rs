//! The parameters of `std.http` as a request, with the habits of Python's
//! requests: how a query, a body and cookies are written.

use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE};
use http::header::{HeaderName, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Method};
use reqwest::Url;
use url::ParseError;
use yaql::{Dict, Value, json, python};

use super::client::{HttpRequest, TlsCheck, Waits};
use super::{cookie, credentials, proxy};
use crate::action::Failure;
use crate::egress::EgressError;
use crate::parameters::{Input, seconds, text, wrong};

/// What applies unless the action says otherwise.
#[derive(Clone, Copy)]
pub(super) struct Defaults {
    pub(super) timeout: Option<Duration>,
}

/// The largest file of certificates that `verify` may name.
const MAX_CERTIFICATES_BYTES: u64 = 4 << 20;

/// Reads the parameters.
///
/// # Errors
/// One that makes no sense; nothing was sent.
pub(super) async fn read(given: &Dict, defaults: Defaults) -> Result<HttpRequest, Failure> {
    let input = Input(given);
    let mut url = url(input)?;
    let mut headers = headers(input)?;
    let url_credentials = credentials::take_from(&mut url);
    let credentials = match input.value("auth").filter(|auth| auth.is_truthy()) {
        Some(auth) => Some(credentials::of_parameter(auth)?),
        None => url_credentials,
    };
    headers.extend(credentials.map(|value| (AUTHORIZATION, value)));
    headers.extend(cookies(input)?.map(|value| (COOKIE, value)));
    headers
        .entry(ACCEPT)
        .or_insert(HeaderValue::from_static("*/*"));
    let body = body(input, &mut headers)?;
    Ok(HttpRequest {
        headers,
        body,
        waits: waits(input, defaults)?,
        follow_redirects: input.flag("allow_redirects"),
        tls: tls(input).await?,
        proxies: proxy::read(input.value("proxies"))?,
        ..HttpRequest::new(method(input)?, url)
    })
}

fn method(input: Input<'_>) -> Result<Method, Failure> {
    let name = input.filled_text("method")?.unwrap_or_else(|| "GET".into());
    let method = Method::from_bytes(name.trim().to_ascii_uppercase().as_bytes());
    method.map_err(|_| Failure::Refused(format!("'method' is no HTTP method: '{name}'")))
}

fn url(input: Input<'_>) -> Result<Url, Failure> {
    let given = input.required_text("url")?;
    let mut url: Url = given.trim().parse().map_err(no_url)?;
    match input.value("params") {
        None => {}
        Some(Value::Dict(params)) => add_pairs(&mut url, params),
        Some(Value::String(query)) => add_query(&mut url, query),
        Some(other) => return Err(wrong("params", "a dictionary or text", other)),
    }
    Ok(url)
}

/// The text itself may hold a password, so it is not repeated.
fn no_url(error: ParseError) -> Failure {
    match error {
        ParseError::RelativeUrlWithoutBase => Failure::raised(&EgressError::Scheme(String::new())),
        ParseError::EmptyHost => Failure::raised(&EgressError::NoHost),
        error => Failure::Refused(format!(
            "'url' is not a URL such as http://host:port/path ({error})"
        )),
    }
}

/// A list gives a pair for each of its items; null gives none.
fn add_pairs(url: &mut Url, params: &Dict) {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for (name, value) in params {
        let values = match value {
            Value::List(values) => &values[..],
            single => std::slice::from_ref(single),
        };
        let values = values.iter().filter(|value| !value.is_null());
        pairs.extend(values.map(|value| (python::str(name), python::str(value))));
    }
    if !pairs.is_empty() {
        url.query_pairs_mut().extend_pairs(pairs);
    }
}

fn add_query(url: &mut Url, query: &str) {
    let query = match url.query() {
        Some(present) if !present.is_empty() => format!("{present}&{query}"),
        _ => query.to_owned(),
    };
    url.set_query(Some(&query));
}

fn headers(input: Input<'_>) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    let Some(given) = input.dict("headers")? else {
        return Ok(headers);
    };
    for (name, value) in given.iter().filter(|(_, value)| !value.is_null()) {
        let name = text("headers", name)?;
        let invalid = || Failure::Refused(format!("'headers' has an invalid entry '{name}'"));
        let header = HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| invalid())?;
        // These describe the transfer, which is not the workflow's to decide.
        if [CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION].contains(&header) {
            continue;
        }
        let value = text("headers", value)?;
        let value = HeaderValue::from_bytes(value.trim().as_bytes()).map_err(|_| invalid())?;
        headers.insert(header, value);
    }
    Ok(headers)
}

fn cookies(input: Input<'_>) -> Result<Option<HeaderValue>, Failure> {
    let Some(given) = input.dict("cookies")?.filter(|given| !given.is_empty()) else {
        return Ok(None);
    };
    let pairs: Vec<_> = given
        .iter()
        .map(|(name, value)| Ok((text("cookies", name)?, text("cookies", value)?)))
        .collect::<Result<_, Failure>>()?;
    let invalid = || Failure::Refused("'cookies' has a character that no cookie can have".into());
    cookie::header(&pairs).ok_or_else(invalid).map(Some)
}

/// A dictionary as `body` is sent as JSON text without a content type; `json`
/// names it as such.
fn body(input: Input<'_>, headers: &mut HeaderMap) -> Result<Option<Vec<u8>>, Failure> {
    let body = input.value("body").filter(|body| body.is_truthy());
    let json = input.value("json");
    if body.is_some() && json.is_some_and(Value::is_truthy) {
        let message = "Only one of the parameters 'json' and 'body' can be passed";
        return Err(Failure::Refused(message.into()));
    }
    if let Some(json) = json.filter(|_| body.is_none()) {
        headers
            .entry(CONTENT_TYPE)
            .or_insert(HeaderValue::from_static("application/json"));
        return Ok(Some(json::to_python_string(json).into_bytes()));
    }
    Ok(body.map(|body| match body {
        Value::Dict(_) | Value::List(_) => json::to_python_string(body).into_bytes(),
        scalar => python::str(scalar).into_bytes(),
    }))
}

/// One number for each wait, or a list of one for the connection and one for the
/// answer.
fn waits(input: Input<'_>, defaults: Defaults) -> Result<Waits, Failure> {
    let bound = |value: &Value| match value.is_null() {
        true => Ok(None),
        false => seconds("timeout", value).map(Some),
    };
    match input.value("timeout") {
        None => Ok(Waits::each(defaults.timeout)),
        Some(Value::List(pair)) => match &pair[..] {
            [connect, read] => Ok(Waits {
                connect: bound(connect)?,
                read: bound(read)?,
            }),
            _ => Err(Failure::Refused(
                "'timeout' as a list must be [connect, read]".into(),
            )),
        },
        Some(value) => Ok(Waits::each(bound(value)?)),
    }
}

/// A truth value, or certificates: as PEM text or the name of a file.
async fn tls(input: Input<'_>) -> Result<TlsCheck, Failure> {
    let Some(verify) = input.value("verify") else {
        return Ok(TlsCheck::Verify);
    };
    match verify.as_str().map(str::trim) {
        None if verify.is_truthy() => Ok(TlsCheck::Verify),
        None => Ok(TlsCheck::Skip),
        Some(text) if text.eq_ignore_ascii_case("true") || text.is_empty() => Ok(TlsCheck::Verify),
        Some(text) if text.eq_ignore_ascii_case("false") => Ok(TlsCheck::Skip),
        Some(pem) if pem.starts_with("-----BEGIN") => Ok(TlsCheck::Only(pem.into())),
        Some(file) => certificates(file).await.map(TlsCheck::Only),
    }
}

async fn certificates(file: &str) -> Result<Vec<u8>, Failure> {
    let failed = |reason: String| Failure::Raised(format!("'verify' names a file that {reason}"));
    let unreadable = |error: std::io::Error| failed(format!("can't be read: {error}"));
    let metadata = tokio::fs::metadata(file).await.map_err(unreadable)?;
    if !metadata.is_file() || metadata.len() > MAX_CERTIFICATES_BYTES {
        return Err(failed("is no file of certificates".into()));
    }
    tokio::fs::read(file).await.map_err(unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULTS: Defaults = Defaults {
        timeout: Some(Duration::from_secs(60)),
    };

    async fn request(given: &str) -> Result<HttpRequest, String> {
        let given = json::parse(given).unwrap();
        match read(given.as_dict().unwrap(), DEFAULTS).await {
            Ok(request) => Ok(request),
            Err(Failure::Refused(message) | Failure::Raised(message)) => Err(message),
            Err(Failure::Reported(value)) => panic!("reported {value:?}"),
        }
    }

    #[tokio::test]
    async fn params_become_a_query() {
        for (params, url) in [
            (
                r#"{"b": [1, null, "x y"], "c": null, "d": true}"#,
                "http://a.test/?a=1&b=1&b=x+y&d=True",
            ),
            (r#""p=q%20r""#, "http://a.test/?a=1&p=q%20r"),
            ("{}", "http://a.test/?a=1"),
        ] {
            let given = format!(r#"{{"url": "http://a.test/?a=1", "params": {params}}}"#);
            assert_eq!(request(&given).await.unwrap().url.as_str(), url);
        }
    }

    #[tokio::test]
    async fn bodies_are_written_as_the_contract_says() {
        for (given, body, content_type) in [
            (r#""body": {"a": "é"}"#, Some(r#"{"a": "\u00e9"}"#), None),
            (r#""body": "é""#, Some("é"), None),
            (r#""json": [1]"#, Some("[1]"), Some("application/json")),
            (r#""json": {}"#, Some("{}"), Some("application/json")),
            (r#""body": {}, "json": null"#, None, None),
        ] {
            let given = format!(r#"{{"url": "http://a.test/", "method": "post", {given}}}"#);
            let request = request(&given).await.unwrap();
            assert_eq!(request.method, Method::POST);
            assert_eq!(request.body.as_deref(), body.map(str::as_bytes), "{given}");
            let sent = request.headers.get(CONTENT_TYPE);
            assert_eq!(sent.map(|v| v.to_str().unwrap()), content_type, "{given}");
        }
    }

    #[tokio::test]
    async fn refusals_say_what_to_write() {
        for (given, message) in [
            (
                r#""body": "x", "json": [1]"#,
                "Only one of the parameters 'json' and 'body' can be passed",
            ),
            (
                r#""headers": {"a b": 1}"#,
                "'headers' has an invalid entry 'a b'",
            ),
            (
                r#""headers": {"a": "x\ny"}"#,
                "'headers' has an invalid entry 'a'",
            ),
            (
                r#""timeout": [1]"#,
                "'timeout' as a list must be [connect, read]",
            ),
            (r#""method": "G T""#, "'method' is no HTTP method: 'G T'"),
            (r#""url": """#, "'url' must not be empty"),
        ] {
            let given = format!(r#"{{"url": "http://a.test/", {given}}}"#);
            assert_eq!(request(&given).await.err().unwrap(), message);
        }
        for (url, message) in [
            (
                "localhost/x",
                "URL scheme '' is not allowed (only http and https are).",
            ),
            ("http://", "URL does not contain a host."),
            (
                "http://u:secret@host:port/",
                "'url' is not a URL such as http://host:port/path (invalid port number)",
            ),
        ] {
            let refused = request(&format!(r#"{{"url": "{url}"}}"#)).await;
            assert_eq!(refused.err().unwrap(), message);
        }
    }

    #[tokio::test]
    async fn waits_and_certificates() {
        let given = r#"{"url": "https://a.test/", "timeout": [1, "2.5"], "verify": "false"}"#;
        let read = request(given).await.unwrap();
        assert_eq!(read.waits.connect, Some(Duration::from_secs(1)));
        assert_eq!(read.waits.read, Some(Duration::from_millis(2500)));
        assert!(matches!(read.tls, TlsCheck::Skip));
        let plain = request(r#"{"url": "https://a.test/"}"#).await.unwrap();
        assert_eq!(plain.waits, Waits::each(DEFAULTS.timeout));
        assert!(matches!(plain.tls, TlsCheck::Verify));
    }
}
