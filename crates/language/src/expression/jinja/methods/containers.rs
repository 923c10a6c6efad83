//! Methods of lists, tuples and dicts.

use indexmap::IndexMap;
use yaql::Value as Plain;

use super::super::super::failure::{Outcome, raise, type_error, value_error};
use super::super::arguments::Arguments;
use super::super::globals;
use super::super::operators;
use super::super::run::Run;
use super::super::sorting::Keyed;
use super::super::text;
use super::super::value::{self, Container, Edit, Extent, Kind, Step, Value};
use super::integer;

/// Methods that only read; `None` for unknown names.
pub(super) fn call(receiver: &Value, name: &str, arguments: Arguments) -> Outcome<Option<Value>> {
    let result = match name {
        "count" => {
            let wanted = arguments.one("count", "value")?;
            let mut count = 0usize;
            for item in receiver.items()? {
                count += usize::from(operators::equal(&item, &wanted)?);
            }
            count.into()
        }
        "index" => index(receiver, arguments)?,
        "copy" => {
            arguments.none("copy")?;
            receiver.clone()
        }
        "get" => {
            let [key, default] = arguments.bind("get", ["key", "default"], 1)?;
            let key = key.unwrap_or(Value::NONE).as_key()?;
            receiver.entry(&key).or(default).unwrap_or(Value::NONE)
        }
        "keys" => {
            arguments.none("keys")?;
            Value::sequence(Kind::Keys, receiver.items()?)?
        }
        "values" => {
            arguments.none("values")?;
            let values = entries(receiver).map(|(_, value)| value);
            Value::sequence(Kind::Values, values.collect())?
        }
        "items" => {
            arguments.none("items")?;
            items(receiver)?
        }
        _ => return Ok(None),
    };
    Ok(Some(result))
}

/// The entries of a dict as tuples.
pub(in super::super) fn items(dict: &Value) -> Outcome<Value> {
    let pairs = entries(dict).map(|(key, value)| Value::tuple(vec![key, value]));
    Value::sequence(Kind::Items, pairs.collect::<Outcome<_>>()?)
}

fn entries(dict: &Value) -> impl Iterator<Item = (Value, Value)> {
    dict.entries().unwrap_or_default().into_iter()
}

fn index(receiver: &Value, arguments: Arguments) -> Outcome<Value> {
    let [wanted, start, stop] = arguments.bind("index", ["value", "start", "stop"], 1)?;
    let wanted = wanted.unwrap_or(Value::NONE);
    let items = receiver.items()?;
    let bound = |value: Option<Value>, default: usize| match value {
        Some(value) => integer(&value).map(|i| clamp(i, items.len())),
        None => Ok(default),
    };
    let (start, stop) = (bound(start, 0)?, bound(stop, items.len())?);
    for (position, item) in items.iter().enumerate().take(stop).skip(start) {
        if operators::equal(item, &wanted)? {
            return Ok(position.into());
        }
    }
    let shown = text::repr(&wanted, 1000).unwrap_or_else(|_| "value".into());
    Err(value_error(format!(
        "{shown} is not in {}",
        receiver.type_name()
    )))
}

/// A position from an index that may count from the end, within bounds.
fn clamp(index: i64, length: usize) -> usize {
    match usize::try_from(index) {
        Ok(index) => index.min(length),
        Err(_) => {
            let from_end = usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX);
            length.saturating_sub(from_end)
        }
    }
}

/// Methods that change the container to which `path` leads.
pub(super) fn change(
    run: &mut Run<'_>,
    receiver: &mut Value,
    path: &[Step],
    name: &str,
    arguments: Arguments,
) -> Outcome<Value> {
    let named = arguments.keywords.iter().map(|(_, value)| value);
    let incoming = Extent::of(arguments.positional.iter().chain(named));
    run.reserve(size_of::<Value>())?;
    let mut arguments = Some(arguments);
    let mut edit = |container: Container<'_>| {
        let arguments = arguments.take().unwrap_or_default();
        match container {
            Container::List(items) => change_list(run, items, name, arguments),
            Container::Dict(entries) => change_dict(run, entries, name, arguments),
        }
    };
    let mut edit = Edit {
        incoming,
        run: &mut edit,
    };
    let result = value::change(receiver, path, &mut edit)?;
    Ok(result.unwrap_or(Value::NONE))
}

