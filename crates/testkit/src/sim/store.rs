//! A store in memory: the same images, no encoding.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use engine::change::{Changes, ExecutionParts, Snapshot};
use engine::model::{
    Action, ActionId, Claim, Execution, ExecutionId, Id, ItemLists, State, Task, TaskId, Timer,
    TimerKey,
};

use super::check::{self, Violation};

/// The store as world and simulation share it.
pub(super) type Shared = Rc<RefCell<MemoryStore>>;

/// Rows by id, which is order of creation.
#[derive(Debug, Default)]
pub(super) struct MemoryStore {
    pub(super) executions: BTreeMap<ExecutionId, Execution>,
    pub(super) tasks: BTreeMap<TaskId, Task>,
    pub(super) items: BTreeMap<TaskId, ItemLists>,
    pub(super) actions: BTreeMap<ActionId, Action>,
    pub(super) timers: BTreeMap<TimerKey, Timer>,
    /// The last state the journal tells of each thing.
    told: BTreeMap<Id, State>,
    /// The incarnation that may write.
    owner: Option<Claim>,
}

impl MemoryStore {
    /// Another incarnation owns the rows from now on.
    pub(super) fn take_over(&mut self, owner: Claim) {
        self.owner = Some(owner);
    }

    /// Writes a transaction, unless its writer owns the rows no more; refuses changes of
    /// rows that do not exist.
    pub(super) fn apply(&mut self, changes: Changes, writer: Claim) -> Result<(), Violation> {
        if *self.owner.get_or_insert(writer) != writer {
            return Ok(());
        }
        for (task, only_failed) in &changes.unaccepted {
            self.unaccept(*task, *only_failed);
        }
        for (execution, parts) in changes.executions {
            let old = self.executions.get(&execution.id);
            check::created(parts.created, old.is_some(), "execution")?;
            let row = row_of(execution, parts, old);
            self.executions.insert(row.id, row);
        }
        for (mut task, parts) in changes.tasks {
            if !parts.created && !parts.published {
                let row = self.tasks.get(&task.id);
                task.published = row.and_then(|row| row.published.clone());
            }
            let old = self.tasks.insert(task.id, task);
            check::created(parts.created, old.is_some(), "task")?;
        }
        self.items.extend(changes.items);
        for (action, parts) in changes.actions {
            let id = action.id;
            let old = self.actions.insert(id, action);
            check::created(parts.created, old.is_some(), "action")?;
            check::accepted_once(old.as_ref(), &self.actions[&id])?;
        }
        for (key, timer) in changes.timers {
            match timer {
                Some(timer) => self.timers.insert(key, timer),
                None => self.timers.remove(&key),
            };
        }
        for entry in &changes.journal {
            check::told(self.told.get(&entry.id).copied(), entry)?;
            self.told.insert(entry.id, entry.state);
        }
        self.drop_outputs(&changes.dropped_outputs);
        Ok(())
    }

    /// `keep-result: false`.
    fn drop_outputs(&mut self, tasks: &[TaskId]) {
        let actions = self.actions.values_mut();
        for action in actions.filter(|action| action.task.is_some_and(|id| tasks.contains(&id))) {
            action.output = None;
        }
    }

    fn unaccept(&mut self, task: TaskId, only_failed: bool) {
        use engine::model::State::Success;
        for action in self
            .actions
            .values_mut()
            .filter(|action| action.task == Some(task))
        {
            action.accepted &= only_failed && action.state == Success;
        }
        for child in self.executions.values_mut() {
            if child
                .origin
                .parent
                .is_some_and(|parent| parent.task == task)
            {
                child.accepted &= only_failed && child.state == Success;
            }
        }
    }

    /// The timers of a tree.
    pub(super) fn timers_of(&self, root: ExecutionId) -> impl Iterator<Item = &Timer> {
        self.timers.values().filter(move |timer| timer.root == root)
    }

    /// What a restart finds.
    pub(super) fn snapshot(&self, root: ExecutionId) -> Option<Snapshot> {
        let first = self.executions.get(&root)?;
        let others = self
            .executions
            .values()
            .filter(|execution| execution.id != root && execution.root() == root);
        let within = |task: &&Task| {
            let execution = self.executions.get(&task.execution);
            execution.is_some_and(|execution| execution.root() == root)
        };
        let open = |task: &TaskId| {
            self.tasks
                .get(task)
                .is_some_and(|task| !task.state.is_completed())
        };
        Some(Snapshot {
            executions: std::iter::once(first).chain(others).cloned().collect(),
            tasks: self.tasks.values().filter(within).cloned().collect(),
            items: self
                .items
                .iter()
                .filter(|(task, _)| open(task) && self.tasks.get(task).is_some_and(|t| within(&t)))
                .map(|(k, v)| (*k, v.clone()))
                .collect(),
            actions: self
                .actions
                .values()
                .filter(|action| action.root == root)
                .filter(|action| {
                    !action.state.is_completed() || action.task.as_ref().is_some_and(open)
                })
                .cloned()
                .collect(),
            timers: self.timers_of(root).copied().collect(),
        })
    }
}

/// The row after an update of these parts.
fn row_of(image: Execution, parts: ExecutionParts, old: Option<&Execution>) -> Execution {
    let Some(old) = old.cloned() else {
        return image;
    };
    let visible = if parts.state {
        image.clone()
    } else {
        old.clone()
    };
    let pick = |changed, new, old| if changed { new } else { old };
    Execution {
        counters: match parts.state || parts.counters {
            true => image.counters,
            false => old.counters,
        },
        params: pick(parts.params, image.params, old.params),
        context: pick(parts.context, image.context, old.context),
        output: pick(parts.output, image.output, old.output),
        ..visible
    }
}
