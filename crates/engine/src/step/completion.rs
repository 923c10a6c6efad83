//! The end of a task and what follows from it (workflow language §8.3, §10.1).

use std::sync::Arc;

use language::program::{EngineCommand, Target, TaskIndex, Transition, Trigger};
use yaql::Value;

use super::dispatch::Next;
use super::evaluation::View;
use super::{Done, Halt, OrFailed, Soon, Step};
use crate::model::{ExecutionId, State, TaskId, TaskKind, TimerKey, TimerKind};
use crate::tree::Results;

/// What a completed task leads to.
pub(super) struct Following {
    commands: Vec<Next>,
    handled: bool,
}

impl Following {
    /// The tasks among the commands.
    fn tasks(&self) -> Arc<[(TaskIndex, Trigger)]> {
        let tasks = self.commands.iter().filter_map(|command| match command {
            Next::Task { task, trigger, .. } => trigger.map(|trigger| (*task, trigger)),
            Next::Command(..) => None,
        });
        tasks.collect()
    }

    /// Of several commands the first that changes the workflow's state counts.
    fn succeeds_at_once(&self) -> bool {
        let mut commands = self.commands.iter();
        let first = commands.find_map(|next| match next {
            Next::Command(command, _) if *command != EngineCommand::Noop => Some(*command),
            _ => None,
        });
        first == Some(EngineCommand::Succeed)
    }
}

