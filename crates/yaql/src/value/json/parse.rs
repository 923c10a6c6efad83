//! Reading JSON.

use std::sync::Arc;

use num_bigint::BigInt;

use super::super::{Dict, MAX_DEPTH, Value};
use super::Keys;

/// Text that is no JSON.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}: line {line} column {column} (char {position})")]
pub struct JsonError {
    /// What is wrong, in Python's words.
    pub reason: &'static str,
    /// Line, counted from 1.
    pub line: usize,
    /// Column in code points, counted from 1.
    pub column: usize,
    /// Code points before the place.
    pub position: usize,
}

impl JsonError {
    fn at(text: &str, fault: &Fault) -> Self {
        let before = &text[..text.floor_char_boundary(fault.offset)];
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        JsonError {
            reason: fault.reason,
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            position: before.chars().count(),
        }
    }
}

/// Reads one JSON value, as Python's `json.loads` does.
///
/// `NaN`, `Infinity` and `-Infinity` are accepted, integers may have any size,
/// of equal keys the last wins. A lone surrogate becomes U+FFFD.
///
/// # Errors
/// Python's text and place of the first fault; also for more than
/// [`MAX_DEPTH`](crate::MAX_DEPTH) levels.
///
/// ```
/// let error = yaql::json::parse("[1,").unwrap_err();
/// assert_eq!(error.to_string(), "Expecting value: line 1 column 4 (char 3)");
/// ```
pub fn parse(text: &str) -> Result<Value, JsonError> {
    parse_with_holes(text, &[])
}

/// The same for text in which each `#` where a value must be stands for the next of
/// `holes`.
///
/// # Errors
/// As those of [`parse`]; a `#` more than there are holes is no value.
///
/// ```
/// let value = yaql::json::parse_with_holes(r##"{"a":#}"##, &["text".into()]).unwrap();
/// assert_eq!(yaql::json::to_string(&value), r#"{"a":"text"}"#);
/// ```
pub fn parse_with_holes(text: &str, holes: &[Value]) -> Result<Value, JsonError> {
    let mut parser = Parser {
        text,
        at: 0,
        keys: Keys::default(),
        holes: holes.iter(),
    };
    parser
        .document()
        .map_err(|fault| JsonError::at(text, &fault))
}

struct Fault {
    reason: &'static str,
    offset: usize,
}

fn fault<T>(reason: &'static str, offset: usize) -> Result<T, Fault> {
    Err(Fault { reason, offset })
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    keys: Keys,
    holes: std::slice::Iter<'a, Value>,
}

