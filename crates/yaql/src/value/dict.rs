//! Dicts: shared mappings that keep the order of insertion.

use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

use super::entries::{Entries, Text};
use super::shape::Cache;
use super::{Value, teardown};

/// A shared mapping in order of insertion; clones share their entries.
///
/// Keys are values with Python's equality: 1, 1.0 and true are one key. The
/// first key object stays, the last value wins.
#[derive(Clone, Default)]
pub struct Dict(Arc<Inner>);

#[derive(Clone, Default)]
struct Inner {
    entries: Entries,
    mutable: bool,
    shape: Cache,
}

impl Drop for Inner {
    fn drop(&mut self) {
        if !self.entries.pairs().is_empty() {
            teardown::release(std::mem::take(&mut self.entries));
        }
    }
}

impl Dict {
    /// An empty dict.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty dict with room for `capacity` entries.
    pub fn with_capacity(capacity: usize) -> Self {
        Dict(Arc::new(Inner {
            entries: Entries::with_capacity(capacity),
            mutable: false,
            shape: Cache::default(),
        }))
    }

    /// This dict as the kind that Python calls `dict`: without a hash. For
    /// what functions like `json_parse` give.
    pub fn into_mutable(mut self) -> Self {
        let inner = self.inner();
        inner.mutable = true;
        self
    }

    /// Whether this is the kind made by [`Dict::into_mutable`].
    pub fn is_mutable(&self) -> bool {
        self.0.mutable
    }

    /// The value under the text `key`.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.entries.get(&Text(key))
    }

    /// The value under any key.
    pub fn get_value(&self, key: &Value) -> Option<&Value> {
        self.0.entries.get(key)
    }

    /// The entry at a position in the order of insertion.
    pub fn get_index(&self, index: usize) -> Option<(&Value, &Value)> {
        self.0.entries.pairs().get(index).map(|(k, v)| (k, v))
    }

    /// Sets an entry and gives the value which it had before. Entries are
    /// copied first if they are shared.
    pub fn insert(&mut self, key: impl Into<Value>, value: impl Into<Value>) -> Option<Value> {
        self.inner().entries.insert(key.into(), value.into())
    }

    /// Removes the entry of the text `key`; the others keep their order.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        if !self.contains_key(key) {
            return None;
        }
        self.inner().entries.remove(&Text(key))
    }

    /// Whether there is an entry for the text `key`.
    pub fn contains_key(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.0.entries.pairs().len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.0.entries.pairs().is_empty()
    }

    /// The entries in order of insertion.
    pub fn iter(&self) -> Iter<'_> {
        Iter(self.0.entries.pairs().iter())
    }

    /// The keys in order of insertion.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &Value> + DoubleEndedIterator + Clone {
        self.0.entries.pairs().iter().map(|(key, _)| key)
    }

    /// The values in order of insertion.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &Value> + DoubleEndedIterator + Clone {
        self.0.entries.pairs().iter().map(|(_, value)| value)
    }

    /// Whether both share their entries.
    pub fn ptr_eq(a: &Dict, b: &Dict) -> bool {
        Arc::ptr_eq(&a.0, &b.0)
    }

    pub(super) fn shape(&self) -> &Cache {
        &self.0.shape
    }

    fn inner(&mut self) -> &mut Inner {
        let inner = Arc::make_mut(&mut self.0);
        inner.shape.clear();
        inner
    }
}

/// The entries of a [`Dict`] in order of insertion.
#[derive(Clone)]
pub struct Iter<'a>(std::slice::Iter<'a, (Value, Value)>);

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a Value, &'a Value);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(key, value)| (key, value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.0.next_back().map(|(key, value)| (key, value))
    }
}

impl ExactSizeIterator for Iter<'_> {}

impl<K: Into<Value>, V: Into<Value>> FromIterator<(K, V)> for Dict {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let entries = entries.into_iter();
        let mut dict = Dict::with_capacity(entries.size_hint().0);
        dict.extend(entries);
        dict
    }
}

impl<K: Into<Value>, V: Into<Value>> Extend<(K, V)> for Dict {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        let inner = self.inner();
        for (key, value) in entries {
            inner.entries.insert(key.into(), value.into());
        }
    }
}

impl<'a> IntoIterator for &'a Dict {
    type Item = (&'a Value, &'a Value);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The order of entries does not matter.
impl PartialEq for Dict {
    fn eq(&self, other: &Self) -> bool {
        Self::ptr_eq(self, other) || self.0.entries == other.0.entries
    }
}

impl Eq for Dict {}

impl Hash for Dict {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let each = foldhash::quality::FixedState::default();
        let mixed = self
            .iter()
            .fold(0u64, |sum, entry| sum.wrapping_add(each.hash_one(entry)));
        state.write_u64(mixed);
    }
}

impl std::fmt::Debug for Dict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&super::python::frozen_repr(&self.clone().into()))
    }
}
