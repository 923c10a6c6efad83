//! Rows of timers.

use engine::model::{Id, Timer, TimerKey, TimerKind};

use super::Tx;
use crate::StoreError;
use crate::sql::Expect;
use crate::sql::fields::{Key, Micros};

const PUT: &str = "
INSERT INTO timers (owner, kind, root, due_at, run) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (owner, kind) DO UPDATE SET root = excluded.root, due_at = excluded.due_at, run = excluded.run";

const REMOVE: &str = "DELETE FROM timers WHERE owner = ?1 AND kind = ?2";

pub(super) fn write(
    tx: &mut Tx<'_>,
    key: TimerKey,
    timer: Option<&Timer>,
) -> Result<(), StoreError> {
    let (owner, kind) = columns(key);
    match timer {
        Some(timer) => {
            let (root, due_at) = (Key(timer.root.0), Micros(timer.due_at));
            let row = (Key(owner), kind, root, due_at, timer.run);
            tx.send_row(PUT, row, Expect::Anything)?;
        }
        None => {
            tx.send_row(REMOVE, (Key(owner), kind), Expect::Anything)?;
        }
    }
    Ok(())
}

fn columns(key: TimerKey) -> (Id, i64) {
    match key {
        TimerKey::Task(task, TimerKind::Delay) => (task.0, 0),
        TimerKey::Task(task, TimerKind::Timeout) => (task.0, 1),
        TimerKey::Sleep(action) => (action.0, 2),
    }
}
