//! What tasks see of each other, derived from what their parents published.
//!
//! Contexts are kept for tasks that did not end and for ended ones that somebody will
//! read soon. Those of all others follow from rows: the parents' contexts, laid under
//! what each published, or `Runtime::inbound` where the rows would tell otherwise.

use std::collections::{HashMap, HashSet};

use yaql::Dict;

use super::{TaskNode, Tree};
use crate::context::Context;
use crate::model::{State, Task, TaskId};
use crate::world::{Unavailable, World};

impl Tree {
    /// What a task sees.
    pub(crate) fn inbound(&self, id: TaskId, world: &dyn World) -> Result<Context, Unavailable> {
        let node = &self.tasks[&id];
        if let Some(inbound) = node.inbound.get() {
            return Ok(inbound.clone());
        }
        let inbound = self.derive(id, world)?;
        Ok(node.inbound.get_or_init(|| inbound).clone())
    }

    /// What the successors of a task see.
    pub(crate) fn outbound(&self, id: TaskId, world: &dyn World) -> Result<Context, Unavailable> {
        let node = &self.tasks[&id];
        if let Some(outbound) = node.outbound.get() {
            return Ok(outbound.clone());
        }
        let outbound = node.lay_over(&self.inbound(id, world)?, world)?;
        Ok(node.outbound.get_or_init(|| outbound).clone())
    }

    /// Derives an inbound context, ancestors first, without recursion. A circle (which
    /// rows that fit together do not have) ends the search.
    fn derive(&self, id: TaskId, world: &dyn World) -> Result<Context, Unavailable> {
        let mut outbound: HashMap<TaskId, Context> = HashMap::new();
        let mut opened: HashSet<TaskId> = HashSet::new();
        let mut stack = vec![id];
        while let Some(&top) = stack.last() {
            if outbound.contains_key(&top) {
                stack.pop();
                continue;
            }
            let node = &self.tasks[&top];
            let inbound = match node.known_inbound() {
                Some(known) => known,
                None => {
                    let parents = node.task.parents.iter();
                    let unknown = parents.filter(|parent| {
                        !outbound.contains_key(parent) && self.known_outbound(**parent).is_none()
                    });
                    let unknown: Vec<_> = unknown.copied().collect();
                    if !unknown.is_empty() && opened.insert(top) {
                        stack.extend(unknown);
                        continue;
                    }
                    let known = node.task.parents.iter().filter_map(|parent| {
                        let derived = outbound.get(parent).cloned();
                        derived.or_else(|| self.known_outbound(*parent))
                    });
                    Context::union(known)
                }
            };
            stack.pop();
            if stack.is_empty() {
                return Ok(inbound);
            }
            outbound.insert(top, node.lay_over(&inbound, world)?);
        }
        Ok(Context::default())
    }

    fn known_outbound(&self, id: TaskId) -> Option<Context> {
        self.tasks.get(&id)?.outbound.get().cloned()
    }

    /// Drops what tasks keep whose last reader may just have read it.
    pub(crate) fn forget_unread(&mut self) {
        while let Some(id) = self.unread.pop() {
            self.forget_contexts(id);
        }
    }

    /// Drops what an ended task keeps and nobody will read soon.
    pub(super) fn forget_contexts(&mut self, id: TaskId) {
        let wanted = self.tasks.get(&id).is_none_or(|node| self.is_read(node));
        if !wanted && let Some(node) = self.tasks.get_mut(&id) {
            node.inbound.take();
            node.outbound.take();
        }
    }

    /// A task whose contexts stay: it did not end, the final context is made of it, or a
    /// join waits for it.
    fn is_read(&self, node: &TaskNode) -> bool {
        let task = &node.task;
        let Some(running) = self.executions.get(&task.execution) else {
            return true;
        };
        if !task.state.is_completed() || !task.processed {
            return true;
        }
        if running.execution.state.is_completed() {
            return false;
        }
        let waits = |id: &TaskId| {
            let join = self.tasks.get(id);
            join.is_some_and(|join| join.task.state == State::Waiting)
        };
        task.next.is_empty()
            || !running.execution.backlog.is_empty()
            || task
                .next
                .iter()
                .any(|(next, _)| running.joins.get(next).is_some_and(waits))
    }
}

impl TaskNode {
    fn known_inbound(&self) -> Option<Context> {
        let stored = || self.task.runtime.inbound.as_ref().map(Context::from_stored);
        self.inbound.get().cloned().or_else(stored)
    }

    /// A context after what the task published.
    fn lay_over(&self, inbound: &Context, world: &dyn World) -> Result<Context, Unavailable> {
        Ok(match self.published(world)? {
            Some(published) => inbound.publish(&published),
            None => inbound.clone(),
        })
    }

    /// What the task published, wherever it is kept.
    pub(crate) fn published(&self, world: &dyn World) -> Result<Option<Dict>, Unavailable> {
        match self.published_away {
            true => world.published(&self.task),
            false => Ok(self.task.published.clone()),
        }
    }

    pub(crate) fn set_inbound(&mut self, inbound: Context) {
        self.inbound = inbound.into();
        self.outbound.take();
    }

    /// The task is as it was before something that was only tried.
    pub(crate) fn take_back(&mut self, task: Task) {
        self.task = task;
        self.outbound.take();
    }

    pub(crate) fn set_published(&mut self, published: Dict) {
        self.task.published = Some(published);
        self.published_away = false;
        self.outbound.take();
    }
}
