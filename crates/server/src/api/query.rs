//! Query arguments (REST API §1.5).
//!
//! Arguments keep their order. Of an argument that is given twice the last one
//! counts, except for filters, which all must hold.

use axum::extract::FromRequestParts;
use http::request::Parts;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::error::{ApiError, ApiResult};

/// What stays readable in a query that is written here.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b',')
    .remove(b':');

/// The decoded arguments of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads the part of the address behind the question mark.
    pub(crate) fn parse(raw: &str) -> ApiResult<Self> {
        raw.split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                Ok((decode(name)?, decode(value)?))
            })
            .collect::<ApiResult<_>>()
            .map(Self)
    }

    /// The arguments in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// The last value of an argument.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let mut backwards = self.0.iter().rev();
        backwards
            .find(|(n, _)| n == name)
            .map(|(_, value)| &**value)
    }

    /// Whether an argument is given and says neither "no" nor nothing.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(means_true)
    }

    /// The namespace asked for; the default one is `''`.
    pub(crate) fn namespace(&self) -> &str {
        self.get("namespace").unwrap_or_default()
    }

    /// An integer argument.
    pub(crate) fn int(&self, name: &str) -> ApiResult<Option<i64>> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        python_int(text).map(Some).ok_or_else(|| {
            let reason = format!("invalid literal for int() with base 10: '{text}'");
            unconvertible(name, text, "int", &reason)
        })
    }

    /// Refuses arguments that an endpoint does not know.
    pub(crate) fn check_known(&self, known: &[&str]) -> ApiResult<()> {
        match self.iter().find(|(name, _)| !known.contains(name)) {
            None => Ok(()),
            Some((name, _)) => Err(unknown(name)),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> ApiResult<Self> {
        Self::parse(parts.uri.query().unwrap_or_default())
    }
}

/// Whether a boolean argument means yes: anything but the usual words for no.
pub(crate) fn means_true(text: &str) -> bool {
    let no = ["", "false", "0", "no", "off", "n", "f"];
    !no.iter().any(|word| text.trim().eq_ignore_ascii_case(word))
}

/// The refusal of an argument that must be a UUID.
pub(crate) fn not_a_uuid(name: &str, text: &str) -> ApiError {
    let reason = format!("Expected a uuid but received {text}.");
    unconvertible(name, text, "uuid", &reason)
}

/// The refusal of an argument that an endpoint does not know.
pub(crate) fn unknown(name: &str) -> ApiError {
    ApiError::bad_request(format!("Unknown argument: \"{name}\""))
}

/// The refusal of an argument that is not of its type.
pub(crate) fn unconvertible(name: &str, value: &str, kind: &str, reason: &str) -> ApiError {
    let reason = format!("unable to convert to {kind}. Error: {reason}");
    ApiError::invalid_input(name, value, reason)
}

/// Writes text so that it is one argument's value.
pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// Python's `int()`: blanks around and underscores between digits are fine.
fn python_int(text: &str) -> Option<i64> {
    let text = text.trim();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let grouped = digits
        .split('_')
        .all(|group| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit()));
    grouped.then(|| text.replace('_', "").parse().ok())?
}

fn decode(text: &str) -> ApiResult<String> {
    let text = text.replace('+', " ");
    match percent_decode_str(&text).decode_utf8() {
        Ok(decoded) => Ok(decoded.into_owned()),
        Err(_) => Err(ApiError::bad_request("The query is not valid UTF-8.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_and_keeps_order() {
        let query = Query::parse("a=1&b=x%20y+z&&a=%C3%A9&flag").unwrap();
        let pairs: Vec<_> = query.iter().collect();
        assert_eq!(
            pairs,
            [("a", "1"), ("b", "x y z"), ("a", "é"), ("flag", "")]
        );
        assert_eq!(query.get("a"), Some("é"));
        assert_eq!(
            Query::parse("a=%ff").unwrap_err().text(),
            "The query is not valid UTF-8."
        );
    }

    #[test]
    fn booleans_understand_no() {
        for no in ["", "false", "False", "0", "no", "off", "n", "f"] {
            assert!(!means_true(no), "{no}");
        }
        for yes in ["true", "True", "1", "on", "x"] {
            assert!(means_true(yes), "{yes}");
        }
    }

    #[test]
    fn refusals_use_the_words_of_the_original() {
        let query = Query::parse("limit=abc&foo=1").unwrap();
        assert_eq!(
            query.int("limit").unwrap_err().text(),
            "Invalid input for field/attribute limit. Value: 'abc'. \
             unable to convert to int. Error: invalid literal for int() with base 10: 'abc'"
        );
        assert_eq!(
            query.check_known(&["limit"]).unwrap_err().text(),
            "Unknown argument: \"foo\""
        );
        assert_eq!(Query::parse("n=%2B1_0").unwrap().int("n"), Ok(Some(10)));
    }
}
