//! From bytes to text, by the rules of Python's requests (workflow language
//! §11.1): the declared charset, else ISO-8859-1 for text of any kind.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};
use http::HeaderMap;
use http::header::CONTENT_TYPE;

/// What the headers say about the encoding.
pub(super) fn declared_encoding(headers: &HeaderMap) -> Option<String> {
    let content_type = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    if let Some(charset) = charset(content_type) {
        return Some(charset.to_owned());
    }
    let kind = content_type.to_ascii_lowercase();
    match kind.split(';').next()?.trim() {
        kind if kind.contains("text") => Some("ISO-8859-1".to_owned()),
        kind if kind.contains("application/json") => Some("utf-8".to_owned()),
        _ => None,
    }
}

/// The text in which JSON is looked for. JSON is UTF-8 unless a charset is
/// written: the rule for `text/*` was not made for it.
pub(super) fn json_text<'a>(body: &'a [u8], headers: &HeaderMap) -> Option<Cow<'a, str>> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
    match content_type.and_then(charset) {
        Some(charset) => Some(decode_as(body, charset)),
        None => {
            let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
            str::from_utf8(body).ok().map(Cow::Borrowed)
        }
    }
}

/// The whole body as text. Bytes of an unknown encoding are UTF-8 if they can be,
/// else each becomes one character, so that nothing is lost.
pub(super) fn decode(body: &[u8], headers: &HeaderMap) -> String {
    match declared_encoding(headers) {
        Some(encoding) => decode_as(body, &encoding).into_owned(),
        None => match str::from_utf8(body) {
            Ok(text) => text.to_owned(),
            Err(_) => latin1(body),
        },
    }
}

/// Each byte as the character of that number: Python's ISO-8859-1.
pub(super) fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}

fn decode_as<'a>(body: &'a [u8], label: &str) -> Cow<'a, str> {
    // The web's idea of this label is windows-1252, Python's is not.
    let is_latin1 = ["iso-8859-1", "latin-1", "latin1"]
        .iter()
        .any(|name| label.eq_ignore_ascii_case(name));
    if is_latin1 {
        return Cow::Owned(latin1(body));
    }
    let encoding = Encoding::for_label(label.as_bytes()).unwrap_or(UTF_8);
    encoding.decode_with_bom_removal(body).0
}

fn charset(content_type: &str) -> Option<&str> {
    let parameters = content_type.split(';').skip(1);
    let mut named = parameters.filter_map(|parameter| parameter.split_once('='));
    let (_, value) = named.find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))?;
    Some(value.trim().trim_matches(['\'', '"']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(content_type: &str) -> HeaderMap {
        let value = content_type.parse().expect("a header value");
        [(CONTENT_TYPE, value)].into_iter().collect()
    }

    #[test]
    fn encodings_follow_the_content_type() {
        for (content_type, encoding) in [
            ("text/plain; charset=\"UTF-8\"", Some("UTF-8")),
            ("text/html", Some("ISO-8859-1")),
            ("Application/JSON; x=1", Some("utf-8")),
            ("image/png", None),
        ] {
            let declared = declared_encoding(&headers(content_type));
            assert_eq!(declared.as_deref(), encoding, "{content_type}");
        }
    }

    #[test]
    fn bytes_become_text() {
        for (content_type, body, text) in [
            ("text/plain", &b"\xe9\x80"[..], "é\u{80}"),
            ("text/plain; charset=utf-8", "é".as_bytes(), "é"),
            ("text/plain; charset=koi8-r", b"\xd0\xd2", "пр"),
            ("text/plain; charset=nonsense", "é".as_bytes(), "é"),
            ("application/octet-stream", "é".as_bytes(), "é"),
            ("application/octet-stream", b"\xff\x00", "ÿ\0"),
        ] {
            assert_eq!(decode(body, &headers(content_type)), text, "{content_type}");
        }
    }

    #[test]
    fn json_is_utf8_unless_a_charset_is_written() {
        let json =
            |content_type, body| json_text(body, &headers(content_type)).map(Cow::into_owned);
        let body = "\u{feff}\"é\"".as_bytes();
        assert_eq!(json("text/plain", body).as_deref(), Some("\"é\""));
        let latin1 = json("text/plain; charset=latin-1", b"\"\xe9\"");
        assert_eq!(latin1.as_deref(), Some("\"é\""));
        assert_eq!(json("image/png", b"\xff"), None);
    }
}
