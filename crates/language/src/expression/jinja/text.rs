//! `str()` and `repr()` of a template's values.

use std::fmt::Write;

use yaql::{Limit, Value as Plain};

use super::super::failure::{Outcome, limit_error};
use super::super::text as plain;
use super::value::{Kind, Sequence, Value};

/// Python's `str()`, of at most `limit` bytes.
pub(super) fn str(value: &Value, limit: usize) -> Outcome<String> {
    let mut out = String::new();
    write_str(&mut out, value, limit)?;
    Ok(out)
}

/// Appends Python's `str()`; `out` may grow to `limit` bytes.
pub(super) fn write_str(out: &mut String, value: &Value, limit: usize) -> Outcome<()> {
    match value {
        Value::Data(Plain::String(text)) => out.push_str(text),
        Value::Data(data @ (Plain::DateTime(_) | Plain::Timespan(_))) => {
            out.push_str(&yaql::python::str(data));
        }
        Value::Markup(text) => out.push_str(text),
        _ => write_repr(out, value, limit)?,
    }
    check(out, limit)
}

/// Python's `repr()`, of at most `limit` bytes.
pub(super) fn repr(value: &Value, limit: usize) -> Outcome<String> {
    let mut out = String::new();
    write_repr(&mut out, value, limit)?;
    Ok(out)
}

fn write_repr(out: &mut String, value: &Value, limit: usize) -> Outcome<()> {
    check(out, limit)?;
    match value {
        Value::Data(data) => {
            if !plain::write_repr(out, data, limit) {
                return Err(limit_error(Limit::Memory));
            }
        }
        Value::Sequence(sequence) => write_sequence(out, sequence, limit)?,
        Value::Dict(dict) => {
            out.push('{');
            for (i, (key, value)) in dict.entries().iter().enumerate() {
                separate(out, i);
                write_repr(out, &key.into(), limit)?;
                out.push_str(": ");
                write_repr(out, value, limit)?;
            }
            out.push('}');
        }
        Value::Markup(text) => {
            out.push_str("Markup(");
            write_repr(out, &Value::from(&**text), limit)?;
            out.push(')');
        }
        Value::Bytes(bytes) => write_bytes(out, bytes),
        Value::Undefined(_) => value.defined()?,
        Value::Callable(callable) => out.push_str(&callable.to_string()),
        Value::Namespace(_) => out.push_str("<Namespace>"),
        Value::Loop(state) => {
            // Writing to a string cannot fail.
            let _ = write!(out, "<LoopContext {}/{}>", state.index(), state.len());
        }
        Value::Cycler(_) => out.push_str("<Cycler>"),
    }
    Ok(())
}

fn write_sequence(out: &mut String, sequence: &Sequence, limit: usize) -> Outcome<()> {
    let items = sequence.as_slice();
    let (open, close) = match sequence.kind() {
        Kind::List | Kind::Generator => ("[", "]"),
        Kind::Tuple | Kind::Group if items.len() == 1 => ("(", ",)"),
        Kind::Tuple | Kind::Group => ("(", ")"),
        Kind::Keys => ("dict_keys([", "])"),
        Kind::Values => ("dict_values([", "])"),
        Kind::Items => ("dict_items([", "])"),
        Kind::Range { start, stop, step } => {
            let step = if step == 1 {
                String::new()
            } else {
                format!(", {step}")
            };
            let _ = write!(out, "range({start}, {stop}{step})");
            return Ok(());
        }
    };
    out.push_str(open);
    for (i, item) in items.iter().enumerate() {
        separate(out, i);
        write_repr(out, item, limit)?;
    }
    out.push_str(close);
    Ok(())
}

fn separate(out: &mut String, index: usize) {
    if index > 0 {
        out.push_str(", ");
    }
}

fn write_bytes(out: &mut String, bytes: &[u8]) {
    out.push_str("b'");
    for byte in bytes {
        match byte {
            b'\'' | b'\\' => out.extend(['\\', char::from(*byte)]),
            b'\n' => out.push_str("\\n"),
            b' '..=b'~' => out.push(char::from(*byte)),
            _ => {
                let _ = write!(out, "\\x{byte:02x}");
            }
        }
    }
    out.push('\'');
}

fn check(out: &str, limit: usize) -> Outcome<()> {
    match out.len() > limit {
        true => Err(limit_error(Limit::Memory)),
        false => Ok(()),
    }
}

/// Escapes text for HTML.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\'' => out.push_str("&#39;"),
            '"' => out.push_str("&#34;"),
            c => out.push(c),
        }
    }
    out
}
