//! Dicts: making, reading, changing, merging (YAQL §13.5, §13.6).

use smallvec::smallvec;

use super::functions;
use crate::eval::gauge::Seen;
use crate::eval::lambda::Lambda;
use crate::eval::parameter::{Given, Iterable, Rest, Rule};
use crate::eval::views::{Part, View};
use crate::eval::{Result, Scope, check_hashable, raise};
use crate::{Dict, Opaque, Value};

functions! {
    /// A dict of the entries.
    function "#map"(args) = from_rules;
    /// A dict of the entries: `dict(a => 1)`.
    function dict(args) = from_rules;
    /// A dict of the pairs in a collection.
    function dict(items) = from_pairs;
    /// A dict with a key and a value from each item; of equal keys the last wins.
    method toDict(collection, keySelector, valueSelector) = to_dict;
    /// The value under a key.
    function "#indexer"(d, key) = item;
    /// The value under a key, or a default.
    function "#indexer"(d, key, default) = |d: Dict, key: Value, default: Value| get(d, key, Given(Some(default)));
    /// The value under a key, or a default.
    method get(d, key, default) = get;
    /// The dict with another value under a key.
    method set(d, key, value) = set;
    /// The dict with the entries of another.
    method set(d, replacements) = combine;
    /// The dict with other entries: `set(a => 1)`.
    method set(d, args) = set_rules;
    /// Two dicts together; the right one wins.
    function "#operator_+"(left, right) = combine;
    /// The keys, like a set.
    method keys(d) = |d: Dict| view(d, Part::Keys);
    /// The values.
    method values(d) = |d: Dict| view(d, Part::Values);
    /// The entries as lists of two, like a set.
    method items(d) = |d: Dict| view(d, Part::Items);
    /// Whether there is a key.
    method containsKey(d, key) = contains_key;
    /// Whether there is a value.
    method containsValue(d, value) = |d: Dict, value: Value| d.values().any(|v| *v == value);
    /// The dict without some keys.
    method delete(d, keys) = |d: Dict, keys: Rest<Value>| without(d, keys.0);
    /// The dict without the keys in a collection.
    method deleteAll(d, keys) = delete_all;
    /// The number of entries.
    both len(d) = |d: Dict| d.len();
    /// Whether a value is a dict.
    function isDict(arg) = |value: Value| matches!(value, Value::Dict(_));
    /// Two dicts merged deeply; what both have is merged by the mergers.
    method mergeWith(d, another, listMerger, itemMerger, maxLevels = 0) = merge_with;
}

fn put(dict: &mut Dict, key: Value, value: Value) -> Result<()> {
    check_hashable(&key)?;
    dict.insert(key, value);
    Ok(())
}

fn from_rules(scope: &Scope<'_>, args: Rest<Rule>) -> Result<Dict> {
    extend(scope, Dict::with_capacity(args.0.len()), args)
}

fn extend(scope: &Scope<'_>, mut dict: Dict, args: Rest<Rule>) -> Result<Dict> {
    for Rule(key, value) in args.0 {
        let key = key.evaluate(scope.runtime)?;
        let value = value.evaluate(scope.runtime)?;
        put(&mut dict, key, value)?;
    }
    Ok(dict)
}

fn from_pairs(scope: &Scope<'_>, items: Iterable) -> Result<Dict> {
    let mut cursor = items.cursor(scope);
    let mut dict = Dict::new();
    while let Some(item) = cursor.next(scope.runtime)? {
        let (key, value) = pair(scope, item)?;
        put(&mut dict, key, value)?;
    }
    Ok(dict)
}

/// The first two items of a collection, or characters of a text.
pub(super) fn pair(scope: &Scope<'_>, item: Value) -> Result<(Value, Value)> {
    let parts = match item {
        Value::String(text) => text.chars().take(2).map(Value::from).collect(),
        Value::List(list) => list.into_vec(),
        other => match super::lists::inner(scope.runtime, &other) {
            Some(mut cursor) => {
                let mut parts = Vec::new();
                while parts.len() < 2
                    && let Some(part) = cursor.next(scope.runtime)?
                {
                    parts.push(part);
                }
                parts
            }
            None => {
                let found = raise::python_type(&other);
                return Err(raise::type_error(format!(
                    "'{found}' object is not iterable"
                )));
            }
        },
    };
    let mut parts = parts.into_iter();
    match (parts.next(), parts.next()) {
        (Some(key), Some(value)) => Ok((key, value)),
        _ => Err(raise::stop_iteration("")),
    }
}

fn to_dict(
    scope: &Scope<'_>,
    collection: Iterable,
    key_selector: Lambda,
    value_selector: Option<Lambda>,
) -> Result<Dict> {
    let mut cursor = collection.cursor(scope);
    let mut key_selector = key_selector.repeated();
    let mut value_selector = value_selector.map(Lambda::repeated);
    let mut dict = Dict::new();
    while let Some(item) = cursor.next(scope.runtime)? {
        let key = key_selector.call(scope.runtime, &item)?;
        let value = match &mut value_selector {
            Some(selector) => selector.call(scope.runtime, &item)?,
            None => item,
        };
        put(&mut dict, key, value)?;
    }
    Ok(dict.into_mutable())
}

