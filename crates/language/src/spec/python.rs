//! Values as Python shows them, for the texts of the API.

use yaql::{Value, python};

use crate::yaml::{Content, Data, Node};

/// Longer texts are cut: they only tell what was found.
const MAX_LENGTH: usize = 1000;

/// A value as Python's `repr` shows it.
pub(crate) fn repr(node: &Node) -> String {
    let mut text = String::new();
    write(node, &mut text);
    cut(text)
}

/// A text as Python's `repr` shows it.
pub(crate) fn quoted(text: &str) -> String {
    python::repr(&Value::from(text))
}

/// A value as Python's `repr` shows it, lists as lists.
pub(crate) fn value_repr(value: &Value) -> String {
    let mut text = String::new();
    write_value(value, &mut text);
    cut(text)
}

/// A value as Python's `str` shows it, lists as lists.
pub(crate) fn value_str(value: &Value) -> String {
    match value {
        Value::List(_) | Value::Dict(_) => {
            let mut text = String::new();
            write_value(value, &mut text);
            text
        }
        _ => python::str(value),
    }
}

/// Depth is bounded: values come from the reader.
fn write_value(value: &Value, out: &mut String) {
    match value {
        Value::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                write_value(item, out);
            }
            out.push(']');
        }
        Value::Dict(dict) => {
            out.push('{');
            for (index, (key, value)) in dict.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                write_value(key, out);
                out.push_str(": ");
                write_value(value, out);
            }
            out.push('}');
        }
        _ => out.push_str(&python::repr(value)),
    }
}

/// A value as Python's `str` shows it.
pub(crate) fn str(node: &Node) -> String {
    node.as_str().map_or_else(|| repr(node), str::to_owned)
}

/// Cuts what is too long to show.
pub(crate) fn cut(mut text: String) -> String {
    if text.len() > MAX_LENGTH {
        text.truncate(text.floor_char_boundary(MAX_LENGTH));
        text.push('…');
    }
    text
}

fn write(node: &Node, out: &mut String) {
    if out.len() > MAX_LENGTH {
        return;
    }
    match &node.content {
        Content::Scalar(scalar) => out.push_str(&scalar_repr(&scalar.data)),
        Content::Sequence(sequence) => write_all(&sequence.items, ('[', ']'), out),
        Content::Set(members) if members.is_empty() => out.push_str("set()"),
        Content::Set(members) => write_all(members, ('{', '}'), out),
        Content::Mapping(mapping) => {
            out.push('{');
            for (index, (key, value)) in mapping.entries.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                write(key, out);
                out.push_str(": ");
                write(value, out);
            }
            out.push('}');
        }
    }
}

fn write_all(items: &[Node], (open, close): (char, char), out: &mut String) {
    out.push(open);
    for (index, item) in items.iter().enumerate() {
        out.push_str(if index > 0 { ", " } else { "" });
        write(item, out);
    }
    out.push(close);
}

fn scalar_repr(data: &Data) -> String {
    match data {
        Data::Value(value) => python::repr(value),
        Data::Date(date) => {
            format!("datetime.date({}, {}, {})", date.year, date.month, date.day)
        }
        Data::Timestamp(time) => {
            let date = time.date;
            let mut parts = vec![date.year.into(), date.month.into(), date.day.into()];
            parts.extend([u32::from(time.hour), u32::from(time.minute)]);
            if time.second > 0 || time.microsecond > 0 {
                parts.push(time.second.into());
            }
            if time.microsecond > 0 {
                parts.push(time.microsecond);
            }
            let parts: Vec<_> = parts.iter().map(u32::to_string).collect();
            format!("datetime.datetime({})", parts.join(", "))
        }
        Data::Binary(bytes) => format!("b'{}'", bytes.escape_ascii()),
    }
}
