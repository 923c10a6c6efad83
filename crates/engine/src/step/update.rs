//! Pause, resume, stop and describe (workflow language §10.6).

use std::sync::Arc;

use yaql::Dict;

use super::completion::cut;
use super::run::lay_over;
use super::{Answer, Done, Halt, OrFailed, Soon, Step};
use crate::context::Context;
use crate::event::ExecutionUpdate;
use crate::model::{ExecutionId, State, TaskId, TimerKey, TimerKind};
use crate::tree::Later;
use crate::world::Wanted;

impl Step<'_> {
    pub(super) fn update_execution(
        &mut self,
        id: ExecutionId,
        update: &ExecutionUpdate,
    ) -> Result<Answer, Halt> {
        self.take_back(Wanted::Execution(id))?;
        if !self.tree.executions.contains_key(&id) {
            return Err(Halt::not_found(format!(
                "WorkflowExecution not found [id={id}]"
            )));
        }
        match update {
            ExecutionUpdate::Describe { description, env } => {
                self.update_env(id, env.as_ref())?;
                if let Some(description) = description {
                    self.change_execution(id).description = description.clone();
                }
            }
            ExecutionUpdate::Pause => {
                self.check_move(id, State::Paused)?;
                self.pause(id, None)?;
            }
            ExecutionUpdate::Resume { env } => {
                let state = self.running(id).execution.state;
                if matches!(state, State::Paused | State::Idle) {
                    self.update_env(id, env.as_ref())?;
                    self.resume(id)?;
                }
            }
            ExecutionUpdate::Stop { state, message } => {
                self.stop(id, *state, message.as_deref())?;
            }
        }
        Ok(Answer::Execution(Box::new(
            self.running(id).execution.clone(),
        )))
    }

    fn stop(&mut self, id: ExecutionId, state: State, message: Option<&str>) -> Done {
        let current = self.running(id).execution.state;
        let ignored = match state {
            State::Cancelled => current.is_completed(),
            State::Error => current.is_completed() || current == State::Paused,
            _ => current == State::Success,
        };
        if ignored {
            return Ok(());
        }
        self.check_move(id, state)?;
        if state == State::Success {
            // An output that fails is the caller's to hear of, and nothing changes.
            self.success_output(id)?;
        }
        let message = message.map(|text| Arc::from(cut(text)));
        self.end_execution(id, state, message)
    }

    pub(super) fn check_move(&self, id: ExecutionId, state: State) -> Result<(), Halt> {
        let execution = &self.running(id).execution;
        if execution.state.may_become(state) {
            return Ok(());
        }
        Err(Halt::invalid(format!(
            "Can't change workflow execution state from {} to {state}. [workflow={}, execution_id={id}]",
            execution.state, execution.origin.workflow_name
        )))
    }

    /// Lays an environment over the execution's (allowed in IDLE, PAUSED and ERROR).
    pub(super) fn update_env(&mut self, id: ExecutionId, env: Option<&Dict>) -> Done {
        let Some(env) = env else { return Ok(()) };
        let execution = &self.running(id).execution;
        if !matches!(execution.state, State::Idle | State::Paused | State::Error) {
            return Err(Halt::forbidden(
                "Updating env to workflow execution is only permitted if it is in IDLE, PAUSED, or ERROR state.",
            ));
        }
        let old = execution
            .params
            .get("env")
            .cloned()
            .unwrap_or_else(|| Dict::new().into());
        let view = self.workflow_view(id, &Context::default());
        let env = self.evaluate_data(&env.clone().into(), &view)?;
        let merged = lay_over(&old, &env);
        self.change_execution(id).params.insert("env", merged);
        self.tree.dirty.execution(id).params = true;
        Ok(())
    }

    /// Pauses what is below, the execution itself and, if it is a sub-workflow, its parents.
    pub(super) fn pause(&mut self, id: ExecutionId, message: Option<Arc<str>>) -> Done {
        if self.running(id).execution.state != State::Running {
            return Ok(());
        }
        self.set_execution_state(id, State::Paused, message);
        for child in self.live_children(id) {
            self.pause(child, None)?;
        }
        if let Some(parent) = self.running(id).execution.origin.parent {
            self.child_paused_or_resumed(parent.task, State::Paused)?;
        }
        Ok(())
    }

    /// A child of a task was paused, or goes on.
    pub(super) fn child_paused_or_resumed(&mut self, task: TaskId, state: State) -> Done {
        let image = &self.node(task).task;
        let execution = image.execution;
        match (state, image.state) {
            (State::Paused, State::Running) => {
                self.set_task_state(task, State::Paused, None);
                self.pause(execution, None)
            }
            (State::Running, State::Paused) if !self.has_paused_child(task) => {
                self.set_task_state(task, State::Running, None);
                self.plan_items(task);
                let paused = |id: &TaskId| self.node(*id).task.state == State::Paused;
                if self.running(execution).live.iter().any(paused) {
                    return Ok(());
                }
                self.resume(execution)
            }
            _ => Ok(()),
        }
    }

    /// A paused child of a paused task ended: maybe the task waited only for that one.
    pub(super) fn child_gone(&mut self, task: TaskId) -> Done {
        let execution = self.node(task).task.execution;
        match self.running(execution).execution.state {
            State::Running => self.resume_task(task),
            _ => Ok(()),
        }
    }

    fn has_paused_child(&self, task: TaskId) -> bool {
        let node = self.node(task);
        let paused = |id: &ExecutionId| self.running(*id).execution.state == State::Paused;
        let waits = |id| {
            self.tree
                .actions
                .get(id)
                .is_some_and(|a| a.state == State::Paused)
        };
        node.children.iter().any(paused) || node.actions.iter().any(waits)
    }

    fn live_children(&self, id: ExecutionId) -> Vec<ExecutionId> {
        let tasks = self.live_tasks(id).into_iter();
        tasks
            .flat_map(|task| self.node(task).children.iter().copied())
            .collect()
    }

    /// Goes on: children first, then tasks that wait, then what was kept.
    pub(super) fn resume(&mut self, id: ExecutionId) -> Done {
        if !matches!(
            self.running(id).execution.state,
            State::Paused | State::Idle
        ) {
            return Ok(());
        }
        self.set_execution_state(id, State::Running, None);
        for child in self.live_children(id) {
            self.resume(child)?;
        }
        for task in self.live_tasks(id) {
            self.resume_task(task)?;
        }
        if !self.running(id).execution.state.is_completed() {
            self.dispatch_backlog(id)?;
        }
        if let Some(parent) = self.running(id).execution.origin.parent {
            self.child_paused_or_resumed(parent.task, State::Running)?;
        }
        self.soon.push_back(Soon::CheckEnd(id));
        Ok(())
    }

    /// What a task does as soon as its execution runs (again).
    pub(super) fn resume_task(&mut self, id: TaskId) -> Done {
        let task = &self.node(id).task;
        let delay = TimerKey::Task(id, TimerKind::Delay);
        match task.state {
            _ if task.is_delayed() => match self.tree.timers.contains_key(&delay) {
                true => Ok(()),
                false => self.end_delay(id),
            },
            State::Waiting => {
                self.soon.push_back(Soon::Join(task.execution, task.index));
                Ok(())
            }
            State::Idle => {
                self.tree.later.push_back(Later::Start(id));
                Ok(())
            }
            State::Running => {
                self.plan_items(id);
                Ok(())
            }
            State::Paused if !self.has_paused_child(id) => {
                self.set_task_state(id, State::Running, None);
                self.plan_items(id);
                Ok(())
            }
            state if state.is_completed() && !task.processed => self.process_late(id),
            _ => Ok(()),
        }
    }

    pub(super) fn evaluated_env(
        &mut self,
        id: ExecutionId,
        env: Option<&Dict>,
    ) -> Result<(), Halt> {
        match self.update_env(id, env).or_failed()? {
            Ok(()) => Ok(()),
            Err(text) => Err(Halt::invalid(text)),
        }
    }
}
