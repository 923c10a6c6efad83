//! Joins: the graph's counters tell when one runs, fails or waits (workflow language §10.2).

use std::collections::HashSet;
use std::sync::Arc;

use language::program::{Join, Program, TaskIndex, Trigger};

use super::{Done, Halt, Soon, Step};
use crate::context::Context;
use crate::graph::{EdgeState, Verdict};
use crate::model::{ExecutionId, State, TaskId};

impl Step<'_> {
    /// Tells the graph of a completed task; joins it concerns are looked at again.
    pub(super) fn follow_graph(&mut self, id: TaskId) {
        let task = &self.node(id).task;
        let (execution, index, next) = (task.execution, task.index, task.next.clone());
        let running = self.running_mut(execution);
        let program = running.program.clone();
        let next: HashSet<TaskIndex> = next.iter().map(|(task, _)| *task).collect();
        let triggered = |to: TaskIndex| next.contains(&to);
        let joins = running.graph.completed(&program, index, id, triggered);
        let waiting = joins
            .into_iter()
            .filter(|join| running.joins.contains_key(join));
        let looks: Vec<_> = waiting.map(|join| Soon::Join(execution, join)).collect();
        self.soon.extend(looks);
    }

    /// Runs, fails or leaves a join.
    pub(super) fn look_at_join(&mut self, execution: ExecutionId, index: TaskIndex) -> Done {
        let running = self.running(execution);
        let Some(&id) = running.joins.get(&index) else {
            return Ok(());
        };
        let waits = self.node(id).task.waits_for_inbound();
        if !waits || running.execution.state != State::Running {
            return Ok(());
        }
        match running.graph.verdict(&running.program, index) {
            Verdict::Wait => Ok(()),
            Verdict::Run => self.run_join(id),
            Verdict::Fail => self.fail_join(id),
        }
    }

    pub(super) fn run_join(&mut self, id: TaskId) -> Done {
        let sources = self.gather(id)?;
        let index = self.node(id).task.index;
        let triggers = sources.into_iter().filter_map(|source| {
            let next = &self.node(source).task.next;
            let trigger = next.iter().find(|(to, _)| *to == index)?.1;
            Some((source, Some(trigger)))
        });
        let triggers = triggers.collect();
        self.set_triggers(id, triggers);
        self.set_task_state(id, State::Idle, None);
        self.tree.later.push_back(crate::tree::Later::Start(id));
        Ok(())
    }

    fn set_triggers(&mut self, id: TaskId, triggers: Vec<(TaskId, Option<Trigger>)>) {
        Arc::make_mut(&mut self.change_task(id).runtime).triggered_by = Some(triggers);
    }

    /// Merges what the inbound tasks that triggered it bring, in order of their end; gives
    /// those tasks.
    pub(super) fn gather(&mut self, id: TaskId) -> Result<Vec<TaskId>, Halt> {
        let task = &self.node(id).task;
        let running = self.running(task.execution);
        let spec = running.program.task(task.index);
        let taken = spec
            .inbound
            .iter()
            .filter(|&&edge| running.graph.edge(edge) == EdgeState::Taken);
        let mut sources: Vec<_> = taken
            .filter_map(|&edge| running.graph.latest(running.program.edge(edge).from))
            .collect();
        sources.sort_by_key(|&source| {
            let task = &self.node(source).task;
            (task.finished_at, task.created_at, task.id)
        });
        let inbound = self.united(&sources)?;
        self.tree.unread.extend(sources.iter().copied());
        self.set_inbound(id, sources.clone(), inbound)?;
        Ok(sources)
    }

    pub(super) fn set_inbound(
        &mut self,
        id: TaskId,
        parents: Vec<TaskId>,
        inbound: Context,
    ) -> Done {
        let task = &self.node(id).task;
        let program = &self.running(task.execution).program;
        let parent_may = |parent: &TaskId| may_run_again(program, self.node(*parent).task.index);
        let pinned = may_run_again(program, task.index) || parents.iter().any(parent_may);
        let node = self.node_mut(id);
        node.task.parents = parents.into();
        node.set_inbound(inbound);
        if pinned {
            self.pin_inbound(id)?;
        } else if self.node(id).task.runtime.inbound.is_some() {
            // An earlier pin tells of an earlier gathering.
            Arc::make_mut(&mut self.change_task(id).runtime).inbound = None;
        }
        Ok(())
    }

    /// Stores a context that its parents' rows will not tell any more.
    fn pin_inbound(&mut self, id: TaskId) -> Done {
        let stored = Some(self.inbound(id)?.to_stored());
        Arc::make_mut(&mut self.change_task(id).runtime).inbound = stored;
        Ok(())
    }

    /// What a task's successors saw stays, whatever it publishes when it runs again.
    pub(super) fn pin_successors(&mut self, id: TaskId) -> Done {
        let successors = self.tree.tasks();
        let successors = successors.filter(|task| task.parents.contains(&id));
        let successors: Vec<_> = successors.map(|task| task.id).collect();
        for successor in super::sorted(successors) {
            self.pin_inbound(successor)?;
        }
        Ok(())
    }

    pub(super) fn join_can_not_run(&self, id: TaskId) -> bool {
        let task = &self.node(id).task;
        let running = self.running(task.execution);
        running.program.task(task.index).join.is_some()
            && running.graph.verdict(&running.program, task.index) == Verdict::Fail
    }

    pub(super) fn fail_join(&mut self, id: TaskId) -> Done {
        self.gather(id)?;
        let task = &self.node(id).task;
        let running = self.running(task.execution);
        let spec = running.program.task(task.index);
        let dead = spec
            .inbound
            .iter()
            .filter(|&&edge| running.graph.edge(edge) == EdgeState::Dead);
        let dead: Vec<_> = dead.map(|&edge| running.program.edge(edge).from).collect();
        let names = dead
            .iter()
            .map(|from| format!("'{}'", running.program.task(*from).name));
        let info = format!(
            "Failed by tasks: [{}]",
            names.collect::<Vec<_>>().join(", ")
        );
        // Tasks that never ran have no execution to name.
        let ended = dead.iter().filter_map(|from| running.graph.latest(*from));
        let silent = match spec.join {
            Some(Join::All) => ended.map(|id| (id, None)).collect(),
            _ => Vec::new(),
        };
        self.set_triggers(id, silent);
        self.complete_task(id, State::Error, Some(info.into()))
    }

    /// The join waits again: for a cycle's next round, or after a rerun upstream.
    pub(super) fn rearm_join(&mut self, id: TaskId) -> Done {
        let task = &self.node(id).task;
        let (execution, index, state) = (task.execution, task.index, task.state);
        if state.is_completed() && !may_run_again(&self.running(execution).program, index) {
            self.pin_successors(id)?;
        }
        let running = self.running_mut(execution);
        running.live.insert(id);
        if state.is_completed() {
            running.execution.counters.open += 1;
            running.forget_end(id, state);
            if state == State::Error && !self.node(id).task.error_handled {
                self.running_mut(execution).execution.counters.unhandled -= 1;
            }
        }
        let running = self.running_mut(execution);
        let program = running.program.clone();
        running.graph.started(&program, index, id);
        running.counted.remove(&index);
        let is_partial = matches!(program.task(index).join, Some(Join::Count(_)));
        let task = self.change_task(id);
        task.processed = false;
        task.error_handled = false;
        task.started_at = None;
        task.finished_at = None;
        task.next = Arc::default();
        let runtime = Arc::make_mut(&mut task.runtime);
        runtime.generation += u32::from(is_partial);
        runtime.triggered_again = false;
        runtime.waited_after = false;
        runtime.wait = None;
        if runtime.items.is_some() {
            self.begin_new_run(id, false)?;
        } else {
            // Results of earlier rounds stay (§9.7); what still runs comes too late.
            runtime.run += 1;
            self.node_mut(id).actions.clear();
            self.end_replaced_children(id)?;
        }
        self.set_task_state(id, State::Waiting, Some("Task is waiting."));
        Ok(())
    }

    /// Nothing moves but joins that wait for each other (a cycle's head waits for its
    /// own tail). The first that waits only for its own cycle does not wait for it any
    /// more; what follows from it decides about the others.
    pub(super) fn release_stuck_join(&mut self, execution: ExecutionId) -> Done {
        let live = self.live_tasks(execution).into_iter();
        let waiting: Vec<_> = live
            .filter(|id| self.node(*id).task.waits_for_inbound())
            .collect();
        let own_cycle = waiting.iter().find(|id| self.waits_for_its_cycle(**id));
        let Some(&id) = own_cycle.or(waiting.first()) else {
            return Ok(());
        };
        let index = self.node(id).task.index;
        match self.running(execution).program.task(index).join {
            Some(Join::All) => self.run_join(id),
            _ => self.fail_join(id),
        }
    }

    fn waits_for_its_cycle(&self, id: TaskId) -> bool {
        let task = &self.node(id).task;
        let running = self.running(task.execution);
        let component = |task: TaskIndex| running.program.components.of[task.0 as usize];
        let spec = running.program.task(task.index);
        let mut open = spec
            .inbound
            .iter()
            .filter(|&&edge| running.graph.edge(edge) == EdgeState::Open);
        open.all(|&edge| component(running.program.edge(edge).from) == component(task.index))
    }
}

/// Whether a join may run several times without anybody's doing: what follows from
/// it keeps what it saw.
fn may_run_again(program: &Program, index: TaskIndex) -> bool {
    match program.task(index).join {
        None => false,
        Some(Join::All) => program.components.cycle_of(index).is_some(),
        Some(Join::Count(_)) => true,
    }
}

impl crate::tree::Running {
    /// A completed task goes on: it is no end and no failure any more.
    pub(crate) fn forget_end(&mut self, id: TaskId, state: State) {
        self.ends.swap_remove(&id);
        if state == State::Error {
            self.failed.swap_remove(&id);
        }
        if state == State::Cancelled {
            self.execution.counters.cancelled -= 1;
        }
    }
}
