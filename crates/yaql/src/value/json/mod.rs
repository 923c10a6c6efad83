//! JSON with Python's rules: integers of any size, NaN and Infinity, Python's
//! error texts, and the forms of text that Python's `json` writes.

mod keys;
mod parse;
#[cfg(test)]
mod tests;
mod write;

use super::Value;

pub(super) use self::keys::Keys;
pub use self::parse::{JsonError, parse, parse_with_holes};
pub(crate) use self::write::key_text;
pub use self::write::{
    to_pretty_string, to_python_string, to_readable_string, to_string, to_string_with_spans,
};

/// A value that has no stored form: a timespan, an expression object, or a dict
/// with such a key (YAQL §4.3).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Cannot convert {text} to primitive")]
pub struct Unstorable {
    /// The value in Python's text form.
    pub text: String,
    /// Its type, as [`Value::type_name`] gives it.
    pub type_name: &'static str,
}

impl Unstorable {
    pub(crate) fn of(value: &Value) -> Self {
        Unstorable {
            text: super::python::frozen_repr(value),
            type_name: value.type_name(),
        }
    }
}

/// Tells whether [`to_string`] can write `value` without a loss.
///
/// # Errors
/// The first part of it that has no stored form.
pub fn check_storable(value: &Value) -> Result<(), Unstorable> {
    match value {
        Value::Timespan(_) | Value::Opaque(_) => Err(Unstorable::of(value)),
        Value::List(list) => list.iter().try_for_each(check_storable),
        Value::Set(set) => set.iter().try_for_each(check_storable),
        Value::Dict(dict) => dict.iter().try_for_each(|(key, value)| {
            check_key(key)?;
            check_storable(value)
        }),
        _ => Ok(()),
    }
}

fn check_key(key: &Value) -> Result<(), Unstorable> {
    match key {
        Value::List(_) | Value::Dict(_) | Value::Set(_) => Err(Unstorable::of(key)),
        scalar => check_storable(scalar),
    }
}
