//! The entries of a dict: in order of insertion, found by key.
//!
//! Invariant: keys are distinct, and the index, if there is one, holds exactly
//! the positions of all pairs. Few entries need no index: looking at all of
//! them is faster, and most dicts are small.

use std::hash::{BuildHasher, Hash, Hasher};

use hashbrown::{Equivalent, HashTable};

use super::Value;

/// How many entries do without an index.
const FEW: usize = 8;

/// Keyed by random numbers, so that nobody can choose keys that collide.
type Hashing = foldhash::quality::RandomState;

/// Distinct keys with their values.
#[derive(Clone, Default)]
pub(super) struct Entries {
    pairs: Vec<(Value, Value)>,
    index: Option<Box<Index>>,
}

#[derive(Clone, Default)]
struct Index {
    positions: HashTable<usize>,
    hashing: Hashing,
}

/// A text as a key for lookups without an allocation.
pub(super) struct Text<'a>(pub(super) &'a str);

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

impl Entries {
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Entries {
            pairs: Vec::with_capacity(capacity),
            index: None,
        }
    }

    pub(super) fn pairs(&self) -> &[(Value, Value)] {
        &self.pairs
    }

    fn position<Q: Hash + Equivalent<Value>>(&self, key: &Q) -> Option<usize> {
        match &self.index {
            None => self
                .pairs
                .iter()
                .position(|(known, _)| key.equivalent(known)),
            Some(index) => {
                let hash = index.hashing.hash_one(key);
                let same = |at: &usize| key.equivalent(&self.pairs[*at].0);
                index.positions.find(hash, same).copied()
            }
        }
    }

    pub(super) fn get<Q: Hash + Equivalent<Value>>(&self, key: &Q) -> Option<&Value> {
        self.position(key).map(|at| &self.pairs[at].1)
    }

    /// Sets an entry; a key that is there stays.
    pub(super) fn insert(&mut self, key: Value, value: Value) -> Option<Value> {
        if let Some(at) = self.position(&key) {
            return Some(std::mem::replace(&mut self.pairs[at].1, value));
        }
        self.pairs.push((key, value));
        match &mut self.index {
            Some(index) => index.note(&self.pairs, self.pairs.len() - 1),
            None if self.pairs.len() > FEW => self.rebuild(),
            None => {}
        }
        None
    }

    /// Removes an entry; the others keep their order.
    pub(super) fn remove<Q: Hash + Equivalent<Value>>(&mut self, key: &Q) -> Option<Value> {
        let at = self.position(key)?;
        let (_, value) = self.pairs.remove(at);
        if self.index.is_some() {
            self.rebuild();
        }
        Some(value)
    }

    fn rebuild(&mut self) {
        let mut index = Box::<Index>::default();
        for at in 0..self.pairs.len() {
            index.note(&self.pairs, at);
        }
        self.index = Some(index);
    }
}

impl Index {
    fn note(&mut self, pairs: &[(Value, Value)], at: usize) {
        let hashing = &self.hashing;
        let hash = |at: &usize| hashing.hash_one(&pairs[*at].0);
        self.positions.insert_unique(hash(&at), at, hash);
    }
}

/// The order does not matter.
impl PartialEq for Entries {
    fn eq(&self, other: &Self) -> bool {
        let mut pairs = self.pairs.iter();
        self.pairs.len() == other.pairs.len()
            && pairs.all(|(key, value)| other.get(key) == Some(value))
    }
}
