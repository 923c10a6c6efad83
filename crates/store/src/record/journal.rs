//! Journal entries as they are read.

use engine::change::JournalEntry;

use crate::Shard;

/// A journal entry with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct JournalRecord {
    /// The shard of its tree.
    pub shard: Shard,
    /// Its number in the shard: 1, 2, 3 …
    pub seq: u64,
    /// The entry.
    pub entry: JournalEntry,
}

/// What follows a cursor.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JournalPage {
    /// Entries after the cursor were deleted with their trees: who follows the
    /// journal must read its things anew.
    pub reset: bool,
    /// The entries that are there, by number.
    pub records: Vec<JournalRecord>,
}