fn change_list(
    run: &mut Run<'_>,
    items: &mut Vec<Value>,
    name: &str,
    arguments: Arguments,
) -> Outcome<Value> {
    match name {
        "append" => items.push(arguments.one("append", "object")?),
        "extend" => {
            let more = arguments.one("extend", "iterable")?.items()?;
            run.reserve(more.len() * size_of::<Value>())?;
            items.extend(more);
        }
        "insert" => {
            let [index, value] = arguments.bind("insert", ["index", "object"], 2)?;
            let at = clamp(integer(&index.unwrap_or(Value::NONE))?, items.len());
            items.insert(at, value.unwrap_or(Value::NONE));
        }
        "pop" => return pop_item(items, arguments),
        "remove" => {
            let wanted = arguments.one("remove", "value")?;
            let found = items
                .iter()
                .position(|item| operators::equal(item, &wanted).unwrap_or(false));
            match found {
                Some(index) => drop(items.remove(index)),
                None => return Err(value_error("list.remove(x): x not in list")),
            }
        }
        "clear" => items.clear(),
        "reverse" => items.reverse(),
        _ => sort(run, items, arguments)?,
    }
    Ok(Value::NONE)
}

fn pop_item(items: &mut Vec<Value>, arguments: Arguments) -> Outcome<Value> {
    let [index] = arguments.bind("pop", ["index"], 0)?;
    let index = index.map_or(Ok(-1), |index| integer(&index))?;
    if items.is_empty() {
        return Err(raise("IndexError", "pop from empty list"));
    }
    match super::super::attribute::position(index, items.len()) {
        Some(position) => Ok(items.remove(position)),
        None => Err(raise("IndexError", "pop index out of range")),
    }
}

fn sort(run: &mut Run<'_>, items: &mut Vec<Value>, arguments: Arguments) -> Outcome<()> {
    let [key, reverse] = arguments.bind("sort", ["key", "reverse"], 0)?;
    let reverse = reverse.map_or(Ok(false), |reverse| reverse.is_truthy())?;
    let mut keyed = Keyed::by_key();
    for item in std::mem::take(items) {
        let sort_key = match &key {
            Some(key) if !key.is_none() => {
                run.call(key, Arguments::positional(vec![item.clone()]))?
            }
            _ => item.clone(),
        };
        keyed.push([sort_key], item);
    }
    *items = keyed.sorted(run, reverse)?;
    Ok(())
}

fn change_dict(
    run: &mut Run<'_>,
    entries: &mut IndexMap<Plain, Value>,
    name: &str,
    arguments: Arguments,
) -> Outcome<Value> {
    match name {
        "update" => {
            let more = globals::dict(arguments)?;
            run.reserve(more.len() * size_of::<Value>())?;
            entries.extend(more);
            Ok(Value::NONE)
        }
        "pop" => {
            let [key, default] = arguments.bind("pop", ["key", "default"], 1)?;
            let key = key.unwrap_or(Value::NONE).as_key()?;
            match entries.shift_remove(&key).or(default) {
                Some(value) => Ok(value),
                None => Err(raise("KeyError", yaql::python::repr(&key))),
            }
        }
        "popitem" => match entries.pop() {
            Some((key, value)) => Value::tuple(vec![Value::Data(key), value]),
            None => Err(raise("KeyError", "'popitem(): dictionary is empty'")),
        },
        "setdefault" => {
            let [key, default] = arguments.bind("setdefault", ["key", "default"], 1)?;
            let key = key.unwrap_or(Value::NONE).as_key()?;
            Ok(entries
                .entry(key)
                .or_insert(default.unwrap_or(Value::NONE))
                .clone())
        }
        "clear" => {
            entries.clear();
            Ok(Value::NONE)
        }
        other => Err(type_error(format!("'{other}' does not change a dict"))),
    }
}
