//! Filters and projections: lazy steps over collections (YAQL §13.6).

use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive, Zero};

use super::functions;
use super::lists::{chain, inner};
use crate::eval::gauge::{Growing, Seen};
use crate::eval::iterator::{Cursor, Iter};
use crate::eval::lambda::Lambda;
use crate::eval::ordering::{Key, Ordered};
use crate::eval::parameter::{Int, Iterable, Number, Rest};
use crate::eval::{Result, Runtime, Scope, raise};
use crate::{List, Opaque, Value};

functions! {
    /// The items for which the predicate is true, lazily.
    method where | filter(collection, predicate) = filter;
    /// What the selector makes of each item, lazily.
    method select | map(collection, selector) = select;
    /// The items after the first `count`, lazily.
    method skip(collection, count) = skip;
    /// The first `count` items, lazily.
    method limit | take(collection, count) = take;
    /// The items and then the arguments, lazily.
    both append(collection, args) = append;
    /// The items without those whose key was there before, lazily.
    both distinct(collection, keySelector) = distinct;
    /// Pairs of a number and an item, lazily.
    both enumerate(collection, start = 0) = enumerate;
    /// The items of all collections, lazily.
    both concat(collections) = concat;
    /// The number of items.
    method count(collection) = count;
    /// The items of what the selector makes of each item, lazily.
    method selectMany(collection, selector) = select_many;
    /// Integers from 0 up to `stop`, without it, lazily.
    function range(stop) = range_to;
    /// Integers from `start` up to `stop`, without it, lazily.
    function range(start, stop, step = 1) = range;
    /// Numbers from `start` on, without an end, lazily.
    function sequence(start = 0, step = 1) = sequence;
    /// The items in the order of the selector's values.
    method orderBy(collection, selector) = order_by;
    /// The items in the reverse order of the selector's values.
    method orderByDescending(collection, selector) = order_by_descending;
    /// After `orderBy`: a further key for items that are equal so far.
    method thenBy(collection, selector) = then_by;
    /// After `orderBy`: a further key in reverse for items that are equal so far.
    method thenByDescending(collection, selector) = then_by_descending;
    /// The items as long as the predicate is true, lazily.
    method takeWhile(collection, predicate) = take_while;
    /// The items from the first one on for which the predicate is false, lazily.
    method skipWhile(collection, predicate) = skip_while;
    /// The items in reverse.
    method reverse(collection) = reverse;
    /// The value so many times, without an end if negative, lazily.
    method repeat(value, times = -1) = repeat;
    /// The items again and again, lazily.
    method cycle(collection) = cycle;
    /// The items, or those of another collection if there are none.
    method defaultIfEmpty(collection, default) = default_if_empty;
}

pub(super) fn filter(scope: &Scope<'_>, collection: Iterable, predicate: Lambda) -> Iter {
    let depth = collection.depth().max(predicate.depth());
    let mut cursor = collection.cursor(scope);
    let mut predicate = predicate.repeated();
    Iter::new(depth, move |runtime: &Runtime<'_>| {
        while let Some(item) = cursor.next(runtime)? {
            if predicate.call(runtime, &item)?.is_truthy() {
                return Ok(Some(item));
            }
        }
        Ok(None)
    })
}

pub(super) fn select(scope: &Scope<'_>, collection: Iterable, selector: Lambda) -> Iter {
    let depth = collection.depth().max(selector.depth());
    let mut cursor = collection.cursor(scope);
    let mut selector = selector.repeated();
    Iter::new(depth, move |runtime: &Runtime<'_>| {
        match cursor.next(runtime)? {
            Some(item) => selector.call(runtime, &item).map(Some),
            None => Ok(None),
        }
    })
    .of_class("map")
}

fn skip(scope: &Scope<'_>, collection: Iterable, count: i64) -> Result<Iter> {
    let mut left = u64::try_from(count).map_err(|_| {
        raise::value_error(
            "Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize.",
        )
    })?;
    let depth = collection.depth();
    let mut cursor = collection.cursor(scope);
    Ok(Iter::new(depth, move |runtime: &Runtime<'_>| {
        while left > 0 {
            left -= 1;
            if cursor.next(runtime)?.is_none() {
                left = 0;
            }
        }
        cursor.next(runtime)
    }))
}

fn take(scope: &Scope<'_>, collection: Iterable, count: i64) -> Result<Iter> {
    let mut left = u64::try_from(count).map_err(|_| {
        raise::value_error(
            "Stop argument for islice() must be None or an integer: 0 <= x <= sys.maxsize.",
        )
    })?;
    let depth = collection.depth();
    let mut cursor = collection.cursor(scope);
    Ok(Iter::new(depth, move |runtime: &Runtime<'_>| {
        if left == 0 {
            return Ok(None);
        }
        left -= 1;
        cursor.next(runtime)
    }))
}

