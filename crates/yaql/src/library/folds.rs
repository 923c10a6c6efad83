//! One value from a collection: tests, sums, extremes, positions (YAQL §13.6).

use smallvec::smallvec;

use super::{functions, order};
use crate::eval::gauge::{Gauge, Growing};
use crate::eval::iterator::{Cursor, Iter};
use crate::eval::lambda::Lambda;
use crate::eval::parameter::{Given, Iterable};
use crate::eval::{Result, Runtime, Scope, raise};
use crate::value::equality::loosely_equal;
use crate::{Dict, Value};

functions! {
    /// Whether the predicate is true for some item; without one, whether there are items.
    both any(collection, predicate) = any;
    /// Whether the predicate, or the item itself, is true for all items.
    both all(collection, predicate) = all;
    /// The sum of the items, by the operator `+`.
    method sum(collection, initial) = sum;
    /// The greatest item, by the function `max`.
    method max(collection, initial) = max;
    /// The smallest item, by the function `min`.
    method min(collection, initial) = min;
    /// The first item; if there is none, the default or an error.
    method first(collection, default) = first;
    /// The last item; if there is none, the default or an error.
    method last(collection, default) = last;
    /// The only item; an error if there is another number of items.
    method single(collection) = single;
    /// The index of the first item that equals a value, or -1.
    method indexOf(collection, item) = index_of;
    /// The index of the last item that equals a value, or -1.
    method lastIndexOf(collection, item) = last_index_of;
    /// The index of the first item for which the predicate is true, or -1.
    method indexWhere(collection, predicate) = index_where;
    /// The index of the last item for which the predicate is true, or -1.
    method lastIndexWhere(collection, predicate) = last_index_where;
    /// The items folded: the selector gets `$1`, the value so far, and `$2`, an item.
    method aggregate | reduce(collection, selector, seed) = aggregate;
    /// All the values so far while folding, lazily.
    method accumulate(collection, selector, seed) = accumulate;
}

fn sum(scope: &Scope<'_>, collection: Iterable, initial: Given) -> Result<Value> {
    fold_by(scope, "#operator_+", collection, initial)
}

fn max(scope: &Scope<'_>, collection: Iterable, initial: Given) -> Result<Value> {
    fold_by(scope, "max", collection, initial)
}

fn min(scope: &Scope<'_>, collection: Iterable, initial: Given) -> Result<Value> {
    fold_by(scope, "min", collection, initial)
}

fn index_of(scope: &Scope<'_>, collection: Iterable, item: Value) -> Result<i64> {
    position(scope, collection, |it| Ok(loosely_equal(it, &item)))
}

fn last_index_of(scope: &Scope<'_>, collection: Iterable, item: Value) -> Result<i64> {
    last_position(scope, collection, |it| Ok(loosely_equal(it, &item)))
}

