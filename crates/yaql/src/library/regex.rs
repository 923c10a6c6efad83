//! Regular expressions (YAQL §13.7).

use smallvec::SmallVec;

use super::functions;
use super::slices::chars;
use crate::eval::gauge::Growing;
use crate::eval::iterator::Iter;
use crate::eval::lambda::Lambda;
use crate::eval::parameter::Text;
use crate::eval::{Result, Runtime, Scope, raise};
use crate::regex::template::Template;
use crate::regex::{Fault, Flags, Match, Regex};
use crate::value::{Object, ObjectKind};
use crate::{Dict, EvalError, Limit, List, Opaque, Value};

functions! {
    /// A regular expression with the syntax of Python's `re`.
    function regex(pattern, ignoreCase, multiLine, dotAll) = regex;
    /// Whether the pattern matches somewhere in a text.
    method matches(regexp, string) = matches;
    /// Whether a pattern matches somewhere in the text.
    method matches(string, regexp) = matches_text;
    /// Whether a pattern matches somewhere in the text.
    function "#operator_=~"(string, regexp) = matches_text;
    /// Whether a pattern matches somewhere in the text.
    function "#operator_=~"(string, regexp) = matches_regex;
    /// Whether a pattern matches nowhere in the text.
    function "#operator_!~"(string, regexp) = differs_text;
    /// Whether a pattern matches nowhere in the text.
    function "#operator_!~"(string, regexp) = differs_regex;
    /// The first match's text or null; with a selector what that makes of the
    /// records `{value, start, end}` of the match, `$1`, and of its groups, `$2`, ….
    method search(regexp, string, selector) = search;
    /// As `search`, for all matches, lazily.
    method searchAll(regexp, string, selector) = search_all;
    /// The parts of a text between matches; with groups, these too.
    method split(regexp, string, maxSplit = 0) = split;
    /// The parts of the text between matches; with groups, these too.
    method split(string, regexp, maxSplit = 0) = split_text;
    /// A text with matches replaced by a template with `\1` or `\g<name>` for groups.
    method replace(regexp, string, repl, count = 0) = replace;
    /// The text with matches replaced by a template with `\1` or `\g<name>` for groups.
    method replace(string, regexp, repl, count = 0) = replace_text;
    /// A text with matches replaced by what an expression makes of their records.
    method replaceBy(regexp, string, repl, count = 0) = replace_by;
    /// The text with matches replaced by what an expression makes of their records.
    method replaceBy(string, regexp, repl, count = 0) = replace_text_by;
    /// The text with a backslash before everything that means something in a pattern.
    function escapeRegex(string) = escape;
    /// Whether a value is a regular expression.
    function isRegex(value) = is_regex;
}

impl Object for Regex {
    fn kind(&self) -> ObjectKind {
        ObjectKind::Regex
    }

    fn text(&self) -> String {
        self.text()
    }

    fn equals(&self, other: &Value) -> bool {
        match other {
            Value::Opaque(object) => object.downcast::<Regex>() == Some(self),
            _ => false,
        }
    }

    fn hash(&self) -> u64 {
        use std::hash::BuildHasher;
        foldhash::quality::FixedState::default().hash_one(self.text())
    }
}

fn raised(fault: Fault) -> EvalError {
    match fault {
        Fault::Syntax(text) => EvalError::new("error", text),
        Fault::UnknownGroup(text) => raise::index_error(text),
        Fault::TooComplex => EvalError::limit(Limit::Iterations)
            .with_help("the regular expression goes back too often"),
    }
}

fn compile(pattern: &str) -> Result<Regex> {
    Regex::new(pattern, Flags::default()).map_err(raised)
}

fn regex(
    pattern: Text,
    ignore_case: Option<bool>,
    multi_line: Option<bool>,
    dot_all: Option<bool>,
) -> Result<Value> {
    let flags = Flags {
        ignore_case: ignore_case == Some(true),
        multi_line: multi_line == Some(true),
        dot_all: dot_all == Some(true),
        ..Flags::default()
    };
    let regex = Regex::new(&pattern, flags).map_err(raised)?;
    Ok(Opaque::new(regex).into())
}

fn is_regex(value: Value) -> bool {
    matches!(&value, Value::Opaque(object) if object.object().kind() == ObjectKind::Regex)
}

