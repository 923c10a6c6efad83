//! Text (YAQL §13.4). Lengths and indices count code points.

use std::collections::BTreeSet;

use super::functions;
use super::slices::{chars, find, find_last, slice};
use crate::eval::parameter::{Iterable, Rest, Text};
use crate::eval::{Result, Scope, raise};
use crate::syntax::chars::is_blank;
use crate::{Dict, List, Value, python};

functions! {
    /// Two texts joined.
    function "#operator_+"(left, right) = |a: Text, b: Text| format!("{a}{b}");
    /// A text so many times.
    function "#operator_*"(left, right) = repeat;
    /// A text so many times.
    function "#operator_*"(left, right) = times;
    /// Whether a text contains another.
    function "#operator_in"(left, right) = |a: Text, b: Text| b.contains(&*a);
    /// The number of characters.
    both len(string) = |string: Text| string.chars().count();
    /// Texts joined.
    function concat(args) = concat;
    /// The text of a value: `null`, `true`, `1.5`; containers as Python writes them.
    function str(value) = |value: Value| text(&value);
    /// Whether a value is a string.
    function isString(arg) = |value: Value| matches!(value, Value::String(_));
    /// In upper case.
    method toUpper(string) = |string: Text| string.to_uppercase();
    /// In lower case.
    method toLower(string) = |string: Text| string.to_lowercase();
    /// The parts between separators; without a separator, the words.
    method split(string, separator, maxSplits = -1) = split;
    /// As `split`, counting from the right.
    method rightSplit(string, separator, maxSplits = -1) = right_split;
    /// The texts of all items with the separator between them.
    method join(sequence, separator) = join;
    /// The texts of all items with the separator between them.
    method join(separator, sequence) = join_by;
    /// Without blanks, or the given characters, at both ends.
    method trim(string, chars) = trim;
    /// Without blanks, or the given characters, at the start.
    method trimLeft(string, chars) = trim_left;
    /// Without blanks, or the given characters, at the end.
    method trimRight(string, chars) = trim_right;
    /// The trimmed text, or null if nothing is left.
    both norm(string, chars) = norm;
    /// Whether nothing is left of a text after trimming; true for null.
    both isEmpty(string, trim = true, chars) = is_empty;
    /// With `old` replaced by `new`, at most `count` times.
    method replace(string, old, new, count = -1) = replace;
    /// With each key replaced by its value, one key after the other.
    method replace(string, replacements, count = -1) = replace_all;
    /// A part: from a start, of a length.
    method substring(string, start, length = -1) = substring;
    /// Where another text first is, or -1.
    method indexOf(string, sub, start = 0) = index_of;
    /// Where another text first is within a part, or -1.
    method indexOf(string, sub, start, length) = index_within;
    /// Where another text last is, or -1.
    method lastIndexOf(string, sub, start = 0) = last_index_of;
    /// Where another text last is within a part, or -1.
    method lastIndexOf(string, sub, start, length) = last_index_within;
    /// The characters as a list.
    method toCharArray(string) = to_char_array;
    /// Whether a text starts with one of the prefixes.
    method startsWith(string, prefixes) = starts_with;
    /// Whether a text ends with one of the suffixes.
    method endsWith(string, suffixes) = ends_with;
}

/// YAQL's `str()`: as Python's, but with `null`, `true` and `false`.
pub(super) fn text(value: &Value) -> Text {
    match value {
        Value::Null => "null".into(),
        Value::Bool(true) => "true".into(),
        Value::Bool(false) => "false".into(),
        Value::String(text) => text.clone(),
        other => python::frozen_str(other).into(),
    }
}

/// The text of a value by the function `str` of the context.
fn text_in(scope: &Scope<'_>, value: &Value) -> Result<Text> {
    if !scope.context.has_functions() {
        return Ok(text(value));
    }
    match scope.call("str", vec![value.clone()])? {
        Value::String(text) => Ok(text),
        other => Err(raise::type_error(format!(
            "sequence item 0: expected str instance, {} found",
            raise::python_type(&other)
        ))),
    }
}

fn times(scope: &Scope<'_>, times: i64, text: Text) -> Result<String> {
    repeat(scope, text, times)
}

fn repeat(scope: &Scope<'_>, text: Text, times: i64) -> Result<String> {
    let times = usize::try_from(times).unwrap_or(0);
    let length = text.len().saturating_mul(times);
    scope.runtime.reserve(length)?;
    Ok(text.repeat(times))
}

fn to_char_array(string: Text) -> List {
    string.chars().map(Value::from).collect()
}

fn starts_with(string: Text, prefixes: Rest<Text>) -> bool {
    prefixes
        .0
        .iter()
        .any(|prefix| string.starts_with(&**prefix))
}

fn ends_with(string: Text, suffixes: Rest<Text>) -> bool {
    suffixes.0.iter().any(|suffix| string.ends_with(&**suffix))
}

fn index_of(string: Text, sub: Text, start: i64) -> i64 {
    find(&string, &sub, start, None)
}

fn last_index_of(string: Text, sub: Text, start: i64) -> i64 {
    find_last(&string, &sub, start, None)
}

fn concat(args: Rest<Text>) -> String {
    args.0.concat()
}

fn parts<'a>(parts: impl IntoIterator<Item = &'a str>) -> List {
    List::mutable(parts.into_iter().map(Value::from).collect())
}

fn split(text: Text, separator: Option<Text>, max: i64) -> Result<List> {
    let max = usize::try_from(max).unwrap_or(usize::MAX - 1);
    match separator.as_deref() {
        Some("") => Err(raise::value_error("empty separator")),
        Some(separator) => Ok(parts(text.splitn(max + 1, separator))),
        None => Ok(words(&text, max)),
    }
}

