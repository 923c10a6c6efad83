//! Rules that hold after every commit.

use engine::model::{Action, Counters, State, Task};
use engine::tree::Tree;

use super::store::MemoryStore;

/// A rule that does not hold.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Violation(pub String);

type Checked = Result<(), Violation>;

fn rule(holds: bool, text: impl FnOnce() -> String) -> Checked {
    if holds {
        Ok(())
    } else {
        Err(Violation(text()))
    }
}

/// A row is created once and changed only if it exists.
pub(super) fn created(created: bool, existed: bool, what: &str) -> Checked {
    rule(created != existed, || {
        format!("a row of a {what} was written with created={created} but existed={existed}")
    })
}

/// A result that was accepted stays; only "counts no more" may be said of it.
pub(super) fn accepted_once(old: Option<&Action>, new: &Action) -> Checked {
    let Some(old) = old.filter(|old| old.state.is_completed()) else {
        return Ok(());
    };
    rule(old.state == new.state && old.output == new.output, || {
        format!(
            "action {} ended twice: {} then {}",
            new.id, old.state, new.state
        )
    })
}

/// Counters equal a recount.
pub(super) fn rows(store: &MemoryStore) -> Checked {
    for execution in store.executions.values() {
        let tasks = store
            .tasks
            .values()
            .filter(|task| task.execution == execution.id);
        let recount = recount(tasks);
        rule(recount == execution.counters, || {
            format!(
                "counters of {} are {:?}, a recount gives {recount:?}",
                execution.id, execution.counters
            )
        })?;
    }
    Ok(())
}

fn recount<'a>(tasks: impl Iterator<Item = &'a Task>) -> Counters {
    let mut counters = Counters::default();
    for task in tasks {
        counters.total += 1;
        counters.open += u32::from(!task.state.is_completed());
        counters.cancelled += u32::from(task.state == State::Cancelled);
        counters.unhandled += u32::from(task.state == State::Error && !task.error_handled);
        counters.unprocessed += u32::from(task.state.is_completed() && !task.processed);
    }
    counters
}

/// Memory and rows tell the same.
pub(super) fn memory(tree: &Tree, store: &MemoryStore) -> Checked {
    for task in tree.tasks() {
        let row = store.tasks.get(&task.id);
        rule(row.is_some_and(|row| row.state == task.state), || {
            format!(
                "task {} is {} in memory, {:?} in the store",
                task.name,
                task.state,
                row.map(|r| r.state)
            )
        })?;
    }
    for execution in tree.executions() {
        let row = store.executions.get(&execution.id);
        rule(row.is_some_and(|row| row.state == execution.state), || {
            format!("execution {} differs from its row", execution.id)
        })?;
    }
    let timers = tree.timers().count();
    rule(timers == store.timers.len(), || {
        format!(
            "{timers} timers in memory, {} in the store",
            store.timers.len()
        )
    })
}

/// What is not completed, for the text of a stuck run.
pub(super) fn open_tasks(store: &MemoryStore) -> String {
    let open = store
        .tasks
        .values()
        .filter(|task| !task.state.is_completed() || !task.processed);
    let shown: Vec<_> = open
        .map(|task| format!("{} {} {:?}", task.name, task.state, task.runtime))
        .collect();
    shown.join(", ")
}