fn append(scope: &Scope<'_>, collection: Iterable, args: Rest<Value>) -> Iter {
    let more = Iterable(List::from(args.0).into());
    chain(scope, vec![collection, more])
}

fn concat(scope: &Scope<'_>, collections: Rest<Iterable>) -> Iter {
    chain(scope, collections.0)
}

fn distinct(scope: &Scope<'_>, collection: Iterable, key: Option<Lambda>) -> Iter {
    let depth = collection
        .depth()
        .max(key.as_ref().map_or(0, Lambda::depth));
    let mut cursor = collection.cursor(scope);
    let mut key = key.map(Lambda::repeated);
    let mut seen = Seen::default();
    Iter::new(depth, move |runtime: &Runtime<'_>| {
        while let Some(item) = cursor.next(runtime)? {
            let key = match &mut key {
                Some(selector) => selector.call(runtime, &item)?,
                None => item.clone(),
            };
            if seen.insert(runtime, &key)? {
                return Ok(Some(item));
            }
        }
        Ok(None)
    })
}

fn enumerate(scope: &Scope<'_>, collection: Iterable, start: Option<i64>) -> Result<Iter> {
    let Some(mut number) = start else {
        return Err(raise::type_error(
            "'NoneType' object cannot be interpreted as an integer",
        ));
    };
    let depth = collection.depth() + 1;
    let mut cursor = collection.cursor(scope);
    Ok(Iter::new(depth, move |runtime: &Runtime<'_>| {
        let Some(item) = cursor.next(runtime)? else {
            return Ok(None);
        };
        let pair = List::mutable(vec![number.into(), item]);
        number = number.saturating_add(1);
        Ok(Some(pair.into()))
    }))
}

pub(super) fn count(scope: &Scope<'_>, collection: Iterable) -> Result<usize> {
    if let Some(size) = collection.size() {
        return Ok(size);
    }
    let mut cursor = collection.cursor(scope);
    let mut count = 0;
    while cursor.next(scope.runtime)?.is_some() {
        count += 1;
    }
    Ok(count)
}

fn select_many(scope: &Scope<'_>, collection: Iterable, selector: Lambda) -> Iter {
    let depth = collection.depth().max(selector.depth());
    let mut cursor = collection.cursor(scope);
    let mut selector = selector.repeated();
    let mut part: Option<Cursor> = None;
    Iter::new(depth, move |runtime: &Runtime<'_>| {
        loop {
            if let Some(items) = &mut part {
                if let Some(item) = items.next(runtime)? {
                    return Ok(Some(item));
                }
                part = None;
            }
            let Some(item) = cursor.next(runtime)? else {
                return Ok(None);
            };
            let selected = selector.call(runtime, &item)?;
            match inner(runtime, &selected) {
                Some(items) => part = Some(items),
                None => return Ok(Some(selected)),
            }
        }
    })
}

fn range_to(stop: Int) -> Result<Iter> {
    range(Int(BigInt::zero()), stop, Int(BigInt::from(1)))
}

fn range(start: Int, stop: Int, step: Int) -> Result<Iter> {
    if step.0.is_zero() {
        return Err(raise::value_error("range() arg 3 must not be zero"));
    }
    let small = (start.0.to_i64(), stop.0.to_i64(), step.0.to_i64());
    Ok(match small {
        (Some(start), Some(stop), Some(step)) => small_range(start, stop, step),
        _ => big_range(start.0, stop.0, step.0),
    }
    .of_class("range_iterator"))
}

fn small_range(start: i64, stop: i64, step: i64) -> Iter {
    let mut next = Some(start);
    Iter::new(0, move |_: &Runtime<'_>| {
        let in_range = |i: &i64| if step > 0 { *i < stop } else { *i > stop };
        let Some(current) = next.filter(in_range) else {
            return Ok(None);
        };
        next = current.checked_add(step);
        Ok(Some(current.into()))
    })
}

fn big_range(start: BigInt, stop: BigInt, step: BigInt) -> Iter {
    let mut next = start;
    Iter::new(0, move |_: &Runtime<'_>| {
        let left = &stop - &next;
        if left.is_zero() || left.is_negative() != step.is_negative() {
            return Ok(None);
        }
        let current = next.clone();
        next += &step;
        Ok(Some(current.into()))
    })
}

fn sequence(start: Number, step: Number) -> Iter {
    let mut next = start;
    let mut first = true;
    Iter::new(0, move |_: &Runtime<'_>| {
        if !first {
            next = super::numeric::sum(&next, &step)?;
        }
        first = false;
        Ok(Some(next.clone().into()))
    })
}

