//! Methods of strings. Positions count code points.

use std::collections::BTreeSet;

use yaql::Value as Plain;

use super::super::super::failure::{Failure, Outcome, raise, type_error, value_error};
use super::super::arguments::Arguments;
use super::super::format;
use super::super::run::Run;
use super::super::value::Value;
use super::{integer, text_argument};

/// What strings have.
pub(super) const NAMES: [&str; 45] = [
    "capitalize",
    "casefold",
    "center",
    "count",
    "encode",
    "endswith",
    "expandtabs",
    "find",
    "format",
    "format_map",
    "index",
    "isalnum",
    "isalpha",
    "isascii",
    "isdecimal",
    "isdigit",
    "isidentifier",
    "islower",
    "isnumeric",
    "isprintable",
    "isspace",
    "istitle",
    "isupper",
    "join",
    "ljust",
    "lower",
    "lstrip",
    "partition",
    "removeprefix",
    "removesuffix",
    "replace",
    "rfind",
    "rindex",
    "rjust",
    "rpartition",
    "rsplit",
    "rstrip",
    "split",
    "splitlines",
    "startswith",
    "strip",
    "swapcase",
    "title",
    "upper",
    "zfill",
];

/// Calls a method; `None` for unknown names.
pub(super) fn call(
    run: &mut Run<'_>,
    text: &str,
    name: &str,
    arguments: Arguments,
) -> Outcome<Option<Value>> {
    let result = match name {
        "center" | "ljust" | "rjust" | "zfill" | "expandtabs" => pad(run, text, name, arguments)?,
        "count" | "find" | "rfind" | "index" | "rindex" => search(text, name, arguments)?,
        "startswith" | "endswith" => affix(text, name, arguments)?.into(),
        "removeprefix" => {
            let prefix = arguments.one(name, "prefix")?;
            text.strip_prefix(text_argument(&prefix)?)
                .unwrap_or(text)
                .into()
        }
        "removesuffix" => {
            let suffix = arguments.one(name, "suffix")?;
            text.strip_suffix(text_argument(&suffix)?)
                .unwrap_or(text)
                .into()
        }
        "strip" | "lstrip" | "rstrip" => strip(text, name, arguments)?,
        "split" | "rsplit" => split(text, name, arguments)?,
        "splitlines" => splitlines(text, arguments)?,
        "partition" | "rpartition" => partition(text, name, arguments)?,
        "join" => join(run, text, arguments)?,
        "replace" => replace_method(run, text, arguments)?,
        "format" => format::brace(run, text, arguments)?,
        "format_map" => {
            let entries = arguments
                .one(name, "mapping")?
                .entries()
                .unwrap_or_default();
            let keywords = entries
                .into_iter()
                .filter_map(|(key, value)| key.as_str().map(|key| (key.into(), value)));
            let arguments = Arguments {
                keywords: keywords.collect(),
                ..Arguments::default()
            };
            format::brace(run, text, arguments)?
        }
        "encode" => encode(text, arguments)?,
        _ => {
            arguments.none(name)?;
            return Ok(plain(text, name));
        }
    };
    Ok(Some(result))
}

/// Methods without arguments.
fn plain(text: &str, name: &str) -> Option<Value> {
    Some(match name {
        "upper" => text.to_uppercase().into(),
        "lower" => text.to_lowercase().into(),
        "casefold" => text.to_lowercase().replace('ß', "ss").into(),
        "capitalize" => capitalize(text).into(),
        "title" => title(text).into(),
        "swapcase" => swapcase(text).into(),
        _ => predicate(text, name)?.into(),
    })
}

fn predicate(text: &str, name: &str) -> Option<bool> {
    let all = |test: fn(char) -> bool| !text.is_empty() && text.chars().all(test);
    let cased = |test: fn(char) -> bool, other: fn(char) -> bool| {
        text.chars().any(test) && !text.chars().any(other)
    };
    Some(match name {
        "isalpha" => all(char::is_alphabetic),
        "isalnum" => all(char::is_alphanumeric),
        "isdigit" | "isdecimal" | "isnumeric" => all(char::is_numeric),
        "isspace" => all(char::is_whitespace),
        "isascii" => text.is_ascii(),
        "isprintable" => !text.chars().any(char::is_control),
        "islower" => cased(char::is_lowercase, char::is_uppercase),
        "isupper" => cased(char::is_uppercase, char::is_lowercase),
        "istitle" => text.chars().any(char::is_uppercase) && title(text) == text,
        "isidentifier" => {
            let starts = text.starts_with(|c: char| c.is_alphabetic() || c == '_');
            starts && text.chars().all(|c| c.is_alphanumeric() || c == '_')
        }
        _ => return None,
    })
}

