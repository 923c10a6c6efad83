//! The journal by shard and by tree.

use crate::sql::Connection;
use engine::change::{JournalEntry, JournalKind};
use engine::model::{ExecutionId, Id, TaskId};

use super::{all, one};
use crate::codec::damaged;
use crate::record::{JournalPage, JournalRecord};
use crate::sql::fields::{Fields, Key};
use crate::sql::write::{PER_SHARD, seq_of, start};
use crate::{Shard, StoreError};

pub(super) const BY_SHARD: &str = "
SELECT j.position, j.root, j.at, j.kind, j.id, j.execution, j.task, j.name, j.previous, j.state,
    j.done, j.total, ifnull(e.project_id, a.project_id), o.workflow_name, e.external_id,
    o.parent_execution
FROM journal j
LEFT JOIN executions e ON e.id = j.root
LEFT JOIN actions a ON e.id IS NULL AND a.id = j.root
LEFT JOIN executions o ON o.id = CASE j.kind WHEN 0 THEN j.id ELSE j.execution END
WHERE j.position > ?1 AND j.position < ?2
ORDER BY j.position LIMIT ?3";

pub(super) const BY_ROOT: &str = "
SELECT j.position, j.root, j.at, j.kind, j.id, j.execution, j.task, j.name, j.previous, j.state,
    j.done, j.total, ifnull(e.project_id, a.project_id), o.workflow_name, e.external_id,
    o.parent_execution
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
    let end = start(shard) + PER_SHARD;
    Ok(JournalPage {
        reset: gone.is_some_and(|gone| gone.cast_unsigned() > after),
        records: all(
            connection,
            BY_SHARD,
            (position(shard, after), end, count(limit)),
            record,
        )?,
    })
}

pub(crate) fn timeline(
    connection: &Connection,
    root: ExecutionId,
    after: u64,
    limit: usize,
) -> Result<Vec<JournalRecord>, StoreError> {
    let after = position(Shard::of(root), after);
    all(
        connection,
        BY_ROOT,
        (Key(root.0), after, count(limit)),
        record,
    )
}

fn position(shard: Shard, seq: u64) -> i64 {
    let seq = i64::try_from(seq).unwrap_or(i64::MAX);
    start(shard) + seq.min(PER_SHARD - 1)
}

fn count(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

pub(crate) fn record(fields: &mut Fields<'_>) -> Result<JournalRecord, StoreError> {
    let position = fields.integer()?;
    let shard = u8::try_from(position / PER_SHARD).ok().and_then(Shard::new);
    Ok(JournalRecord {
        shard: shard.ok_or_else(|| damaged("a journal position of no shard"))?,
        seq: seq_of(position),
        entry: entry(fields)?,
    })
}

fn entry(fields: &mut Fields<'_>) -> Result<JournalEntry, StoreError> {
    let (root, at) = (fields.execution()?, fields.time()?);
    let kind = kind(fields.integer()?)?;
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
        parent: fields
            .optional_id()?
            .filter(|_| kind == JournalKind::Execution)
            .map(ExecutionId),
    })
}

fn kind(code: i64) -> Result<JournalKind, StoreError> {
    match code {
        0 => Ok(JournalKind::Execution),
        1 => Ok(JournalKind::Task),
        2 => Ok(JournalKind::Action),
        other => Err(damaged(&format!("unknown kind of journal entry {other}"))),
    }
}
