//! The tests behind `is`.

use std::sync::Arc;

use yaql::Value as Plain;

use super::super::failure::{Failure, Outcome, raise, type_error};
use super::super::functions::Function;
use super::arguments::Arguments;
use super::ast::{Comparison, Operator};
use super::filters;
use super::number::{self, Number};
use super::operators;
use super::run::Run;
use super::value::{Kind, Value};

/// The tests by name.
pub(super) const NAMES: [&str; 39] = [
    "!=",
    "<",
    "<=",
    "==",
    ">",
    ">=",
    "boolean",
    "callable",
    "defined",
    "divisibleby",
    "eq",
    "equalto",
    "escaped",
    "even",
    "false",
    "filter",
    "float",
    "ge",
    "greaterthan",
    "gt",
    "in",
    "integer",
    "iterable",
    "le",
    "lessthan",
    "lower",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "sameas",
    "sequence",
    "string",
    "test",
    "true",
    "undefined",
    "upper",
];

/// A test that is made again and again.
pub(super) enum Condition {
    /// A comparison with a value.
    Comparison(Comparison, Value),
    /// Any other, by name.
    Named(Arc<str>, Arguments),
}

impl Condition {
    pub(super) fn new(name: Arc<str>, mut arguments: Arguments) -> Self {
        match (comparison(&name), &mut *arguments.positional) {
            (Some(comparison), [other]) if arguments.keywords.is_empty() => {
                Self::Comparison(comparison, std::mem::replace(other, Value::NONE))
            }
            _ => Self::Named(name, arguments),
        }
    }
}

impl Run<'_> {
    /// Whether a value fulfils a condition.
    pub(super) fn passes(&mut self, value: &Value, condition: &Condition) -> Outcome<bool> {
        match condition {
            Condition::Comparison(comparison, other) => {
                operators::compare(*comparison, value, other)
            }
            Condition::Named(name, arguments) => self.test(name, value, arguments.clone()),
        }
    }

    /// Whether a value passes a test.
    pub(super) fn test(
        &mut self,
        name: &str,
        value: &Value,
        arguments: Arguments,
    ) -> Outcome<bool> {
        if let Some(comparison) = comparison(name) {
            let other = arguments.one(name, "other")?;
            return operators::compare(comparison, value, &other);
        }
        match name {
            "sameas" => Ok(operators::same(value, &arguments.one(name, "other")?)),
            "divisibleby" => divisible(value, &arguments.one(name, "num")?),
            _ => {
                let known = NAMES.contains(&name);
                if known {
                    arguments.none(name)?;
                }
                match known {
                    true => plain(self, name, value),
                    false => Err(unknown(name)),
                }
            }
        }
    }
}

fn unknown(name: &str) -> Failure {
    raise("TemplateAssertionError", format!("No test named '{name}'."))
}

fn comparison(name: &str) -> Option<Comparison> {
    Some(match name {
        "==" | "eq" | "equalto" => Comparison::Equal,
        "!=" | "ne" => Comparison::NotEqual,
        "<" | "lt" | "lessthan" => Comparison::Less,
        "<=" | "le" => Comparison::LessOrEqual,
        ">" | "gt" | "greaterthan" => Comparison::Greater,
        ">=" | "ge" => Comparison::GreaterOrEqual,
        "in" => Comparison::In,
        _ => return None,
    })
}

/// Tests without arguments. Only some of them look into undefined values.
fn plain(run: &mut Run<'_>, name: &str, value: &Value) -> Outcome<bool> {
    let data = match value {
        Value::Data(data) => Some(data),
        _ => None,
    };
    Ok(match name {
        "defined" => !value.is_undefined(),
        "undefined" => value.is_undefined(),
        "none" => value.is_none(),
        "boolean" => matches!(data, Some(Plain::Bool(_))),
        "true" => matches!(data, Some(Plain::Bool(true))),
        "false" => matches!(data, Some(Plain::Bool(false))),
        "integer" => matches!(data, Some(Plain::Int(_) | Plain::BigInt(_))),
        "float" => matches!(data, Some(Plain::Float(_))),
        "number" => value.is_number(),
        "string" => value.as_str().is_some(),
        "mapping" => value.is_dict(),
        "callable" => {
            matches!(value, Value::Callable(_))
                || matches!(value, Value::Loop(state) if state.recursive.is_some())
        }
        "escaped" => matches!(value, Value::Markup(_)),
        "iterable" => value.is_iterable()?,
        "sequence" => is_sequence(value)?,
        "lower" => is_cased(&run.str(value)?, char::is_lowercase, char::is_uppercase),
        "upper" => is_cased(&run.str(value)?, char::is_uppercase, char::is_lowercase),
        "even" => divisible(value, &Value::from(2))?,
        "odd" => remainder(value, &Value::from(2))? == Plain::Int(1),
        "filter" => named(value, |name| {
            filters::exists(name) || Function::by_name(name).is_some()
        })?,
        "test" => named(value, |name| NAMES.contains(&name))?,
        other => return Err(unknown(other)),
    })
}

/// Has a length and positions, or at least keys.
fn is_sequence(value: &Value) -> Outcome<bool> {
    value.defined()?;
    Ok(match value {
        Value::Data(data) => matches!(data, Plain::String(_) | Plain::List(_) | Plain::Dict(_)),
        Value::Sequence(sequence) => !matches!(
            sequence.kind(),
            Kind::Generator | Kind::Keys | Kind::Values | Kind::Items
        ),
        Value::Dict(_) | Value::Markup(_) | Value::Bytes(_) => true,
        _ => false,
    })
}

fn is_cased(text: &str, wanted: fn(char) -> bool, other: fn(char) -> bool) -> bool {
    text.chars().any(wanted) && !text.chars().any(other)
}

fn divisible(value: &Value, by: &Value) -> Outcome<bool> {
    remainder(value, by).map(|rest| rest == Plain::Int(0))
}

fn remainder(value: &Value, by: &Value) -> Outcome<Plain> {
    value.defined()?;
    by.defined()?;
    let number = |value: &Value| match value {
        Value::Data(data) => Number::of(data),
        _ => None,
    };
    let (Some(value), Some(by)) = (number(value), number(by)) else {
        let (a, b) = (value.type_name(), by.type_name());
        let message = format!("unsupported operand type(s) for %: '{a}' and '{b}'");
        return Err(type_error(message));
    };
    number::calculate(Operator::Modulo, value, by)
}

fn named(value: &Value, known: impl Fn(&str) -> bool) -> Outcome<bool> {
    value.defined()?;
    Ok(value.as_str().is_some_and(known))
}
