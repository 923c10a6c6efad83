//! Rules that hold after every commit.

use engine::change::{Changes, JournalEntry, JournalKind};
use engine::model::{Action, ActionId, Counters, State, Task};
use engine::tree::Tree;
use engine::why::{Cause, Reason};

use super::store::MemoryStore;
use super::world::SimWorld;

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
    })?;
    rule(old.accepted || !new.accepted, || {
        format!("action {} counts again", new.id)
    })
}

/// The journal tells every change of a state, in order, and none that is not allowed.
pub(super) fn told(known: Option<State>, entry: &JournalEntry) -> Checked {
    // The start and the end of a pure action are one piece of news.
    let starts = known.is_none() && entry.previous.is_none();
    rule(starts || known == entry.previous, || {
        format!(
            "{} {} was {known:?}, the journal says it went from {:?} to {}",
            entry.kind.as_str(),
            entry.name,
            entry.previous,
            entry.state
        )
    })?;
    let legal = entry.previous.is_none_or(|previous| match entry.kind {
        JournalKind::Execution => previous.may_become(entry.state),
        JournalKind::Task => task_may(previous, entry.state),
        JournalKind::Action => !previous.is_completed(),
    });
    rule(legal, || {
        format!(
            "{} {} went from {:?} to {}",
            entry.kind.as_str(),
            entry.name,
            entry.previous,
            entry.state
        )
    })
}

/// What a task may do (workflow language §8.3): the end is final, but for a rerun, a skip
/// and a join that goes round again.
fn task_may(from: State, to: State) -> bool {
    use State::{Cancelled, Delayed, Error, Idle, Paused, Running, Skipped, Success, Waiting};
    match from {
        Idle => !matches!(to, Paused | Skipped),
        Waiting => !matches!(to, Paused | Success | Skipped),
        Running | Delayed | Paused => to != Skipped,
        Success => matches!(to, Waiting | Error),
        Error => matches!(to, Idle | Waiting | Running | Skipped | Delayed | Error),
        Cancelled => matches!(to, Idle | Waiting | Running | Error),
        Skipped => matches!(to, Waiting | Error),
    }
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
    store.tasks.values().try_for_each(|task| items(task, store))
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

/// The progress of a with-items task equals a count of what is accepted.
fn items(task: &Task, store: &MemoryStore) -> Checked {
    let Some(items) = task
        .runtime
        .items
        .as_ref()
        .filter(|_| task.state == State::Running)
    else {
        return Ok(());
    };
    let own = |action: &&Action| action.task == Some(task.id) && action.accepted;
    let actions = store
        .actions
        .values()
        .filter(own)
        .map(|action| action.state);
    let executions = store.executions.values().filter(|execution| {
        let parent = execution.origin.parent;
        execution.accepted && parent.is_some_and(|parent| parent.task == task.id)
    });
    let ended = actions.chain(executions.map(|execution| execution.state));
    let succeeded = ended.filter(|state| *state == State::Success).count();
    rule(succeeded == items.succeeded as usize, || {
        format!(
            "task {} counts {items:?}, {succeeded} children are accepted with SUCCESS",
            task.name
        )
    })
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
    let stored = store.timers_of(tree.root()).count();
    rule(timers == stored, || {
        format!("{timers} timers in memory, {stored} in the store")
    })
}

/// Nobody is stuck: what each open execution waits for will come, or somebody can make it.
pub(super) fn reasons(tree: &Tree) -> Checked {
    for execution in tree.executions().filter(|e| !e.state.is_completed()) {
        let reasons = tree.why(execution.id);
        rule(!reasons.is_empty(), || {
            format!("execution {} waits for nothing", execution.id)
        })?;
        for reason in &reasons {
            rule(will_come(tree, reason), || {
                format!("nothing will end what is waited for: {reason:?}")
            })?;
        }
    }
    Ok(())
}

fn will_come(tree: &Tree, reason: &Reason) -> bool {
    let state = tree.execution(reason.execution).map(|e| e.state);
    let at_work = |id: &ActionId| tree.action(*id).is_some_and(|a| !a.state.is_completed());
    match &reason.cause {
        Cause::Resume | Cause::PauseBefore => state == Some(State::Paused),
        Cause::WaitBefore | Cause::WaitAfter | Cause::Retry => {
            reason.until.is_some() || state == Some(State::Paused)
        }
        Cause::Sleep(id, _) => reason.until.is_some() && at_work(id),
        Cause::Join(tasks) => !tasks.is_empty() || state == Some(State::Paused),
        Cause::Action(id, _)
        | Cause::Place(id, _)
        | Cause::Target(id, ..)
        | Cause::Report(id, _)
        | Cause::PausedAction(id, _) => at_work(id),
        Cause::SubWorkflow(id, _) => {
            let child = tree.execution(*id);
            child.is_some_and(|child| !child.state.is_completed())
        }
        Cause::Concurrency(_) => true,
        // Nothing is queued: nobody's turn will come by itself unless it is paused.
        Cause::Turn => state == Some(State::Paused),
    }
}

/// Two trees of the same rows know the same.
pub(super) fn same(hot: &Tree, restored: &Tree, world: &SimWorld) -> Checked {
    let facts = |tree: &Tree| {
        tree.facts(world)
            .map_err(|error| Violation(error.to_string()))
    };
    let (hot, restored) = (facts(hot)?, facts(restored)?);
    let missing = hot.iter().find(|fact| !restored.contains(*fact));
    let added = restored.iter().find(|fact| !hot.contains(*fact));
    rule(missing.is_none() && added.is_none(), || {
        format!("memory knows {missing:?}, rows say {added:?}")
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

/// A commit, for people.
pub(super) fn tell(changes: &Changes) {
    for entry in &changes.journal {
        let previous = entry.previous.map_or("", State::as_str);
        eprintln!(
            "    {} {} {} {previous} -> {}",
            entry.kind.as_str(),
            entry.name,
            entry.id,
            entry.state
        );
    }
}
