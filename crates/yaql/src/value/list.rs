//! Lists: shared sequences of values.

use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

use super::shape::Cache;
use super::{Value, teardown};

/// A shared, immutable sequence of values; clones share their items.
///
/// Python has two kinds of sequences, and YAQL shows the difference: some
/// functions (`split`, `insert`, …) give a *mutable* list which never equals a
/// frozen one and has no hash (YAQL §4). All lists made here are frozen;
/// [`List::mutable`] makes the other kind.
#[derive(Clone, Default)]
pub struct List(Arc<Inner>);

#[derive(Clone, Default)]
struct Inner {
    items: Vec<Value>,
    mutable: bool,
    shape: Cache,
}

impl Drop for Inner {
    fn drop(&mut self) {
        teardown::release(std::mem::take(&mut self.items));
    }
}

impl List {
    /// An empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// A list of the kind that Python calls `list`: unequal to frozen lists
    /// and without a hash. For what functions like `json_parse` give.
    pub fn mutable(items: Vec<Value>) -> Self {
        Self::make(items, true)
    }

    fn make(items: Vec<Value>, mutable: bool) -> Self {
        List(Arc::new(Inner {
            items,
            mutable,
            shape: Cache::default(),
        }))
    }

    /// Whether this is the kind made by [`List::mutable`].
    pub fn is_mutable(&self) -> bool {
        self.0.mutable
    }

    /// The items for changing; they are copied first if they are shared.
    pub fn make_mut(&mut self) -> &mut Vec<Value> {
        let inner = Arc::make_mut(&mut self.0);
        inner.shape.clear();
        &mut inner.items
    }

    /// The items, without a copy if nobody shares them.
    pub fn into_vec(mut self) -> Vec<Value> {
        match Arc::get_mut(&mut self.0) {
            Some(inner) => std::mem::take(&mut inner.items),
            None => self.to_vec(),
        }
    }

    /// Whether both share their items.
    pub fn ptr_eq(a: &List, b: &List) -> bool {
        Arc::ptr_eq(&a.0, &b.0)
    }

    pub(super) fn shape(&self) -> &Cache {
        &self.0.shape
    }
}

impl Deref for List {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        &self.0.items
    }
}

impl From<Vec<Value>> for List {
    fn from(items: Vec<Value>) -> Self {
        Self::make(items, false)
    }
}

impl<V: Into<Value>> FromIterator<V> for List {
    fn from_iter<I: IntoIterator<Item = V>>(items: I) -> Self {
        items
            .into_iter()
            .map(Into::into)
            .collect::<Vec<Value>>()
            .into()
    }
}

impl<'a> IntoIterator for &'a List {
    type Item = &'a Value;
    type IntoIter = std::slice::Iter<'a, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl PartialEq for List {
    fn eq(&self, other: &Self) -> bool {
        Self::ptr_eq(self, other) || (self.is_mutable() == other.is_mutable() && **self == **other)
    }
}

impl Eq for List {}

impl Hash for List {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl std::fmt::Debug for List {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&super::python::frozen_repr(&self.clone().into()))
    }
}
