//! Sets: shared collections of distinct members.

use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

use indexmap::IndexSet;

use super::shape::Cache;
use super::{Value, teardown};

/// A shared set; clones share their members.
///
/// YAQL gives no order to members. They are kept in order of insertion so that
/// an evaluation always gives the same.
#[derive(Clone, Default)]
pub struct Set(Arc<Inner>);

/// Keyed by random numbers, so that nobody can choose members that collide.
type Hashing = foldhash::quality::RandomState;

#[derive(Clone, Default)]
struct Inner {
    members: IndexSet<Value, Hashing>,
    shape: Cache,
}

impl Drop for Inner {
    fn drop(&mut self) {
        if !self.members.is_empty() {
            teardown::release(std::mem::take(&mut self.members));
        }
    }
}

impl Set {
    /// An empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether `value` is a member.
    pub fn contains(&self, value: &Value) -> bool {
        self.0.members.contains(value)
    }

    /// Adds a member; false if there was an equal one.
    pub fn insert(&mut self, value: impl Into<Value>) -> bool {
        let inner = Arc::make_mut(&mut self.0);
        inner.shape.clear();
        inner.members.insert(value.into())
    }

    /// The number of members.
    pub fn len(&self) -> usize {
        self.0.members.len()
    }

    /// Whether there are no members.
    pub fn is_empty(&self) -> bool {
        self.0.members.is_empty()
    }

    /// The members, in order of insertion.
    pub fn iter(&self) -> indexmap::set::Iter<'_, Value> {
        self.0.members.iter()
    }

    /// The member at a position in the order of insertion.
    pub fn get_index(&self, index: usize) -> Option<&Value> {
        self.0.members.get_index(index)
    }

    /// Whether all members are in `other`, too.
    pub fn is_subset(&self, other: &Set) -> bool {
        self.len() <= other.len() && self.iter().all(|member| other.contains(member))
    }

    /// Whether both share their members.
    pub fn ptr_eq(a: &Set, b: &Set) -> bool {
        Arc::ptr_eq(&a.0, &b.0)
    }

    pub(super) fn shape(&self) -> &Cache {
        &self.0.shape
    }
}

impl<V: Into<Value>> FromIterator<V> for Set {
    fn from_iter<I: IntoIterator<Item = V>>(members: I) -> Self {
        Set(Arc::new(Inner {
            members: members.into_iter().map(Into::into).collect(),
            shape: Cache::default(),
        }))
    }
}

impl<'a> IntoIterator for &'a Set {
    type Item = &'a Value;
    type IntoIter = indexmap::set::Iter<'a, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl PartialEq for Set {
    fn eq(&self, other: &Self) -> bool {
        Self::ptr_eq(self, other) || self.0.members == other.0.members
    }
}

impl Eq for Set {}

impl Hash for Set {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let each = foldhash::quality::FixedState::default();
        let mixed = self
            .iter()
            .fold(0u64, |sum, member| sum.wrapping_add(each.hash_one(member)));
        state.write_u64(mixed);
    }
}

impl std::fmt::Debug for Set {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&super::python::frozen_repr(&self.clone().into()))
    }
}
