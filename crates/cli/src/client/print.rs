//! Answers of a service on standard output: tables for people, JSON for programs.

use std::io;

use serde_json::Value;

use super::resource::{Form, Resource};
use super::table::{self, Text};
use crate::out;

/// JSON that fits in as many characters stays on one line.
const SHORT: usize = 72;

/// How answers are printed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    pub(crate) json: bool,
}

impl Output {
    /// A list; of those fields if they are given, of the resource's columns otherwise.
    pub(crate) fn list(
        self,
        resource: &Resource,
        entries: &[Value],
        fields: Option<&[String]>,
    ) -> io::Result<()> {
        if self.json {
            return out::json(&entries);
        }
        let columns: Vec<table::Column> = match fields {
            Some(fields) => {
                let chosen = fields.iter();
                chosen
                    .map(|name| column(name, form(resource, name), false, entries))
                    .collect()
            }
            None => {
                let known = resource
                    .columns
                    .iter()
                    .filter(|column| is_known(column.field, entries));
                known
                    .map(|it| column(it.field, it.form, it.is_extra, entries))
                    .collect()
            }
        };
        out::line(&table::list(&columns, width()))
    }

    /// Rows of another shape than the table's resources.
    pub(crate) fn rows(self, entries: &[Value], columns: &[(&str, Form)]) -> io::Result<()> {
        if self.json {
            return out::json(&entries);
        }
        let columns = columns
            .iter()
            .map(|(name, form)| column(name, *form, false, entries));
        out::line(&table::list(&columns.collect::<Vec<_>>(), width()))
    }

    /// One object with all of its fields; people do not see those that have a command of
    /// their own, nor empty ones.
    pub(crate) fn one(self, resource: &Resource, document: &Value) -> io::Result<()> {
        if self.json {
            return out::json(document);
        }
        let Some(object) = document.as_object() else {
            return out::json(document);
        };
        let rows: Vec<[Text; 2]> = object
            .iter()
            .filter(|(name, value)| !is_empty(value) && !resource.long.contains(&name.as_str()))
            .map(|(name, value)| {
                let value = match form(resource, name) {
                    Form::State => Text::State(words(value)),
                    _ => Text::Plain(words(value)),
                };
                [Text::Label(name.clone()), value]
            })
            .collect();
        out::line(&table::fields(&rows, width()))
    }

    /// A value that is the whole answer: always JSON.
    pub(crate) fn value(self, value: &Value) -> io::Result<()> {
        out::json(value)
    }
}

fn column(field: &str, form: Form, is_extra: bool, entries: &[Value]) -> table::Column {
    table::Column {
        field: field.to_owned(),
        is_extra,
        cells: entries
            .iter()
            .map(|entry| cell(entry.get(field), form))
            .collect(),
    }
}

/// Whether the service has that field: own additions are missing elsewhere.
fn is_known(field: &str, entries: &[Value]) -> bool {
    entries.is_empty() || entries.iter().any(|entry| entry.get(field).is_some())
}

fn form(resource: &Resource, field: &str) -> Form {
    let column = resource.columns.iter().find(|column| column.field == field);
    column.map_or(Form::Plain, |column| column.form)
}

fn cell(value: Option<&Value>, form: Form) -> Text {
    let text = value.map(line).unwrap_or_default();
    match form {
        Form::Plain => Text::Plain(text),
        Form::State => Text::State(text),
        Form::FirstLine => {
            let first = text.lines().map(str::trim).find(|line| !line.is_empty());
            Text::Plain(first.unwrap_or_default().to_owned())
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// A value on one line: texts bare, everything else as JSON.
pub(crate) fn line(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.iter().map(line).collect::<Vec<_>>().join(",")
        }
        other => other.to_string(),
    }
}

/// The same over several lines if it is long.
fn words(value: &Value) -> String {
    let short = line(value);
    match value {
        Value::Array(_) | Value::Object(_) if short.chars().count() > SHORT => format!("{value:#}"),
        _ => short.trim_end().to_owned(),
    }
}

/// Columns of the terminal, if it is one.
pub(crate) fn width() -> Option<u16> {
    terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| width.0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_on_a_line() {
        for (value, expected) in [
            (json!("a b"), "a b"),
            (json!(null), ""),
            (json!(true), "yes"),
            (json!(["a", "b"]), "a,b"),
            (json!([1, "b"]), "[1,\"b\"]"),
            (json!({"a": 1}), "{\"a\":1}"),
        ] {
            assert_eq!(line(&value), expected);
        }
    }

    #[test]
    fn only_long_documents_take_several_lines() {
        assert_eq!(words(&json!({"a": 1})), "{\"a\":1}");
        assert!(words(&json!({"a": "x".repeat(80)})).contains('\n'));
    }
}
