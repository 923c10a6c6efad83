//! Sorted sequences: `orderBy` and `thenBy`.

use std::cmp::Ordering;
use std::sync::{Arc, OnceLock};

use super::context::Context;
use super::iterator::{Cursor, Source};
use super::lambda::{Lambda, Repeated};
use super::{Result, Runtime, Scope};
use crate::library::order;
use crate::value::{Object, ObjectKind};
use crate::{List, Value};

/// A key to sort by.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) selector: Lambda,
    pub(crate) descending: bool,
}

/// A collection that is sorted, stably, when it is first iterated.
pub(crate) struct Ordered(Arc<Inner>);

struct Inner {
    collection: Value,
    keys: Vec<Key>,
    /// Where the operators `<` and `>` are looked up.
    context: Context,
    limit: Option<usize>,
    sorted: OnceLock<List>,
}

impl Ordered {
    pub(crate) fn new(collection: Value, keys: Vec<Key>, scope: &Scope<'_>) -> Self {
        Ordered(Arc::new(Inner {
            collection,
            keys,
            context: scope.context.clone(),
            limit: scope.runtime.options().limit_iterators,
            sorted: OnceLock::new(),
        }))
    }

    /// The same collection, with one more key for those that are equal.
    pub(crate) fn then(&self, key: Key, scope: &Scope<'_>) -> Self {
        let keys = self.0.keys.iter().cloned().chain([key]);
        Ordered::new(self.0.collection.clone(), keys.collect(), scope)
    }

    pub(super) fn source(&self) -> Box<dyn Source> {
        let inner = self.0.clone();
        let mut at = 0;
        Box::new(move |runtime: &Runtime<'_>| {
            let item = inner.sorted(runtime)?.get(at).cloned();
            at += 1;
            Ok(item)
        })
    }
}

impl Inner {
    fn sorted(&self, runtime: &Runtime<'_>) -> Result<&List> {
        if let Some(sorted) = self.sorted.get() {
            return Ok(sorted);
        }
        let cursor = Cursor::over(&self.collection).unwrap_or_else(Cursor::empty);
        let items = cursor.limited(self.limit).drain(runtime)?;
        let sorted = match items.len() {
            0 | 1 => items,
            _ => self.sort(&items, runtime)?,
        };
        Ok(self.sorted.get_or_init(|| sorted.into()))
    }

    fn sort(&self, items: &[Value], runtime: &Runtime<'_>) -> Result<Vec<Value>> {
        let scope = Scope {
            runtime,
            context: &self.context,
        };
        let selectors = self.keys.iter().map(|key| key.selector.clone().repeated());
        let mut sorter = Sorter {
            scope,
            inner: self,
            selectors: selectors.collect(),
            values: vec![None; items.len() * self.keys.len()],
            items,
        };
        let order = sorter.order()?;
        Ok(order
            .into_iter()
            .map(|index| items[index].clone())
            .collect())
    }
}

/// A merge sort of indexes whose comparisons may fail.
struct Sorter<'a> {
    scope: Scope<'a>,
    inner: &'a Inner,
    selectors: Vec<Repeated>,
    /// Keys by item and selector, computed when first compared.
    values: Vec<Option<Value>>,
    items: &'a [Value],
}

impl Sorter<'_> {
    fn order(&mut self) -> Result<Vec<usize>> {
        let mut order: Vec<usize> = (0..self.items.len()).collect();
        let mut merged = Vec::with_capacity(order.len());
        let mut width = 1;
        while width < order.len() {
            for run in order.chunks(2 * width) {
                let (left, right) = run.split_at(width.min(run.len()));
                self.merge(left, right, &mut merged)?;
            }
            std::mem::swap(&mut order, &mut merged);
            merged.clear();
            width *= 2;
        }
        Ok(order)
    }

    fn merge(&mut self, left: &[usize], right: &[usize], out: &mut Vec<usize>) -> Result<()> {
        let (mut l, mut r) = (0, 0);
        while l < left.len() && r < right.len() {
            // An item goes first only if it is really less: the sort is stable.
            if self.compare(left[l], right[r])?.is_gt() {
                out.push(right[r]);
                r += 1;
            } else {
                out.push(left[l]);
                l += 1;
            }
        }
        out.extend(&left[l..]);
        out.extend(&right[r..]);
        Ok(())
    }

    fn compare(&mut self, a: usize, b: usize) -> Result<Ordering> {
        self.scope.runtime.step()?;
        for key in 0..self.inner.keys.len() {
            let (left, right) = (self.key(a, key)?, self.key(b, key)?);
            let order = order::compare(&self.scope, &left, &right)?;
            if order.is_ne() {
                let descending = self.inner.keys[key].descending;
                return Ok(if descending { order.reverse() } else { order });
            }
        }
        Ok(Ordering::Equal)
    }

    fn key(&mut self, item: usize, key: usize) -> Result<Value> {
        let slot = item * self.inner.keys.len() + key;
        if let Some(value) = &self.values[slot] {
            return Ok(value.clone());
        }
        let value = self.selectors[key].call(self.scope.runtime, &self.items[item])?;
        self.values[slot] = Some(value.clone());
        Ok(value)
    }
}

impl Object for Ordered {
    fn kind(&self) -> ObjectKind {
        ObjectKind::Iterable
    }

    fn text(&self) -> String {
        "<yaql.standard_library.queries.OrderingIterable object>".into()
    }

    fn depth(&self) -> usize {
        let keys = self.0.keys.iter().map(|key| key.selector.depth());
        keys.max().unwrap_or(0).max(self.0.collection.depth()) + 1
    }
}
