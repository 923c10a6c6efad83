//! Filters for HTML, URLs and JSON.

use std::fmt::Write;

use super::super::super::failure::{Outcome, raise, type_error, value_error};
use super::super::arguments::Arguments;
use super::super::run::Run;
use super::super::text;
use super::super::value::Value;
use super::attributes::{flag, given};

/// `escape`: markup stays as it is.
pub(super) fn escape(run: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    arguments.none("escape")?;
    match value {
        Value::Markup(_) => Ok(value.clone()),
        value => force(run, value),
    }
}

/// `forceescape`: markup is escaped too.
pub(super) fn force_escape(
    run: &mut Run<'_>,
    value: &Value,
    arguments: Arguments,
) -> Outcome<Value> {
    arguments.none("forceescape")?;
    force(run, value)
}

fn force(run: &mut Run<'_>, value: &Value) -> Outcome<Value> {
    let text = run.str(value)?;
    Ok(Value::Markup(text::escape(&text).into()))
}

/// `safe`
pub(super) fn safe(run: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    arguments.none("safe")?;
    Ok(Value::Markup(run.str(value)?.into()))
}

/// `striptags`: without tags and comments, runs of blanks as one.
pub(super) fn strip_tags(run: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    arguments.none("striptags")?;
    let text = run.str(value)?;
    let text = without(&text, "<!--", "-->");
    let text = without(&text, "<", ">");
    let words: Vec<_> = text.split_whitespace().collect();
    Ok(unescape(&words.join(" ")).into())
}

fn without(text: &str, open: &str, close: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(open) {
        let Some((_, after)) = after.split_once(close) else {
            break;
        };
        out.push_str(before);
        rest = after;
    }
    out + rest
}

fn unescape(text: &str) -> String {
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ];
    let mut out = text.to_owned();
    for (entity, meaning) in entities {
        if out.contains(entity) {
            out = out.replace(entity, meaning);
        }
    }
    out
}

/// `tojson(indent)`: sorted keys, safe in HTML.
pub(super) fn to_json(_: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    let [indent] = arguments.bind("tojson", ["indent"], 0)?;
    let indent = match given(indent) {
        Some(Value::Data(yaql::Value::Int(i))) => Some(usize::try_from(i).unwrap_or(0).min(100)),
        Some(_) => return Err(type_error("indent must be an integer")),
        None => None,
    };
    let data = value.to_data()?;
    yaql::json::check_storable(&data).map_err(|error| type_error(error.to_string()))?;
    let mut json = String::new();
    write_json(&mut json, &data, indent, 0)?;
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '\'' => out.push_str("\\u0027"),
            c => out.push(c),
        }
    }
    Ok(Value::Markup(out.into()))
}

fn write_json(
    out: &mut String,
    value: &yaql::Value,
    indent: Option<usize>,
    level: usize,
) -> Outcome<()> {
    match value {
        yaql::Value::List(list) if !list.is_empty() => {
            out.push('[');
            for (index, item) in list.iter().enumerate() {
                separate(out, index, indent, level + 1);
                write_json(out, item, indent, level + 1)?;
            }
            close(out, ']', indent, level);
        }
        yaql::Value::Dict(dict) if !dict.is_empty() => {
            let mut entries: Vec<_> = dict.iter().collect();
            if entries.iter().any(|(key, _)| key.as_str().is_none()) && entries.len() > 1 {
                return Err(type_error(
                    "'<' not supported between keys of different types",
                ));
            }
            entries.sort_by(|(a, _), (b, _)| a.as_str().cmp(&b.as_str()));
            out.push('{');
            for (index, (key, value)) in entries.into_iter().enumerate() {
                separate(out, index, indent, level + 1);
                let key = key
                    .as_str()
                    .map_or_else(|| yaql::python::str(key), str::to_owned);
                out.push_str(&yaql::json::to_python_string(&key.into()));
                out.push_str(": ");
                write_json(out, value, indent, level + 1)?;
            }
            close(out, '}', indent, level);
        }
        scalar => out.push_str(&yaql::json::to_python_string(scalar)),
    }
    Ok(())
}

fn separate(out: &mut String, index: usize, indent: Option<usize>, level: usize) {
    match indent {
        Some(indent) => {
            out.push_str(if index > 0 { ",\n" } else { "\n" });
            out.push_str(&" ".repeat(indent * level));
        }
        None if index > 0 => out.push_str(", "),
        None => {}
    }
}

fn close(out: &mut String, bracket: char, indent: Option<usize>, level: usize) {
    if let Some(indent) = indent {
        out.push('\n');
        out.push_str(&" ".repeat(indent * level));
    }
    out.push(bracket);
}

