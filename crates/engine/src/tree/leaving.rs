//! Ended sub-workflows leave memory with their tasks, and come back when somebody wants
//! one of them to run again.
//!
//! An execution in memory has its parent in memory, so they leave from below. What has
//! left can not move by itself: nothing of it runs outside, no timer is set. Its rows
//! are all that is known of it; the parent keeps nothing but its result.

use std::sync::Arc;

use indexmap::IndexSet;
use language::program::Program;

use super::{RestoreError, Running, TaskNode, Tree};
use crate::change::{Changes, Snapshot};
use crate::model::{Action, ActionId, Execution, ExecutionId, Task, TaskId, TimerKey, TimerKind};

impl Running {
    pub(super) fn add_below(&mut self) {
        self.below += 1;
    }
}

impl Tree {
    pub(crate) fn add_execution(&mut self, running: Running) {
        let parent = running.execution.origin.parent;
        if let Some(above) = parent.and_then(|p| self.executions.get_mut(&p.execution)) {
            above.add_below();
        }
        self.executions.insert(running.execution.id, running);
    }

    /// Takes an execution out of memory; gives the one above.
    pub(crate) fn remove_execution(&mut self, id: ExecutionId) -> Option<ExecutionId> {
        let running = self.executions.remove(&id)?;
        for task in &running.tasks {
            self.tasks.remove(task);
        }
        let parent = running.execution.origin.parent?;
        if let Some(node) = self.tasks.get_mut(&parent.task) {
            node.ended.retain(|ended| *ended != id);
        }
        if let Some(above) = self.executions.get_mut(&parent.execution) {
            above.below -= 1;
        }
        Some(parent.execution)
    }

    pub(crate) fn add_task(&mut self, node: TaskNode) {
        let Task { id, execution, .. } = node.task;
        if let Some(running) = self.executions.get_mut(&execution) {
            running.tasks.push(id);
        }
        self.tasks.insert(id, node);
    }

    pub(crate) fn add_action(&mut self, action: Action) {
        if let Some(running) = self.of_action(&action) {
            running.actions += 1;
        }
        self.actions.insert(action.id, action);
    }

    pub(super) fn remove_action(&mut self, id: ActionId) -> Option<Action> {
        let action = self.actions.remove(&id)?;
        if let Some(running) = self.of_action(&action) {
            running.actions -= 1;
        }
        Some(action)
    }

    fn of_action(&mut self, action: &Action) -> Option<&mut Running> {
        action.execution.and_then(|id| self.executions.get_mut(&id))
    }

    /// Lets go of the sub-workflows that may leave after these changes.
    pub(super) fn let_leave(&mut self, changes: &Changes) {
        let executions = changes.executions.iter().map(|(image, _)| image.id);
        let tasks = changes.tasks.iter().map(|(task, _)| task.execution);
        let actions = changes.actions.iter();
        let actions = actions.filter_map(|(action, _)| action.execution);
        let back = std::mem::take(&mut self.back);
        let touched = executions.chain(tasks).chain(actions).chain(back);
        let touched: IndexSet<ExecutionId> = touched.collect();
        for id in touched {
            self.leave_with_those_above(id);
        }
    }

    /// All that may leave after a start from rows.
    pub(super) fn let_all_leave(&mut self) {
        let mut ids: Vec<_> = self.executions.keys().copied().collect();
        ids.sort_unstable();
        for id in ids {
            self.leave_with_those_above(id);
        }
    }

    fn leave_with_those_above(&mut self, id: ExecutionId) {
        let mut next = Some(id);
        while let Some(id) = next.filter(|id| self.may_leave(*id)) {
            next = self.remove_execution(id);
        }
    }

    fn may_leave(&self, id: ExecutionId) -> bool {
        let Some(running) = self.executions.get(&id) else {
            return false;
        };
        let Some(parent) = running.execution.origin.parent else {
            return false;
        };
        let awaited = || {
            let above = self.tasks.get(&parent.task);
            above.is_none_or(|node| node.children.contains(&id))
        };
        let timed = |task: &TaskId| {
            [TimerKind::Delay, TimerKind::Timeout]
                .iter()
                .any(|kind| self.timers.contains_key(&TimerKey::Task(*task, *kind)))
        };
        running.execution.state.is_completed()
            && running.below == 0
            && running.actions == 0
            && !awaited()
            && !running.live.iter().any(timed)
    }

    /// Takes back what had left: an execution whose parent is in memory, with all below.
    ///
    /// # Errors
    /// The rows do not fit together.
    pub(crate) fn take_back(
        &mut self,
        snapshot: Snapshot,
        program: &mut dyn FnMut(&Execution) -> Option<Arc<Program>>,
    ) -> Result<(), RestoreError> {
        let part = Self::assemble(self.root, snapshot, program)?;
        let mut above = None;
        for (id, running) in &part.executions {
            let parent = running.execution.origin.parent;
            if let Some(parent) = parent.filter(|p| !part.executions.contains_key(&p.execution)) {
                above = Some((*id, parent));
            }
        }
        let missing = || RestoreError("a sub-workflow without a parent".to_owned());
        let (top, parent) = above.ok_or_else(missing)?;
        let over = self.executions.get_mut(&parent.execution);
        let over = over.ok_or_else(missing)?;
        over.add_below();
        let depth = over.depth;
        let node = self.tasks.get_mut(&parent.task).ok_or_else(missing)?;
        node.ended.push(top);
        for (id, mut running) in part.executions {
            running.depth += depth;
            self.back.push(id);
            self.executions.insert(id, running);
        }
        self.tasks.extend(part.tasks);
        Ok(())
    }
}