/// The first character in upper case, the others in lower case.
pub(in super::super) fn capitalize(text: &str) -> String {
    let mut characters = text.chars();
    let mut out = String::with_capacity(text.len());
    if let Some(first) = characters.next() {
        push_title_case(&mut out, first);
    }
    out + &characters.as_str().to_lowercase()
}

/// Of a character whose upper case has several, only the first one is big.
fn push_title_case(out: &mut String, c: char) {
    let mut upper = c.to_uppercase();
    out.extend(upper.next());
    out.extend(upper.flat_map(char::to_lowercase));
}

/// Python's `title()`: a letter is big unless one stands before it.
fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for c in text.chars() {
        match inside {
            true => out.extend(c.to_lowercase()),
            false => push_title_case(&mut out, c),
        }
        inside = c.is_alphabetic();
    }
    out
}

fn swapcase(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_uppercase() {
            true => out.extend(c.to_lowercase()),
            false => out.extend(c.to_uppercase()),
        }
    }
    out
}

fn pad(run: &mut Run<'_>, text: &str, name: &str, arguments: Arguments) -> Outcome<Value> {
    let [width, fill] = arguments.bind(
        name,
        ["width", "fillchar"],
        usize::from(name != "expandtabs"),
    )?;
    let width = width.map_or(Ok(8), |width| integer(&width))?;
    let width = usize::try_from(width).unwrap_or(0);
    if name == "expandtabs" {
        run.reserve(text.matches('\t').count().saturating_mul(width))?;
        return Ok(expand_tabs(text, width).into());
    }
    let fill = match &fill {
        Some(fill) => single_character(fill)?,
        None => ' ',
    };
    let missing = width.saturating_sub(text.chars().count());
    run.reserve(missing.saturating_mul(fill.len_utf8()))?;
    let fill = |count| std::iter::repeat_n(fill, count).collect::<String>();
    Ok(match name {
        "ljust" => format!("{text}{}", fill(missing)),
        "rjust" => format!("{}{text}", fill(missing)),
        "zfill" => zero_fill(text, missing),
        _ => {
            // Python puts the odd one to the left if the width is odd too.
            let left = missing / 2 + (missing & width & 1);
            format!("{}{text}{}", fill(left), fill(missing - left))
        }
    }
    .into())
}

fn zero_fill(text: &str, missing: usize) -> String {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let sign = &text[..text.len() - digits.len()];
    format!("{sign}{}{digits}", "0".repeat(missing))
}

fn single_character(value: &Value) -> Outcome<char> {
    let mut characters = text_argument(value)?.chars();
    match (characters.next(), characters.next()) {
        (Some(c), None) => Ok(c),
        _ => Err(type_error(
            "The fill character must be exactly one character long",
        )),
    }
}

fn expand_tabs(text: &str, width: usize) -> String {
    let mut out = String::new();
    let mut column = 0;
    for c in text.chars() {
        match c {
            '\t' if width == 0 => {}
            '\t' => {
                let blanks = width - column % width;
                out.extend(std::iter::repeat_n(' ', blanks));
                column += blanks;
            }
            '\n' | '\r' => {
                out.push(c);
                column = 0;
            }
            _ => {
                out.push(c);
                column += 1;
            }
        }
    }
    out
}

/// The part of a text between two positions, and the characters before it.
fn window<'t>(
    text: &'t str,
    start: Option<&Value>,
    stop: Option<&Value>,
) -> Outcome<(&'t str, usize)> {
    let length = text.chars().count();
    let bound = |value: Option<&Value>, default: usize| match value {
        None | Some(Value::Data(Plain::Null)) => Ok(default),
        Some(value) => integer(value).map(|index| match usize::try_from(index) {
            Ok(index) => index,
            Err(_) => {
                let back = usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX);
                length.saturating_sub(back)
            }
        }),
    };
    let (start, stop) = (bound(start, 0)?, bound(stop, length)?.min(length));
    let byte = |position: usize| {
        text.char_indices()
            .nth(position)
            .map_or(text.len(), |(byte, _)| byte)
    };
    match start <= stop {
        true => Ok((&text[byte(start)..byte(stop)], start)),
        // Beyond the end nothing is found, not even an empty text.
        false => Ok(("", usize::MAX)),
    }
}

