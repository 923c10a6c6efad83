//! The one-line syntax `name key=value key=value` (workflow language §6).
//!
//! Used by `action`, `workflow`, `base`, targets of transitions and `retry`. It is
//! what the original's regular expressions make of a string, oddities included:
//! text that is no parameter is skipped in silence.

use std::ops::Range;
use std::sync::Arc;

use yaql::{Dict, Value, json};

/// A parsed one-line call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct InlineCall {
    pub(crate) name: Arc<str>,
    pub(crate) parameters: Vec<InlineParameter>,
    /// What is neither the name nor a parameter.
    pub(crate) skipped: Vec<Range<usize>>,
}

/// `key=value`, with places in the string.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct InlineParameter {
    pub(crate) name: Arc<str>,
    pub(crate) value: Value,
    /// The value without its quotes.
    pub(crate) range: Range<usize>,
}

impl InlineCall {
    /// The parameters by name; of equal names the last one counts.
    pub(crate) fn dict(&self) -> Dict {
        let parameters = self.parameters.iter();
        parameters
            .map(|p| (p.name.clone(), p.value.clone()))
            .collect()
    }
}

/// Reads a call. `None` if there is no name, as with a leading blank.
pub(crate) fn parse(text: &str) -> Option<InlineCall> {
    if !text.contains(' ') {
        return Some(InlineCall {
            name: text.into(),
            parameters: Vec::new(),
            skipped: Vec::new(),
        });
    }
    let name_end = name_end(text)?;
    let (parameters, taken) = parameters(text);
    Some(InlineCall {
        name: text[..name_end].into(),
        parameters,
        skipped: gaps(text, std::iter::once(0..name_end).chain(taken)),
    })
}

fn name_end(text: &str) -> Option<usize> {
    let rest = text.trim_start_matches(|c: char| is_word(c) || c == '.');
    if rest.len() < text.len() {
        let ends = |c: char| matches!(c, '=' | '(' | '"') || c.is_whitespace();
        return Some(text.len() - rest.len() + rest.find(ends).unwrap_or(rest.len()));
    }
    first_on_line(text, "<%", "%>")
        .or_else(|| last_on_line(text, "{{", "}}"))
        .or_else(|| last_on_line(text, "{%", "%}"))
}

/// Where the shortest text between the delimiters ends, if it starts the text.
pub(crate) fn first_on_line(text: &str, open: &str, close: &str) -> Option<usize> {
    let line = first_line(text.strip_prefix(open)?);
    Some(open.len() + line.find(close)? + close.len())
}

/// Where the longest text between the delimiters ends, if it starts the text.
pub(crate) fn last_on_line(text: &str, open: &str, close: &str) -> Option<usize> {
    let line = first_line(text.strip_prefix(open)?);
    Some(open.len() + line.rfind(close)? + close.len())
}

fn first_line(text: &str) -> &str {
    text.split('\n').next().unwrap_or_default()
}

pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The parameters in the whole text, the name included, and what they cover.
fn parameters(text: &str) -> (Vec<InlineParameter>, Vec<Range<usize>>) {
    let mut found = Vec::new();
    let mut taken = Vec::new();
    let mut values = Values::default();
    let mut from = 0;
    while let Some(equals) = text[from..].find('=').map(|at| from + at) {
        let is_key = |c: char| is_word(c) || c == '-';
        let key_start = from + text[from..equals].trim_end_matches(is_key).len();
        let value_start = equals + 1;
        from = value_start;
        if key_start == equals {
            continue;
        }
        let Some(value_end) = values.end(text, value_start) else {
            continue;
        };
        let (value, range) = value(text, value_start..value_end);
        found.push(InlineParameter {
            name: text[key_start..equals].into(),
            value,
            range,
        });
        taken.push(key_start..value_end);
        from = value_end;
    }
    (found, taken)
}

/// Finds the ends of values. Remembers up to where a closing delimiter is known to
/// be absent, so that a hostile text takes no more than linear time.
#[derive(Default)]
struct Values {
    no_double: usize,
    no_single: usize,
    no_jinja: usize,
    no_yaql: usize,
    no_bracket: usize,
    line_end: usize,
}

impl Values {
    fn end(&mut self, text: &str, start: usize) -> Option<usize> {
        let rest = &text[start..];
        if self.line_end <= start {
            self.line_end = start + first_line(rest).len();
        }
        let line = self.line_end - start;
        let end = match rest.as_bytes().first()? {
            b'"' => search(rest, "\"", 1, &mut self.no_double, start, rest.len()),
            b'\'' => search(rest, "'", 1, &mut self.no_single, start, rest.len()),
            b'{' if rest.starts_with("{{") => {
                return search(rest, "}}", 2, &mut self.no_jinja, start, line).map(|at| start + at);
            }
            b'<' if rest.starts_with("<%") => {
                return search(rest, "%>", 2, &mut self.no_yaql, start, line).map(|at| start + at);
            }
            b'[' if self.no_bracket < start + 1 => {
                let close = rest[..line].rfind(']').map(|at| at + 1);
                if close.is_none() {
                    self.no_bracket = start + line;
                }
                close
            }
            _ => return word(rest).map(|length| start + length),
        };
        end.map(|at| start + at + blanks(&rest[at..]))
    }
}

