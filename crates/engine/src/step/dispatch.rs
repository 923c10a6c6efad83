//! Which commands are carried out, in which order, and what waits while paused
//! (workflow language §10.3).

use std::sync::Arc;

use language::program::{EngineCommand, Join, TaskIndex, Trigger, Work};
use yaql::Value;

use super::{Done, Halt, Soon, Step};
use crate::context::Context;
use crate::model::{Backlog, ExecutionId, Runtime, State, Task, TaskId, TaskKind};
use crate::tree::{Later, TaskNode};

/// A command that follows from a completed task or from the start.
#[derive(Clone, Debug)]
pub(super) enum Next {
    Task {
        task: TaskIndex,
        from: Option<TaskId>,
        trigger: Option<Trigger>,
    },
    Command(EngineCommand, Value),
}

impl Next {
    pub(super) fn start(task: TaskIndex) -> Self {
        Self::Task {
            task,
            from: None,
            trigger: None,
        }
    }
}

impl Step<'_> {
    /// Carries out commands, or keeps them for later.
    pub(super) fn dispatch(&mut self, execution: ExecutionId, commands: Vec<Next>) -> Done {
        let queued = self.tree.later.len();
        let mut kept = Vec::new();
        for command in self.ordered(execution, commands) {
            if matches!(command, Next::Command(..)) {
                self.start_queued(queued)?;
            }
            match self.running(execution).execution.state {
                State::Paused => kept.extend(kept_for_later(command)),
                state if state.is_completed() => break,
                _ => self.carry_out(execution, command)?,
            }
        }
        if !kept.is_empty() {
            let execution = self.change_execution(execution);
            execution.backlog = execution.backlog.iter().cloned().chain(kept).collect();
        }
        Ok(())
    }

    /// Starts what was queued since: tasks named before a command run whatever the
    /// command does to their execution.
    fn start_queued(&mut self, since: usize) -> Done {
        for later in self.tree.later.split_off(since) {
            self.work_later(later)?;
        }
        Ok(())
    }

    /// Tasks before the first state-changing command, joins last; then that command;
    /// what follows it only after `pause`.
    fn ordered(&self, execution: ExecutionId, commands: Vec<Next>) -> Vec<Next> {
        let program = &self.running(execution).program;
        let (mut ordered, mut tasks) = (Vec::new(), Vec::new());
        for command in commands {
            match &command {
                Next::Task { .. } => tasks.push(command),
                Next::Command(EngineCommand::Noop, _) => {}
                Next::Command(kind, _) => {
                    let ends = *kind != EngineCommand::Pause;
                    ordered.extend(joins_last(program, std::mem::take(&mut tasks)));
                    ordered.push(command);
                    if ends {
                        return ordered;
                    }
                }
            }
        }
        ordered.extend(joins_last(program, tasks));
        ordered
    }

    fn carry_out(&mut self, execution: ExecutionId, command: Next) -> Done {
        match command {
            Next::Task {
                task,
                from,
                trigger,
            } => self.trigger(execution, task, from, trigger),
            Next::Command(EngineCommand::Noop, _) => Ok(()),
            Next::Command(EngineCommand::Pause, message) => {
                self.pause(execution, message_text(&message))
            }
            Next::Command(EngineCommand::Fail, message) => {
                self.end_with_message(execution, State::Error, &message)
            }
            Next::Command(EngineCommand::Succeed, message) => {
                self.end_with_message(execution, State::Success, &message)
            }
        }
    }

    /// Takes up what was kept while the execution was paused.
    pub(super) fn dispatch_backlog(&mut self, execution: ExecutionId) -> Done {
        let backlog = std::mem::take(&mut self.change_execution(execution).backlog);
        let commands = backlog.iter().map(|kept| match kept.clone() {
            Backlog::Task {
                task,
                from,
                trigger,
            } => Next::Task {
                task,
                from,
                trigger,
            },
            Backlog::End { state, message } => {
                let command = match state {
                    State::Success => EngineCommand::Succeed,
                    _ => EngineCommand::Fail,
                };
                Next::Command(command, message)
            }
        });
        let commands = commands.collect();
        self.dispatch(execution, commands)
    }

    /// A task is triggered: a new execution of it, or the one of a join.
    fn trigger(
        &mut self,
        execution: ExecutionId,
        index: TaskIndex,
        from: Option<TaskId>,
        trigger: Option<Trigger>,
    ) -> Done {
        let running = self.running(execution);
        if running.program.task(index).join.is_none() {
            let id = self.create_task(execution, index, from, trigger, State::Idle)?;
            self.tree.later.push_back(Later::Start(id));
            return Ok(());
        }
        match running.joins.get(&index).copied() {
            None => {
                let id = self.create_task(execution, index, from, trigger, State::Waiting)?;
                self.running_mut(execution).joins.insert(index, id);
                self.note_waiting(id);
                self.change_task(id).state_info = Some("Task is waiting.".into());
                self.count_trigger(id, from);
            }
            Some(join) => self.trigger_again(join, from)?,
        }
        self.soon.push_back(Soon::Join(execution, index));
        Ok(())
    }

    /// A join that ran (or failed) already is triggered once more: a partial one
    /// absorbs late triggers of the same generation, any other waits again.
    fn trigger_again(&mut self, join: TaskId, from: Option<TaskId>) -> Done {
        let task = &self.node(join).task;
        if task.state.is_completed() && !task.processed {
            self.process_late(join)?;
        }
        let task = &self.node(join).task;
        let spec = self.running(task.execution).program.task(task.index);
        let source = from.map(|from| self.node(from).task.index);
        let counted = self.running(task.execution).counted.get(&task.index);
        let counted = source.is_some_and(|source| counted.is_some_and(|all| all.contains(&source)));
        let absorbed = matches!(spec.join, Some(Join::Count(_))) && !counted;
        match task.state {
            State::Waiting if task.waits_for_inbound() => {}
            // It stays failed; what the late branch brings is in the final context.
            State::Error if self.join_can_not_run(join) => return Ok(()),
            State::Error => self.rearm_join(join)?,
            _ if absorbed => {}
            state if state.is_completed() => self.rearm_join(join)?,
            _ => Arc::make_mut(&mut self.change_task(join).runtime).triggered_again = true,
        }
        self.count_trigger(join, from);
        Ok(())
    }

    /// Who triggered a partial join in this generation is kept with those that did.
    fn count_trigger(&mut self, join: TaskId, from: Option<TaskId>) {
        let task = &self.node(join).task;
        let (execution, index, generation) = (task.execution, task.index, task.runtime.generation);
        let spec = self.running(execution).program.task(index);
        let (Some(from), Some(Join::Count(_))) = (from, spec.join) else {
            return;
        };
        let source = self.node(from).task.index;
        let running = self.running_mut(execution);
        if running.counted.entry(index).or_default().insert(source) {
            let joined = &mut Arc::make_mut(&mut self.change_task(from).runtime).joined;
            joined.retain(|(join, _)| *join != index);
            joined.push((index, generation));
        }
    }

    /// Creates a task execution; its inbound context is the outbound one of `from`.
    pub(super) fn create_task(
        &mut self,
        execution: ExecutionId,
        index: TaskIndex,
        from: Option<TaskId>,
        trigger: Option<Trigger>,
        state: State,
    ) -> Result<TaskId, Halt> {
        let id = TaskId(self.ids.borrow_mut().next_id());
        let inbound = match from {
            Some(from) => self.outbound(from)?,
            None => Context::default(),
        };
        let program = self.running(execution).program.clone();
        let spec = program.task(index);
        let triggered_by = from.map(|from| vec![(from, trigger)]);
        let task = Task {
            id,
            execution,
            index,
            name: spec.name.clone(),
            kind: match spec.work {
                Work::Action(_) => TaskKind::Action,
                Work::Workflow(_) => TaskKind::Workflow,
            },
            state,
            state_info: None,
            processed: false,
            error_handled: false,
            next: Arc::default(),
            parents: from.into_iter().collect(),
            published: None,
            runtime: Arc::new(Runtime {
                triggered_by,
                ..Runtime::default()
            }),
            created_at: self.now,
            updated_at: self.now,
            started_at: None,
            finished_at: None,
        };
        self.tree.add_task(TaskNode::new(task, inbound.clone()));
        self.tree.dirty.task(id).created = true;
        let running = self.running_mut(execution);
        running.live.insert(id);
        running.execution.counters.open += 1;
        running.execution.counters.total += 1;
        running.graph.started(&program, index, id);
        self.set_inbound(id, from.into_iter().collect(), inbound)?;
        self.journal_task(id, None);
        Ok(id)
    }
}

