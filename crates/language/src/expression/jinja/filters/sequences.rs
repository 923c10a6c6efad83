//! Filters for sequences and dicts.

use smallvec::SmallVec;
use yaql::Value as Plain;

use super::super::super::failure::{Outcome, raise, type_error};
use super::super::arguments::Arguments;
use super::super::methods::containers;
use super::super::operators;
use super::super::run::Run;
use super::super::sorting::Keyed;
use super::super::value::{Kind, Value};
use super::attributes::{Path, flag, fold_case, given};

/// `batch(linecount, fill_with)`
pub(super) fn batch(_: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    let [size, fill] = arguments.bind("batch", ["linecount", "fill_with"], 1)?;
    let size = count(size.as_ref())?;
    let mut rows: Vec<Vec<Value>> = value.items()?.chunks(size).map(<[Value]>::to_vec).collect();
    if let (Some(last), Some(fill)) = (rows.last_mut(), given(fill))
        && last.len() < size
        && size <= 100_000
    {
        last.resize(size, fill);
    }
    rows_as_generator(rows)
}

/// `slice(slices, fill_with)`: so many columns, the first ones longer.
pub(super) fn slice(_: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    let [slices, fill] = arguments.bind("slice", ["slices", "fill_with"], 1)?;
    let slices = count(slices.as_ref())?.min(100_000);
    let fill = given(fill);
    let items = value.items()?;
    let (size, longer) = (items.len() / slices, items.len() % slices);
    let mut rest = items.as_slice();
    let mut columns = Vec::with_capacity(slices);
    for number in 0..slices {
        let (column, after) = rest.split_at(size + usize::from(number < longer));
        let mut column = column.to_vec();
        rest = after;
        if let (Some(fill), true) = (&fill, number >= longer) {
            column.push(fill.clone());
        }
        columns.push(column);
    }
    rows_as_generator(columns)
}

fn rows_as_generator(rows: Vec<Vec<Value>>) -> Outcome<Value> {
    let rows = rows.into_iter().map(Value::list).collect::<Outcome<_>>()?;
    Value::sequence(Kind::Generator, rows)
}

fn count(value: Option<&Value>) -> Outcome<usize> {
    match value {
        Some(Value::Data(Plain::Int(i))) => match usize::try_from(*i) {
            Ok(count) if count > 0 => Ok(count),
            _ => Err(raise("ValueError", "the number must be at least 1")),
        },
        _ => Err(type_error("the number must be an integer")),
    }
}

/// `dictsort(case_sensitive, by, reverse)`
pub(super) fn dict_sort(run: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    let names = ["case_sensitive", "by", "reverse"];
    let [case_sensitive, by, reverse] = arguments.bind("dictsort", names, 0)?;
    let case_sensitive = flag(case_sensitive, false)?;
    let by_value = match by.as_ref().map(Value::as_str) {
        None | Some(Some("key")) => false,
        Some(Some("value")) => true,
        Some(_) => {
            let message = "You can only sort by either \"key\" or \"value\"";
            return Err(raise("FilterArgumentError", message));
        }
    };
    let mut keyed = Keyed::by_key();
    for (key, value) in entries(value)? {
        let sort_key = if by_value { value.clone() } else { key.clone() };
        let item = Value::tuple(vec![key, value])?;
        keyed.push([fold_case(sort_key, case_sensitive)], item);
    }
    Value::list(keyed.sorted(run, flag(reverse, false)?)?)
}

fn entries(value: &Value) -> Outcome<Vec<(Value, Value)>> {
    value.defined()?;
    value.entries().ok_or_else(|| {
        let name = value.type_name();
        raise(
            "AttributeError",
            format!("'{name}' object has no attribute 'items'"),
        )
    })
}

/// `items`
pub(super) fn items(_: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    arguments.none("items")?;
    if value.is_undefined() {
        return Value::sequence(Kind::Generator, Vec::new());
    }
    if !value.is_dict() {
        return Err(type_error("Can only get item pairs from a mapping."));
    }
    containers::items(value).and_then(|items| Value::sequence(Kind::Generator, items.items()?))
}

/// `first`
pub(super) fn first(_: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    arguments.none("first")?;
    let first = value.items()?.into_iter().next();
    Ok(first.unwrap_or_else(|| Value::undefined("No first item, sequence was empty.")))
}

/// `last`
pub(super) fn last(_: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    arguments.none("last")?;
    let last = value.items()?.pop();
    Ok(last.unwrap_or_else(|| Value::undefined("No last item, sequence was empty.")))
}

/// `random`
pub(super) fn random(run: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    arguments.none("random")?;
    let items = value.items()?;
    match items.is_empty() {
        true => Ok(Value::undefined("No random item, sequence was empty.")),
        false => Ok(items[run.below(items.len())].clone()),
    }
}

/// `length`
pub(super) fn length(_: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    arguments.none("length")?;
    value.len().map(Value::from)
}

