//! An answer as the result of the action:
//! `{content, status, headers, url, history, encoding, reason, cookies, elapsed}`.

use http::HeaderMap;
use yaql::{Dict, Value, json};

use super::client::{Head, HttpResponse};
use super::{cookie, text};

/// The result value of an answer.
pub(super) fn result(response: HttpResponse) -> Value {
    let HttpResponse {
        head,
        body,
        elapsed,
        history,
    } = response;
    let encoding = text::declared_encoding(&head.headers);
    let history: Vec<Value> = history.iter().map(earlier).collect();
    let entries = [
        ("content", content(&body, &head.headers)),
        ("status", Value::from(i64::from(head.status.as_u16()))),
        ("headers", headers(&head.headers)),
        ("url", Value::from(head.url.as_str())),
        ("history", Value::from(history)),
        ("encoding", Value::from(encoding)),
        ("reason", Value::from(head.reason)),
        ("cookies", cookies(&head.headers)),
        ("elapsed", Value::from(elapsed.as_secs_f64())),
    ];
    Value::Dict(entries.into_iter().collect())
}

/// What is kept of a redirect; its body was not read.
fn earlier(head: &Head) -> Value {
    let entries = [
        ("status", Value::from(i64::from(head.status.as_u16()))),
        ("reason", Value::from(head.reason.as_str())),
        ("url", Value::from(head.url.as_str())),
        ("headers", headers(&head.headers)),
    ];
    Value::Dict(entries.into_iter().collect())
}

/// JSON if it can be read as such, whatever the content type says; else text.
fn content(body: &[u8], headers: &HeaderMap) -> Value {
    let parsed = text::json_text(body, headers).and_then(|text| json::parse(&text).ok());
    parsed.unwrap_or_else(|| Value::from(text::decode(body, headers)))
}

/// Names in their usual spelling, because workflows look them up with it; several
/// of one name are joined.
fn headers(headers: &HeaderMap) -> Value {
    let mut entries = Dict::with_capacity(headers.keys_len());
    for name in headers.keys() {
        let values: Vec<_> = headers
            .get_all(name)
            .into_iter()
            .map(|value| text::latin1(value.as_bytes()))
            .collect();
        entries.insert(usual_spelling(name.as_str()), values.join(", "));
    }
    Value::Dict(entries)
}

fn usual_spelling(name: &str) -> String {
    match name {
        "etag" => return "ETag".to_owned(),
        "www-authenticate" => return "WWW-Authenticate".to_owned(),
        "content-md5" => return "Content-MD5".to_owned(),
        _ => {}
    }
    let mut starts_word = true;
    let spell = |letter: char| {
        let spelled = match starts_word {
            true => letter.to_ascii_uppercase(),
            false => letter,
        };
        starts_word = letter == '-';
        spelled
    };
    name.chars().map(spell).collect()
}

fn cookies(headers: &HeaderMap) -> Value {
    Value::Dict(cookie::set_by(headers).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_names_are_spelled_as_servers_do() {
        for (name, spelled) in [
            ("content-type", "Content-Type"),
            ("x-openstack-request-id", "X-Openstack-Request-Id"),
            ("etag", "ETag"),
        ] {
            assert_eq!(usual_spelling(name), spelled);
        }
    }
}
