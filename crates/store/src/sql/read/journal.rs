//! The journal by shard and by tree.

use crate::sql::Connection;
use engine::change::{JournalEntry, JournalKind};
use engine::model::{ExecutionId, Id, TaskId};

use super::{all, one};
use crate::codec::{damaged, read_entries, read_kind};
use crate::record::{JournalPage, JournalRecord};
use crate::sql::fields::{Fields, Key};
use crate::sql::write::{PER_SHARD, seq_of, start};
use crate::{Shard, StoreError};

pub(super) const BY_SHARD: &str = "
SELECT j.position, j.root, j.at, j.kind, j.id, j.execution, j.task, j.name, j.previous, j.state,
    j.done, j.total, ifnull(e.project_id, a.project_id), o.workflow_name, e.external_id,
    o.parent_execution, j.earlier
FROM journal j
LEFT JOIN executions e ON e.id = j.root
LEFT JOIN actions a ON e.id IS NULL AND a.id = j.root
LEFT JOIN executions o ON o.id = CASE j.kind WHEN 0 THEN j.id ELSE j.execution END
WHERE j.position > ?1 AND j.position < ?2
ORDER BY j.position LIMIT ?3";

pub(super) const BY_ROOT: &str = "
SELECT j.position, j.root, j.at, j.kind, j.id, j.execution, j.task, j.name, j.previous, j.state,
    j.done, j.total, ifnull(e.project_id, a.project_id), o.workflow_name, e.external_id,
    o.parent_execution, j.earlier
FROM journal j
LEFT JOIN executions e ON e.id = j.root
LEFT JOIN actions a ON e.id IS NULL AND a.id = j.root
LEFT JOIN executions o ON o.id = CASE j.kind WHEN 0 THEN j.id ELSE j.execution END
WHERE j.root = ?1 AND j.position > ?2
ORDER BY j.position LIMIT ?3";

const GONE: &str = "SELECT gone FROM journal_heads WHERE shard = ?1";

pub(crate) fn journal(
    connection: &Connection,
    shard: Shard,
    after: u64,
    limit: usize,
) -> Result<JournalPage, StoreError> {
    let gone = one(connection, GONE, (shard.number(),), |fields| {
        fields.integer()
    })?;
    let range = (
        position(shard, after),
        start(shard) + PER_SHARD,
        count(limit),
    );
    let rows = all(connection, BY_SHARD, range, row)?;
    Ok(JournalPage {
        reset: gone.is_some_and(|gone| gone.cast_unsigned() > after),
        records: between(rows, after, limit),
    })
}

pub(crate) fn timeline(
    connection: &Connection,
    root: ExecutionId,
    after: u64,
    limit: usize,
) -> Result<Vec<JournalRecord>, StoreError> {
    let range = (Key(root.0), position(Shard::of(root), after), count(limit));
    let rows = all(connection, BY_ROOT, range, row)?;
    Ok(between(rows, after, limit))
}

/// The first entries after a number: the first row may have some before it, each has one
/// or more.
fn between(rows: Vec<Vec<JournalRecord>>, after: u64, limit: usize) -> Vec<JournalRecord> {
    let records = rows.into_iter().flatten();
    records
        .skip_while(|record| record.seq <= after)
        .take(limit)
        .collect()
}

fn position(shard: Shard, seq: u64) -> i64 {
    let seq = i64::try_from(seq).unwrap_or(i64::MAX);
    start(shard) + seq.min(PER_SHARD - 1)
}

fn count(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// The entries of a row, in order.
pub(crate) fn row(fields: &mut Fields<'_>) -> Result<Vec<JournalRecord>, StoreError> {
    let (shard, seq) = place(fields)?;
    let last = entry(fields)?;
    let mut entries = match fields.optional_bytes()? {
        Some(earlier) => read_entries(earlier, &last)?,
        None => Vec::new(),
    };
    entries.push(last);
    let first = (seq + 1).saturating_sub(entries.len() as u64);
    let records = (first..).zip(entries);
    Ok(records
        .map(|(seq, entry)| recorded(shard, seq, entry))
        .collect())
}

/// The place of a row's last entry.
fn place(fields: &mut Fields<'_>) -> Result<(Shard, u64), StoreError> {
    let position = fields.integer()?;
    let shard = u8::try_from(position / PER_SHARD).ok().and_then(Shard::new);
    let shard = shard.ok_or_else(|| damaged("a journal position of no shard"))?;
    Ok((shard, seq_of(position)))
}

/// An entry at its place. The parent that was read is that of its execution.
fn recorded(shard: Shard, seq: u64, entry: JournalEntry) -> JournalRecord {
    let parent = entry
        .parent
        .filter(|_| entry.kind == JournalKind::Execution);
    JournalRecord {
        shard,
        seq,
        entry: JournalEntry { parent, ..entry },
    }
}

fn entry(fields: &mut Fields<'_>) -> Result<JournalEntry, StoreError> {
    let (root, at) = (fields.execution()?, fields.time()?);
    let kind = read_kind(fields.integer()?)?;
    let id = fields.id()?;
    let itself = |is: JournalKind| (kind == is).then_some(id);
    let execution: Option<Id> = fields.optional_id()?.or(itself(JournalKind::Execution));
    let task: Option<Id> = fields.optional_id()?.or(itself(JournalKind::Task));
    Ok(JournalEntry {
        root,
        at,
        kind,
        id,
        execution: execution.map(ExecutionId),
        task: task.map(TaskId),
        name: fields.text()?,
        previous: fields.optional_state()?,
        state: fields.state()?,
        progress: fields.optional_u32()?.zip(fields.optional_u32()?),
        project_id: fields.optional_text()?.unwrap_or_default(),
        workflow_name: fields.optional_text()?,
        external_root: fields.optional_text()?,
        parent: fields.optional_id()?.map(ExecutionId),
    })
}