/// `urlencode`: a text as a path, pairs as a query.
pub(super) fn url_encode(run: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    arguments.none("urlencode")?;
    value.defined()?;
    if value.as_str().is_some() || !value.is_iterable()? {
        return Ok(quote(&run.str(value)?, "/", "%20").into());
    }
    let pairs = match value.entries() {
        Some(entries) => entries,
        None => {
            let pair = |item: Value| match <[Value; 2]>::try_from(item.items()?) {
                Ok([key, value]) => Ok((key, value)),
                Err(_) => Err(value_error("not a sequence of pairs")),
            };
            value
                .items()?
                .into_iter()
                .map(pair)
                .collect::<Outcome<_>>()?
        }
    };
    let mut parts = Vec::with_capacity(pairs.len());
    for (key, value) in pairs {
        let (key, value) = (run.str(&key)?, run.str(&value)?);
        parts.push(format!(
            "{}={}",
            quote(&key, "", "+"),
            quote(&value, "", "+")
        ));
    }
    Ok(parts.join("&").into())
}

fn quote(text: &str, safe: &str, blank: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let c = char::from(byte);
        if c.is_ascii_alphanumeric() || "-_.~".contains(c) || (c.is_ascii() && safe.contains(c)) {
            out.push(c);
        } else if c == ' ' {
            out.push_str(blank);
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// `urlize(trim_url_limit, nofollow, target, rel)`: links for web addresses.
pub(super) fn urlize(run: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    let names = [
        "trim_url_limit",
        "nofollow",
        "target",
        "rel",
        "extra_schemes",
    ];
    let [limit, no_follow, target, rel, _] = arguments.bind("urlize", names, 0)?;
    let limit = match given(limit) {
        Some(Value::Data(yaql::Value::Int(limit))) => usize::try_from(limit).ok(),
        _ => None,
    };
    let mut rels: Vec<String> = Vec::new();
    if let Some(rel) = given(rel) {
        rels.extend(run.str(&rel)?.split_whitespace().map(str::to_owned));
    }
    if flag(no_follow, false)? {
        rels.push("nofollow".into());
    }
    rels.push("noopener".into());
    rels.sort();
    rels.dedup();
    let mut extra = format!(" rel=\"{}\"", text::escape(&rels.join(" ")));
    if let Some(target) = given(target) {
        let target = run.str(&target)?;
        let _ = write!(extra, " target=\"{}\"", text::escape(&target));
    }
    let source = run.str(value)?;
    let words = source.split_inclusive(char::is_whitespace).map(|piece| {
        let word = piece.trim_end();
        let blank = &piece[word.len()..];
        link(word, limit, &extra) + blank
    });
    let linked: String = words.collect();
    run.reserve(linked.len())?;
    match (run.escape, &value) {
        (true, _) | (_, Value::Markup(_)) => Ok(Value::Markup(linked.into())),
        _ => Ok(linked.into()),
    }
}

fn link(word: &str, limit: Option<usize>, extra: &str) -> String {
    let head = word.trim_start_matches(['(', '<', '[']);
    let address = head.trim_end_matches(['.', ',', ')', '>', ']', '\n', '!', '?', ';', ':']);
    let target = match address {
        a if a.starts_with("http://") || a.starts_with("https://") => a.to_owned(),
        a if a.starts_with("www.") && a.len() > 4 => format!("https://{a}"),
        _ => return text::escape(word),
    };
    let before = &word[..word.len() - head.len()];
    let after = &head[address.len()..];
    let shown = match limit {
        Some(limit) if address.chars().count() > limit => {
            address.chars().take(limit).chain("...".chars()).collect()
        }
        _ => address.to_owned(),
    };
    format!(
        "{}<a href=\"{}\"{extra}>{}</a>{}",
        text::escape(before),
        text::escape(&target),
        text::escape(&shown),
        text::escape(after)
    )
}

/// `xmlattr(autospace)`: attributes of an element; none and undefined ones are left out.
pub(super) fn xml_attributes(
    run: &mut Run<'_>,
    value: &Value,
    arguments: Arguments,
) -> Outcome<Value> {
    let [auto_space] = arguments.bind("xmlattr", ["autospace"], 0)?;
    value.defined()?;
    let Some(entries) = value.entries() else {
        let name = value.type_name();
        return Err(raise(
            "AttributeError",
            format!("'{name}' object has no attribute 'items'"),
        ));
    };
    let mut parts = Vec::new();
    for (key, value) in entries {
        if value.is_none() || value.is_undefined() {
            continue;
        }
        let key = run.str(&key)?;
        if key.contains(|c: char| c.is_whitespace() || matches!(c, '/' | '>' | '=')) {
            return Err(value_error(format!(
                "Invalid character in attribute name: '{key}'"
            )));
        }
        let value = match &value {
            Value::Markup(markup) => markup.to_string(),
            value => text::escape(&run.str(value)?),
        };
        parts.push(format!("{}=\"{value}\"", text::escape(&key)));
    }
    let mut out = parts.join(" ");
    if flag(auto_space, true)? && !out.is_empty() {
        out.insert(0, ' ');
    }
    match run.escape {
        true => Ok(Value::Markup(out.into())),
        false => Ok(out.into()),
    }
}
