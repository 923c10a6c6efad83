//! Shards: which writer owns a tree of executions.

use std::fmt;

use engine::model::ExecutionId;

/// How many shards there are. The number is fixed when a database is made.
pub const SHARDS: u8 = 64;

/// The number of a shard, below [`SHARDS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Shard(u8);

impl Shard {
    /// The shard of a tree. The hash is the same on all nodes, for ever: it is
    /// FNV-1a, folded, because chosen ids have no random bits one could take.
    pub fn of(root: ExecutionId) -> Self {
        let hash = root
            .0
            .as_bytes()
            .iter()
            .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
                (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
            });
        let folded = hash ^ hash >> 32;
        Self((folded ^ folded >> 16) as u8 % SHARDS)
    }

    /// The shard of that number, if there is one.
    pub fn new(number: u8) -> Option<Self> {
        (number < SHARDS).then_some(Self(number))
    }

    /// Its number.
    pub fn number(self) -> u8 {
        self.0
    }

    /// Every shard, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..SHARDS).map(Self)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use engine::model::{Id, IdSource, Timestamp};

    use super::*;

    #[test]
    fn hash_is_stable() {
        let shard = |byte| Shard::of(ExecutionId(Id::from_bytes([byte; 16]))).number();
        assert_eq!([shard(0), shard(1), shard(255)], [3, 54, 28]);
    }

    #[test]
    fn ids_spread_evenly() {
        let mut ids = IdSource::new(Timestamp::from_micros(1_800_000_000_000_000), 0, 1);
        let mut counts = [0_u32; SHARDS as usize];
        for _ in 0..64_000 {
            counts[usize::from(Shard::of(ExecutionId(ids.next_id())).number())] += 1;
        }
        assert!(
            counts.iter().all(|count| (800..1200).contains(count)),
            "{counts:?}"
        );
    }
}