fn search(text: &str, name: &str, arguments: Arguments) -> Outcome<Value> {
    let [part, start, stop] = arguments.bind(name, ["sub", "start", "end"], 1)?;
    let part = part.unwrap_or(Value::NONE);
    let part = text_argument(&part)?;
    let (inner, before) = window(text, start.as_ref(), stop.as_ref())?;
    let outside = before == usize::MAX;
    if name == "count" {
        let count = match part {
            _ if outside => 0,
            "" => inner.chars().count() + 1,
            part => inner.matches(part).count(),
        };
        return Ok(count.into());
    }
    let found = match name {
        "find" | "index" => inner.find(part),
        _ => inner.rfind(part),
    };
    match found.filter(|_| !outside) {
        Some(byte) => Ok((before + inner[..byte].chars().count()).into()),
        None if name.ends_with("find") => Ok(Value::from(-1)),
        None => Err(value_error("substring not found")),
    }
}

fn affix(text: &str, name: &str, arguments: Arguments) -> Outcome<bool> {
    let [affix, start, stop] = arguments.bind(name, ["prefix", "start", "end"], 1)?;
    let affix = affix.unwrap_or(Value::NONE);
    let (inner, before) = window(text, start.as_ref(), stop.as_ref())?;
    let matches = |affix: &str| match name {
        _ if before == usize::MAX => false,
        "startswith" => inner.starts_with(affix),
        _ => inner.ends_with(affix),
    };
    if affix.is_tuple() {
        let affixes = affix.items()?;
        let texts = affixes.iter().map(text_argument);
        return Ok(texts.collect::<Outcome<Vec<_>>>()?.into_iter().any(matches));
    }
    match affix.as_str() {
        Some(affix) => Ok(matches(affix)),
        None => Err(type_error(format!(
            "{name} first arg must be str or a tuple of str, not {}",
            affix.type_name()
        ))),
    }
}

fn strip(text: &str, name: &str, arguments: Arguments) -> Outcome<Value> {
    let [characters] = arguments.bind(name, ["chars"], 0)?;
    let set = match &characters {
        None | Some(Value::Data(Plain::Null)) => None,
        Some(set) => Some(text_argument(set)?.chars().collect::<BTreeSet<_>>()),
    };
    let strips = |c: char| match &set {
        None => c.is_whitespace(),
        Some(set) => set.contains(&c),
    };
    Ok(match name {
        "lstrip" => text.trim_start_matches(strips),
        "rstrip" => text.trim_end_matches(strips),
        _ => text.trim_matches(strips),
    }
    .into())
}

fn split(text: &str, name: &str, arguments: Arguments) -> Outcome<Value> {
    let [separator, most] = arguments.bind(name, ["sep", "maxsplit"], 0)?;
    let most = most.map_or(Ok(-1), |most| integer(&most))?;
    let most = usize::try_from(most).unwrap_or(usize::MAX - 1);
    let from_end = name == "rsplit";
    let parts = match &separator {
        None | Some(Value::Data(Plain::Null)) => split_blanks(text, most, from_end),
        Some(separator) => match text_argument(separator)? {
            "" => return Err(value_error("empty separator")),
            separator if from_end => {
                let mut parts: Vec<_> = text.rsplitn(most + 1, separator).collect();
                parts.reverse();
                parts
            }
            separator => text.splitn(most + 1, separator).collect(),
        },
    };
    Value::list(parts.into_iter().map(Value::from).collect())
}

/// Runs of blanks separate; there are no empty parts.
fn split_blanks(text: &str, most: usize, from_end: bool) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = match from_end {
        true => text.trim_end(),
        false => text.trim_start(),
    };
    while !rest.is_empty() {
        let cut = match from_end {
            _ if parts.len() >= most => None,
            true => rest.rfind(char::is_whitespace),
            false => rest.find(char::is_whitespace),
        };
        let Some(cut) = cut else {
            parts.push(rest);
            break;
        };
        if from_end {
            parts.push(rest[cut..].trim_start());
            rest = rest[..cut].trim_end();
        } else {
            parts.push(&rest[..cut]);
            rest = rest[cut..].trim_start();
        }
    }
    if from_end {
        parts.reverse();
    }
    parts
}