/// The end of the first `close` behind the opening delimiter, within `limit` bytes.
fn search(
    rest: &str,
    close: &str,
    open_length: usize,
    absent_until: &mut usize,
    start: usize,
    limit: usize,
) -> Option<usize> {
    if *absent_until > start {
        return None;
    }
    let body = rest.get(open_length..limit)?;
    let found = body.find(close).map(|at| open_length + at + close.len());
    if found.is_none() {
        *absent_until = start + limit;
    }
    found
}

/// A word of JSON without quotes: only these are seen, and only digits of numbers.
fn word(rest: &str) -> Option<usize> {
    let literal = ["true", "false", "null"]
        .into_iter()
        .find(|word| rest.starts_with(word));
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    literal.map(str::len).or((digits > 0).then_some(digits))
}

fn blanks(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

/// Quoted text loses its quotes and nothing else; the rest is JSON or stays text.
fn value(text: &str, range: Range<usize>) -> (Value, Range<usize>) {
    let raw = text[range.clone()].trim();
    let range = range.start..range.start + raw.len();
    if raw.starts_with(['"', '\'']) {
        let inner = range.start + 1..range.end - 1;
        return (Value::from(&text[inner.clone()]), inner);
    }
    let value = json::parse(raw).unwrap_or_else(|_| Value::from(raw));
    (value, range)
}

/// The parts outside of all (sorted) ranges that are not blank.
fn gaps(text: &str, taken: impl Iterator<Item = Range<usize>>) -> Vec<Range<usize>> {
    let mut gaps = Vec::new();
    let mut from = 0;
    for range in taken.chain(std::iter::once(text.len()..text.len())) {
        if range.start > from {
            let gap = &text[from..range.start];
            let start = from + blanks(gap);
            let end = start + gap.trim().len();
            if start < end {
                gaps.push(start..end);
            }
        }
        from = from.max(range.end);
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Name and parameters as JSON.
    fn read(text: &str) -> String {
        match parse(text) {
            None => "none".to_owned(),
            Some(call) => {
                let parameters = json::to_string(&Value::from(call.dict()));
                format!("{} {parameters}", call.name)
            }
        }
    }

    #[test]
    fn table_of_the_contract() {
        for (text, expected) in [
            (
                r#"std.echo output="a b" x=1"#,
                r#"std.echo {"output":"a b","x":1}"#,
            ),
            (
                "a x=true b=false c=null d=trueish",
                r#"a {"x":true,"b":false,"c":null,"d":true}"#,
            ),
            ("a output=1.5 y=-2", r#"a {"output":1}"#),
            (r#"a output=abc url=http://x e={"x":1}"#, "a {}"),
            ("a to=['a','b'] ", r#"a {"to":"['a','b']"}"#),
            (r#"a to=["a"]"#, r#"a {"to":["a"]}"#),
            ("x a=[1,2] b=[3]", r#"x {"a":"[1,2] b=[3]"}"#),
            ("a x=007 b=1e5", r#"a {"x":"007","b":1}"#),
            (r#"x a = "1""#, "x {}"),
            ("e output=<% $.x %><% $.y %>", r#"e {"output":"<% $.x %>"}"#),
            (
                r#"e output="<% $.x %>=<% $.y %>""#,
                r#"e {"output":"<% $.x %>=<% $.y %>"}"#,
            ),
            (r#"e output="<% "x" %>""#, r#"e {"output":"<% "}"#),
            (r#"e k-1="v""#, r#"e {"k-1":"v"}"#),
            (r#"fail(msg="a b")"#, r#"fail {"msg":"a b"}"#),
            ("std.<% $.x %> a=1", r#"std.<% {"a":1}"#),
            ("<% $.x %> a=1", r#"<% $.x %> {"a":1}"#),
            ("{{ a }} {{ b }} c=1", r#"{{ a }} {{ b }} {"c":1}"#),
            ("no_space=1", "no_space=1 {}"),
            ("count=3 delay=1", r#"count {"count":3,"delay":1}"#),
            (r#"a x="1" x="2""#, r#"a {"x":"2"}"#),
            (" a b=1", "none"),
            (r#""a" b=1"#, "none"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn places_and_what_is_skipped() {
        let text = r#"std.http url=http://x method="GET" -v"#;
        let call = parse(text).unwrap();
        assert_eq!(&text[call.parameters[0].range.clone()], "GET");
        let skipped: Vec<_> = call.skipped.into_iter().map(|range| &text[range]).collect();
        assert_eq!(skipped, ["url=http://x", "-v"]);
    }

    #[test]
    fn hostile_texts_take_linear_time() {
        for part in ["a=[", "a=<%", "a={{", "a=\"", "a='", "aaaa", "a=="] {
            assert!(parse(&format!("x {}", part.repeat(200_000))).is_some());
        }
    }
}
