//! Which rows of a tree differ from the store.

use indexmap::{IndexMap, IndexSet};

use super::{Results, TaskNode, Tree};
use crate::change::{ActionParts, Changes, ExecutionParts, JournalEntry, TaskParts};
use crate::model::{ActionId, ExecutionId, State, TaskId, Timer, TimerKey};

/// Rows to be written by the next commit, in order of first change.
#[derive(Debug, Default)]
pub(crate) struct Dirty {
    executions: IndexMap<ExecutionId, ExecutionParts>,
    tasks: IndexMap<TaskId, TaskParts>,
    items: Vec<TaskId>,
    actions: IndexMap<ActionId, ActionParts>,
    timers: IndexMap<TimerKey, Option<Timer>>,
    journal: Vec<JournalEntry>,
    pub(crate) unaccepted: Vec<(TaskId, bool)>,
    dropped_outputs: Vec<TaskId>,
    deleted: Vec<ExecutionId>,
}

impl Dirty {
    pub(crate) fn execution(&mut self, id: ExecutionId) -> &mut ExecutionParts {
        self.executions.entry(id).or_default()
    }

    pub(crate) fn task(&mut self, id: TaskId) -> &mut TaskParts {
        self.tasks.entry(id).or_default()
    }

    pub(crate) fn action(&mut self, id: ActionId) -> &mut ActionParts {
        self.actions.entry(id).or_default()
    }

    /// Actions whose rows will be written.
    pub(crate) fn actions(&self) -> impl Iterator<Item = &ActionId> {
        self.actions.keys()
    }

    pub(crate) fn items(&mut self, id: TaskId) {
        self.items.push(id);
    }

    pub(crate) fn timer(&mut self, key: TimerKey, timer: Option<Timer>) {
        self.timers.insert(key, timer);
    }

    pub(crate) fn journal(&mut self, entry: JournalEntry) {
        self.journal.push(entry);
    }

    pub(crate) fn drop_outputs(&mut self, task: TaskId) {
        self.dropped_outputs.push(task);
    }

    pub(crate) fn deleted(&mut self, root: ExecutionId) {
        self.deleted.push(root);
    }
}

/// Results and published values larger than this many bytes leave memory with their task.
const KEPT_BYTES: usize = 1024;

impl Tree {
    /// Takes what must be written. Afterwards the tree counts as stored, and actions,
    /// results and sub-workflows that nothing in memory needs any more are dropped.
    pub fn take_changes(&mut self) -> Changes {
        let dirty = std::mem::take(&mut self.dirty);
        let mut changes = Changes {
            journal: dirty.journal,
            timers: dirty.timers.into_iter().collect(),
            unaccepted: dirty.unaccepted,
            dropped_outputs: dirty.dropped_outputs,
            deleted: dirty.deleted,
            ..Changes::default()
        };
        for (id, parts) in dirty.executions {
            if let Some(running) = self.executions.get(&id) {
                changes.executions.push((running.execution.clone(), parts));
            }
        }
        for (id, parts) in dirty.tasks {
            if let Some(node) = self.tasks.get(&id) {
                changes.tasks.push((node.task.clone(), parts));
            }
        }
        for id in dirty.items {
            if let Some(lists) = self.tasks.get(&id).and_then(|node| node.items.clone()) {
                changes.items.push((id, lists));
            }
        }
        for (id, parts) in dirty.actions {
            self.take_action(id, parts, &mut changes);
        }
        self.forget(&changes);
        self.let_leave(&changes);
        changes
    }

    /// Results of a task's earlier runs do not count any more: those in the store, and
    /// those that this very transaction writes.
    pub(crate) fn unaccept(&mut self, task: TaskId, only_failed: bool) {
        self.dirty.unaccepted.push((task, only_failed));
        let keeps = |state| only_failed && state == State::Success;
        let written = self.dirty.actions.keys();
        for id in written {
            if let Some(action) = self.actions.get_mut(id).filter(|a| a.task == Some(task)) {
                action.accepted &= keeps(action.state);
            }
        }
        let ended = self.tasks.get_mut(&task).map(|node| match only_failed {
            true => node.ended.clone(),
            false => std::mem::take(&mut node.ended),
        });
        for id in ended.into_iter().flatten() {
            if let Some(running) = self.executions.get_mut(&id) {
                let execution = &mut running.execution;
                execution.accepted &= keeps(execution.state);
            }
        }
    }

    /// A completed action is not needed once it is written: results live with the task.
    fn take_action(&mut self, id: ActionId, parts: ActionParts, changes: &mut Changes) {
        let done = self
            .actions
            .get(&id)
            .is_some_and(|a| a.state.is_completed());
        let action = if done {
            self.remove_action(id)
        } else {
            self.actions.get(&id).cloned()
        };
        changes.actions.extend(action.map(|action| (action, parts)));
    }

    /// What ended tasks keep in memory is what will be read: the rest is in the store.
    fn forget(&mut self, changes: &Changes) {
        let written = changes.tasks.iter();
        let ended = written.filter(|(task, _)| task.state.is_completed());
        for (task, _) in ended {
            if let Some(node) = self.tasks.get_mut(&task.id) {
                node.forget();
            }
            self.forget_contexts(task.id);
        }
        self.forget_unread();
    }
}

impl TaskNode {
    fn forget(&mut self) {
        self.items = None;
        if !self.results.is_small(KEPT_BYTES) {
            self.results = Results::Stored;
        }
        // Sets that are empty keep their memory otherwise.
        if self.actions.is_empty() {
            self.actions = IndexSet::default();
        }
        if self.children.is_empty() {
            self.children = IndexSet::default();
        }
        let published = self.task.published.as_ref();
        if published.is_some_and(|dict| nested_weight(&dict.clone().into()) > KEPT_BYTES) {
            self.task.published = None;
            self.published_away = true;
        }
    }
}

impl Results {
    fn is_small(&self, limit: usize) -> bool {
        match self {
            Self::Plain(values) => values.iter().map(weight).sum::<usize>() <= limit,
            Self::Items(items) => items.is_empty(),
            Self::Stored => true,
        }
    }
}

/// A rough size in bytes; anything nested counts as large.
pub(crate) fn weight(value: &yaql::Value) -> usize {
    if let Some(text) = value.as_str() {
        return text.len();
    }
    let scalar = value.as_list().is_none() && value.as_dict().is_none();
    if scalar { 8 } else { nested_weight(value) }
}

fn nested_weight(value: &yaql::Value) -> usize {
    let flat = |value: &yaql::Value| match value.as_str() {
        Some(text) => text.len(),
        None if value.as_list().is_some() || value.as_dict().is_some() => KEPT_BYTES,
        None => 8,
    };
    let items = value.as_list().map(|list| list.iter().map(flat).sum());
    let entries = value.as_dict().map(|dict| {
        dict.iter()
            .map(|(key, value)| flat(key) + flat(value))
            .sum()
    });
    items.or(entries).unwrap_or(8)
}