fn matches(scope: &Scope<'_>, regexp: Regex, string: Text) -> Result<bool> {
    let patience = &scope.runtime.patience;
    regexp.is_match(&string, patience).map_err(raised)
}

fn matches_text(scope: &Scope<'_>, string: Text, regexp: Text) -> Result<bool> {
    matches(scope, compile(&regexp)?, string)
}

fn matches_regex(scope: &Scope<'_>, string: Text, regexp: Regex) -> Result<bool> {
    matches(scope, regexp, string)
}

fn differs_text(scope: &Scope<'_>, string: Text, regexp: Text) -> Result<bool> {
    Ok(!matches_text(scope, string, regexp)?)
}

fn differs_regex(scope: &Scope<'_>, string: Text, regexp: Regex) -> Result<bool> {
    Ok(!matches(scope, regexp, string)?)
}

fn next(
    runtime: &Runtime<'_>,
    regex: &Regex,
    text: &str,
    last: Option<&Match>,
) -> Result<Option<Match>> {
    let found = regex.next(text, last, &runtime.patience);
    found.map_err(raised)
}

/// A place in a text, in bytes and in code points.
///
/// Going from match to match it is moved along, so that counting code points
/// takes linear time for all matches together.
#[derive(Clone, Copy, Default)]
struct Place {
    byte: usize,
    chars: i64,
}

impl Place {
    /// The code points before a byte.
    fn chars_before(self, text: &str, byte: usize) -> i64 {
        match byte >= self.byte {
            true => self.chars + chars(&text[self.byte..byte]),
            false => self.chars - chars(&text[byte..self.byte]),
        }
    }

    fn move_to(&mut self, text: &str, byte: usize) {
        self.chars = self.chars_before(text, byte);
        self.byte = byte;
    }
}

/// `{value, start, end}` of a group; offsets in code points.
fn record(text: &str, found: &Match, index: usize, place: Place) -> Value {
    let (value, start, end) = match found.groups.get(index).copied().flatten() {
        Some((start, end)) => (
            Value::from(&text[start..end]),
            place.chars_before(text, start),
            place.chars_before(text, end),
        ),
        None => (Value::Null, -1, -1),
    };
    let mut record = Dict::with_capacity(3);
    record.insert("value", value);
    record.insert("start", start);
    record.insert("end", end);
    record.into()
}

/// What an expression makes of a match.
fn select(
    runtime: &Runtime<'_>,
    regex: &Regex,
    text: &str,
    found: &Match,
    selector: &Lambda,
    place: &mut Place,
) -> Result<Value> {
    // The original tries to unpack the text of each named group in two.
    if let Some((_, index)) = regex.names().first() {
        let value = found.group(text, *index);
        return Err(match value.map(|value| value.chars().count()) {
            None => raise::type_error("cannot unpack non-iterable NoneType object"),
            Some(2) => raise::index_error("no such group"),
            Some(count @ (0 | 1)) => raise::value_error(format!(
                "not enough values to unpack (expected 2, got {count})"
            )),
            Some(_) => raise::value_error("too many values to unpack (expected 2)"),
        }
        .with_help("named groups do not work with a selector; use numbered ones"));
    }
    place.move_to(text, found.start());
    let groups = 0..=regex.group_count();
    let args: SmallVec<_> = groups
        .map(|index| record(text, found, index, *place))
        .collect();
    selector.call(runtime, args)
}

/// The text of a match, or what the selector makes of it.
fn selected(
    runtime: &Runtime<'_>,
    regex: &Regex,
    text: &str,
    found: &Match,
    selector: Option<&Lambda>,
    place: &mut Place,
) -> Result<Value> {
    match selector {
        Some(selector) => select(runtime, regex, text, found, selector, place),
        None => Ok(found.group(text, 0).unwrap_or_default().into()),
    }
}

fn search(
    scope: &Scope<'_>,
    regexp: Regex,
    string: Text,
    selector: Option<Lambda>,
) -> Result<Value> {
    match next(scope.runtime, &regexp, &string, None)? {
        Some(found) => {
            let (runtime, selector) = (scope.runtime, selector.as_ref());
            selected(
                runtime,
                &regexp,
                &string,
                &found,
                selector,
                &mut Place::default(),
            )
        }
        None => Ok(Value::Null),
    }
}

