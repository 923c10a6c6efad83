//! Dicts: shared mappings that keep the order of insertion.

use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

use indexmap::{Equivalent, IndexMap};

use super::shape::Cache;
use super::{Value, teardown};

pub(super) type Hashing = foldhash::quality::RandomState;

/// A shared mapping in order of insertion; clones share their entries.
///
/// Keys are values with Python's equality: 1, 1.0 and true are one key. The
/// first key object stays, the last value wins.
#[derive(Clone, Default)]
pub struct Dict(Arc<Inner>);

#[derive(Clone, Default)]
struct Inner {
    entries: IndexMap<Value, Value, Hashing>,
    mutable: bool,
    shape: Cache,
}

impl Drop for Inner {
    fn drop(&mut self) {
        if !self.entries.is_empty() {
            teardown::release(std::mem::take(&mut self.entries));
        }
    }
}

/// A text as a key for lookups without an allocation.
struct Text<'a>(&'a str);

impl Hash for Text<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl Equivalent<Value> for Text<'_> {
    fn equivalent(&self, key: &Value) -> bool {
        matches!(key, Value::String(s) if **s == *self.0)
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
            entries: IndexMap::with_capacity_and_hasher(capacity, Hashing::default()),
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
        self.0.entries.get_index(index)
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
        self.inner().entries.shift_remove(&Text(key))
    }

    /// Whether there is an entry for the text `key`.
    pub fn contains_key(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.0.entries.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.0.entries.is_empty()
    }

    /// The entries in order of insertion.
    pub fn iter(&self) -> indexmap::map::Iter<'_, Value, Value> {
        self.0.entries.iter()
    }

    /// The keys in order of insertion.
    pub fn keys(&self) -> indexmap::map::Keys<'_, Value, Value> {
        self.0.entries.keys()
    }

    /// The values in order of insertion.
    pub fn values(&self) -> indexmap::map::Values<'_, Value, Value> {
        self.0.entries.values()
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

impl<K: Into<Value>, V: Into<Value>> FromIterator<(K, V)> for Dict {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut dict = Dict::new();
        dict.extend(entries);
        dict
    }
}

impl<K: Into<Value>, V: Into<Value>> Extend<(K, V)> for Dict {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        let pairs = entries.into_iter().map(|(k, v)| (k.into(), v.into()));
        self.inner().entries.extend(pairs);
    }
}

impl<'a> IntoIterator for &'a Dict {
    type Item = (&'a Value, &'a Value);
    type IntoIter = indexmap::map::Iter<'a, Value, Value>;

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
