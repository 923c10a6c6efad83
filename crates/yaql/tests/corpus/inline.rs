//! Strings with `<% %>` in them, as the corpus has some (YAQL §11).

use super::verdict::Outcome;
use yaql::python;

/// Evaluates all expressions in a text. The placeholders are found first, then
/// replaced one after the other, everywhere.
pub(crate) fn evaluate(text: &str, evaluate: impl Fn(&str) -> Outcome) -> Outcome {
    let found = placeholders(text);
    let mut result = text.to_string();
    for placeholder in &found {
        let inner = placeholder.trim_matches(['<', '%', '>']);
        let value = match evaluate(inner) {
            Outcome::Value(value) => value,
            error => return error,
        };
        if placeholder.len() == text.len() {
            return Outcome::Value(value);
        }
        result = result.replace(placeholder, &python::str(&value));
    }
    Outcome::Value(result.into())
}

fn placeholders(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("<%") {
        rest = &rest[start..];
        let line = rest.find('\n').unwrap_or(rest.len());
        match rest[2..line.max(2)].find("%>") {
            Some(end) => {
                found.push(&rest[..end + 4]);
                rest = &rest[end + 4..];
            }
            None => rest = &rest[2..],
        }
    }
    found
}
