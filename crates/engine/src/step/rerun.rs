//! Running a failed task again, or skipping it (workflow language §10.7).

use std::sync::Arc;

use yaql::Dict;

use super::{Answer, Done, Halt, OrFailed, Soon, Step};
use crate::model::{ExecutionId, Items, State, TaskId};
use crate::tree::{ItemResult, Later, Results};
use crate::world::{Unavailable, Wanted};

/// An execution that runs again, and the task in it because of which it does.
struct Revived {
    id: ExecutionId,
    target: TaskId,
}

impl Step<'_> {
    pub(super) fn rerun(
        &mut self,
        id: TaskId,
        reset: bool,
        env: Option<&Dict>,
    ) -> Result<Answer, Halt> {
        let may = |state| matches!(state, State::Error | State::Cancelled);
        let text = "Rerunning succeeded tasks is not supported.";
        let Some(execution) = self.revivable(id, env, may, text)? else {
            return Ok(self.task_answer(id));
        };
        let revived = self.revive(execution, id)?;
        self.pin_successors(id)?;
        let join = self.reopen(id);
        self.change_task(id).started_at = None;
        let keep = !reset && self.recall_items(id)?;
        self.begin_new_run(id, keep)?;
        if keep {
            self.reset_failed_items(id);
        }
        if join {
            self.wait_for_inbound(id);
        } else {
            self.set_task_state(id, State::Idle, None);
            self.tree.later.push_back(Later::Start(id));
        }
        self.resume_revived(revived)?;
        Ok(self.task_answer(id))
    }

    pub(super) fn skip(&mut self, id: TaskId, env: Option<&Dict>) -> Result<Answer, Halt> {
        let may = |state| state == State::Error;
        let text = "Only a task in ERROR can be skipped.";
        let params = self.params_of(id);
        let Some(execution) = self.revivable(id, env, may, text)? else {
            return Ok(self.task_answer(id));
        };
        if let Err(text) = self.try_skip(id)? {
            self.take_back_params(execution, params);
            return Err(Halt::invalid(text));
        }
        let revived = self.revive(execution, id)?;
        self.pin_successors(id)?;
        self.reopen(id);
        let previous = self.enter(id, State::Skipped, Some("Task was skipped.".into()));
        let ended = self
            .publish(id)
            .and_then(|()| self.settle(id, previous))
            .or_failed()?;
        if let Err(text) = ended {
            self.enter(id, previous, None);
            self.force_fail_start(id, &text)?;
        }
        self.resume_revived(revived)?;
        Ok(self.task_answer(id))
    }

    /// A skip whose publishing or guards fail is refused, and nothing changes: tries it
    /// and takes it back.
    fn try_skip(&mut self, id: TaskId) -> Result<Result<(), String>, Halt> {
        self.recall_published(id)?;
        let task = self.node(id).task.clone();
        let context = self.running(task.execution).execution.context.clone();
        self.enter(id, State::Skipped, Some("Task was skipped.".into()));
        let tried = self.publish(id).and_then(|()| self.following(id).map(drop));
        let tried = tried.or_failed()?;
        let running = self.running_mut(task.execution);
        running.base.take();
        running.execution.context = context;
        self.node_mut(id).take_back(task);
        self.note_waiting(id);
        Ok(tried)
    }

    fn params_of(&self, task: TaskId) -> Option<Dict> {
        let node = self.tree.tasks.get(&task)?;
        Some(self.running(node.task.execution).execution.params.clone())
    }

    fn take_back_params(&mut self, id: ExecutionId, params: Option<Dict>) {
        if let Some(params) = params {
            self.change_execution(id).params = params;
        }
    }

    /// The task's execution, unless it is paused (then nothing happens).
    fn revivable(
        &mut self,
        id: TaskId,
        env: Option<&Dict>,
        may: impl Fn(State) -> bool,
        otherwise: &str,
    ) -> Result<Option<ExecutionId>, Halt> {
        self.take_back(Wanted::Task(id))?;
        let Some(node) = self.tree.tasks.get(&id) else {
            return Err(Halt::not_found(format!(
                "Task execution not found [id={id}]"
            )));
        };
        let execution = node.task.execution;
        if self.running(execution).execution.state == State::Paused {
            return Ok(None);
        }
        if !may(node.task.state) {
            return Err(Halt::invalid(otherwise));
        }
        let mut above = Some(execution);
        while let Some(id) = above {
            self.check_move(id, State::Running)?;
            self.check_not_replaced(id)?;
            self.check_awaited(id)?;
            let parent = self.running(id).execution.origin.parent;
            above = parent.map(|parent| parent.execution);
        }
        self.evaluated_env(execution, env)?;
        Ok(Some(execution))
    }

    /// A task that was skipped, or runs or ran again, does not wait for an earlier
    /// sub-workflow any more; only with-items go on while one of several ended.
    fn check_awaited(&self, id: ExecutionId) -> Result<(), Halt> {
        let execution = &self.running(id).execution;
        let parent = execution.origin.parent;
        let Some(parent) = parent.filter(|_| execution.state.is_completed()) else {
            return Ok(());
        };
        let task = &self.node(parent.task).task;
        let since = match task.state {
            State::Skipped => "was skipped",
            State::Success => "has succeeded since",
            state if !state.is_completed() && task.runtime.items.is_none() => "runs again",
            _ => return Ok(()),
        };
        Err(Halt::invalid(format!(
            "Task '{}' that started sub-workflow execution {id} {since}.",
            task.name
        )))
    }

    /// The result of a sub-workflow whose task ran again since would count for nothing.
    fn check_not_replaced(&self, id: ExecutionId) -> Result<(), Halt> {
        let execution = &self.running(id).execution;
        let ended = execution.state.is_completed() && !execution.is_root();
        if !ended || execution.accepted {
            return Ok(());
        }
        Err(Halt::invalid(format!(
            "Sub-workflow execution {id} was replaced by a newer run of its task: rerun that one."
        )))
    }

    /// The execution and all above it run again; `target` is about to, by itself.
    /// Gives those that did not run, with the task in each that goes on.
    fn revive(&mut self, id: ExecutionId, target: TaskId) -> Result<Vec<Revived>, Halt> {
        self.take_as_processed(target);
        let execution = &self.running(id).execution;
        let (was, accepted) = (execution.state, execution.accepted);
        let parent = execution.origin.parent;
        let mut revived = Vec::new();
        if was != State::Running {
            self.set_execution_state(id, State::Running, None);
            self.change_execution(id).accepted = false;
            revived.push(Revived { id, target });
        }
        let counts = was.is_completed() && accepted;
        let Some(parent) = parent.filter(|_| counts) else {
            return Ok(revived);
        };
        revived.extend(self.revive(parent.execution, parent.task)?);
        let ended = self.node(parent.task).task.state.is_completed();
        if ended {
            self.recall_items(parent.task)?;
            self.pin_successors(parent.task)?;
            self.reopen(parent.task);
        }
        self.take_back_child(parent.task, parent.index, was);
        self.node_mut(parent.task).children.insert(id);
        if ended {
            self.set_task_state(parent.task, State::Running, None);
        }
        Ok(revived)
    }

    /// The other tasks go on once the targets are open again: what follows from them
    /// may be a target.
    fn resume_revived(&mut self, revived: Vec<Revived>) -> Done {
        for Revived { id, target } in revived {
            for task in self.live_tasks(id) {
                if task != target && self.running(id).execution.state == State::Running {
                    self.resume_task(task)?;
                }
            }
            self.dispatch_backlog(id)?;
            self.soon.push_back(Soon::CheckEnd(id));
        }
        Ok(())
    }

    /// A task that completed when its execution had ended: what follows from it is not
    /// wanted, since it runs again.
    fn take_as_processed(&mut self, id: TaskId) {
        let task = &self.node(id).task;
        let execution = task.execution;
        if task.state.is_completed() && !task.processed {
            self.change_task(id).processed = true;
            self.running_mut(execution).execution.counters.unprocessed -= 1;
        }
    }

    /// A sub-workflow that ended runs again: its result does not count any more.
    fn take_back_child(&mut self, task: TaskId, index: u32, was: State) {
        let node = self.node_mut(task);
        match &mut node.results {
            Results::Items(items) => {
                if let Some(slot) = items.get_mut(index as usize) {
                    *slot = ItemResult::Running;
                }
            }
            results => *results = Results::Plain(Vec::new()),
        }
        if let Some(items) = Arc::make_mut(&mut node.task.runtime).items.as_mut() {
            let counter = match was {
                State::Success => &mut items.succeeded,
                State::Cancelled => &mut items.cancelled,
                _ => &mut items.failed,
            };
            *counter = counter.saturating_sub(1);
            items.running += 1;
        }
    }

    /// A completed task is open again; says whether it is a join that failed by its inbound tasks.
    fn reopen(&mut self, id: TaskId) -> bool {
        let task = &self.node(id).task;
        let (execution, index, state) = (task.execution, task.index, task.state);
        let handled = task.error_handled;
        let failed_join = self.join_can_not_run(id);
        let running = self.running_mut(execution);
        running.live.insert(id);
        running.forget_end(id, state);
        running.execution.counters.open += 1;
        if state == State::Error && !handled {
            running.execution.counters.unhandled -= 1;
        }
        let program = running.program.clone();
        if running.graph.latest(index) == Some(id) {
            running.graph.started(&program, index, id);
        }
        let task = self.change_task(id);
        task.processed = false;
        task.error_handled = false;
        task.finished_at = None;
        task.next = Arc::default();
        let runtime = Arc::make_mut(&mut task.runtime);
        runtime.retry = None;
        runtime.waited_after = false;
        runtime.wait = None;
        runtime.end = None;
        failed_join
    }

    fn wait_for_inbound(&mut self, id: TaskId) {
        let task = &self.node(id).task;
        let (execution, index) = (task.execution, task.index);
        self.set_task_state(id, State::Waiting, Some("Task is waiting."));
        self.soon.push_back(Soon::Join(execution, index));
        self.soon.push_back(Soon::CheckEnd(execution));
    }

    /// Brings the results of a completed with-items task back into memory.
    fn recall_items(&mut self, id: TaskId) -> Result<bool, Unavailable> {
        self.recall_published(id)?;
        let Some(items) = self.node(id).task.runtime.items.clone() else {
            return Ok(false);
        };
        let mut results = vec![ItemResult::Pending; items.count as usize];
        match &self.node(id).results {
            Results::Items(kept) => results.clone_from(kept),
            _ => {
                for child in self.children(id)? {
                    if let Some(slot) = results
                        .get_mut(child.index as usize)
                        .filter(|_| child.accepted)
                    {
                        *slot = ItemResult::Stored(child.state);
                    }
                }
                for index in self.running_items(id) {
                    if let Some(slot) = results.get_mut(index as usize) {
                        *slot = ItemResult::Running;
                    }
                }
            }
        }
        if self.node(id).items.is_none() {
            let lists = self.world.item_lists(&self.node(id).task)?;
            self.node_mut(id).items = lists;
        }
        self.node_mut(id).results = Results::Items(results);
        Ok(self.node(id).items.is_some())
    }

    /// Items of a task that ended before they did.
    fn running_items(&self, id: TaskId) -> Vec<u32> {
        let node = self.node(id);
        let actions = node.actions.iter();
        let actions = actions.filter_map(|id| Some(self.tree.actions.get(id)?.index));
        let children = node.children.iter();
        let parents = children.filter_map(|id| self.running(*id).execution.origin.parent);
        actions.chain(parents.map(|parent| parent.index)).collect()
    }

    /// What it published is shown until it publishes anew.
    fn recall_published(&mut self, id: TaskId) -> Result<(), Unavailable> {
        if self.node(id).published_away
            && let Some(published) = self.node(id).published(self.world)?
        {
            self.node_mut(id).set_published(published);
        }
        Ok(())
    }

    /// Failed and cancelled items are to run again, good ones keep their results.
    fn reset_failed_items(&mut self, id: TaskId) {
        let node = self.node_mut(id);
        let Results::Items(results) = &mut node.results else {
            return;
        };
        let mut succeeded = 0;
        for slot in results.iter_mut() {
            match slot {
                ItemResult::Ended(State::Success, _) | ItemResult::Stored(State::Success) => {
                    succeeded += 1;
                }
                _ => *slot = ItemResult::Pending,
            }
        }
        let count = u32::try_from(results.len()).unwrap_or(u32::MAX);
        let items = Items {
            succeeded,
            ..Items::of(count)
        };
        Arc::make_mut(&mut node.task.runtime).items = Some(items);
    }

    fn task_answer(&self, id: TaskId) -> Answer {
        Answer::Task(Box::new(self.node(id).task.clone()))
    }
}