impl Parser<'_> {
    fn document(&mut self) -> Result<Value, Fault> {
        self.blanks();
        let value = self.value(0)?;
        self.blanks();
        if self.at < self.text.len() {
            return fault("Extra data", self.at);
        }
        Ok(value)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value, Fault> {
        if depth >= MAX_DEPTH {
            return fault("Too many nested levels", self.at);
        }
        match self.peek() {
            Some(b'"') => Ok(self.string(|_, text| text.into())?.into()),
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b'#') => self.hole(depth),
            _ => self.word(),
        }
    }

    fn hole(&mut self, depth: usize) -> Result<Value, Fault> {
        let Some(value) = self.holes.next() else {
            return fault("Expecting value", self.at);
        };
        if depth + value.depth() >= MAX_DEPTH {
            return fault("Too many nested levels", self.at);
        }
        self.at += 1;
        Ok(value.clone())
    }

    fn word(&mut self) -> Result<Value, Fault> {
        let words = [
            ("null", Value::Null),
            ("true", Value::Bool(true)),
            ("false", Value::Bool(false)),
            ("NaN", Value::Float(f64::NAN)),
            ("Infinity", Value::Float(f64::INFINITY)),
            ("-Infinity", Value::Float(f64::NEG_INFINITY)),
        ];
        for (word, value) in words {
            if self.text[self.at..].starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        fault("Expecting value", self.at)
    }

    fn array(&mut self, depth: usize) -> Result<Value, Fault> {
        self.at += 1;
        let mut items = Vec::new();
        self.blanks();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(items.into());
        }
        loop {
            self.blanks();
            items.push(self.value(depth + 1)?);
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return fault("Expecting ',' delimiter", self.at),
            }
        }
        self.at += 1;
        Ok(items.into())
    }

    fn object(&mut self, depth: usize) -> Result<Value, Fault> {
        self.at += 1;
        let mut entries: Vec<(Value, Value)> = Vec::new();
        self.blanks();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Dict::new().into());
        }
        loop {
            self.blanks();
            if self.peek() != Some(b'"') {
                return fault("Expecting property name enclosed in double quotes", self.at);
            }
            let key = self.string(|keys, text| keys.intern(text))?;
            self.blanks();
            if self.peek() != Some(b':') {
                return fault("Expecting ':' delimiter", self.at);
            }
            self.at += 1;
            self.blanks();
            let value = self.value(depth + 1)?;
            entries.push((key.into(), value));
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return fault("Expecting ',' delimiter", self.at),
            }
        }
        self.at += 1;
        Ok(entries.into_iter().collect::<Dict>().into())
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Result<Value, Fault> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else if self.digits() == 0 {
            self.at = start;
            return self.word();
        }
        let is_float = self.fraction() | self.exponent();
        let text = &self.text[start..self.at];
        if is_float {
            return Ok(Value::Float(text.parse().unwrap_or(f64::NAN)));
        }
        match text.parse::<i64>() {
            Ok(i) => Ok(i.into()),
            Err(_) => Ok(text.parse::<BigInt>().unwrap_or_default().into()),
        }
    }

    /// Takes `.5`; a point without digits stays.
    fn fraction(&mut self) -> bool {
        let start = self.at;
        if self.peek() == Some(b'.') {
            self.at += 1;
            if self.digits() > 0 {
                return true;
            }
        }
        self.at = start;
        false
    }

    /// Takes `e+5`; an `e` without digits stays.
    fn exponent(&mut self) -> bool {
        let start = self.at;
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits() > 0 {
                return true;
            }
        }
        self.at = start;
        false
    }

    /// `share` makes the text of a string.
    fn string(&mut self, share: fn(&Keys, &str) -> Arc<str>) -> Result<Arc<str>, Fault> {
        let open = self.at;
        self.at += 1;
        let mut owned = String::new();
        let mut start = self.at;
        loop {
            match self.peek() {
                None => return fault("Unterminated string starting at", open),
                Some(b'"') => break,
                Some(b'\\') => {
                    owned.push_str(&self.text[start..self.at]);
                    owned.push(self.escape(open)?);
                    start = self.at;
                }
                Some(0..=0x1f) => return fault("Invalid control character at", self.at),
                Some(_) => self.at += 1,
            }
        }
        let rest = &self.text[start..self.at];
        self.at += 1;
        if owned.is_empty() {
            return Ok(share(&self.keys, rest));
        }
        owned.push_str(rest);
        Ok(share(&self.keys, &owned))
    }

    fn escape(&mut self, open: usize) -> Result<char, Fault> {
        let backslash = self.at;
        self.at += 1;
        let Some(c) = self.peek() else {
            return fault("Unterminated string starting at", open);
        };
        self.at += 1;
        Ok(match c {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\x08',
            b'f' => '\x0c',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(),
            _ => return fault("Invalid \\escape", backslash),
        })
    }

    fn unicode(&mut self) -> Result<char, Fault> {
        let high = self.hex4()?;
        if !(0xd800..0xdc00).contains(&high) {
            return Ok(char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        let here = self.at;
        if self.text[here..].starts_with("\\u") {
            self.at += 2;
            let low = self.hex4()?;
            if (0xdc00..0xe000).contains(&low) {
                let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
        }
        self.at = here;
        Ok(char::REPLACEMENT_CHARACTER)
    }

    fn hex4(&mut self) -> Result<u32, Fault> {
        let digits = self.text.get(self.at..self.at + 4);
        match digits.filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit())) {
            Some(digits) => {
                self.at += 4;
                Ok(u32::from_str_radix(digits, 16).unwrap_or(0))
            }
            None => fault("Invalid \\uXXXX escape", self.at),
        }
    }
}
