//! Parts of a collection (YAQL §13.6).

use super::functions;
use super::slices::clamp;
use crate::eval::gauge::Growing;
use crate::eval::iterator::Iter;
use crate::eval::lambda::Lambda;
use crate::eval::parameter::Iterable;
use crate::eval::{Result, Runtime, Scope, raise};
use crate::value::equality::loosely_equal;
use crate::{List, Value};

functions! {
    /// Lists of `length` items each, lazily; the last may be shorter.
    method slice(collection, length) = slice;
    /// Lists of the items between those for which the predicate is true, lazily.
    method splitWhere(collection, predicate) = split_where;
    /// Lists of neighbours with the same value of the predicate, lazily.
    method sliceWhere(collection, predicate) = slice_where;
    /// Two lists: the items before an index and the others.
    method splitAt(collection, index) = split_at;
}

fn slice(scope: &Scope<'_>, collection: Iterable, length: i64) -> Iter {
    let depth = collection.depth() + 1;
    let mut cursor = collection.cursor(scope);
    Iter::new(depth, move |runtime: &Runtime<'_>| {
        let Ok(length) = usize::try_from(length) else {
            return Err(raise::value_error(
                "Stop argument for islice() must be None or an integer: 0 <= x <= sys.maxsize.",
            ));
        };
        let mut part = Growing::default();
        while part.items().len() < length
            && let Some(item) = cursor.next(runtime)?
        {
            part.push(runtime, item)?;
        }
        Ok(part_of(part))
    })
}

/// A part as an item; none, if it is empty.
fn part_of(part: Growing) -> Option<Value> {
    let items = part.into_items();
    (!items.is_empty()).then(|| items.into())
}

fn split_where(scope: &Scope<'_>, collection: Iterable, predicate: Lambda) -> Iter {
    let depth = collection.depth().max(predicate.depth()) + 1;
    let mut cursor = collection.cursor(scope);
    let mut predicate = predicate.repeated();
    Iter::new(depth, move |runtime: &Runtime<'_>| {
        let mut part = Growing::default();
        while let Some(item) = cursor.next(runtime)? {
            if predicate.call(runtime, &item)?.is_truthy() {
                return Ok(Some(part.into_items().into()));
            }
            part.push(runtime, item)?;
        }
        Ok(part_of(part))
    })
}

fn slice_where(scope: &Scope<'_>, collection: Iterable, predicate: Lambda) -> Iter {
    let depth = collection.depth().max(predicate.depth()) + 1;
    let mut cursor = collection.cursor(scope);
    let mut predicate = predicate.repeated();
    // The first item of the next part, with its value.
    let mut next: Option<(Value, Value)> = None;
    Iter::new(depth, move |runtime: &Runtime<'_>| {
        let mut part = Growing::default();
        let mut current = None;
        if let Some((item, value)) = next.take() {
            part.push(runtime, item)?;
            current = Some(value);
        }
        while let Some(item) = cursor.next(runtime)? {
            let value = predicate.call(runtime, &item)?;
            if let Some(current) = &current
                && !loosely_equal(current, &value)
            {
                next = Some((item, value));
                return Ok(part_of(part));
            }
            current = Some(value);
            part.push(runtime, item)?;
        }
        Ok(part_of(part))
    })
}

fn split_at(scope: &Scope<'_>, collection: Iterable, index: i64) -> Result<List> {
    let items = collection.drain(scope)?;
    let (at, _) = clamp(items.len(), index, i64::MAX);
    let (head, tail) = items.split_at(at);
    let parts = vec![head.to_vec().into(), tail.to_vec().into()];
    Ok(List::mutable(parts))
}
