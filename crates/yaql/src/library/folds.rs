//! One value from a collection: tests, sums, extremes, positions (YAQL §13.6).

use smallvec::smallvec;

use super::functions;
use crate::Value;
use crate::eval::iterator::{Cursor, Iter};
use crate::eval::lambda::Lambda;
use crate::eval::parameter::{Given, Iterable};
use crate::eval::{Result, Runtime, Scope, raise};
use crate::value::equality::loosely_equal;

functions! {
    /// Whether the predicate is true for some item; without one, whether there are items.
    both any(collection, predicate) = any;
    /// Whether the predicate, or the item itself, is true for all items.
    both all(collection, predicate) = all;
    /// The sum of the items, by the operator `+`.
    method sum(collection, initial) = |scope: &Scope<'_>, items: Iterable, initial: Given| fold_by(scope, "#operator_+", items, initial);
    /// The greatest item, by the function `max`.
    method max(collection, initial) = |scope: &Scope<'_>, items: Iterable, initial: Given| fold_by(scope, "max", items, initial);
    /// The smallest item, by the function `min`.
    method min(collection, initial) = |scope: &Scope<'_>, items: Iterable, initial: Given| fold_by(scope, "min", items, initial);
    /// The first item; if there is none, the default or an error.
    method first(collection, default) = first;
    /// The last item; if there is none, the default or an error.
    method last(collection, default) = last;
    /// The only item; an error if there is another number of items.
    method single(collection) = single;
    /// The index of the first item that equals a value, or -1.
    method indexOf(collection, item) = |scope: &Scope<'_>, items: Iterable, item: Value| position(scope, items, |it| Ok(loosely_equal(it, &item)));
    /// The index of the last item that equals a value, or -1.
    method lastIndexOf(collection, item) = |scope: &Scope<'_>, items: Iterable, item: Value| last_position(scope, items, |it| Ok(loosely_equal(it, &item)));
    /// The index of the first item for which the predicate is true, or -1.
    method indexWhere(collection, predicate) = index_where;
    /// The index of the last item for which the predicate is true, or -1.
    method lastIndexWhere(collection, predicate) = last_index_where;
    /// The items folded: the selector gets `$1`, the value so far, and `$2`, an item.
    method aggregate | reduce(collection, selector, seed) = aggregate;
    /// All the values so far while folding, lazily.
    method accumulate(collection, selector, seed) = accumulate;
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
pub(super) fn fold_by(
    scope: &Scope<'_>,
    name: &str,
    collection: Iterable,
    initial: Given,
) -> Result<Value> {
    let mut cursor = collection.cursor(scope);
    let mut total = begin(scope.runtime, &mut cursor, initial, "reduce", "iterable")?;
    while let Some(item) = cursor.next(scope.runtime)? {
        total = match (&total, &item) {
            (Value::Int(a), Value::Int(b)) if !scope.context.has_functions() => {
                match quick(name, *a, *b) {
                    Some(result) => result.into(),
                    None => scope.call(name, vec![total, item])?,
                }
            }
            _ => scope.call(name, vec![total, item])?,
        };
    }
    Ok(total)
}

/// The commonest fold steps, without a look at the table of functions.
fn quick(name: &str, a: i64, b: i64) -> Option<i64> {
    match name {
        "#operator_+" => a.checked_add(b),
        "max" => Some(a.max(b)),
        "min" => Some(a.min(b)),
        _ => None,
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