fn any(scope: &Scope<'_>, collection: Iterable, predicate: Option<Lambda>) -> Result<bool> {
    let mut cursor = collection.cursor(scope);
    let Some(predicate) = predicate else {
        return Ok(cursor.next(scope.runtime)?.is_some());
    };
    let mut predicate = predicate.repeated();
    while let Some(item) = cursor.next(scope.runtime)? {
        if predicate.call(scope.runtime, &item)?.is_truthy() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn all(scope: &Scope<'_>, collection: Iterable, predicate: Option<Lambda>) -> Result<bool> {
    let mut cursor = collection.cursor(scope);
    let mut predicate = predicate.map(Lambda::repeated);
    while let Some(item) = cursor.next(scope.runtime)? {
        let holds = match &mut predicate {
            Some(predicate) => predicate.call(scope.runtime, &item)?,
            None => item,
        };
        if !holds.is_truthy() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What a fold begins with: the seed, or else the first item.
fn begin(
    runtime: &Runtime<'_>,
    cursor: &mut Cursor,
    seed: Given,
    function: &str,
    kind: &str,
) -> Result<Value> {
    let first = match seed.0 {
        Some(seed) => Some(seed),
        None => cursor.next(runtime)?,
    };
    first.ok_or_else(|| {
        let text = format!("{function}() of empty {kind} with no initial value");
        raise::type_error(text).with_help("give an initial value as the last argument")
    })
}

/// Folds with a function of two arguments which the context names.
fn fold_by(scope: &Scope<'_>, name: &str, collection: Iterable, initial: Given) -> Result<Value> {
    let mut cursor = collection.cursor(scope);
    let first = begin(scope.runtime, &mut cursor, initial, "reduce", "iterable")?;
    let mut total = Total::new(first);
    while let Some(item) = cursor.next(scope.runtime)? {
        total = total.with(scope, name, item)?;
    }
    Ok(total.into_value())
}

/// The result of a fold so far. Texts, lists and dicts grow in place: a new one
/// for each item would take quadratic time.
enum Total {
    Value(Value),
    Text(String),
    List(Growing),
    Dict(Dict, Gauge),
}

impl Total {
    fn new(value: Value) -> Self {
        Total::Value(value)
    }

    fn into_value(self) -> Value {
        match self {
            Total::Value(value) => value,
            Total::Text(text) => text.into(),
            Total::List(items) => items.into_items().into(),
            Total::Dict(dict, _) => dict.into(),
        }
    }

    /// The total with one more item, by a function of the context.
    fn with(self, scope: &Scope<'_>, name: &str, item: Value) -> Result<Self> {
        if scope.context.has_functions() {
            return self.called(scope, name, item);
        }
        match name {
            "max" => order::max(scope, self.into_value(), item).map(Total::Value),
            "min" => order::min(scope, self.into_value(), item).map(Total::Value),
            _ => self.plus(scope, item),
        }
    }

    fn called(self, scope: &Scope<'_>, name: &str, item: Value) -> Result<Self> {
        scope
            .call(name, vec![self.into_value(), item])
            .map(Total::Value)
    }

    fn plus(self, scope: &Scope<'_>, item: Value) -> Result<Self> {
        let runtime = scope.runtime;
        match (self, item) {
            (Total::Value(Value::Int(a)), Value::Int(b)) if a.checked_add(b).is_some() => {
                Ok(Total::Value((a + b).into()))
            }
            (Total::Value(Value::String(text)), item @ Value::String(_)) => {
                Total::Text(text.to_string()).plus(scope, item)
            }
            (Total::Text(mut text), Value::String(item)) => {
                text.push_str(&item);
                if text.len() > 1 << 20 {
                    runtime.reserve(text.len())?;
                }
                Ok(Total::Text(text))
            }
            (Total::Value(Value::List(list)), item @ Value::List(_)) => {
                let mut items = Growing::default();
                items.extend(runtime, &list)?;
                Total::List(items).plus(scope, item)
            }
            (Total::List(mut items), Value::List(item)) => {
                items.extend(runtime, &item)?;
                Ok(Total::List(items))
            }
            (Total::Value(Value::Dict(dict)), item @ Value::Dict(_)) => {
                let gauge = Gauge::default();
                Total::Dict(dict.iter().collect(), gauge).plus(scope, item)
            }
            (Total::Dict(mut dict, mut gauge), Value::Dict(item)) => {
                for (key, value) in &item {
                    gauge.add(runtime, value)?;
                    dict.insert(key, value);
                }
                Ok(Total::Dict(dict, gauge))
            }
            (total, item) => total.called(scope, "#operator_+", item),
        }
    }
}

fn first(scope: &Scope<'_>, collection: Iterable, default: Given) -> Result<Value> {
    let item = collection.cursor(scope).next(scope.runtime)?;
    item.or(default.0).ok_or_else(empty)
}

fn empty() -> crate::EvalError {
    raise::stop_iteration("").with_help("the collection is empty; give a default")
}

fn last(scope: &Scope<'_>, collection: Iterable, default: Given) -> Result<Value> {
    if let Value::List(list) = &collection.0 {
        return list.last().cloned().or(default.0).ok_or_else(empty);
    }
    let mut cursor = collection.cursor(scope);
    let mut last = default.0;
    while let Some(item) = cursor.next(scope.runtime)? {
        last = Some(item);
    }
    last.ok_or_else(empty)
}

fn single(scope: &Scope<'_>, collection: Iterable) -> Result<Value> {
    let mut cursor = collection.cursor(scope);
    let item = cursor.next(scope.runtime)?.ok_or_else(empty)?;
    match cursor.next(scope.runtime)? {
        None => Ok(item),
        Some(_) => Err(raise::stop_iteration(
            "Collection contains more than one item",
        )),
    }
}

fn position(
    scope: &Scope<'_>,
    collection: Iterable,
    mut matches: impl FnMut(&Value) -> Result<bool>,
) -> Result<i64> {
    let mut cursor = collection.cursor(scope);
    let mut index = 0;
    while let Some(item) = cursor.next(scope.runtime)? {
        if matches(&item)? {
            return Ok(index);
        }
        index += 1;
    }
    Ok(-1)
}

fn last_position(
    scope: &Scope<'_>,
    collection: Iterable,
    mut matches: impl FnMut(&Value) -> Result<bool>,
) -> Result<i64> {
    let mut cursor = collection.cursor(scope);
    let (mut index, mut found) = (0, -1);
    while let Some(item) = cursor.next(scope.runtime)? {
        if matches(&item)? {
            found = index;
        }
        index += 1;
    }
    Ok(found)
}

fn index_where(scope: &Scope<'_>, collection: Iterable, predicate: Lambda) -> Result<i64> {
    let mut predicate = predicate.repeated();
    position(scope, collection, |item| {
        Ok(predicate.call(scope.runtime, item)?.is_truthy())
    })
}

fn last_index_where(scope: &Scope<'_>, collection: Iterable, predicate: Lambda) -> Result<i64> {
    let mut predicate = predicate.repeated();
    last_position(scope, collection, |item| {
        Ok(predicate.call(scope.runtime, item)?.is_truthy())
    })
}

fn aggregate(
    scope: &Scope<'_>,
    collection: Iterable,
    selector: Lambda,
    seed: Given,
) -> Result<Value> {
    let mut cursor = collection.cursor(scope);
    let mut total = begin(scope.runtime, &mut cursor, seed, "reduce", "iterable")?;
    while let Some(item) = cursor.next(scope.runtime)? {
        total = selector.call(scope.runtime, smallvec![total, item])?;
    }
    Ok(total)
}

fn accumulate(scope: &Scope<'_>, collection: Iterable, selector: Lambda, seed: Given) -> Iter {
    let seed_depth = seed.0.as_ref().map_or(0, Value::depth);
    let depth = collection.depth().max(selector.depth()).max(seed_depth);
    let mut cursor = collection.cursor(scope);
    let mut seed = Some(seed);
    let mut total = Value::Null;
    Iter::new(depth, move |runtime: &Runtime<'_>| {
        if let Some(seed) = seed.take() {
            total = begin(runtime, &mut cursor, seed, "accumulate", "sequence")?;
            return Ok(Some(total.clone()));
        }
        let Some(item) = cursor.next(runtime)? else {
            return Ok(None);
        };
        let so_far = std::mem::take(&mut total);
        total = selector.call(runtime, smallvec![so_far, item])?;
        Ok(Some(total.clone()))
    })
}
