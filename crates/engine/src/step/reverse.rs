//! Reverse workflows: what the target needs, as soon as it can run (workflow language §10.1).

use language::program::{Program, TaskIndex};

use super::{Done, Halt, Step};
use crate::context::Context;
use crate::model::{ExecutionId, State, TaskId};
use crate::tree::Later;
use crate::world::Unavailable;

/// What the target of a reverse workflow needs: a completed task concerns those that
/// require it, not all of them.
#[derive(Debug)]
pub(crate) struct Requirements {
    /// Position of each needed task in the order of starts.
    order: Vec<Option<u32>>,
    dependents: Vec<Vec<TaskIndex>>,
    /// How many requirements of each task are not met.
    missing: Vec<u32>,
}

impl Requirements {
    /// `needed` in the order of starts.
    fn new(program: &Program, needed: &[TaskIndex], is_met: impl Fn(TaskIndex) -> bool) -> Self {
        let mut requirements = Self {
            order: vec![None; program.tasks.len()],
            dependents: vec![Vec::new(); program.tasks.len()],
            missing: vec![0; program.tasks.len()],
        };
        for (position, &task) in (0u32..).zip(needed) {
            requirements.order[task.0 as usize] = Some(position);
            for &required in &program.task(task).requires {
                requirements.dependents[required.0 as usize].push(task);
                requirements.missing[task.0 as usize] += u32::from(!is_met(required));
            }
        }
        requirements
    }

    /// Those of `tasks` that nothing is missing for, in the order of starts.
    fn ready(&self, tasks: impl IntoIterator<Item = TaskIndex>) -> Vec<TaskIndex> {
        let place = |task: TaskIndex| self.order[task.0 as usize];
        let tasks = tasks.into_iter();
        let mut ready: Vec<_> = tasks
            .filter(|task| place(*task).is_some() && self.missing[task.0 as usize] == 0)
            .collect();
        ready.sort_by_key(|task| place(*task));
        ready.dedup();
        ready
    }
}

impl Step<'_> {
    /// Starts every task the target needs whose requirements are met, depth first.
    pub(super) fn dispatch_reverse(&mut self, execution: ExecutionId) -> Done {
        let requirements = self.make_requirements(execution);
        let tasks = (0..requirements.order.len()).filter_map(|task| u32::try_from(task).ok());
        let ready = requirements.ready(tasks.map(TaskIndex));
        self.running_mut(execution).requirements = Some(Box::new(requirements));
        self.start_required(execution, ready)
    }

    /// The same for those that wait for a task that completed.
    pub(super) fn follow_requirements(&mut self, id: TaskId) -> Done {
        let task = &self.node(id).task;
        let (execution, index) = (task.execution, task.index);
        let is_met = meets(task.state);
        let known = self.running_mut(execution).requirements.take();
        let is_new = known.is_none();
        let mut requirements = known.unwrap_or_else(|| Box::new(self.make_requirements(execution)));
        let dependents = requirements.dependents[index.0 as usize].clone();
        if is_met && !is_new {
            for dependent in &dependents {
                requirements.missing[dependent.0 as usize] -= 1;
            }
        }
        let ready = requirements.ready(dependents);
        self.running_mut(execution).requirements = Some(requirements);
        self.start_required(execution, ready)
    }

    fn make_requirements(&self, execution: ExecutionId) -> Requirements {
        let needed = self.needed(execution);
        let program = &self.running(execution).program;
        Requirements::new(program, &needed, |task| self.is_met(execution, task))
    }

    fn start_required(&mut self, execution: ExecutionId, ready: Vec<TaskIndex>) -> Done {
        for index in ready {
            let running = self.running(execution);
            let runs = running.execution.state == State::Running;
            if runs && running.graph.latest(index).is_none() {
                let id = self.create_task(execution, index, None, None, State::Idle)?;
                let (parents, inbound) = self.required_context(execution, index)?;
                self.set_inbound(id, parents, inbound)?;
                self.tree.later.push_back(Later::Start(id));
            }
        }
        Ok(())
    }

    /// One that ended while its execution was paused counts when it is processed.
    fn is_met(&self, execution: ExecutionId, index: TaskIndex) -> bool {
        let latest = self.running(execution).graph.latest(index);
        let task = latest.map(|id| &self.node(id).task);
        task.is_some_and(|task| task.processed && meets(task.state))
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

    fn required_context(
        &self,
        execution: ExecutionId,
        index: TaskIndex,
    ) -> Result<(Vec<TaskId>, Context), Halt> {
        let running = self.running(execution);
        let requires = running.program.task(index).requires.iter();
        let mut parents: Vec<_> = requires.filter_map(|&r| running.graph.latest(r)).collect();
        parents.sort_by_key(|&id| (self.node(id).task.finished_at, id));
        let inbound = self.united(&parents)?;
        Ok((parents, inbound))
    }

    /// The final context of a reverse workflow is what its target leaves behind.
    pub(super) fn reverse_context(&self, execution: ExecutionId) -> Result<Context, Unavailable> {
        let target = self.target(execution);
        let latest = target.and_then(|target| self.running(execution).graph.latest(target));
        latest.map_or_else(|| Ok(Context::default()), |id| self.outbound(id))
    }
}

/// A skipped task counts as done (workflow language §10.7).
fn meets(state: State) -> bool {
    matches!(state, State::Success | State::Skipped)
}
