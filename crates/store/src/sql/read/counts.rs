//! How many things there are in each state.

use crate::sql::Connection;
use engine::change::JournalKind;
use engine::model::{ExecutionId, Id, State};

use super::all;
use crate::StoreError;
use crate::sql::fields::{Fields, Key};

pub(crate) fn counts(
    connection: &Connection,
    kind: JournalKind,
    execution: Option<ExecutionId>,
) -> Result<Vec<(State, u64)>, StoreError> {
    let (sql, below) = match kind {
        JournalKind::Execution => (
            "SELECT state, count(*) FROM executions GROUP BY state",
            "SELECT e.state, count(*) FROM tasks t JOIN executions e ON e.parent_task = t.id
             WHERE t.execution = ?1 GROUP BY e.state",
        ),
        JournalKind::Task => (
            "SELECT state, count(*) FROM tasks GROUP BY state",
            "SELECT state, count(*) FROM tasks WHERE execution = ?1 GROUP BY state",
        ),
        JournalKind::Action => (
            "SELECT state, count(*) FROM actions GROUP BY state",
            "SELECT a.state, count(*) FROM tasks t JOIN actions a ON a.task = t.id
             WHERE t.execution = ?1 GROUP BY a.state",
        ),
    };
    match execution {
        Some(id) => all(connection, below, (Key(id.0),), count),
        None => all(connection, sql, (), count),
    }
}

/// By the index of what goes on after a restart: ended ones cost nothing.
pub(super) const OPEN: &str = "
SELECT state, count(*) FROM executions
WHERE state NOT IN ('SUCCESS', 'ERROR', 'CANCELLED', 'SKIPPED') AND ifnull(root, id) >= ?1
GROUP BY state";

pub(crate) fn open_executions(connection: &Connection) -> Result<Vec<(State, u64)>, StoreError> {
    let first = Id::from_bytes([0; 16]);
    all(connection, OPEN, (Key(first),), count)
}

fn count(fields: &mut Fields<'_>) -> Result<(State, u64), StoreError> {
    Ok((fields.state()?, fields.integer()?.cast_unsigned()))
}
