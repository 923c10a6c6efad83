//! The end of the journal, whoever writes it.
//!
//! Invariant: what one call gives and what the next one gives follow each other without
//! gaps, shard by shard: a shard has one writer at a time, so its entries are seen in
//! their order.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Postgres;
use crate::record::JournalRecord;
use crate::sql::write::{Heads, PER_SHARD, start};
use crate::sql::{Fields, RowRef, read};
use crate::{SHARDS, Shard, StoreError};

/// Rows read of a shard at a time.
const PORTION: i64 = 100;

/// Read before the entries: those up to there are all there then.
const HEADS: &str = "SELECT shard, next FROM journal_heads";

const NEW: &str = "
SELECT j.position, j.root, j.at, j.kind, j.id, j.execution, j.task, j.name, j.previous, j.state,
    j.done, j.total, coalesce(e.project_id, a.project_id), o.workflow_name, e.external_id,
    o.parent_execution, j.earlier
FROM (SELECT unnest(CAST($1 AS bigint[])) AS last, unnest(CAST($2 AS bigint[])) AS stop) AS known
JOIN LATERAL (SELECT position, root, at, kind, id, execution, task, name, previous, state, done, total,
        earlier
    FROM journal WHERE position > known.last AND position < known.stop
    ORDER BY position LIMIT $3) AS j ON true
LEFT JOIN executions e ON e.id = j.root
LEFT JOIN actions a ON e.id IS NULL AND a.id = j.root
LEFT JOIN executions o ON o.id = CASE j.kind WHEN 0 THEN j.id ELSE j.execution END
ORDER BY j.position";

/// How far the journal was read; `None` while nobody follows it.
#[derive(Debug, Default)]
pub(super) struct Tail(Mutex<Option<[u64; SHARDS as usize]>>);

impl Tail {
    /// The number after a shard's last entry that was read.
    pub(super) fn next(&self, shard: Shard) -> Option<u64> {
        self.lock()
            .map(|ends| ends[usize::from(shard.number())] + 1)
    }

    /// The numbers stay whole whatever panicked.
    fn lock(&self) -> MutexGuard<'_, Option<[u64; SHARDS as usize]>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Postgres {
    /// What was written since the last call, by any node; there may be more. The first
    /// call gives nothing: it begins at the present. From then on
    /// [`Store::next_seq`](crate::Store::next_seq) tells what was given. Calls take turns.
    ///
    /// # Errors
    /// What the database says.
    pub fn follow(&self) -> Result<Vec<JournalRecord>, StoreError> {
        let Some(mut ends) = *self.tail.lock() else {
            let heads = self.follower.with_session(|session| Heads::load(session))?;
            let mut ends = [0; SHARDS as usize];
            for shard in Shard::all() {
                ends[usize::from(shard.number())] = heads.next(shard) - 1;
            }
            *self.tail.lock() = Some(ends);
            return Ok(Vec::new());
        };
        let last: Vec<i64> = Shard::all()
            .map(|shard| start(shard) + ends[usize::from(shard.number())].cast_signed())
            .collect();
        let stop: Vec<i64> = Shard::all().map(|shard| start(shard) + PER_SHARD).collect();
        let (heads, rows) = self.follower.with_session(|session| {
            let heads = session.rows(HEADS, &[])?;
            Ok((heads, session.rows(NEW, &[&last, &stop, &PORTION])?))
        })?;
        // Numbers that no row has are those of deletions.
        let mut counts = [0; SHARDS as usize];
        let mut records = Vec::with_capacity(rows.len());
        for row in &rows {
            let entries = read::journal_row(&mut Fields::new(RowRef::Postgres(row)))?;
            for record in &entries {
                ends[usize::from(record.shard.number())] = record.seq;
            }
            if let Some(record) = entries.first() {
                counts[usize::from(record.shard.number())] += 1;
            }
            records.extend(entries);
        }
        for head in &heads {
            let (shard, next): (i16, i64) = (head.get(0), head.get(1));
            let shard = usize::try_from(shard).unwrap_or(0) % ends.len();
            if counts[shard] < PORTION {
                ends[shard] = ends[shard].max(next.cast_unsigned().saturating_sub(1));
            }
        }
        *self.tail.lock() = Some(ends);
        Ok(records)
    }

    /// Nobody follows any more: the next call of [`Postgres::follow`] begins anew.
    pub fn rest(&self) {
        *self.tail.lock() = None;
    }
}