fn order_by(scope: &Scope<'_>, collection: Iterable, selector: Lambda) -> Value {
    ordered(scope, collection, selector, false)
}

fn order_by_descending(scope: &Scope<'_>, collection: Iterable, selector: Lambda) -> Value {
    ordered(scope, collection, selector, true)
}

fn ordered(scope: &Scope<'_>, items: Iterable, selector: Lambda, descending: bool) -> Value {
    let key = Key {
        selector,
        descending,
    };
    Opaque::new(Ordered::new(items.0, vec![key], scope)).into()
}

fn then_by(scope: &Scope<'_>, collection: Value, selector: Lambda) -> Result<Value> {
    let key = Key {
        selector,
        descending: false,
    };
    further_ordered(scope, "thenBy", &collection, key)
}

fn then_by_descending(scope: &Scope<'_>, collection: Value, selector: Lambda) -> Result<Value> {
    let key = Key {
        selector,
        descending: true,
    };
    further_ordered(scope, "thenByDescending", &collection, key)
}

fn further_ordered(scope: &Scope<'_>, name: &str, items: &Value, key: Key) -> Result<Value> {
    let ordered = match items {
        Value::Opaque(object) => object.downcast::<Ordered>(),
        _ => None,
    };
    let Some(ordered) = ordered else {
        let error = raise::no_match(name, Some(items));
        return Err(error.with_help("it must stand directly after orderBy"));
    };
    Ok(Opaque::new(ordered.then(key, scope)).into())
}

pub(super) fn take_while(scope: &Scope<'_>, collection: Iterable, predicate: Lambda) -> Iter {
    let depth = collection.depth().max(predicate.depth());
    let mut cursor = collection.cursor(scope);
    let mut predicate = predicate.repeated();
    Iter::new(depth, move |runtime: &Runtime<'_>| {
        let Some(item) = cursor.next(runtime)? else {
            return Ok(None);
        };
        let goes_on = predicate.call(runtime, &item)?.is_truthy();
        Ok(Some(item).filter(|_| goes_on))
    })
}

fn skip_while(scope: &Scope<'_>, collection: Iterable, predicate: Lambda) -> Iter {
    let depth = collection.depth().max(predicate.depth());
    let mut cursor = collection.cursor(scope);
    let mut predicate = Some(predicate.repeated());
    Iter::new(depth, move |runtime: &Runtime<'_>| {
        if let Some(mut predicate) = predicate.take() {
            while let Some(item) = cursor.next(runtime)? {
                if !predicate.call(runtime, &item)?.is_truthy() {
                    return Ok(Some(item));
                }
            }
        }
        cursor.next(runtime)
    })
}

/// A lazy sequence of items that are already there.
pub(super) fn ready(items: Vec<Value>) -> Iter {
    let depth = items.iter().map(Value::depth).max().unwrap_or(0);
    let mut items = items.into_iter();
    Iter::new(depth, move |_: &Runtime<'_>| Ok(items.next()))
}

fn reverse(scope: &Scope<'_>, collection: Iterable) -> Result<Iter> {
    let mut items = collection.drain(scope)?;
    items.reverse();
    Ok(ready(items))
}

fn repeat(value: Value, times: i64) -> Iter {
    let mut left = u64::try_from(times).ok();
    Iter::new(value.depth(), move |_: &Runtime<'_>| {
        match &mut left {
            Some(0) => return Ok(None),
            Some(left) => *left -= 1,
            None => {}
        }
        Ok(Some(value.clone()))
    })
}

fn cycle(scope: &Scope<'_>, collection: Iterable) -> Iter {
    let depth = collection.depth();
    let mut cursor = Some(collection.cursor(scope));
    let mut items = Growing::default();
    let mut at = 0;
    Iter::new(depth, move |runtime: &Runtime<'_>| {
        if let Some(source) = &mut cursor {
            if let Some(item) = source.next(runtime)? {
                items.push(runtime, item.clone())?;
                return Ok(Some(item));
            }
            cursor = None;
        }
        let item = items.items().get(at).cloned();
        at = (at + 1) % items.items().len().max(1);
        Ok(item)
    })
}

fn default_if_empty(scope: &Scope<'_>, collection: Iterable, default: Iterable) -> Result<Value> {
    if let Some(size) = collection.size() {
        return Ok(if size == 0 { default.0 } else { collection.0 });
    }
    let depth = collection.depth();
    let mut cursor = collection.cursor(scope);
    let mut first = cursor.next(scope.runtime)?;
    if first.is_none() {
        return Ok(default.0);
    }
    let rest = Iter::new(depth, move |runtime: &Runtime<'_>| match first.take() {
        Some(item) => Ok(Some(item)),
        None => cursor.next(runtime),
    });
    Ok(rest.into())
}
