//! A tree from its rows: everything that is not stored is derived again.

use std::collections::HashMap;
use std::sync::Arc;

use language::program::{Program, TaskIndex};

use super::{ItemResult, Later, Results, Running, TaskNode, Tree};
use crate::change::Snapshot;
use crate::model::{Action, Execution, ExecutionId, State, Task, TaskId};

/// The rows do not fit together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stored rows do not fit together: {0}")]
pub struct RestoreError(pub String);

impl Tree {
    /// Builds the tree; `program` gives the compiled workflow for a hash.
    ///
    /// # Errors
    /// A row refers to something that is missing.
    pub fn restore(
        root: ExecutionId,
        snapshot: Snapshot,
        program: &mut dyn FnMut(&Execution) -> Option<Arc<Program>>,
    ) -> Result<Self, RestoreError> {
        let mut tree = Self::assemble(root, snapshot, program)?;
        tree.let_all_leave();
        Ok(tree)
    }

    /// The tree, or a part of it, as its rows say.
    pub(super) fn assemble(
        root: ExecutionId,
        snapshot: Snapshot,
        program: &mut dyn FnMut(&Execution) -> Option<Arc<Program>>,
    ) -> Result<Self, RestoreError> {
        let mut tree = Self::new(root);
        for execution in snapshot.executions {
            let found = program(&execution).ok_or_else(|| {
                RestoreError(format!("no definition for execution {}", execution.id))
            })?;
            tree.executions
                .insert(execution.id, Running::new(execution, found, 0));
        }
        tree.restore_depths();
        for task in snapshot.tasks {
            tree.restore_task(task)?;
        }
        for (task, lists) in snapshot.items {
            if let Some(node) = tree.tasks.get_mut(&task) {
                node.items = Some(lists);
            }
        }
        for action in snapshot.actions {
            tree.restore_action(action);
        }
        for timer in snapshot.timers {
            tree.timers.insert(timer.key, timer);
        }
        tree.check_parents()?;
        tree.restore_children();
        tree.restore_order();
        let executions: Vec<_> = tree.executions.keys().copied().collect();
        for id in executions {
            tree.count_joined(id);
        }
        tree.derive_work();
        Ok(tree)
    }

    /// How deep each is, and how many are below it.
    fn restore_depths(&mut self) {
        let parents: HashMap<_, _> = self
            .executions()
            .map(|execution| (execution.id, execution.origin.parent.map(|p| p.execution)))
            .collect();
        for (id, running) in &mut self.executions {
            let mut above = parents.get(id).copied().flatten();
            while let Some(parent) = above {
                running.depth += 1;
                above = parents.get(&parent).copied().flatten();
            }
        }
        for parent in parents.into_values().flatten() {
            if let Some(above) = self.executions.get_mut(&parent) {
                above.add_below();
            }
        }
    }

    fn restore_task(&mut self, task: Task) -> Result<(), RestoreError> {
        let missing = |what: &str| RestoreError(format!("task {} has no {what}", task.id));
        let running = self
            .executions
            .get_mut(&task.execution)
            .ok_or_else(|| missing("execution"))?;
        if task.index.0 as usize >= running.program.tasks.len() {
            return Err(missing("node in its workflow"));
        }
        let program = running.program.clone();
        running.graph.started(&program, task.index, task.id);
        if program.task(task.index).join.is_some() {
            running.joins.insert(task.index, task.id);
        }
        if task.waits_for_inbound() {
            running.waiting.insert(task.id);
        }
        if !task.state.is_completed() || !task.processed {
            running.live.insert(task.id);
        }
        let mut node = TaskNode::restored(task);
        node.results = match (&node.task.runtime.items, node.task.state.is_completed()) {
            (_, true) => Results::Stored,
            (Some(items), _) => Results::Items(vec![ItemResult::Pending; items.count as usize]),
            (None, _) => Results::Plain(Vec::new()),
        };
        self.add_task(node);
        Ok(())
    }

    /// Contexts are derived from parents when they are asked for.
    fn check_parents(&self) -> Result<(), RestoreError> {
        for task in self.tasks() {
            let lost = |parent: &&TaskId| !self.tasks.contains_key(parent);
            if let Some(parent) = task.parents.iter().find(lost) {
                let id = task.id;
                return Err(RestoreError(format!("task {id} has no parent {parent}")));
            }
        }
        Ok(())
    }