fn splitlines(text: &str, arguments: Arguments) -> Outcome<Value> {
    let [keep] = arguments.bind("splitlines", ["keepends"], 0)?;
    let keep = keep.map_or(Ok(false), |keep| keep.is_truthy())?;
    let ends = |c: char| {
        matches!(
            c,
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'
                ..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}'
        )
    };
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some(end) = rest.find(ends) {
        let width = match rest[end..].starts_with("\r\n") {
            true => 2,
            false => rest[end..].chars().next().map_or(1, char::len_utf8),
        };
        let line = if keep {
            &rest[..end + width]
        } else {
            &rest[..end]
        };
        lines.push(Value::from(line));
        rest = &rest[end + width..];
    }
    if !rest.is_empty() {
        lines.push(rest.into());
    }
    Value::list(lines)
}

fn partition(text: &str, name: &str, arguments: Arguments) -> Outcome<Value> {
    let separator = arguments.one(name, "sep")?;
    let separator = text_argument(&separator)?;
    if separator.is_empty() {
        return Err(value_error("empty separator"));
    }
    let parts = match name {
        "partition" => text
            .split_once(separator)
            .map_or([text, "", ""], |(a, b)| [a, separator, b]),
        _ => text
            .rsplit_once(separator)
            .map_or(["", "", text], |(a, b)| [a, separator, b]),
    };
    Value::tuple(parts.map(Value::from).into())
}

fn join(run: &mut Run<'_>, separator: &str, arguments: Arguments) -> Outcome<Value> {
    let items = arguments.one("join", "iterable")?.items()?;
    let mut texts = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        item.defined()?;
        texts.push(item.as_str().ok_or_else(|| not_text(index, item))?);
    }
    let length: usize = texts.iter().map(|text| text.len()).sum();
    run.reserve(length.saturating_add(separator.len().saturating_mul(texts.len())))?;
    Ok(texts.join(separator).into())
}

fn not_text(index: usize, item: &Value) -> Failure {
    let found = item.type_name();
    type_error(format!(
        "sequence item {index}: expected str instance, {found} found"
    ))
}

fn replace_method(run: &mut Run<'_>, text: &str, arguments: Arguments) -> Outcome<Value> {
    let [old, new, count] = arguments.bind("replace", ["old", "new", "count"], 2)?;
    let (old, new) = (old.unwrap_or(Value::NONE), new.unwrap_or(Value::NONE));
    let count = count.map_or(Ok(-1), |count| integer(&count))?;
    replace(run, text, text_argument(&old)?, text_argument(&new)?, count).map(Value::from)
}

/// Replaces at most `count` times; a negative count is no bound.
pub(in super::super) fn replace(
    run: &mut Run<'_>,
    text: &str,
    old: &str,
    new: &str,
    count: i64,
) -> Outcome<String> {
    let most = usize::try_from(count).unwrap_or(usize::MAX);
    let found = text.matches(old).take(most).count();
    run.reserve(text.len().saturating_add(found.saturating_mul(new.len())))?;
    Ok(text.replacen(old, new, most))
}

fn encode(text: &str, arguments: Arguments) -> Outcome<Value> {
    let [encoding, errors] = arguments.bind("encode", ["encoding", "errors"], 0)?;
    let encoding = encoding
        .as_ref()
        .map_or(Ok("utf-8"), text_argument)?
        .to_lowercase();
    let errors = errors.as_ref().map_or(Ok("strict"), text_argument)?;
    let highest = match encoding.replace('_', "-").as_str() {
        "utf-8" | "utf8" => return Ok(Value::Bytes(text.as_bytes().into())),
        "ascii" | "us-ascii" => 0x7f,
        "latin-1" | "latin1" | "iso-8859-1" => 0xff,
        _ => {
            return Err(raise(
                "LookupError",
                format!("unknown encoding: {encoding}"),
            ));
        }
    };
    let mut bytes = Vec::with_capacity(text.len());
    for (position, c) in text.chars().enumerate() {
        match (
            u8::try_from(u32::from(c))
                .ok()
                .filter(|byte| *byte <= highest),
            errors,
        ) {
            (Some(byte), _) => bytes.push(byte),
            (None, "replace") => bytes.push(b'?'),
            (None, "ignore") => {}
            (None, _) => {
                let limit = u32::from(highest) + 1;
                let message = format!(
                    "'{encoding}' codec can't encode character in position {position}: \
                     ordinal not in range({limit})"
                );
                return Err(raise("UnicodeEncodeError", message));
            }
        }
    }
    Ok(Value::Bytes(bytes.into()))
}
