//! Number and string literals as Jinja2 reads them.

use num_bigint::BigInt;
use yaql::Value;

use super::number;

/// The number at the start of the text and its length. A float cannot follow a
/// dot, so that `a.0.1` is two indices.
pub(super) fn number(text: &str, after_dot: bool) -> Option<(Value, usize)> {
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if !after_dot && let Some(length) = float_length(text) {
        let digits = text[..length].replace('_', "");
        return Some((Value::Float(digits.parse().ok()?), length));
    }
    let (length, radix) = integer_length(text);
    let digits = match radix {
        10 => text[..length].replace('_', ""),
        _ => text[2..length].replace('_', ""),
    };
    let value = BigInt::parse_bytes(digits.as_bytes(), radix)?;
    Some((number::from_big(value), length))
}

/// Digits with single underscores between them.
fn digits(text: &str, radix: u32) -> usize {
    let bytes = text.as_bytes();
    let is_digit = |i: usize| bytes.get(i).is_some_and(|b| char::from(*b).is_digit(radix));
    let mut end = 0;
    while is_digit(end) || (end > 0 && bytes.get(end) == Some(&b'_') && is_digit(end + 1)) {
        end += 1;
    }
    end
}

fn float_length(text: &str) -> Option<usize> {
    let whole = digits(text, 10);
    let fraction = match text[whole..].strip_prefix('.') {
        Some(rest) => digits(rest, 10),
        None => 0,
    };
    let mut end = whole + if fraction > 0 { fraction + 1 } else { 0 };
    let exponent = text[end..].strip_prefix(['e', 'E']).map_or(0, |rest| {
        let sign = usize::from(rest.starts_with(['+', '-']));
        match digits(&rest[sign..], 10) {
            0 => 0,
            length => 1 + sign + length,
        }
    });
    end += exponent;
    (fraction > 0 || exponent > 0).then_some(end)
}

/// Leading zeros end a decimal number, as `0` is one by itself.
fn integer_length(text: &str) -> (usize, u32) {
    for (prefix, radix) in [("0b", 2), ("0o", 8), ("0x", 16)] {
        let marked = text
            .get(..2)
            .is_some_and(|p| p.eq_ignore_ascii_case(prefix));
        let length = if marked { digits(&text[2..], radix) } else { 0 };
        if length > 0 {
            return (length + 2, radix);
        }
    }
    if text.starts_with('0') {
        let end = text.find(|c| c != '0' && c != '_').unwrap_or(text.len());
        return (text[..end].trim_end_matches('_').len(), 10);
    }
    (digits(text, 10), 10)
}

/// The string literal at the start of the text, unescaped, and its length.
pub(super) fn string(text: &str) -> Option<(String, usize)> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let mut escaped = false;
    let end = text[1..].find(|c: char| {
        let closes = c == quote && !escaped;
        escaped = c == '\\' && !escaped;
        closes
    })?;
    Some((unescape(&text[1..=end]), end + 2))
}

fn unescape(text: &str) -> String {
    if !text.contains('\\') {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let (piece, length) = escape(rest);
        match piece {
            Some(piece) => out.extend(piece),
            None => {
                out.push('\\');
                out.push_str(&rest[..length]);
            }
        }
        rest = &rest[length..];
    }
    out.push_str(rest);
    out
}

/// What stands behind a backslash: its meaning (`Some(None)` for a line
/// continuation, `None` if it means nothing) and its length.
fn escape(text: &str) -> (Option<Option<char>>, usize) {
    let Some(first) = text.chars().next() else {
        return (None, 0);
    };
    let simple = |c| (Some(Some(c)), 1);
    match first {
        '\n' => (Some(None), 1),
        '\\' | '\'' | '"' => simple(first),
        'n' => simple('\n'),
        't' => simple('\t'),
        'r' => simple('\r'),
        'a' => simple('\u{7}'),
        'b' => simple('\u{8}'),
        'f' => simple('\u{c}'),
        'v' => simple('\u{b}'),
        'x' => coded(&text[1..], 2, 16, 1),
        'u' => coded(&text[1..], 4, 16, 1),
        'U' => coded(&text[1..], 8, 16, 1),
        '0'..='7' => {
            let length = text
                .bytes()
                .take(3)
                .take_while(|b| (b'0'..=b'7').contains(b))
                .count();
            coded(text, length, 8, 0)
        }
        _ => (None, first.len_utf8()),
    }
}

fn coded(text: &str, length: usize, radix: u32, before: usize) -> (Option<Option<char>>, usize) {
    let code = text
        .get(..length)
        .and_then(|t| u32::from_str_radix(t, radix).ok());
    match code.and_then(char::from_u32) {
        Some(c) => (Some(Some(c)), before + length),
        None => (None, before),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        let read = |text| {
            number(text, false)
                .map(|(v, n)| (yaql::python::repr(&v), n))
                .unwrap()
        };
        assert_eq!(read("1_000 "), ("1000".into(), 5));
        assert_eq!(read("0x1f}"), ("31".into(), 4));
        assert_eq!(read("1e3"), ("1000.0".into(), 3));
        assert_eq!(read("1.5.2"), ("1.5".into(), 3));
        assert_eq!(read("1.a"), ("1".into(), 1));
        assert_eq!(read("007"), ("0".into(), 2));
        assert_eq!(number("0.1", true).unwrap().1, 1);
    }

    #[test]
    fn strings() {
        let read = |text| string(text).unwrap();
        assert_eq!(read(r"'it\'s'!"), ("it's".into(), 7));
        assert_eq!(read(r#""\u00e9\x41\101\n\q""#), ("éAA\n\\q".into(), 20));
        assert_eq!(string("'open"), None);
    }
}