/// `list`
pub(super) fn list(_: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    arguments.none("list")?;
    Value::list(value.items()?)
}

/// `reverse`: a text stays one.
pub(super) fn reverse(_: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    arguments.none("reverse")?;
    if let Some(text) = value.as_str() {
        return Ok(text.chars().rev().collect::<String>().into());
    }
    value.defined()?;
    if !value.is_iterable()? {
        return Err(raise("FilterArgumentError", "argument must be iterable"));
    }
    let mut items = value.items()?;
    items.reverse();
    Value::sequence(Kind::Generator, items)
}

/// `max(case_sensitive, attribute)`
pub(super) fn max(run: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    extreme(run, value, arguments, "max")
}

/// `min(case_sensitive, attribute)`
pub(super) fn min(run: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    extreme(run, value, arguments, "min")
}

/// The first of the greatest or smallest items.
fn extreme(run: &mut Run<'_>, value: &Value, arguments: Arguments, name: &str) -> Outcome<Value> {
    let [case_sensitive, attribute] = arguments.bind(name, ["case_sensitive", "attribute"], 0)?;
    let case_sensitive = flag(case_sensitive, false)?;
    let path = given(attribute)
        .map(|attribute| Path::new(&attribute))
        .transpose()?;
    let items = value.items()?;
    run.steps(items.len())?;
    let mut best: Option<(Value, Value)> = None;
    for item in items {
        let key = match &path {
            Some(path) => path.get(&item, None)?,
            None => item.clone(),
        };
        let key = fold_case(key, case_sensitive);
        let better = match &best {
            None => true,
            Some((known, _)) if name == "max" => operators::less(known, &key)?,
            Some((known, _)) => operators::less(&key, known)?,
        };
        if better {
            best = Some((key, item));
        }
    }
    Ok(match best {
        Some((_, item)) => item,
        None => Value::undefined("No aggregated item, sequence was empty."),
    })
}

/// `sort(reverse, case_sensitive, attribute)`
pub(super) fn sort(run: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    let names = ["reverse", "case_sensitive", "attribute"];
    let [reverse, case_sensitive, attribute] = arguments.bind("sort", names, 0)?;
    let case_sensitive = flag(case_sensitive, false)?;
    let paths = given(attribute)
        .map(|attribute| Path::several(&attribute))
        .transpose()?;
    let mut keyed = match &paths {
        Some(paths) => Keyed::by_parts(paths.len()),
        None => Keyed::by_key(),
    };
    for item in value.each()? {
        match &paths {
            Some(paths) => {
                let keys = paths.iter().map(|path| path.get(&item, None));
                let keys = keys.collect::<Outcome<SmallVec<[_; 2]>>>()?.into_iter();
                keyed.push(keys.map(|key| fold_case(key, case_sensitive)), item);
            }
            None => keyed.push([fold_case(item.clone(), case_sensitive)], item),
        }
    }
    Value::list(keyed.sorted(run, flag(reverse, false)?)?)
}

/// `unique(case_sensitive, attribute)`
pub(super) fn unique(run: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    let names = ["case_sensitive", "attribute"];
    let [case_sensitive, attribute] = arguments.bind("unique", names, 0)?;
    let case_sensitive = flag(case_sensitive, false)?;
    let path = given(attribute)
        .map(|attribute| Path::new(&attribute))
        .transpose()?;
    let items = value.items()?;
    run.steps(items.len())?;
    let mut seen = indexmap::IndexSet::new();
    let mut unique = Vec::new();
    for item in items {
        let key = match &path {
            Some(path) => path.get(&item, None)?,
            None => item.clone(),
        };
        if seen.insert(fold_case(key, case_sensitive).as_key()?) {
            unique.push(item);
        }
    }
    Value::sequence(Kind::Generator, unique)
}

/// `groupby(attribute, default, case_sensitive)`: groups in the order of their keys.
pub(super) fn group_by(run: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    let names = ["attribute", "default", "case_sensitive"];
    let [attribute, default, case_sensitive] = arguments.bind("groupby", names, 1)?;
    let path = Path::new(&attribute.unwrap_or(Value::NONE))?;
    let default = given(default);
    let case_sensitive = flag(case_sensitive, false)?;
    let mut keyed = Keyed::by_key();
    for item in value.each()? {
        let key = fold_case(path.get(&item, default.as_ref())?, case_sensitive);
        keyed.push([key], item);
    }
    let groups = keyed.grouped(run)?;
    let groups = groups.into_iter().map(|(key, items)| {
        // Texts that were put together show the first one's own case.
        let shown = match case_sensitive {
            true => key,
            false => path.get(&items[0], default.as_ref())?,
        };
        Value::sequence(Kind::Group, vec![shown, Value::list(items)?])
    });
    Value::list(groups.collect::<Outcome<_>>()?)
}
