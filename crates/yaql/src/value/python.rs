//! The text forms of Python: `str()` and `repr()` (YAQL §12).
//!
//! They show in inline strings, in error texts and in `str(x)` of containers.

use std::fmt::Write;

use super::{DateTime, Dict, List, MAX_DEPTH, Set, Timespan, Value};

/// How lists and sets are written.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// As results are: `[1, 2]`, `{1}`.
    Plain,
    /// As within expressions: frozen lists as `(1, 2)`, sets as `frozenset({1})`.
    Frozen,
}

/// Python's `str()` of a result: a string is itself, null is `None`, containers
/// show the [`repr`] of what they hold.
///
/// ```
/// use yaql::{Value, python};
/// assert_eq!(python::str(&Value::from("it")), "it");
/// assert_eq!(python::str(&Value::from(vec!["it".into(), Value::Null])), "['it', None]");
/// ```
pub fn str(value: &Value) -> String {
    text(value, Kind::Plain)
}

/// Python's `repr()` of a result: strings in quotes, `datetime.timedelta(days=1)`.
pub fn repr(value: &Value) -> String {
    written(value, Kind::Plain)
}

/// The name of the Python class that such a result would have: `NoneType`, `str`, `dict`.
pub fn class_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::String(_) => "str",
        other => other.type_name(),
    }
}

/// Python's `str()` within an expression, where lists are tuples: `(1, 2)`.
pub(crate) fn frozen_str(value: &Value) -> String {
    text(value, Kind::Frozen)
}

/// Python's `repr()` within an expression, where lists are tuples: `(1, 2)`.
pub(crate) fn frozen_repr(value: &Value) -> String {
    written(value, Kind::Frozen)
}

fn text(value: &Value, kind: Kind) -> String {
    match value {
        Value::String(s) => s.to_string(),
        Value::DateTime(d) => d.to_string(),
        Value::Timespan(t) => t.to_string(),
        _ => written(value, kind),
    }
}

fn written(value: &Value, kind: Kind) -> String {
    let mut writer = Writer {
        out: String::new(),
        kind,
    };
    writer.repr(value, 0);
    writer.out
}

struct Writer {
    out: String,
    kind: Kind,
}

impl Writer {
    fn repr(&mut self, value: &Value, depth: usize) {
        if depth > 2 * MAX_DEPTH {
            self.out.push_str("...");
            return;
        }
        let out = &mut self.out;
        match value {
            Value::Null => out.push_str("None"),
            Value::Bool(true) => out.push_str("True"),
            Value::Bool(false) => out.push_str("False"),
            Value::Int(i) => push(out, i),
            Value::BigInt(b) => push(out, b),
            Value::Float(f) => out.push_str(&float(*f)),
            Value::String(s) => write_string(out, s),
            Value::List(list) => self.list(list, depth),
            Value::Dict(dict) => self.dict(dict, depth),
            Value::Set(set) => self.set(set, depth),
            Value::DateTime(d) => out.push_str(&datetime(*d)),
            Value::Timespan(t) => out.push_str(&timedelta(*t)),
            Value::Opaque(o) => out.push_str(&o.object().text()),
        }
    }

    fn list(&mut self, list: &List, depth: usize) {
        if self.kind == Kind::Plain || list.is_mutable() {
            self.items("[", list.iter(), "]", depth);
        } else {
            let close = if list.len() == 1 { ",)" } else { ")" };
            self.items("(", list.iter(), close, depth);
        }
    }

    fn set(&mut self, set: &Set, depth: usize) {
        match (self.kind, set.is_empty()) {
            (Kind::Plain, true) => self.out.push_str("set()"),
            (Kind::Plain, false) => self.items("{", set.iter(), "}", depth),
            (Kind::Frozen, true) => self.out.push_str("frozenset()"),
            (Kind::Frozen, false) => self.items("frozenset({", set.iter(), "})", depth),
        }
    }

    fn items<'a>(
        &mut self,
        open: &str,
        items: impl Iterator<Item = &'a Value>,
        close: &str,
        depth: usize,
    ) {
        self.out.push_str(open);
        for (i, item) in items.enumerate() {
            if i > 0 {
                self.out.push_str(", ");
            }
            self.repr(item, depth + 1);
        }
        self.out.push_str(close);
    }

    fn dict(&mut self, dict: &Dict, depth: usize) {
        self.out.push('{');
        for (i, (key, value)) in dict.iter().enumerate() {
            if i > 0 {
                self.out.push_str(", ");
            }
            self.repr(key, depth + 1);
            self.out.push_str(": ");
            self.repr(value, depth + 1);
        }
        self.out.push('}');
    }
}

fn push(out: &mut String, shown: impl std::fmt::Display) {
    // Writing to a string cannot fail.
    let _ = write!(out, "{shown}");
}

/// A float: shortest digits that read back the same, always with a point or an
/// exponent.
pub(crate) fn float(f: f64) -> String {
    if f.is_nan() {
        return "nan".into();
    }
    if f.is_infinite() {
        return if f > 0.0 { "inf" } else { "-inf" }.into();
    }
    let scientific = format!("{f:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if f != 0.0 && !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{digits}e{sign}{:02}", exponent.abs())
    } else if f.fract() == 0.0 {
        format!("{f:.1}")
    } else {
        format!("{f}")
    }
}

fn write_string(out: &mut String, text: &str) {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => out.extend(['\\', c]),
            c if is_printable(c) => out.push(c),
            c => push(out, escaped(c)),
        }
    }
    out.push(quote);
}

fn escaped(c: char) -> String {
    match u32::from(c) {
        code @ 0..=0xff => format!("\\x{code:02x}"),
        code @ 0x100..=0xffff => format!("\\u{code:04x}"),
        code => format!("\\U{code:08x}"),
    }
}

/// Python's `isprintable`: not of the categories C* and Z*, except the space.
fn is_printable(c: char) -> bool {
    match c {
        ' '..='~' => true,
        c if c.is_ascii() => false,
        // After another character, `escape_debug` escapes just these categories.
        c => ['a', c].iter().collect::<String>().escape_debug().count() == 2,
    }
}

fn datetime(d: DateTime) -> String {
    let date = d.date();
    let micros = d.micros_of_day();
    let seconds = micros / 1_000_000;
    let mut out = format!(
        "datetime.datetime({}, {}, {}, {}, {}",
        date.year,
        date.month,
        date.day,
        seconds / 3600,
        seconds / 60 % 60
    );
    if micros % 60_000_000 != 0 {
        push(&mut out, format_args!(", {}", seconds % 60));
    }
    if micros % 1_000_000 != 0 {
        push(&mut out, format_args!(", {}", micros % 1_000_000));
    }
    let zone = match d.offset() {
        Timespan::ZERO => "tzutc()".into(),
        offset => format!("tzoffset(None, {})", offset.total_micros() / 1_000_000),
    };
    push(&mut out, format_args!(", tzinfo={zone})"));
    out
}

fn timedelta(t: Timespan) -> String {
    let parts = [
        ("days", i64::from(t.days())),
        ("seconds", t.seconds()),
        ("microseconds", t.microseconds()),
    ];
    let shown: Vec<String> = parts
        .iter()
        .filter(|(_, n)| *n != 0)
        .map(|(name, n)| format!("{name}={n}"))
        .collect();
    if shown.is_empty() {
        return "datetime.timedelta(0)".into();
    }
    format!("datetime.timedelta({})", shown.join(", "))
}
