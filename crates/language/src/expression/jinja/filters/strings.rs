//! Filters for texts. Whatever they get is made a text first.

use std::collections::BTreeSet;

use yaql::Value as Plain;

use super::super::super::failure::{Outcome, raise, type_error};
use super::super::arguments::Arguments;
use super::super::methods;
use super::super::run::Run;
use super::super::text as python;
use super::super::value::Value;
use super::super::{format as formatting, operators};
use super::attributes::{Path, flag, given};

fn count(value: Option<Value>, default: usize) -> Outcome<usize> {
    match value {
        None => Ok(default),
        Some(Value::Data(Plain::Int(i))) => Ok(usize::try_from(i).unwrap_or(0)),
        Some(other) => {
            other.defined()?;
            let name = other.type_name();
            Err(type_error(format!(
                "'{name}' object cannot be interpreted as an integer"
            )))
        }
    }
}

/// A text of the same kind as `like`: markup stays markup.
fn text_like(like: &Value, text: String) -> Value {
    match like {
        Value::Markup(_) => Value::Markup(text.into()),
        _ => text.into(),
    }
}

/// `upper`
pub(super) fn upper(run: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    arguments.none("upper")?;
    Ok(text_like(value, run.str(value)?.to_uppercase()))
}

/// `lower`
pub(super) fn lower(run: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    arguments.none("lower")?;
    Ok(text_like(value, run.str(value)?.to_lowercase()))
}

/// `capitalize`
pub(super) fn capitalize(run: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    arguments.none("capitalize")?;
    Ok(text_like(value, methods::capitalize(&run.str(value)?)))
}

/// `title`: words begin after blanks, hyphens and opening brackets.
pub(super) fn title(run: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    arguments.none("title")?;
    let text = run.str(value)?;
    let begins = |c: char| c.is_whitespace() || "-({[<".contains(c);
    let words = text.split_inclusive(begins).map(methods::capitalize);
    Ok(text_like(value, words.collect()))
}

/// `string`
pub(super) fn string(run: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    arguments.none("string")?;
    match value {
        Value::Markup(_) => Ok(value.clone()),
        value => run.str(value).map(Value::from),
    }
}

/// `pprint`
pub(super) fn pretty(run: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    arguments.none("pprint")?;
    value.defined()?;
    python::repr(value, run.limit()).map(Value::from)
}

/// `center(width)`
pub(super) fn center(run: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    let [width] = arguments.bind("center", ["width"], 0)?;
    let width = Value::from(count(width, 80)?);
    let text = Value::from(run.str(value)?);
    methods::call(
        run,
        text,
        &"center".into(),
        Arguments::positional(vec![width]),
    )
}

/// `trim(chars)`
pub(super) fn trim(run: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    let [characters] = arguments.bind("trim", ["chars"], 0)?;
    let text = run.str(value)?;
    let trimmed = match given(characters) {
        Some(set) => {
            let set: BTreeSet<char> = run.str(&set)?.chars().collect();
            text.trim_matches(|c| set.contains(&c)).to_owned()
        }
        None => text.trim().to_owned(),
    };
    Ok(text_like(value, trimmed))
}

/// `replace(old, new, count)`
pub(super) fn replace(run: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    let [old, new, most] = arguments.bind("replace", ["old", "new", "count"], 2)?;
    let old = run.str(&old.unwrap_or(Value::NONE))?;
    let new = run.str(&new.unwrap_or(Value::NONE))?;
    let most = match given(most) {
        Some(Value::Data(Plain::Int(most))) => most,
        _ => -1,
    };
    let text = run.str(value)?;
    let replaced = methods::replace(run, &text, &old, &new, most)?;
    Ok(text_like(value, replaced))
}

/// `format(*args, **kwargs)`: the text's own `%` formatting.
pub(super) fn format(run: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    let Arguments {
        positional,
        keywords,
    } = arguments;
    if !positional.is_empty() && !keywords.is_empty() {
        let message = "can't handle positional and keyword arguments at the same time";
        return Err(raise("FilterArgumentError", message));
    }
    let values = match keywords.is_empty() {
        true => Value::tuple(positional)?,
        false => {
            let entries = keywords
                .into_iter()
                .map(|(name, value)| (Plain::from(name), value));
            Value::dict(entries.collect())?
        }
    };
    let template = text_like(value, run.str(value)?);
    formatting::percent(run, &template, &values)
}

/// `join(d, attribute)`
pub(super) fn join(run: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    let [separator, attribute] = arguments.bind("join", ["d", "attribute"], 0)?;
    let path = given(attribute)
        .map(|attribute| Path::new(&attribute))
        .transpose()?;
    let separator = match separator {
        Some(separator) => run.str(&separator)?,
        None => String::new(),
    };
    let items = value.items()?;
    run.steps(items.len())?;
    let limit = run.limit();
    let mut out = String::new();
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(&separator);
        }
        let item = match &path {
            Some(path) => path.get(item, None)?,
            None => item.clone(),
        };
        item.defined()?;
        match (run.escape, &item) {
            (_, Value::Undefined(_)) => {}
            (true, item) if !matches!(item, Value::Markup(_)) => {
                out.push_str(&python::escape(&run.str(item)?));
            }
            (_, item) => python::write_str(&mut out, item, limit)?,
        }
        operators::check_length(out.len(), limit)?;
    }
    Ok(match run.escape {
        true => Value::Markup(out.into()),
        false => out.into(),
    })
}

