//! What nodes that share a database know of each other.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use engine::model::{ActionId, Claim, ExecutionId, Id, Timestamp};

use crate::{Roles, SHARDS, Shard};

/// Some shards.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct ShardSet(u64);

/// What a node learns when it says that it is alive.
#[derive(Clone, Debug)]
pub struct Beat {
    /// The incarnations that nobody gave up, this one among them.
    pub alive: HashSet<u64>,
    /// The shards of this node.
    pub owned: ShardSet,
    /// How many shards it should hand over, as others have fewer.
    pub surplus: usize,
    /// Other nodes run actions, too.
    pub other_executors: bool,
}

/// A node, as others see it.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeRecord {
    /// Its incarnation.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Version of the program.
    pub version: String,
    /// What it does.
    pub roles: Roles,
    /// Targets of actions that it runs, beside its name.
    pub targets: Vec<String>,
    /// It has not been given up.
    pub is_alive: bool,
    /// Start.
    pub started_at: Timestamp,
    /// Last sign of life.
    pub seen_at: Timestamp,
    /// Its shards.
    pub shards: ShardSet,
}

/// An event for another node.
#[derive(Clone, Debug, PartialEq)]
pub struct Letter {
    /// Its id; the answer has the same.
    pub id: Id,
    /// The incarnation that wants an answer, if one does.
    pub sender: Option<u64>,
    /// The event.
    pub text: String,
}

/// A letter that a batch applies.
#[derive(Clone, Debug)]
pub struct Settled {
    /// Its id.
    pub id: Id,
    /// The shard it is for.
    pub shard: Shard,
    /// Who gets the answer, if anybody wants one.
    pub sender: Option<u64>,
    /// The answer.
    pub answer: String,
}

/// An action that any fitting executor may run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The action.
    pub action: ActionId,
    /// Top of its tree.
    pub root: ExecutionId,
    /// Which executors fit; all of them without.
    pub target: Option<Arc<str>>,
}

/// An offer that ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Withdrawal {
    /// The action.
    pub action: ActionId,
    /// Whoever took it is to stop.
    pub abort: bool,
}

/// An offer that somebody took who is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LostOffer {
    /// The action.
    pub action: ActionId,
    /// Top of its tree.
    pub root: ExecutionId,
    /// Who took it.
    pub claim: Claim,
}

impl ShardSet {
    /// Every shard.
    pub const ALL: Self = Self(u64::MAX);

    /// From its bits, shard 0 the lowest.
    pub fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// Its bits, shard 0 the lowest.
    pub fn bits(self) -> u64 {
        self.0
    }

    /// Whether a shard is among them.
    pub fn contains(self, shard: Shard) -> bool {
        self.0 >> shard.number() & 1 == 1
    }

    /// Adds one.
    pub fn insert(&mut self, shard: Shard) {
        self.0 |= 1 << shard.number();
    }

    /// How many.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those that are not among others.
    pub fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// In order.
    pub fn iter(self) -> impl Iterator<Item = Shard> {
        Shard::all().filter(move |shard| self.contains(*shard))
    }

    /// The first so many.
    pub fn take(self, count: usize) -> Self {
        self.iter().take(count).collect()
    }
}

const _: () = assert!(SHARDS == 64, "a set has a bit for each");

impl FromIterator<Shard> for ShardSet {
    fn from_iter<I: IntoIterator<Item = Shard>>(shards: I) -> Self {
        let mut set = Self::default();
        shards.into_iter().for_each(|shard| set.insert(shard));
        set
    }
}

impl fmt::Debug for ShardSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.iter().map(Shard::number))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_count_and_subtract() {
        let all = ShardSet::ALL;
        assert_eq!(all.len(), 64);
        let some = all.take(3);
        assert_eq!(format!("{some:?}"), "{0, 1, 2}");
        assert_eq!(all.without(some).len(), 61);
        assert!(!all.without(some).contains(Shard::all().next().unwrap()));
        assert!(ShardSet::default().is_empty());
    }
}
