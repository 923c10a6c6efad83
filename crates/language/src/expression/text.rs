//! Python's text of results, as it stands in strings around an expression:
//! `v=<% $.n %>` gives `v=None`.
//!
//! Other than inside of YAQL, lists print as lists (`[1, 'a']`) and sets as
//! sets: a result has left the evaluator, where they were frozen.

use yaql::{Value, python};

/// Python's `str()`; `None` if it is longer than `limit` bytes.
pub(super) fn str(value: &Value, limit: usize) -> Option<String> {
    let text = match value {
        Value::String(_) | Value::DateTime(_) | Value::Timespan(_) => python::str(value),
        _ => {
            let mut out = String::new();
            return write_repr(&mut out, value, limit).then_some(out);
        }
    };
    (text.len() <= limit).then_some(text)
}

/// Appends Python's `repr()`; false if `out` got longer than `limit` bytes.
///
/// Values nest at most [`yaql::MAX_DEPTH`] deep, so the recursion is bounded.
pub(super) fn write_repr(out: &mut String, value: &Value, limit: usize) -> bool {
    match value {
        Value::List(list) => write_items(out, ["[", "]"], list.iter(), limit),
        Value::Set(set) if set.is_empty() => out.push_str("set()"),
        Value::Set(set) => write_items(out, ["{", "}"], set.iter(), limit),
        Value::Dict(dict) => {
            out.push('{');
            for (i, (key, value)) in dict.iter().enumerate() {
                out.push_str(if i > 0 { ", " } else { "" });
                if !write_repr(out, key, limit) {
                    return false;
                }
                out.push_str(": ");
                if !write_repr(out, value, limit) {
                    return false;
                }
            }
            out.push('}');
        }
        scalar => out.push_str(&python::repr(scalar)),
    }
    out.len() <= limit
}

fn write_items<'v>(
    out: &mut String,
    [open, close]: [&str; 2],
    items: impl Iterator<Item = &'v Value>,
    limit: usize,
) {
    out.push_str(open);
    for (i, item) in items.enumerate() {
        out.push_str(if i > 0 { ", " } else { "" });
        if !write_repr(out, item, limit) {
            return;
        }
    }
    out.push_str(close);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_show_the_repr_of_their_items() {
        let list = Value::from(vec![
            1.into(),
            "it's".into(),
            Value::Null,
            true.into(),
            2.0.into(),
        ]);
        let dict = Value::from([("k", list)].into_iter().collect::<yaql::Dict>());
        assert_eq!(
            str(&dict, 100).unwrap(),
            r#"{'k': [1, "it's", None, True, 2.0]}"#
        );
        assert_eq!(str(&"plain".into(), 100).unwrap(), "plain");
        assert_eq!(str(&yaql::Set::new().into(), 100).unwrap(), "set()");
    }

    #[test]
    fn texts_are_bounded() {
        let mut value = Value::from("ab");
        for _ in 0..60 {
            value = Value::from(vec![value.clone(), value]);
        }
        assert_eq!(str(&value, 1_000_000), None);
    }
}
