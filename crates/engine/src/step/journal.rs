//! State changes: memory, dirty rows and journal move together.

use std::sync::Arc;

use super::Step;
use crate::change::{JournalEntry, JournalKind};
use crate::model::{Action, ActionId, Execution, ExecutionId, Items, State, Task, TaskId};
use crate::tree::{Running, TaskNode};

impl Step<'_> {
    pub(super) fn running(&self, id: ExecutionId) -> &Running {
        &self.tree.executions[&id]
    }

    pub(super) fn node(&self, id: TaskId) -> &TaskNode {
        &self.tree.tasks[&id]
    }

    /// The execution's image, for a change of its narrow part.
    pub(super) fn change_execution(&mut self, id: ExecutionId) -> &mut Execution {
        let now = self.now;
        self.tree.dirty.execution(id).state = true;
        let execution = &mut self.running_mut(id).execution;
        execution.updated_at = now;
        execution
    }

    /// The execution with all its memory, for a change of its counters.
    pub(super) fn running_mut(&mut self, id: ExecutionId) -> &mut Running {
        self.tree.dirty.execution(id).counters = true;
        self.tree
            .executions
            .get_mut(&id)
            .expect("executions of a tree refer to executions of the same tree")
    }

    /// The task's image, for a change of its narrow part.
    pub(super) fn change_task(&mut self, id: TaskId) -> &mut Task {
        &mut self.node_mut(id).task
    }

    /// The task with all its memory, for a change of its narrow part.
    pub(super) fn node_mut(&mut self, id: TaskId) -> &mut TaskNode {
        self.tree.dirty.task(id).state = true;
        let node = self
            .tree
            .tasks
            .get_mut(&id)
            .expect("tasks of a tree refer to tasks of the same tree");
        node.task.updated_at = self.now;
        node
    }

    pub(super) fn set_execution_state(
        &mut self,
        id: ExecutionId,
        state: State,
        info: Option<Arc<str>>,
    ) {
        let execution = self.change_execution(id);
        let previous = std::mem::replace(&mut execution.state, state);
        execution.state_info = info;
        self.journal_execution(id, Some(previous));
    }

    pub(super) fn journal_execution(&mut self, id: ExecutionId, previous: Option<State>) {
        let execution = &self.running(id).execution;
        let (origin, counters) = (&execution.origin, &execution.counters);
        let entry = JournalEntry {
            root: self.tree.root(),
            at: self.now,
            kind: JournalKind::Execution,
            id: id.0,
            execution: Some(id),
            task: origin.parent.map(|parent| parent.task),
            name: origin.workflow_name.clone(),
            previous,
            state: execution.state,
            progress: Some((counters.total - counters.open, counters.total)),
            project_id: origin.project_id.clone(),
            workflow_name: Some(origin.workflow_name.clone()),
            external_root: self.external_root(),
            parent: origin.parent.map(|parent| parent.execution),
        };
        self.tree.dirty.journal(entry);
    }

    /// Sets a state that is not a completed one.
    pub(super) fn set_task_state(&mut self, id: TaskId, state: State, info: Option<&str>) {
        let task = self.change_task(id);
        let previous = std::mem::replace(&mut task.state, state);
        task.state_info = info.map(Arc::from);
        self.note_waiting(id);
        self.journal_task(id, Some(previous));
    }

    /// After a change of a task's state, or of what it waits for.
    pub(super) fn note_waiting(&mut self, id: TaskId) {
        let task = &self.node(id).task;
        let (execution, waits) = (task.execution, task.waits_for_inbound());
        let running = self.running_mut(execution);
        match waits {
            true => running.waiting.insert(id),
            false => running.waiting.remove(&id),
        };
    }

    pub(super) fn journal_task(&mut self, id: TaskId, previous: Option<State>) {
        let task = &self.node(id).task;
        let origin = &self.running(task.execution).execution.origin;
        let entry = JournalEntry {
            root: self.tree.root(),
            at: self.now,
            kind: JournalKind::Task,
            id: id.0,
            execution: Some(task.execution),
            task: Some(id),
            name: task.name.clone(),
            previous,
            state: task.state,
            progress: task.runtime.items.as_ref().map(Items::progress),
            project_id: origin.project_id.clone(),
            workflow_name: Some(origin.workflow_name.clone()),
            external_root: self.external_root(),
            parent: None,
        };
        self.tree.dirty.journal(entry);
    }

    pub(super) fn journal_action(&mut self, id: ActionId, previous: Option<State>) {
        let Some(action) = self.tree.actions.get(&id) else {
            return;
        };
        let running = action
            .execution
            .and_then(|id| self.tree.executions.get(&id));
        let workflow_name = running.map(|running| running.execution.origin.workflow_name.clone());
        let entry = JournalEntry {
            root: self.tree.root(),
            at: self.now,
            kind: JournalKind::Action,
            id: id.0,
            execution: action.execution,
            task: action.task,
            name: action.name.clone(),
            previous,
            state: action.state,
            progress: self.items_with(action),
            project_id: action.project_id.clone(),
            workflow_name,
            external_root: self.external_root(),
            parent: None,
        };
        self.tree.dirty.journal(entry);
    }

    /// How far the items are of which an action ended one. It is journalled before its
    /// task counts it.
    fn items_with(&self, action: &Action) -> Option<(u32, u32)> {
        let runtime = &self.tree.tasks.get(&action.task?)?.task.runtime;
        let items = runtime.items.as_ref()?;
        let (done, count) = items.progress();
        let counts = action.state.is_completed() && action.run == runtime.run;
        counts.then_some((done.saturating_add(1).min(count), count))
    }

    fn external_root(&self) -> Option<Arc<str>> {
        let root = self.tree.executions.get(&self.tree.root())?;
        root.execution.origin.external_id.clone()
    }
}
