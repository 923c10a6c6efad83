//! The methods of Python's built-in types.

pub(super) mod containers;
mod text;

pub(super) use self::text::{capitalize, replace};

use std::sync::Arc;

use yaql::Value as Plain;

use super::super::failure::{Outcome, type_error, undefined_error, value_error};
use super::arguments::Arguments;
use super::run::Run;
use super::value::{Kind, Step, Value};

const NUMBER: [&str; 2] = ["bit_length", "conjugate"];
const FLOAT: [&str; 2] = ["is_integer", "conjugate"];
const BYTES: [&str; 1] = ["decode"];
const LOOP: [&str; 2] = ["cycle", "changed"];
const CYCLER: [&str; 2] = ["next", "reset"];
const LIST: [&str; 11] = [
    "append", "clear", "copy", "count", "extend", "index", "insert", "pop", "remove", "reverse",
    "sort",
];
const TUPLE: [&str; 2] = ["count", "index"];
const DICT: [&str; 10] = [
    "clear",
    "copy",
    "get",
    "items",
    "keys",
    "pop",
    "popitem",
    "setdefault",
    "update",
    "values",
];

/// Methods of lists and dicts that change them.
const CHANGING: [&str; 11] = [
    "append",
    "clear",
    "extend",
    "insert",
    "pop",
    "popitem",
    "remove",
    "reverse",
    "setdefault",
    "sort",
    "update",
];

/// Whether a value has a method of that name.
pub(super) fn has(value: &Value, name: &str) -> bool {
    names(value).contains(&name)
}

/// The methods of what templates can compute with.
#[cfg(test)]
pub(super) fn of_data() -> impl Iterator<Item = &'static str> {
    let all: [&[&str]; 6] = [&text::NAMES, &LIST, &DICT, &NUMBER, &FLOAT, &BYTES];
    all.into_iter().flatten().copied()
}

/// Whether values of any type have a method of that name.
pub(super) fn is_known(name: &str) -> bool {
    let all: [&[&str]; 9] = [
        &text::NAMES,
        &DICT,
        &LIST,
        &TUPLE,
        &NUMBER,
        &FLOAT,
        &BYTES,
        &LOOP,
        &CYCLER,
    ];
    all.iter().any(|names| names.contains(&name))
}

fn names(value: &Value) -> &'static [&'static str] {
    match value {
        Value::Data(Plain::String(_)) | Value::Markup(_) => &text::NAMES,
        Value::Data(Plain::Dict(_)) | Value::Dict(_) => &DICT,
        Value::Data(Plain::List(_)) => &LIST,
        Value::Sequence(sequence) => match sequence.kind() {
            Kind::List => &LIST,
            Kind::Tuple | Kind::Group | Kind::Range { .. } => &TUPLE,
            _ => &[],
        },
        Value::Data(Plain::Int(_) | Plain::BigInt(_) | Plain::Bool(_)) => &NUMBER,
        Value::Data(Plain::Float(_)) => &FLOAT,
        Value::Bytes(_) => &BYTES,
        Value::Loop(_) => &LOOP,
        Value::Cycler(_) => &CYCLER,
        _ => &[],
    }
}

/// Whether the method changes its receiver.
pub(super) fn changes(value: &Value, name: &str) -> bool {
    CHANGING.contains(&name) && (value.is_list() || value.is_dict()) && has(value, name)
}

/// Calls a method.
pub(super) fn call(
    run: &mut Run<'_>,
    mut receiver: Value,
    name: &Arc<str>,
    arguments: Arguments,
) -> Outcome<Value> {
    if changes(&receiver, name) {
        return change(run, &mut receiver, &[], name, arguments);
    }
    let found = match &receiver {
        Value::Data(Plain::String(text)) => text::call(run, text, name, arguments)?,
        Value::Markup(text) => text::call(run, text, name, arguments)?.map(|result| {
            // What is made of markup is markup, as Markup's own methods do it.
            match result {
                Value::Data(Plain::String(text)) => Value::Markup((&*text).into()),
                other => other,
            }
        }),
        Value::Data(Plain::Int(_) | Plain::BigInt(_) | Plain::Bool(_) | Plain::Float(_)) => {
            number(&receiver, name, arguments)?
        }
        Value::Bytes(bytes) => Some(decode(bytes, arguments)?),
        Value::Loop(state) => state.call(name, arguments).transpose()?,
        Value::Cycler(cycler) => cycler.call(name),
        _ => containers::call(&receiver, name, arguments)?,
    };
    found.ok_or_else(|| {
        let name_of_type = receiver.type_name();
        undefined_error(format!("'{name_of_type} object' has no attribute '{name}'"))
    })
}

/// Calls a method that changes the container to which `path` leads.
pub(super) fn change(
    run: &mut Run<'_>,
    value: &mut Value,
    path: &[Step],
    name: &str,
    arguments: Arguments,
) -> Outcome<Value> {
    containers::change(run, value, path, name, arguments)
}

fn number(value: &Value, name: &str, arguments: Arguments) -> Outcome<Option<Value>> {
    arguments.none(name)?;
    let Value::Data(data) = value else {
        return Ok(None);
    };
    Ok(match (name, data) {
        ("conjugate", _) => Some(value.clone()),
        ("is_integer", Plain::Float(f)) => Some((f.fract() == 0.0).into()),
        ("bit_length", Plain::Int(i)) => Some(Value::from(i64::from(
            u64::BITS - i.unsigned_abs().leading_zeros(),
        ))),
        ("bit_length", Plain::Bool(b)) => Some(Value::from(i64::from(*b))),
        ("bit_length", Plain::BigInt(b)) => Some(Value::Data(b.bits().into())),
        _ => None,
    })
}

fn decode(bytes: &[u8], arguments: Arguments) -> Outcome<Value> {
    let [_, errors] = arguments.bind("decode", ["encoding", "errors"], 0)?;
    match (
        std::str::from_utf8(bytes),
        errors.as_ref().and_then(Value::as_str),
    ) {
        (Ok(text), _) => Ok(text.into()),
        (Err(_), Some("replace")) => Ok(String::from_utf8_lossy(bytes).into_owned().into()),
        (Err(_), Some("ignore")) => Ok(String::from_utf8_lossy(bytes)
            .replace('\u{fffd}', "")
            .into()),
        (Err(error), _) => {
            let position = error.valid_up_to();
            Err(value_error(format!(
                "'utf-8' codec can't decode byte in position {position}"
            )))
        }
    }
}

/// An integer argument.
fn integer(value: &Value) -> Outcome<i64> {
    value.defined()?;
    match value {
        Value::Data(Plain::Int(i)) => Ok(*i),
        Value::Data(Plain::Bool(b)) => Ok((*b).into()),
        _ => {
            let name = value.type_name();
            Err(type_error(format!(
                "'{name}' object cannot be interpreted as an integer"
            )))
        }
    }
}

/// A text argument.
fn text_argument(value: &Value) -> Outcome<&str> {
    value.defined()?;
    value.as_str().ok_or_else(|| {
        let name = value.type_name();
        type_error(format!("must be str, not {name}"))
    })
}
