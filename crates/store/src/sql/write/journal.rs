//! Rows of the journal and their numbers.

use engine::change::JournalEntry;

use super::Tx;
use crate::codec::{share_a_row, write_entries, write_kind};
use crate::sql::fields::{Key, Micros};
use crate::sql::read::{all, one};
use crate::sql::{Connection, Expect, named_params};
use crate::{SHARDS, Shard, StoreError};

/// How far apart the positions of two shards are.
pub(crate) const PER_SHARD: i64 = 1 << 48;

/// The most entries of a row, so that some rows fit in a page.
const SHARING: usize = 8;

const INSERT: &str = "
INSERT INTO journal (
    position, root, at, kind, id, execution, task, name, previous, state, done, total,
    earlier
) VALUES (
    :position, :root, :at, :kind, :id, :execution, :task, :name, :previous, :state, :done, :total,
    :earlier
)";

/// The largest position of a shard: one search from the end of its range.
pub(super) const LAST: &str = "
SELECT position FROM journal WHERE position >= ?1 AND position < ?2
ORDER BY position DESC LIMIT 1";

const KEPT: &str = "SELECT shard, next, gone FROM journal_heads";

const KEEP: &str = "
INSERT INTO journal_heads (shard, next, gone) VALUES (?1, ?2, ?3)
ON CONFLICT (shard) DO UPDATE SET next = excluded.next, gone = excluded.gone";

/// What a writer knows of its shards: for each, the next number and the largest one that
/// was deleted.
#[derive(Clone, Debug)]
pub(crate) struct Heads {
    next: [u64; SHARDS as usize],
    gone: [u64; SHARDS as usize],
    /// No deleted tree has rows left. Only the writer of its shard deletes a tree.
    pub(super) nothing_doomed: bool,
}

impl Heads {
    /// As the database has them: after the last entry, or after the last one that
    /// was when entries were deleted.
    pub(crate) fn load(connection: &Connection) -> Result<Self, StoreError> {
        let mut heads = Self {
            next: [1; SHARDS as usize],
            gone: [0; SHARDS as usize],
            nothing_doomed: false,
        };
        heads.read(connection, Shard::all())?;
        Ok(heads)
    }

    /// Reads those of some shards anew: they were another's before.
    pub(crate) fn read(
        &mut self,
        connection: &Connection,
        shards: impl Iterator<Item = Shard>,
    ) -> Result<(), StoreError> {
        self.nothing_doomed = false;
        let kept = all(connection, KEPT, (), |fields| {
            let numbers = (fields.u32()?, fields.integer()?, fields.integer()?);
            Ok(numbers)
        })?;
        for shard in shards {
            let index = usize::from(shard.number());
            let row = kept
                .iter()
                .find(|(number, ..)| *number == u32::from(shard.number()));
            let (next, gone) = row.map_or((1, 0), |(_, next, gone)| (*next, *gone));
            self.gone[index] = gone.cast_unsigned();
            let range = (start(shard), start(shard) + PER_SHARD);
            let last = one(connection, LAST, range, |fields| fields.integer())?;
            let after = last.map_or(1, |position| seq_of(position) + 1);
            self.next[index] = after.max(next.cast_unsigned());
        }
        Ok(())
    }

    pub(crate) fn next(&self, shard: Shard) -> u64 {
        self.next[usize::from(shard.number())]
    }

    /// Takes so many numbers; gives the last one.
    fn take(&mut self, shard: Shard, count: usize) -> u64 {
        let next = &mut self.next[usize::from(shard.number())];
        *next += count as u64;
        *next - 1
    }
}

/// The position of a shard's entry number 0, which does not exist.
pub(crate) fn start(shard: Shard) -> i64 {
    i64::from(shard.number()) * PER_SHARD
}

/// The number in its shard of the entry at a position.
pub(crate) fn seq_of(position: i64) -> u64 {
    (position % PER_SHARD).cast_unsigned()
}

/// Writes entries of a tree. A row has a place in the middle of its table, and another one
/// in an index, both of which are found anew for each row: entries share them. A row is
/// found by the number of its last entry.
pub(super) fn write(tx: &mut Tx<'_>, entries: &[JournalEntry]) -> Result<(), StoreError> {
    let rows = entries
        .chunk_by(share_a_row)
        .flat_map(|entries| entries.chunks(SHARING));
    for row in rows {
        insert(tx, row)?;
    }
    Ok(())
}

fn insert(tx: &mut Tx<'_>, entries: &[JournalEntry]) -> Result<(), StoreError> {
    let Some((entry, earlier)) = entries.split_last() else {
        return Ok(());
    };
    let shard = Shard::of(entry.root);
    let number = tx.heads().take(shard, entries.len());
    let position = start(shard) + number.cast_signed();
    let other = |id: Option<engine::model::Id>| id.filter(|id| *id != entry.id).map(Key);
    tx.send_row(
        INSERT,
        named_params! {
            ":position": position,
            ":root": Key(entry.root.0),
            ":at": Micros(entry.at),
            ":kind": write_kind(entry.kind),
            ":id": Key(entry.id),
            ":execution": other(entry.execution.map(|execution| execution.0)),
            ":task": other(entry.task.map(|task| task.0)),
            ":name": entry.name,
            ":previous": entry.previous.map(|state| state.as_str()),
            ":state": entry.state.as_str(),
            ":done": entry.progress.map(|(done, _)| done),
            ":total": entry.progress.map(|(_, total)| total),
            ":earlier": (!earlier.is_empty()).then(|| write_entries(earlier)),
        },
        Expect::Anything,
    )
}

/// Takes a number for the deletion of a tree of the shard. It has no entry; whoever has not
/// come so far hears that something is gone. Numbers of deleted entries do not come again.
pub(super) fn forget(tx: &mut Tx<'_>, shard: Shard) -> Result<(), StoreError> {
    let heads = tx.heads();
    let gone = heads.take(shard, 1);
    let index = usize::from(shard.number());
    heads.gone[index] = gone;
    let next = heads.next[index];
    tx.send(
        KEEP,
        (shard.number(), next.cast_signed(), gone.cast_signed()),
    )
}
