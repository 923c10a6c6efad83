//! Reverse workflows: what the target needs, as soon as it can run (workflow language §10.1).

use language::program::TaskIndex;

use super::{Done, Step};
use crate::context::Context;
use crate::model::{ExecutionId, State, TaskId};
use crate::tree::Later;

impl Step<'_> {
    /// Starts every task the target needs whose requirements are met, depth first.
    pub(super) fn dispatch_reverse(&mut self, execution: ExecutionId) -> Done {
        if self.running(execution).execution.state != State::Running {
            return Ok(());
        }
        for index in self.needed(execution) {
            let running = self.running(execution);
            let ready = running.graph.latest(index).is_none()
                && running
                    .program
                    .task(index)
                    .requires
                    .iter()
                    .all(|&r| self.is_satisfied(execution, r));
            if ready {
                let id = self.create_task(execution, index, None, None, State::Idle);
                let (parents, inbound) = self.required_context(execution, index);
                self.set_inbound(id, parents, inbound);
                self.tree.later.push_back(Later::Start(id));
            }
        }
        Ok(())
    }

    fn is_satisfied(&self, execution: ExecutionId, index: TaskIndex) -> bool {
        let latest = self.running(execution).graph.latest(index);
        latest.is_some_and(|id| matches!(self.node(id).task.state, State::Success | State::Skipped))
    }

    /// The target and everything it requires, requirements first.
    fn needed(&self, execution: ExecutionId) -> Vec<TaskIndex> {
        let running = self.running(execution);
        let mut seen = vec![false; running.program.tasks.len()];
        let mut order = Vec::new();
        let mut stack: Vec<_> = self
            .target(execution)
            .map(|target| (target, false))
            .into_iter()
            .collect();
        while let Some((index, done)) = stack.pop() {
            if done {
                order.push(index);
            } else if !std::mem::replace(&mut seen[index.0 as usize], true) {
                stack.push((index, true));
                let requires = running.program.task(index).requires.iter().rev();
                stack.extend(requires.map(|&required| (required, false)));
            }
        }
        order
    }

    fn target(&self, execution: ExecutionId) -> Option<TaskIndex> {
        let running = self.running(execution);
        let name = running.execution.params.get("task_name")?;
        running.program.task_names.get(name.as_str()?).copied()
    }

    fn required_context(&self, execution: ExecutionId, index: TaskIndex) -> (Vec<TaskId>, Context) {
        let running = self.running(execution);
        let requires = running.program.task(index).requires.iter();
        let mut parents: Vec<_> = requires.filter_map(|&r| running.graph.latest(r)).collect();
        parents.sort_by_key(|&id| (self.node(id).task.finished_at, id));
        let contexts = parents.iter().map(|&id| self.node(id).outbound());
        let inbound = contexts
            .reduce(|left, right| left.merge(&right))
            .unwrap_or_default();
        (parents, inbound)
    }

    /// The final context of a reverse workflow is what its target leaves behind.
    pub(super) fn reverse_context(&self, execution: ExecutionId) -> Context {
        let target = self.target(execution);
        let latest = target.and_then(|target| self.running(execution).graph.latest(target));
        latest
            .map(|id| self.node(id).outbound())
            .unwrap_or_default()
    }
}