    fn restore_action(&mut self, action: Action) {
        let Some(node) = action.task.and_then(|task| self.tasks.get_mut(&task)) else {
            self.add_action(action);
            return;
        };
        let ended = action.state.is_completed();
        let value = action.output.clone().unwrap_or(yaql::Value::Null);
        if ended && action.accepted {
            node.put_result(action.index, action.state, value);
        }
        if !ended {
            if action.run == node.task.runtime.run {
                node.mark_running(action.index);
                node.actions.insert(action.id);
            }
            self.add_action(action);
        }
    }

    fn restore_children(&mut self) {
        let mut children: Vec<_> = self
            .executions()
            .filter_map(|child| {
                let parent = child.origin.parent?;
                let output = yaql::Value::from(child.output.clone());
                Some((child.id, parent, child.state, child.accepted, output))
            })
            .collect();
        children.sort_by_key(|child| child.0);
        for (id, parent, state, accepted, output) in children {
            let Some(node) = self.tasks.get_mut(&parent.task) else {
                continue;
            };
            if state.is_completed() {
                node.ended.push(id);
            }
            match state.is_completed() {
                true if accepted => node.put_result(parent.index, state, output),
                true => {}
                false => {
                    node.mark_running(parent.index);
                    node.children.insert(id);
                }
            }
        }
    }

    /// Who triggered the partial joins of an execution, by the rows of those that did.
    pub(crate) fn count_joined(&mut self, id: ExecutionId) {
        let Some(running) = self.executions.get_mut(&id) else {
            return;
        };
        let tasks = running.tasks.iter().filter_map(|id| self.tasks.get(id));
        for source in tasks.map(|node| &node.task) {
            for (index, generation) in &source.runtime.joined {
                let join = running.joins.get(index).and_then(|id| self.tasks.get(id));
                if join.is_some_and(|join| join.task.runtime.generation == *generation) {
                    let counted = running.counted.entry(*index).or_default();
                    counted.insert(source.index);
                }
            }
        }
    }

    /// Completed tasks, in the order in which they ended: ends, failures, graph.
    fn restore_order(&mut self) {
        let mut completed: Vec<_> = self
            .tasks()
            .filter(|task| task.state.is_completed())
            .collect();
        completed.sort_by_key(|task| (task.finished_at, task.updated_at, task.id));
        let completed: Vec<TaskId> = completed.into_iter().map(|task| task.id).collect();
        for id in completed {
            let task = &self.tasks[&id].task;
            let Some(running) = self.executions.get_mut(&task.execution) else {
                continue;
            };
            if task.state == State::Error {
                running.failed.insert(id);
            }
            if !task.processed {
                continue;
            }
            if task.next.is_empty() {
                running.ends.insert(id);
            }
            let program = running.program.clone();
            let next = |to: TaskIndex| task.next.iter().any(|(task, _)| *task == to);
            running.graph.completed(&program, task.index, id, next);
        }
    }

    /// Work that no row orders: tasks in IDLE, items not started.
    fn derive_work(&mut self) {
        let runs = |task: &Task| {
            let execution = self.execution(task.execution);
            execution.is_some_and(|execution| execution.state == State::Running)
        };
        let mut later: Vec<_> = self
            .tasks()
            .filter(|task| runs(task))
            .filter_map(|task| match task.state {
                State::Idle => Some(Later::Start(task.id)),
                State::Running if task.runtime.items.is_some() => Some(Later::Items(task.id)),
                _ => None,
            })
            .collect();
        later.sort_by_key(|later| match later {
            Later::Start(id) | Later::Items(id) => *id,
        });
        self.later.extend(later);
    }
}

/// Bytes of results that a with-items task keeps when it comes from the store.
const RESTORED_ITEM_BYTES: usize = 256 * 1024;

impl TaskNode {
    fn put_result(&mut self, index: u32, state: State, value: yaql::Value) {
        match &mut self.results {
            Results::Plain(values) => values.push(value),
            Results::Items(_) => self.keep_item(index, state, value, RESTORED_ITEM_BYTES),
            Results::Stored => {}
        }
    }

    fn mark_running(&mut self, index: u32) {
        if let Results::Items(items) = &mut self.results
            && let Some(slot) = items.get_mut(index as usize)
        {
            *slot = ItemResult::Running;
        }
    }
}
