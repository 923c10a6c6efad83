//! Values to YAML text, in block style, as PyYAML's `safe_dump` writes it.
//!
//! Lines of text longer than 80 columns are folded at spaces, text outside of
//! ASCII is escaped, and whatever would be read as something else is quoted, so
//! that reading gives the value back.

mod analysis;
mod text;
mod writer;

use yaql::{Dict, MAX_DEPTH, Value, python};

use self::analysis::Analysis;
use self::writer::Writer;
use super::resolve::resolve;
use super::tag::Tag;

/// How to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyOrder {
    /// Sorted, if all keys can be compared with each other.
    Sorted,
    /// As in the value.
    Kept,
}

/// A value that has no YAML form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DumpError {
    /// Nested deeper than values may be.
    #[error("the value is nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// Neither data nor time.
    #[error("a {0} cannot be written as YAML")]
    NoData(&'static str),
}

/// Where a node stands; decides about its indentation and style.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    Item,
    Key,
    Value,
}

/// Writes a value as one document.
///
/// # Errors
/// If the value is nested too deeply or holds something that is no data.
pub fn dump(value: &Value, order: KeyOrder) -> Result<String, DumpError> {
    let mut dumper = Dumper {
        writer: Writer::default(),
        order,
        depth: 0,
    };
    dumper.node(value, Place::Root)?;
    Ok(dumper.writer.finish())
}

struct Dumper {
    writer: Writer,
    order: KeyOrder,
    depth: usize,
}

impl Dumper {
    fn node(&mut self, value: &Value, place: Place) -> Result<(), DumpError> {
        match value {
            Value::Null => self.plain("null", place),
            Value::Bool(true) => self.plain("true", place),
            Value::Bool(false) => self.plain("false", place),
            Value::Int(_) | Value::BigInt(_) => self.plain(&python::str(value), place),
            Value::Float(float) => self.plain(&float_text(*float), place),
            Value::String(text) => self.text(text, place),
            Value::DateTime(time) => self.plain(&time.to_string(), place),
            Value::List(items) => return self.nested(|d| d.sequence(items, place)),
            Value::Dict(dict) => return self.nested(|d| d.mapping(dict)),
            Value::Set(members) => {
                let dict: Dict = members.iter().map(|m| (m.clone(), Value::Null)).collect();
                self.writer.indicator("!!set", true);
                return self.nested(|d| d.mapping(&dict));
            }
            Value::Timespan(_) | Value::Opaque(_) => {
                return Err(DumpError::NoData(value.type_name()));
            }
        }
        Ok(())
    }

    fn nested(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<(), DumpError>,
    ) -> Result<(), DumpError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(DumpError::TooDeep);
        }
        write(self)?;
        self.depth -= 1;
        Ok(())
    }

    fn sequence(&mut self, items: &[Value], place: Place) -> Result<(), DumpError> {
        if items.is_empty() {
            self.writer.indicator("[]", true);
            return Ok(());
        }
        let indentless = place == Place::Value && !self.writer.at_indentation();
        let outer = self.writer.indent(!indentless);
        for item in items {
            self.writer.start_line();
            self.writer.structure("-");
            self.node(item, Place::Item)?;
        }
        self.writer.outdent(outer);
        Ok(())
    }

    fn mapping(&mut self, dict: &Dict) -> Result<(), DumpError> {
        if dict.is_empty() {
            self.writer.indicator("{}", true);
            return Ok(());
        }
        let outer = self.writer.indent(true);
        let mut entries: Vec<_> = dict.iter().collect();
        if self.order == KeyOrder::Sorted {
            sort(&mut entries);
        }
        for (key, value) in entries {
            self.writer.start_line();
            self.entry(key, value)?;
        }
        self.writer.outdent(outer);
        Ok(())
    }

    /// Keys that are long or span lines are written behind a `?`.
    fn entry(&mut self, key: &Value, value: &Value) -> Result<(), DumpError> {
        if is_simple_key(key) {
            self.node(key, Place::Key)?;
            self.writer.indicator(":", false);
        } else {
            self.writer.structure("?");
            self.node(key, Place::Value)?;
            self.writer.start_line();
            self.writer.structure(":");
        }
        self.node(value, Place::Value)
    }

    fn plain(&mut self, text: &str, place: Place) {
        let outer = self.writer.indent_text();
        self.writer.plain(text, place != Place::Key);
        self.writer.outdent(outer);
        if place == Place::Root {
            self.writer.end_open_document();
        }
    }

    fn text(&mut self, text: &str, place: Place) {
        let analysis = Analysis::of(text);
        let key = place == Place::Key;
        let breaks_key = key && (text.is_empty() || analysis.multiline);
        if resolve(text) == Tag::Str && analysis.allows_plain && !breaks_key {
            return self.plain(text, place);
        }
        let outer = self.writer.indent_text();
        if analysis.allows_single_quotes && !(key && analysis.multiline) {
            self.writer.single_quoted(text, !key);
        } else {
            self.writer.double_quoted(text, !key);
        }
        self.writer.outdent(outer);
    }
}

/// PyYAML counts the tag it does not write, so 123 characters are too many.
fn is_simple_key(key: &Value) -> bool {
    match key {
        Value::String(text) => {
            let short = text.chars().take(123).count() < 123;
            short && !text.is_empty() && !Analysis::of(text).multiline
        }
        Value::List(items) => items.is_empty(),
        Value::Dict(dict) => dict.is_empty(),
        Value::Set(_) => false,
        other => python::str(other).len() < 123,
    }
}

/// As Python's `sorted`: if two keys cannot be compared, nothing is sorted.
fn sort(entries: &mut [(&Value, &Value)]) {
    if entries.iter().all(|(key, _)| key.as_str().is_some()) {
        entries.sort_by_key(|(key, _)| key.as_str());
    } else if entries.iter().all(|(key, _)| number(key).is_some()) {
        let by_number =
            |a: &(&Value, &Value), b: &(&Value, &Value)| number(a.0).partial_cmp(&number(b.0));
        entries.sort_by(|a, b| by_number(a, b).unwrap_or(std::cmp::Ordering::Equal));
    }
}

fn number(key: &Value) -> Option<f64> {
    key.as_f64().or_else(|| key.as_bool().map(f64::from))
}

fn float_text(float: f64) -> String {
    if float.is_nan() {
        return ".nan".to_owned();
    }
    if float.is_infinite() {
        return if float > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let text = python::str(&Value::Float(float)).to_lowercase();
    if text.contains('.') {
        return text;
    }
    text.replacen('e', ".0e", 1)
}

#[cfg(test)]
mod tests;