/// Runs of characters that are no blanks; after `max` splits the rest as it is.
fn words(text: &str, max: usize) -> List {
    let mut found = Vec::new();
    let mut rest = text.trim_start_matches(is_blank);
    while !rest.is_empty() {
        let end = rest.find(is_blank).filter(|_| found.len() < max);
        let (word, tail) = rest.split_at(end.unwrap_or(rest.len()));
        found.push(word);
        rest = tail.trim_start_matches(is_blank);
    }
    parts(found)
}

fn right_split(text: Text, separator: Option<Text>, max: i64) -> Result<List> {
    let max = usize::try_from(max).unwrap_or(usize::MAX - 1);
    let mut found: Vec<&str> = match separator.as_deref() {
        Some("") => return Err(raise::value_error("empty separator")),
        Some(separator) => text.rsplitn(max + 1, separator).collect(),
        None => right_words(&text, max),
    };
    found.reverse();
    Ok(parts(found))
}

fn right_words(text: &str, max: usize) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text.trim_end_matches(is_blank);
    while !rest.is_empty() {
        let blank = rest.char_indices().rfind(|(_, c)| is_blank(*c));
        let start = blank
            .filter(|_| found.len() < max)
            .map_or(0, |(i, c)| i + c.len_utf8());
        let (head, word) = rest.split_at(start);
        found.push(word);
        rest = head.trim_end_matches(is_blank);
    }
    found
}

fn join(scope: &Scope<'_>, sequence: Iterable, separator: Text) -> Result<String> {
    let mut cursor = sequence.cursor(scope);
    let mut joined = String::new();
    let mut first = true;
    while let Some(item) = cursor.next(scope.runtime)? {
        if !first {
            joined.push_str(&separator);
        }
        first = false;
        joined.push_str(&text_in(scope, &item)?);
        if joined.len() > 1 << 20 {
            scope.runtime.reserve(joined.len())?;
        }
    }
    Ok(joined)
}

fn join_by(scope: &Scope<'_>, separator: Text, sequence: Iterable) -> Result<String> {
    join(scope, sequence, separator)
}

/// Whether a character is trimmed: a blank, or one of those given.
fn is_trimmed(chars: Option<&str>) -> impl Fn(char) -> bool {
    let chars: Option<BTreeSet<char>> = chars.map(|chars| chars.chars().collect());
    move |c| match &chars {
        None => is_blank(c),
        Some(chars) => chars.contains(&c),
    }
}

fn trimmed<'a>(text: &'a str, chars: Option<&str>) -> &'a str {
    text.trim_matches(is_trimmed(chars))
}

fn trim(string: Text, chars: Option<Text>) -> String {
    trimmed(&string, chars.as_deref()).into()
}

fn trim_left(string: Text, chars: Option<Text>) -> String {
    string
        .trim_start_matches(is_trimmed(chars.as_deref()))
        .into()
}

fn trim_right(string: Text, chars: Option<Text>) -> String {
    string.trim_end_matches(is_trimmed(chars.as_deref())).into()
}

fn norm(string: Option<Text>, chars: Option<Text>) -> Option<Value> {
    let string = string?;
    let left = trimmed(&string, chars.as_deref());
    (!left.is_empty()).then(|| left.into())
}

fn is_empty(string: Option<Text>, trims: bool, chars: Option<Text>) -> bool {
    match string {
        None => true,
        Some(string) if trims => trimmed(&string, chars.as_deref()).is_empty(),
        Some(string) => string.is_empty(),
    }
}

fn replace(scope: &Scope<'_>, string: Text, old: Text, new: Text, count: i64) -> Result<String> {
    scope.runtime.work(string.len())?;
    let found = match old.is_empty() {
        true => string.len() + 1,
        false => string.len() / old.len(),
    };
    let times = usize::try_from(count).map_or(found, |count| count.min(found));
    let length = string.len().saturating_add(times.saturating_mul(new.len()));
    if length > 1 << 20 {
        scope.runtime.reserve(length)?;
    }
    Ok(match usize::try_from(count) {
        Ok(count) => string.replacen(&*old, &new, count),
        Err(_) => string.replace(&*old, &new),
    })
}

fn replace_all(scope: &Scope<'_>, string: Text, replacements: Dict, count: i64) -> Result<Text> {
    let mut string = string;
    for (old, new) in &replacements {
        let (old, new) = (text_in(scope, old)?, text_in(scope, new)?);
        string = replace(scope, string, old, new, count)?.into();
    }
    Ok(string)
}

fn substring(string: Text, start: i64, length: i64) -> String {
    let size = chars(&string);
    let length = if length < 0 { size } else { length };
    let start = if start < 0 { start + size } else { start };
    slice(&string, start, start.saturating_add(length)).into()
}

/// The part of a text that starts at `start` and has `length` characters.
fn part(string: &str, start: i64, length: i64) -> (i64, i64) {
    let size = chars(string);
    let start = if start < 0 { start + size } else { start };
    let length = if length < 0 {
        size.saturating_sub(start)
    } else {
        length
    };
    (start, start.saturating_add(length))
}

fn index_within(string: Text, sub: Text, start: i64, length: i64) -> i64 {
    let (start, end) = part(&string, start, length);
    find(&string, &sub, start, Some(end))
}

fn last_index_within(string: Text, sub: Text, start: i64, length: i64) -> i64 {
    let (start, end) = part(&string, start, length);
    find_last(&string, &sub, start, Some(end))
}
