//! Cookies, as far as one exchange needs them: names and values, no lifetimes.

use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue};

/// The names and values that an answer sets, in the order sent.
pub(super) fn set_by(headers: &HeaderMap) -> impl Iterator<Item = (String, String)> {
    headers.get_all(SET_COOKIE).into_iter().filter_map(|line| {
        let line = String::from_utf8_lossy(line.as_bytes());
        let (name, value) = line.split(';').next()?.split_once('=')?;
        Some((name.trim().to_owned(), unquoted(value.trim()).to_owned()))
    })
}

/// The Cookie header of these names and values; `None` if they can't stand in one.
pub(super) fn header(cookies: &[(String, String)]) -> Option<HeaderValue> {
    let pairs: Vec<_> = cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let mut value = HeaderValue::from_str(&pairs.join("; ")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The Cookie header after an answer: what was sent, with what it sets on top.
/// `None` if it sets nothing.
pub(super) fn merge(sent: Option<&HeaderValue>, answer: &HeaderMap) -> Option<HeaderValue> {
    let mut cookies: Vec<(String, String)> = sent
        .and_then(|sent| sent.to_str().ok())
        .into_iter()
        .flat_map(|sent| sent.split("; "))
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let mut is_changed = false;
    for (name, value) in set_by(answer) {
        cookies.retain(|(known, _)| *known != name);
        cookies.push((name, value));
        is_changed = true;
    }
    is_changed.then(|| header(&cookies)).flatten()
}

fn unquoted(value: &str) -> &str {
    value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'))
        .unwrap_or(value)
}