/// `indent(width, first, blank)`
pub(super) fn indent(run: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    let [width, first, blank] = arguments.bind("indent", ["width", "first", "blank"], 0)?;
    let indent = match &width {
        Some(text) if text.as_str().is_some() => text.as_str().unwrap_or_default().to_owned(),
        _ => {
            let width = count(width, 4)?;
            run.reserve(width)?;
            " ".repeat(width)
        }
    };
    let (first, blank) = (flag(first, false)?, flag(blank, false)?);
    let text = run.str(value)?;
    run.reserve(text.matches('\n').count().saturating_mul(indent.len()))?;
    let mut out = String::new();
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            out.push('\n');
        }
        let indented = if index == 0 {
            first
        } else {
            blank || !line.is_empty()
        };
        if indented {
            out.push_str(&indent);
        }
        out.push_str(line);
    }
    Ok(text_like(value, out))
}

/// `truncate(length, killwords, end, leeway)`
pub(super) fn truncate(run: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    let names = ["length", "killwords", "end", "leeway"];
    let [length, kill_words, end, leeway] = arguments.bind("truncate", names, 0)?;
    let length = count(length, 255)?;
    let end = match end {
        Some(end) => run.str(&end)?,
        None => "...".into(),
    };
    let leeway = count(given(leeway), 5)?;
    let text = run.str(value)?;
    if text.chars().count() <= length.saturating_add(leeway) {
        return Ok(text_like(value, text));
    }
    let Some(kept) = length.checked_sub(end.chars().count()) else {
        return Err(raise(
            "AssertionError",
            format!("expected length >= {}, got {length}", end.chars().count()),
        ));
    };
    let cut: String = text.chars().take(kept).collect();
    let cut = match flag(kill_words, false)? {
        true => cut.as_str(),
        false => cut
            .rsplit_once(' ')
            .map_or(cut.as_str(), |(words, _)| words),
    };
    Ok(text_like(value, format!("{cut}{end}")))
}

/// `wordcount`
pub(super) fn word_count(run: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    arguments.none("wordcount")?;
    let text = run.str(value)?;
    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    Ok(words.filter(|word| !word.is_empty()).count().into())
}

/// `wordwrap(width, break_long_words, wrapstring, break_on_hyphens)`
pub(super) fn word_wrap(run: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    let names = [
        "width",
        "break_long_words",
        "wrapstring",
        "break_on_hyphens",
    ];
    let [width, break_long, wrap, break_hyphens] = arguments.bind("wordwrap", names, 0)?;
    let width = count(width, 79)?.max(1);
    let break_long = flag(break_long, true)?;
    let break_hyphens = flag(break_hyphens, true)?;
    let wrap = match given(wrap) {
        Some(wrap) => run.str(&wrap)?,
        None => "\n".into(),
    };
    let text = run.str(value)?;
    run.reserve(text.len().saturating_mul(wrap.len().max(1)))?;
    let lines = text.lines().map(|line| {
        let chunks = chunks(line, break_hyphens);
        wrap_line(&chunks, width, break_long).join(&wrap)
    });
    Ok(text_like(value, lines.collect::<Vec<_>>().join(&wrap)))
}

/// A line as words and the blanks between them; words may end behind a hyphen.
fn chunks(line: &str, break_hyphens: bool) -> Vec<String> {
    let mut chunks: Vec<String> = Vec::new();
    let mut before: Option<char> = None;
    for c in line.chars() {
        let starts = match before {
            None => true,
            Some(before) => {
                before.is_whitespace() != c.is_whitespace()
                    || (break_hyphens && before == '-' && c.is_alphabetic())
            }
        };
        match chunks.last_mut() {
            Some(chunk) if !starts => chunk.push(c),
            _ => chunks.push(c.into()),
        }
        before = Some(c);
    }
    chunks
}

fn wrap_line(chunks: &[String], width: usize, break_long: bool) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for chunk in chunks {
        let mut chunk = chunk.as_str();
        let blank = chunk.starts_with(char::is_whitespace);
        let mut length = chunk.chars().count();
        if used + length > width && used > 0 && !(break_long && length > width) {
            lines.push(line.trim_end().to_owned());
            line.clear();
            used = 0;
        }
        while break_long && length > width - used.min(width) && !blank {
            let room = (width - used.min(width)).max(usize::from(used == 0));
            let cut = chunk
                .char_indices()
                .nth(room)
                .map_or(chunk.len(), |(at, _)| at);
            line.push_str(&chunk[..cut]);
            lines.push(std::mem::take(&mut line));
            used = 0;
            chunk = &chunk[cut..];
            length = chunk.chars().count();
        }
        if blank && used == 0 && !lines.is_empty() {
            continue;
        }
        line.push_str(chunk);
        used += length;
    }
    if !line.trim_end().is_empty() {
        lines.push(line.trim_end().to_owned());
    }
    lines
}
