//! Conversions of data on its way in and out (YAQL §4.1 and §4.2).

use super::gauge::Growing;
use super::iterator::Cursor;
use super::types::Type;
use super::views::{Part, View};
use super::{Result, Scope, check_hashable, raise};
use crate::value::{MAX_DEPTH, ObjectKind};
use crate::{Dict, List, Options, Set, Value};

/// Data for `$` or a variable: frozen, or of the mutable kind when the options
/// ask for no conversion.
pub(super) fn to_input(value: &Value, options: &Options) -> Value {
    match options.convert_input_data {
        true => value.clone().into_frozen(),
        false => value.clone().into_mutable(),
    }
}

/// A result: iterators drained, views and lists as data.
pub(crate) fn to_output(scope: &Scope<'_>, value: Value) -> Result<Value> {
    let options = scope.runtime.options();
    if options.convert_output_data {
        let result = convert(scope, value, 0)?;
        return match result.depth() {
            depth if depth > MAX_DEPTH => Err(raise::too_deep()),
            _ => Ok(result),
        };
    }
    match &value {
        Value::Opaque(object) if object.object().kind() == ObjectKind::Iterator => {
            match Cursor::over(&value) {
                Some(cursor) => Ok(cursor.drain(scope.runtime)?.into()),
                None => Ok(value),
            }
        }
        _ => Ok(value),
    }
}

fn convert(scope: &Scope<'_>, value: Value, depth: usize) -> Result<Value> {
    let limit = scope.runtime.options().limit_iterators;
    if limit.is_none() && value.is_plain() {
        return Ok(value);
    }
    if depth > MAX_DEPTH {
        return Err(raise::too_deep());
    }
    if let (Some(limit), Some(size)) = (limit, super::parameter::size(&value))
        && size > limit
    {
        return Err(raise::too_large(limit));
    }
    match &value {
        Value::Dict(dict) => convert_dict(scope, dict, depth),
        Value::Set(set) => convert_set(scope, set.iter().cloned(), depth),
        Value::Opaque(object) => match object.downcast::<View>() {
            Some(view) if view.part != Part::Values => {
                convert_set(scope, view.items().into_iter(), depth)
            }
            _ => convert_items(scope, value, depth),
        },
        Value::List(_) => convert_items(scope, value, depth),
        _ => Ok(value),
    }
}

fn convert_items(scope: &Scope<'_>, value: Value, depth: usize) -> Result<Value> {
    let options = scope.runtime.options();
    if !Type::Iterable.accepts(&value, options) {
        return Ok(value);
    }
    let Some(cursor) = Cursor::over(&value) else {
        return Ok(value);
    };
    let is_tuple = matches!(&value, Value::List(list) if !list.is_mutable());
    drop(value);
    let mut cursor = cursor.limited(options.limit_iterators);
    let mut items = Growing::default();
    while let Some(item) = cursor.next(scope.runtime)? {
        let item = scope.runtime.deeper(|| convert(scope, item, depth + 1))?;
        items.push(scope.runtime, item)?;
    }
    let items = items.into_items();
    match options.convert_tuples_to_lists || is_tuple {
        true => Ok(items.into()),
        false => Ok(List::mutable(items).into()),
    }
}

fn convert_dict(scope: &Scope<'_>, dict: &Dict, depth: usize) -> Result<Value> {
    let mut converted = Dict::with_capacity(dict.len());
    for (key, value) in dict {
        let key = scope
            .runtime
            .deeper(|| convert(scope, key.clone(), depth + 1))?;
        check_thawed(&key, scope.runtime.options())?;
        let value = scope
            .runtime
            .deeper(|| convert(scope, value.clone(), depth + 1))?;
        converted.insert(key, value);
    }
    Ok(converted.into())
}

fn convert_set(
    scope: &Scope<'_>,
    members: impl Iterator<Item = Value>,
    depth: usize,
) -> Result<Value> {
    let options = scope.runtime.options();
    let mut converted = Growing::default();
    for member in members {
        let member = scope.runtime.deeper(|| convert(scope, member, depth + 1))?;
        if !options.convert_sets_to_lists {
            check_thawed(&member, options)?;
        }
        converted.push(scope.runtime, member)?;
    }
    let converted = converted.into_items();
    match options.convert_sets_to_lists {
        true => Ok(converted.into()),
        false => Ok(converted.into_iter().collect::<Set>().into()),
    }
}

/// Converted lists and dicts have no hash any more.
fn check_thawed(value: &Value, options: &Options) -> Result<()> {
    match value {
        Value::List(_) if options.convert_tuples_to_lists => Err(raise::unhashable("list")),
        Value::Dict(_) => Err(raise::unhashable("dict")),
        Value::Set(_) => Err(raise::unhashable("set")),
        other => check_hashable(other),
    }
}
