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

/// By the index of states: ended ones cost nothing.
pub(super) const OPEN: &str = "
SELECT state, count(*) FROM executions
WHERE state IN ('IDLE', 'WAITING', 'RUNNING', 'DELAYED', 'PAUSED')
GROUP BY state";

pub(crate) fn open_executions(connection: &Connection) -> Result<Vec<(State, u64)>, StoreError> {
    all(connection, OPEN, (), count)
}

fn count(fields: &mut Fields<'_>) -> Result<(State, u64), StoreError> {
    Ok((fields.state()?, fields.integer()?.cast_unsigned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_is_what_has_not_ended() {
        for state in State::ALL {
            let quoted = format!("'{}'", state.as_str());
            assert_eq!(OPEN.contains(&quoted), !state.is_completed(), "{state:?}");
        }
    }
}