fn item(d: Dict, key: Value) -> Result<Value> {
    check_hashable(&key)?;
    let found = d.get_value(&key).cloned();
    found.ok_or_else(|| raise::key_error(&key))
}

fn get(d: Dict, key: Value, default: Given) -> Result<Value> {
    check_hashable(&key)?;
    let found = d.get_value(&key).cloned();
    Ok(found.or(default.0).unwrap_or_default())
}

/// Changed copies are frozen, whatever the original was.
fn thaw(d: Dict) -> Dict {
    match d.is_mutable() {
        true => d.iter().collect(),
        false => d,
    }
}

fn set(d: Dict, key: Value, value: Value) -> Result<Dict> {
    let mut d = thaw(d);
    put(&mut d, key, value)?;
    Ok(d)
}

fn set_rules(scope: &Scope<'_>, d: Dict, args: Rest<Rule>) -> Result<Dict> {
    extend(scope, thaw(d), args)
}

fn combine(left: Dict, right: Dict) -> Dict {
    let mut combined = thaw(left);
    combined.extend(right.iter());
    combined
}

fn view(dict: Dict, part: Part) -> Value {
    Opaque::new(View { dict, part }).into()
}

fn contains_key(d: Dict, key: Value) -> Result<bool> {
    check_hashable(&key)?;
    Ok(d.get_value(&key).is_some())
}

fn without(d: Dict, keys: Vec<Value>) -> Result<Dict> {
    let mut gone = crate::Set::new();
    for key in keys {
        check_hashable(&key)?;
        gone.insert(key);
    }
    let left = d.iter().filter(|(key, _)| !gone.contains(key));
    Ok(left.collect::<Dict>().into_mutable())
}

fn delete_all(scope: &Scope<'_>, d: Dict, keys: Iterable) -> Result<Dict> {
    without(d, keys.drain(scope)?)
}

/// How to merge two values that both dicts have.
struct Mergers {
    list: Option<Lambda>,
    item: Option<Lambda>,
    max_levels: i64,
}

fn merge_with(
    scope: &Scope<'_>,
    d: Dict,
    another: Dict,
    list_merger: Option<Lambda>,
    item_merger: Option<Lambda>,
    max_levels: i64,
) -> Result<Dict> {
    let mergers = Mergers {
        list: list_merger,
        item: item_merger,
        max_levels,
    };
    mergers.dicts(scope, &d, &another, 1)
}

impl Mergers {
    fn dicts(&self, scope: &Scope<'_>, left: &Dict, right: &Dict, level: i64) -> Result<Dict> {
        let mut merged: Dict = left.iter().collect();
        for (key, new) in right {
            let value = match left.get_value(key) {
                None => new.clone(),
                Some(old) => self.values(scope, old, new, level)?,
            };
            merged.insert(key, value);
        }
        Ok(merged.into_mutable())
    }

    fn values(&self, scope: &Scope<'_>, old: &Value, new: &Value, level: i64) -> Result<Value> {
        let deeper = self.max_levels == 0 || level < self.max_levels;
        match (old, new) {
            (Value::Dict(old), Value::Dict(new)) if deeper => scope
                .runtime
                .nested(|| self.dicts(scope, old, new, level + 1))
                .map(Value::Dict),
            (Value::List(_), Value::List(_)) if deeper => self.lists(scope, old, new),
            (_, Value::Dict(_) | Value::List(_)) if deeper => Err(cannot_merge(old, new)),
            _ => match &self.item {
                Some(merger) => merger.call(scope.runtime, smallvec![old.clone(), new.clone()]),
                None => Ok(new.clone()),
            },
        }
    }

    fn lists(&self, scope: &Scope<'_>, old: &Value, new: &Value) -> Result<Value> {
        if let Some(merger) = &self.list {
            return merger.call(
                scope.runtime,
                [old.clone(), new.clone()].into_iter().collect(),
            );
        }
        let both = [old, new].into_iter().filter_map(Value::as_list).flatten();
        let mut seen = Seen::default();
        let mut distinct = Vec::new();
        for item in both {
            if seen.insert(scope.runtime, item)? {
                distinct.push(item.clone());
            }
        }
        Ok(distinct.into())
    }
}

fn cannot_merge(old: &Value, new: &Value) -> crate::EvalError {
    let class = |value: &Value| match raise::python_type(value) {
        "FrozenDict" => "yaql.language.utils.FrozenDict",
        class => class,
    };
    let (old, new) = (class(old), class(new));
    raise::type_error(format!("Cannot merge <class '{old}'> with <class '{new}'>"))
}