/// A message as `state_info`: a dict as JSON, other data as Python's text, nothing for null.
pub(super) fn message_text(message: &Value) -> Option<Arc<str>> {
    match message {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Dict(_) => Some(yaql::json::to_python_string(message).into()),
        other => Some(yaql::python::str(other).into()),
    }
}

/// What is kept of a command while the execution is paused.
fn kept_for_later(command: Next) -> Option<Backlog> {
    let end = |state, message| Some(Backlog::End { state, message });
    match command {
        Next::Task {
            task,
            from,
            trigger,
        } => Some(Backlog::Task {
            task,
            from,
            trigger,
        }),
        Next::Command(EngineCommand::Fail, message) => end(State::Error, message),
        Next::Command(EngineCommand::Succeed, message) => end(State::Success, message),
        Next::Command(EngineCommand::Noop | EngineCommand::Pause, _) => None,
    }
}

fn joins_last(program: &language::program::Program, commands: Vec<Next>) -> Vec<Next> {
    let join_name = |next: &Next| match next {
        Next::Task { task, .. } if program.task(*task).join.is_some() => {
            Some(program.task(*task).name.clone())
        }
        _ => None,
    };
    let (mut joins, mut ordered): (Vec<_>, Vec<_>) = commands
        .into_iter()
        .partition(|next| join_name(next).is_some());
    joins.sort_by_key(join_name);
    ordered.append(&mut joins);
    ordered
}
