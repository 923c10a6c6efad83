//! Several collections together (YAQL §13.6).

use super::functions;
use crate::Value;
use crate::eval::iterator::{Cursor, Iter};
use crate::eval::lambda::Lambda;
use crate::eval::parameter::{Iterable, Named, Rest};
use crate::eval::{Runtime, Scope};

functions! {
    /// Lists of the items with the same index, up to the shortest collection, lazily.
    method zip(collection, collections) = zip;
    /// Lists of the items with the same index, up to the longest collection, lazily;
    /// `default => value` stands for items that are missing.
    method zipLongest(collection, collections, kwargs) = zip_longest;
    /// What the selector makes of the pairs, `$1` and `$2`, for which the
    /// predicate is true, lazily.
    method join(collection1, collection2, predicate, selector) = join;
}

fn cursors(
    scope: &Scope<'_>,
    collection: Iterable,
    collections: Rest<Iterable>,
) -> (usize, Vec<Cursor>) {
    let all: Vec<Iterable> = [collection].into_iter().chain(collections.0).collect();
    let depth = all.iter().map(Iterable::depth).max().unwrap_or(0) + 1;
    let cursors = all.into_iter().map(|collection| collection.cursor(scope));
    (depth, cursors.collect())
}

fn zip(scope: &Scope<'_>, collection: Iterable, collections: Rest<Iterable>) -> Iter {
    let (depth, mut cursors) = cursors(scope, collection, collections);
    Iter::new(depth, move |runtime: &Runtime<'_>| {
        let mut row = Vec::with_capacity(cursors.len());
        for cursor in &mut cursors {
            match cursor.next(runtime)? {
                Some(item) => row.push(item),
                None => return Ok(None),
            }
        }
        Ok(Some(row.into()))
    })
}

fn zip_longest(
    scope: &Scope<'_>,
    collection: Iterable,
    collections: Rest<Iterable>,
    named: Named,
) -> Iter {
    let (depth, mut cursors) = cursors(scope, collection, collections);
    let mut named = named.0.into_iter();
    let default = named.find(|(name, _)| **name == *"default");
    let default = default.map(|(_, value)| value).unwrap_or_default();
    let depth = depth.max(default.depth() + 1);
    Iter::new(depth, move |runtime: &Runtime<'_>| {
        let mut row = Vec::with_capacity(cursors.len());
        let mut some = false;
        for cursor in &mut cursors {
            let item = cursor.next(runtime)?;
            some |= item.is_some();
            row.push(item.unwrap_or_else(|| default.clone()));
        }
        Ok(some.then(|| row.into()))
    })
}

fn join(
    scope: &Scope<'_>,
    collection1: Iterable,
    collection2: Iterable,
    predicate: Lambda,
    selector: Lambda,
) -> Iter {
    let depth = collection1.depth().max(collection2.depth());
    let depth = depth.max(predicate.depth()).max(selector.depth());
    let mut outer = collection1.cursor(scope);
    let limit = scope.runtime.options().limit_iterators;
    // It is gone through again and again.
    let others = super::collections::remember(scope, collection2.0);
    let mut predicate = predicate.repeated();
    let mut selector = selector.repeated();
    let mut current: Option<(Value, Cursor)> = None;
    Iter::new(depth, move |runtime: &Runtime<'_>| {
        loop {
            if let Some((left, inner)) = &mut current {
                while let Some(right) = inner.next(runtime)? {
                    let chosen = predicate.call2(runtime, left.clone(), right.clone())?;
                    if chosen.is_truthy() {
                        return selector.call2(runtime, left.clone(), right).map(Some);
                    }
                }
            }
            let Some(left) = outer.next(runtime)? else {
                return Ok(None);
            };
            let inner = Cursor::over(&others).unwrap_or_else(Cursor::empty);
            current = Some((left, inner.limited(limit)));
        }
    })
}