fn search_all(regexp: Regex, string: Text, selector: Option<Lambda>) -> Iter {
    let depth = selector.as_ref().map_or(0, Lambda::depth);
    let mut last: Option<Match> = None;
    let mut place = Place::default();
    Iter::new(depth, move |runtime: &Runtime<'_>| {
        let Some(found) = next(runtime, &regexp, &string, last.as_ref())? else {
            return Ok(None);
        };
        let selector = selector.as_ref();
        let value = selected(runtime, &regexp, &string, &found, selector, &mut place)?;
        last = Some(found);
        Ok(Some(value))
    })
}

/// Goes through the matches, at most `count` if that is positive.
fn each(
    scope: &Scope<'_>,
    regex: &Regex,
    text: &str,
    count: i64,
    mut visit: impl FnMut(&Match) -> Result<()>,
) -> Result<()> {
    let mut last: Option<Match> = None;
    let mut left = if count > 0 { count } else { i64::MAX };
    while left > 0
        && let Some(found) = next(scope.runtime, regex, text, last.as_ref())?
    {
        scope.runtime.step()?;
        visit(&found)?;
        last = Some(found);
        left -= 1;
    }
    Ok(())
}

fn split_text(scope: &Scope<'_>, string: Text, regexp: Regex, max: i64) -> Result<List> {
    split(scope, regexp, string, max)
}

fn split(scope: &Scope<'_>, regexp: Regex, string: Text, max: i64) -> Result<List> {
    let (runtime, regex, text) = (scope.runtime, &regexp, &*string);
    let mut parts = Growing::default();
    let mut from = 0;
    each(scope, regex, text, max, |found| {
        parts.push(runtime, text[from..found.start()].into())?;
        for group in 1..=regex.group_count() {
            let value = found.group(text, group).map(Value::from);
            parts.push(runtime, value.into())?;
        }
        from = found.end();
        Ok(())
    })?;
    parts.push(runtime, text[from..].into())?;
    Ok(List::mutable(parts.into_items()))
}

fn replace_text(
    scope: &Scope<'_>,
    string: Text,
    regexp: Regex,
    repl: Text,
    count: i64,
) -> Result<String> {
    replace(scope, regexp, string, repl, count)
}

fn replace(
    scope: &Scope<'_>,
    regexp: Regex,
    string: Text,
    repl: Text,
    count: i64,
) -> Result<String> {
    let (regex, text) = (&regexp, &*string);
    let template = Template::new(&repl, regex).map_err(raised)?;
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    each(scope, regex, text, count, |found| {
        out.push_str(&text[from..found.start()]);
        template.expand(found, text, &mut out);
        from = found.end();
        reserve(scope, &out)
    })?;
    out.push_str(&text[from..]);
    Ok(out)
}

fn reserve(scope: &Scope<'_>, out: &str) -> Result<()> {
    match out.len() > 1 << 20 {
        true => scope.runtime.reserve(out.len()),
        false => Ok(()),
    }
}

fn replace_text_by(
    scope: &Scope<'_>,
    string: Text,
    regexp: Regex,
    repl: Lambda,
    count: i64,
) -> Result<String> {
    replace_by(scope, regexp, string, repl, count)
}

fn replace_by(
    scope: &Scope<'_>,
    regexp: Regex,
    string: Text,
    repl: Lambda,
    count: i64,
) -> Result<String> {
    let (regex, text) = (&regexp, &*string);
    let mut out = String::with_capacity(text.len());
    let (mut from, mut pieces) = (0, 0);
    let mut place = Place::default();
    each(scope, regex, text, count, |found| {
        if from < found.start() {
            out.push_str(&text[from..found.start()]);
            pieces += 1;
        }
        match select(scope.runtime, regex, text, found, &repl, &mut place)? {
            Value::String(new) => out.push_str(&new),
            Value::Null => {}
            other => {
                let found = raise::python_type(&other);
                return Err(raise::type_error(format!(
                    "sequence item {pieces}: expected str instance, {found} found"
                )));
            }
        }
        pieces += 1;
        from = found.end();
        reserve(scope, &out)
    })?;
    out.push_str(&text[from..]);
    Ok(out)
}

fn escape(string: Text) -> String {
    let mut out = String::with_capacity(string.len());
    for c in string.chars() {
        if "()[]{}?*+-|^$\\.&~# \t\n\r\x0b\x0c".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
