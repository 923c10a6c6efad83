//! How many things there are in each state.

use crate::sql::Connection;
use engine::change::JournalKind;
use engine::model::{ExecutionId, State};

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

fn count(fields: &mut Fields<'_>) -> Result<(State, u64), StoreError> {
    Ok((fields.state()?, fields.integer()?.cast_unsigned()))
}
