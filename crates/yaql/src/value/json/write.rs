//! Writing JSON.

use std::fmt::Write;
use std::ops::Range;

use super::super::{Value, python};

/// Compact text in UTF-8: the form in which values are stored (YAQL §4.3).
///
/// Sets become arrays, datetimes text without offset, keys text. What has no
/// stored form (see [`super::check_storable`]) is written as its Python text.
pub fn to_string(value: &Value) -> String {
    STORED.text_of(value)
}

/// The same, with the places of all texts and containers in it, itself included,
/// that are at least that many bytes long; inner ones before outer ones.
///
/// ```
/// let value = yaql::json::parse(r#"{"a":"long text"}"#).unwrap();
/// let (text, spans) = yaql::json::to_string_with_spans(&value, 8);
/// assert_eq!(&text[spans[0].clone()], r#""long text""#);
/// assert_eq!(spans[1], 0..text.len());
/// ```
pub fn to_string_with_spans(value: &Value, least: usize) -> (String, Vec<Range<usize>>) {
    let mut out = Out {
        text: String::new(),
        least,
        spans: Vec::new(),
    };
    STORED.write(&mut out, value, 0);
    (out.text, out.spans)
}

const STORED: Style = Style {
    item: ",",
    key: ":",
    indent: 0,
    ascii: false,
};

/// As Python's `json.dumps(x)`: `, ` and `: `, non-ASCII characters escaped.
pub fn to_python_string(value: &Value) -> String {
    Style {
        item: ", ",
        key: ": ",
        indent: 0,
        ascii: true,
    }
    .text_of(value)
}

/// As Python's `json.dumps(x, indent=4)`.
pub fn to_pretty_string(value: &Value) -> String {
    Style {
        item: ",",
        key: ": ",
        indent: 4,
        ascii: true,
    }
    .text_of(value)
}

/// For people: indented by two, in UTF-8.
pub fn to_readable_string(value: &Value) -> String {
    Style {
        item: ",",
        key: ": ",
        indent: 2,
        ascii: false,
    }
    .text_of(value)
}

/// The text of a dict's key that is no string: `true`, `null`, `1.5`.
pub(crate) fn key_text(key: &Value) -> String {
    match key {
        Value::String(s) => s.to_string(),
        Value::Null => "null".into(),
        Value::Bool(b) => b.to_string(),
        Value::Float(f) => float_text(*f),
        Value::DateTime(d) => d.to_stored(),
        other => python::frozen_str(other),
    }
}

#[derive(Clone, Copy)]
struct Style {
    item: &'static str,
    key: &'static str,
    indent: usize,
    ascii: bool,
}

/// Text, and where its long parts are.
struct Out {
    text: String,
    least: usize,
    spans: Vec<Range<usize>>,
}

impl Style {
    fn text_of(self, value: &Value) -> String {
        let mut out = Out {
            text: String::new(),
            least: usize::MAX,
            spans: Vec::new(),
        };
        self.write(&mut out, value, 0);
        out.text
    }

    fn write(self, out: &mut Out, value: &Value, level: usize) {
        let start = out.text.len();
        let text = &mut out.text;
        match value {
            Value::Null => text.push_str("null"),
            Value::Bool(b) => text.push_str(if *b { "true" } else { "false" }),
            Value::Int(i) => push(text, i),
            Value::BigInt(b) => push(text, b),
            Value::Float(f) => text.push_str(&float_text(*f)),
            Value::String(s) => self.text(text, s),
            Value::List(list) => self.items(out, list.iter(), level),
            Value::Set(set) => self.items(out, set.iter(), level),
            Value::Dict(dict) => self.entries(out, dict.iter(), level),
            Value::DateTime(d) => self.text(text, &d.to_stored()),
            Value::Timespan(_) | Value::Opaque(_) => self.text(text, &python::frozen_str(value)),
        }
        if out.text.len() - start >= out.least {
            out.spans.push(start..out.text.len());
        }
    }

    fn items<'a>(self, out: &mut Out, items: impl Iterator<Item = &'a Value>, level: usize) {
        self.group(out, '[', items, ']', level, |out, item| {
            self.write(out, item, level + 1);
        });
    }

    fn entries<'a>(
        self,
        out: &mut Out,
        entries: impl Iterator<Item = (&'a Value, &'a Value)>,
        level: usize,
    ) {
        self.group(out, '{', entries, '}', level, |out, (key, value)| {
            match key {
                Value::String(s) => self.text(&mut out.text, s),
                other => self.text(&mut out.text, &key_text(other)),
            }
            out.text.push_str(self.key);
            self.write(out, value, level + 1);
        });
    }

    fn group<T>(
        self,
        out: &mut Out,
        open: char,
        parts: impl Iterator<Item = T>,
        close: char,
        level: usize,
        write: impl Fn(&mut Out, T),
    ) {
        out.text.push(open);
        let mut empty = true;
        for part in parts {
            if !empty {
                out.text.push_str(self.item);
            }
            empty = false;
            self.line(&mut out.text, level + 1);
            write(out, part);
        }
        if !empty {
            self.line(&mut out.text, level);
        }
        out.text.push(close);
    }

    fn line(self, out: &mut String, level: usize) {
        if self.indent > 0 {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', self.indent * level));
        }
    }

    fn text(self, out: &mut String, text: &str) {
        out.push('"');
        let mut start = 0;
        for (i, c) in text.char_indices() {
            let plain = !matches!(c, '"' | '\\' | '\0'..='\x1f')
                && (!self.ascii || c.is_ascii() && c != '\x7f');
            if plain {
                continue;
            }
            out.push_str(&text[start..i]);
            start = i + c.len_utf8();
            escape(out, c);
        }
        out.push_str(&text[start..]);
        out.push('"');
    }
}

fn escape(out: &mut String, c: char) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\x08' => out.push_str("\\b"),
        '\x0c' => out.push_str("\\f"),
        '\x7f' => out.push(c),
        c => {
            for unit in c.encode_utf16(&mut [0; 2]) {
                push(out, format_args!("\\u{unit:04x}"));
            }
        }
    }
}

fn float_text(f: f64) -> String {
    if f.is_nan() {
        "NaN".into()
    } else if f.is_infinite() {
        if f > 0.0 { "Infinity" } else { "-Infinity" }.into()
    } else {
        python::float(f)
    }
}

fn push(out: &mut String, shown: impl std::fmt::Display) {
    // Writing to a string cannot fail.
    let _ = write!(out, "{shown}");
}