impl Step<'_> {
    /// The task's children ended (or a policy, a timer or a user ends it).
    pub(super) fn complete_task(
        &mut self,
        id: TaskId,
        state: State,
        info: Option<Arc<str>>,
    ) -> Done {
        let before = self.node(id).task.state;
        if before.is_completed() {
            return Ok(());
        }
        match self.try_complete(id, state, info).or_failed()? {
            Ok(()) => Ok(()),
            Err(text) => {
                // Nobody was told of the end that could not be.
                self.enter(id, before, None);
                self.force_fail_completion(id, &text)
            }
        }
    }

    fn try_complete(&mut self, id: TaskId, state: State, info: Option<Arc<str>>) -> Done {
        let previous = self.enter(id, state, info);
        if state == State::Cancelled {
            return self.settle(id, previous);
        }
        self.publish(id)?;
        if self.apply_after(id, previous)? {
            return Ok(());
        }
        self.settle(id, previous)
    }

    /// Sets an end state in memory; it becomes final when the policies agree.
    pub(super) fn enter(&mut self, id: TaskId, state: State, info: Option<Arc<str>>) -> State {
        let task = self.change_task(id);
        let previous = std::mem::replace(&mut task.state, state);
        task.state_info = info.map(|info| {
            if info.len() > cut(&info).len() {
                cut(&info).into()
            } else {
                info
            }
        });
        self.note_waiting(id);
        previous
    }

    /// `keep-result: false` (workflow language §5.9).
    pub(super) fn drop_result(&mut self, id: TaskId) -> Done {
        let task = &self.node(id).task;
        let program = self.running(task.execution).program.clone();
        let keep = program.task(task.index).keep_result.as_ref();
        let never_ran = || matches!(&self.node(id).results, Results::Plain(all) if all.is_empty());
        let Some(keep) = keep.filter(|_| task.kind == TaskKind::Action && !never_ran()) else {
            return Ok(());
        };
        let view = self.outbound_view(id)?;
        if !self.evaluate(keep, &view)?.is_truthy() {
            let node = self.node_mut(id);
            Arc::make_mut(&mut node.task.runtime).result_dropped = true;
            node.results = Results::Stored;
            self.tree.dirty.drop_outputs(id);
        }
        Ok(())
    }

    /// The end state is final: count it and go on.
    pub(super) fn settle(&mut self, id: TaskId, previous: State) -> Done {
        let following = self.following(id)?;
        self.change_task(id).next = following.tasks();
        self.check_succeed(id, &following)?;
        let now = self.now;
        let task = self.change_task(id);
        task.finished_at = Some(now);
        task.error_handled = task.state == State::Error && following.handled;
        let (state, handled, execution) = (task.state, task.error_handled, task.execution);
        self.clear_timer(TimerKey::Task(id, TimerKind::Timeout));
        self.clear_timer(TimerKey::Task(id, TimerKind::Delay));
        self.journal_task(id, Some(previous));
        let running = self.running_mut(execution);
        let counters = &mut running.execution.counters;
        counters.open -= 1;
        counters.cancelled += u32::from(state == State::Cancelled);
        counters.unhandled += u32::from(state == State::Error && !handled);
        if state == State::Error {
            running.failed.insert(id);
        }
        if running.execution.state != State::Running {
            // Resume, or a rerun that revives the execution, goes on from here.
            running.execution.counters.unprocessed += 1;
            return Ok(());
        }
        self.process(id, following.commands)
    }

    /// Dispatches what follows from a completed task.
    fn process(&mut self, id: TaskId, commands: Vec<Next>) -> Done {
        let task = self.change_task(id);
        task.processed = true;
        let (execution, ends) = (task.execution, task.next.is_empty());
        let running = self.running_mut(execution);
        running.live.swap_remove(&id);
        if ends {
            running.ends.insert(id);
        }
        self.follow_graph(id);
        self.dispatch(execution, commands)?;
        if self.node(id).task.runtime.triggered_again {
            let index = self.node(id).task.index;
            self.rearm_join(id)?;
            self.soon.push_back(Soon::Join(execution, index));
        }
        if self.running(execution).program.kind == language::program::Kind::Reverse {
            self.follow_requirements(id)?;
        }
        self.tree.unread.push(id);
        self.soon.push_back(Soon::CheckEnd(execution));
        Ok(())
    }

    /// A task that completed while its execution was paused or had ended.
    pub(super) fn process_late(&mut self, id: TaskId) -> Done {
        let execution = self.node(id).task.execution;
        self.running_mut(execution).execution.counters.unprocessed -= 1;
        match self.following(id).or_failed()? {
            Ok(following) => {
                self.answer_again(id, &following);
                self.process(id, following.commands)
            }
            Err(text) => {
                self.running_mut(execution).live.swap_remove(&id);
                let text: Arc<str> = cut(&self.completion_text(id, &text)).into();
                self.fail_settled(id, text.clone());
                self.end_execution(execution, State::Error, Some(text))
            }
        }
    }

    /// Guards may see more than when the task completed: what they say now counts.
    fn answer_again(&mut self, id: TaskId, following: &Following) {
        let task = self.change_task(id);
        task.next = following.tasks();
        let handled = task.state == State::Error && following.handled;
        let before = std::mem::replace(&mut task.error_handled, handled);
        let (failed, execution) = (task.state == State::Error, task.execution);
        let counters = &mut self.running_mut(execution).execution.counters;
        match (failed, before, handled) {
            (true, true, false) => counters.unhandled += 1,
            (true, false, true) => counters.unhandled -= 1,
            _ => {}
        }
    }

    /// A task that is counted already turns into an unhandled error.
    fn fail_settled(&mut self, id: TaskId, info: Arc<str>) {
        let task = &self.node(id).task;
        let (execution, counted) = (
            task.execution,
            task.state == State::Error && !task.error_handled,
        );
        let was_failed = task.state == State::Error;
        let previous = self.enter(id, State::Error, Some(info));
        let task = self.change_task(id);
        task.processed = true;
        task.error_handled = false;
        task.next = Arc::default();
        self.journal_task(id, Some(previous));
        let running = self.running_mut(execution);
        running.ends.insert(id);
        if !counted {
            running.execution.counters.unhandled += 1;
        }
        if !was_failed {
            running.failed.insert(id);
        }
    }

    /// An `output` that fails under `succeed` fails the task too; a task from which no
    /// other follows is in what the output sees (workflow language §17).
    fn check_succeed(&mut self, id: TaskId, following: &Following) -> Done {
        let execution = self.node(id).task.execution;
        let runs = self.running(execution).execution.state == State::Running;
        if runs && following.succeeds_at_once() {
            if self.node(id).task.next.is_empty() {
                self.running_mut(execution).ends.insert(id);
            }
            self.success_output(execution)?;
        }
        Ok(())
    }

    /// The commands of the clauses whose guards hold (workflow language §10.1).
    pub(super) fn following(&mut self, id: TaskId) -> Result<Following, Halt> {
        let task = &self.node(id).task;
        let state = task.state;
        let program = self.running(task.execution).program.clone();
        let clauses = &program.task(task.index).transitions;
        let mut following = Following {
            commands: Vec::new(),
            handled: false,
        };
        let any = [
            &clauses.on_success,
            &clauses.on_error,
            &clauses.on_complete,
            &clauses.on_skip,
        ]
        .iter()
        .any(|clause| !clause.is_empty());
        if !any || state == State::Cancelled {
            return Ok(following);
        }
        let view = self.outbound_view(id)?;
        let mut take = |clause: &[Transition], trigger| {
            let taken = self.taken(id, clause, trigger, &view)?;
            let some = !taken.is_empty();
            following.commands.extend(taken);
            Ok::<_, Halt>(some)
        };
        match state {
            State::Error => {
                let handled = take(&clauses.on_error, Trigger::OnError)?;
                take(&clauses.on_complete, Trigger::OnComplete)?;
                following.handled = handled;
            }
            State::Skipped => {
                if !take(&clauses.on_skip, Trigger::OnSkip)? {
                    take(&clauses.on_success, Trigger::OnSuccess)?;
                }
            }
            _ => {
                take(&clauses.on_success, Trigger::OnSuccess)?;
                take(&clauses.on_complete, Trigger::OnComplete)?;
            }
        }
        Ok(following)
    }

    fn taken(
        &self,
        id: TaskId,
        clause: &[Transition],
        trigger: Trigger,
        view: &View,
    ) -> Result<Vec<Next>, Halt> {
        let mut taken = Vec::new();
        for transition in clause {
            if let Some(guard) = &transition.guard
                && !self.evaluate(guard, view)?.is_truthy()
            {
                continue;
            }
            taken.push(match &transition.target {
                Target::Task(task, _) => Next::Task {
                    task: *task,
                    from: Some(id),
                    trigger: Some(trigger),
                },
                Target::Command(command, message) => {
                    let message = match message {
                        Some(message) => self.evaluate(message, view)?,
                        None => Value::Null,
                    };
                    Next::Command(*command, message)
                }
            });
        }
        Ok(taken)
    }

    fn completion_text(&self, id: TaskId, text: &str) -> String {
        let node = self.node(id);
        let running = self.running(node.task.execution);
        let action = match &running.program.task(node.task.index).work {
            language::program::Work::Action(name) | language::program::Work::Workflow(name) => {
                name.as_literal().map(yaql::python::str).unwrap_or_default()
            }
        };
        let (workflow, task) = (&running.execution.origin.workflow_name, &node.task.name);
        if self.by_timer {
            return format!(
                "Failed to complete task [error={text}, wf={workflow}, task={task}]:\n{text}"
            );
        }
        format!(
            "Failed to handle action completion [error={text}, wf={workflow}, task={task}, action={action}]:\n{text}"
        )
    }

    pub(super) fn force_fail_completion(&mut self, id: TaskId, text: &str) -> Done {
        let text = self.completion_text(id, text);
        self.force_fail(id, &text)
    }

    /// Task and workflow become ERROR at once, whatever else runs (workflow language §8.4).
    pub(super) fn force_fail(&mut self, id: TaskId, text: &str) -> Done {
        let info: Arc<str> = cut(text).into();
        // Its end leads on already, so it is none of the graph's (workflow language §17).
        let leads_on = !self.node(id).task.next.is_empty();
        let previous = self.enter(id, State::Error, Some(info.clone()));
        let now = self.now;
        let task = self.change_task(id);
        task.finished_at = Some(now);
        task.processed = true;
        task.error_handled = false;
        task.next = Arc::default();
        let execution = task.execution;
        self.clear_timer(TimerKey::Task(id, TimerKind::Timeout));
        self.clear_timer(TimerKey::Task(id, TimerKind::Delay));
        self.journal_task(id, Some(previous));
        let running = self.running_mut(execution);
        if running.live.swap_remove(&id) {
            running.execution.counters.open -= 1;
            running.execution.counters.unhandled += 1;
            running.failed.insert(id);
            if !leads_on {
                running.ends.insert(id);
            }
        }
        self.follow_graph(id);
        self.end_execution(execution, State::Error, Some(info))
    }

    pub(super) fn live_tasks(&self, execution: ExecutionId) -> Vec<TaskId> {
        super::sorted(self.running(execution).live.iter().copied())
    }
}

/// Longest `state_info`, in bytes (workflow language §8.2).
const STATE_INFO_LIMIT: usize = 65_500;

/// Cuts a text to what `state_info` may hold.
pub(super) fn cut(text: &str) -> &str {
    let mut end = text.len().min(STATE_INFO_LIMIT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
