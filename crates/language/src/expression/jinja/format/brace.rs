//! `'{} {name!r:>5}'.format(…)`

use yaql::Value as Plain;

use super::super::super::failure::{Failure, Outcome, raise, value_error};
use super::super::arguments::Arguments;
use super::super::attribute::{self, Name};
use super::super::run::Run;
use super::super::text;
use super::super::value::Value;
use super::spec;

/// Formats `template` with arguments.
pub(in super::super) fn brace(
    run: &mut Run<'_>,
    template: &str,
    arguments: Arguments,
) -> Outcome<Value> {
    let mut formatter = Formatter {
        run,
        arguments,
        next: Some(0),
    };
    formatter.format(template, 2).map(Value::from)
}

struct Formatter<'r, 's> {
    run: &'r mut Run<'s>,
    arguments: Arguments,
    /// The next automatic number; `None` after a number was written out.
    next: Option<usize>,
}

impl Formatter<'_, '_> {
    /// `levels`: how deeply fields may still stand inside of specifications.
    fn format(&mut self, template: &str, levels: usize) -> Outcome<String> {
        if levels == 0 {
            return Err(value_error("Max string recursion exceeded"));
        }
        let mut out = String::new();
        let mut rest = template;
        while let Some(at) = rest.find(['{', '}']) {
            out.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            let after = &rest[at + 1..];
            if let Some(after) = after.strip_prefix(brace) {
                out.push_str(brace);
                rest = after;
            } else if brace == "}" {
                return Err(value_error("Single '}' encountered in format string"));
            } else {
                let (field, after) = split_field(after)?;
                out.push_str(&self.field(field, levels)?);
                self.run.steps(1)?;
                rest = after;
            }
            super::super::operators::check_length(out.len(), self.run.limit())?;
        }
        out.push_str(rest);
        self.run.reserve(out.len())?;
        Ok(out)
    }

    fn field(&mut self, field: &str, levels: usize) -> Outcome<String> {
        let (name, spec) = split_outside_brackets(field);
        let (name, conversion) = match name.rsplit_once('!') {
            Some((name, conversion)) => (name, Some(conversion)),
            None => (name, None),
        };
        let value = self.value(name)?;
        let value = self.convert(value, conversion)?;
        let spec = self.format_spec(spec, levels)?;
        spec::format(self.run, &value, &spec)
    }

    fn format_spec(&mut self, spec: &str, levels: usize) -> Outcome<String> {
        match spec.contains(['{', '}']) {
            true => self.format(spec, levels - 1),
            false => Ok(spec.into()),
        }
    }

    fn convert(&mut self, value: Value, conversion: Option<&str>) -> Outcome<Value> {
        match conversion {
            None => Ok(value),
            Some("s") => self.run.str(&value).map(Value::from),
            Some("r" | "a") => text::repr(&value, self.run.limit()).map(Value::from),
            Some(other) => Err(value_error(format!("Unknown conversion specifier {other}"))),
        }
    }

    /// `0.name[key]`
    fn value(&mut self, name: &str) -> Outcome<Value> {
        let end = name.find(['.', '[']).unwrap_or(name.len());
        let (first, mut rest) = name.split_at(end);
        let mut value = self.argument(first)?;
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('.') {
                let end = after.find(['.', '[']).unwrap_or(after.len());
                value = attribute::attribute(&value, &Name::new(&after[..end]))?;
                rest = &after[end..];
            } else {
                let inner = rest
                    .strip_prefix('[')
                    .and_then(|inner| inner.split_once(']'));
                let (key, after) =
                    inner.ok_or_else(|| value_error("Missing ']' in format string"))?;
                let key = match key.parse::<i64>() {
                    Ok(index) if key.starts_with(|c: char| c.is_ascii_digit()) => {
                        Value::from(index)
                    }
                    _ => Value::from(key),
                };
                value = attribute::item(&value, &key)?;
                rest = after;
            }
        }
        Ok(value)
    }

    fn argument(&mut self, name: &str) -> Outcome<Value> {
        if name.is_empty() {
            let Some(next) = self.next else {
                return Err(switched(
                    "manual field specification",
                    "automatic field numbering",
                ));
            };
            self.next = Some(next + 1);
            return self.positional(next);
        }
        if let Ok(index) = name.parse() {
            if self.next.is_some_and(|next| next > 0) {
                return Err(switched(
                    "automatic field numbering",
                    "manual field specification",
                ));
            }
            self.next = None;
            return self.positional(index);
        }
        let found = self
            .arguments
            .keywords
            .iter()
            .find(|(keyword, _)| **keyword == *name);
        match found {
            Some((_, value)) => Ok(value.clone()),
            None => Err(raise("KeyError", yaql::python::repr(&Plain::from(name)))),
        }
    }

    fn positional(&self, index: usize) -> Outcome<Value> {
        self.arguments
            .positional
            .get(index)
            .cloned()
            .ok_or_else(|| {
                let message =
                    format!("Replacement index {index} out of range for positional args tuple");
                raise("IndexError", message)
            })
    }
}

fn switched(from: &str, to: &str) -> Failure {
    value_error(format!("cannot switch from {from} to {to}"))
}

/// What stands before the brace that closes the field, and what follows it.
fn split_field(text: &str) -> Outcome<(&str, &str)> {
    let mut open = 1usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => open += 1,
            '}' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Ok((&text[..at], &text[at + 1..]));
        }
    }
    Err(value_error("expected '}' before end of string"))
}

/// The name and the specification of a field.
fn split_outside_brackets(field: &str) -> (&str, &str) {
    let mut inside = false;
    let colon = field.find(|c| {
        match c {
            '[' => inside = true,
            ']' => inside = false,
            _ => {}
        }
        c == ':' && !inside
    });
    match colon {
        Some(at) => (&field[..at], &field[at + 1..]),
        None => (field, ""),
    }
}
