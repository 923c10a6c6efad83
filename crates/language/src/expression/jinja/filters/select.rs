//! Filters that apply a filter or a test to each item.

use std::sync::Arc;

use super::super::super::failure::{Outcome, raise, type_error};
use super::super::arguments::Arguments;
use super::super::predicates::Condition;
use super::super::run::Run;
use super::super::value::{Items, Kind, Value};
use super::attributes::{Path, given};

/// `map('filter', …)` and `map(attribute='path', default=…)`
pub(super) fn map(run: &mut Run<'_>, value: &Value, mut arguments: Arguments) -> Outcome<Value> {
    let items = items(run, value)?;
    let by_attribute = arguments
        .keywords
        .iter()
        .any(|(name, _)| **name == *"attribute");
    let mapped = if arguments.positional.is_empty() && by_attribute {
        let [attribute, default] = arguments.bind("map", ["attribute", "default"], 1)?;
        let path = Path::new(&attribute.unwrap_or(Value::NONE))?;
        let default = given(default);
        let mut mapped = Vec::with_capacity(items.len());
        for item in path.each(items, default.as_ref()) {
            mapped.push(item?);
        }
        mapped
    } else {
        let name = take_name(&mut arguments, "map requires a filter argument")?;
        let apply = |item| run.filter(&name, &item, arguments.clone());
        items.map(apply).collect::<Outcome<_>>()?
    };
    Value::sequence(Kind::Generator, mapped)
}

/// The items; whatever is false has none.
fn items<'v>(run: &mut Run<'_>, value: &'v Value) -> Outcome<Items<'v>> {
    let items = match value.is_truthy()? {
        true => value.each()?,
        false => Items::empty(),
    };
    run.steps(items.len())?;
    Ok(items)
}

fn take_name(arguments: &mut Arguments, message: &str) -> Outcome<Arc<str>> {
    if arguments.positional.is_empty() {
        return Err(raise("FilterArgumentError", message));
    }
    let name = arguments.positional.remove(0);
    name.defined()?;
    match name.as_str() {
        Some(name) => Ok(name.into()),
        None => Err(type_error("the name of a filter or test must be a string")),
    }
}

/// `select('test', …)`
pub(super) fn select(run: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    filtered(run, value, None, arguments, true)
}

/// `reject('test', …)`
pub(super) fn reject(run: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    filtered(run, value, None, arguments, false)
}

/// `selectattr('path', 'test', …)`
pub(super) fn select_attribute(
    run: &mut Run<'_>,
    value: &Value,
    arguments: Arguments,
) -> Outcome<Value> {
    by_attribute(run, value, arguments, true)
}

/// `rejectattr('path', 'test', …)`
pub(super) fn reject_attribute(
    run: &mut Run<'_>,
    value: &Value,
    arguments: Arguments,
) -> Outcome<Value> {
    by_attribute(run, value, arguments, false)
}

fn by_attribute(
    run: &mut Run<'_>,
    value: &Value,
    mut arguments: Arguments,
    wanted: bool,
) -> Outcome<Value> {
    if arguments.positional.is_empty() {
        return Err(raise(
            "FilterArgumentError",
            "Missing parameter for attribute name",
        ));
    }
    let path = Path::new(&arguments.positional.remove(0))?;
    filtered(run, value, Some(&path), arguments, wanted)
}

/// The items whose test (or truth, without a test) is `wanted`.
fn filtered(
    run: &mut Run<'_>,
    value: &Value,
    path: Option<&Path>,
    mut arguments: Arguments,
    wanted: bool,
) -> Outcome<Value> {
    let items = items(run, value)?;
    let test = match arguments.positional.is_empty() {
        true => None,
        false => {
            let name = take_name(&mut arguments, "Missing test name")?;
            Some(Condition::new(name, arguments))
        }
    };
    let mut passing = Vec::new();
    for item in items {
        let tested = path.map(|path| path.get(&item, None)).transpose()?;
        let tested = tested.as_ref().unwrap_or(&item);
        let passes = match &test {
            Some(test) => run.passes(tested, test)?,
            None => tested.is_truthy()?,
        };
        if passes == wanted {
            passing.push(item);
        }
    }
    Value::sequence(Kind::Generator, passing)
}
