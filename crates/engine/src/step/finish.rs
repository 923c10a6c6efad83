//! The end of a workflow execution (workflow language §4.3, §8.2, §9.6).

use std::cell::OnceCell;
use std::sync::Arc;

use yaql::{Dict, Value, python};

use super::completion::cut;
use super::dispatch::message_text;
use super::evaluation::check_size;
use super::run::lay_over;
use super::{Done, Halt, OrFailed, Soon, Step};
use crate::context::Context;
use crate::event::Outcome;
use crate::model::{ExecutionId, State, TaskId, TaskKind, TimerKey, TimerKind, Wait};
use crate::world::{Child, Unavailable};

impl Step<'_> {
    /// Ends the execution if nothing is open any more.
    pub(super) fn check_end(&mut self, id: ExecutionId) -> Done {
        let Some(running) = self.tree.executions.get(&id) else {
            return Ok(());
        };
        let counters = running.execution.counters;
        let quiet = running.execution.state == State::Running
            && counters.unprocessed == 0
            && running.execution.backlog.is_empty();
        if !quiet {
            return Ok(());
        }
        if counters.open > 0 {
            let waiting = running.waiting.len() == counters.open as usize;
            let stuck = waiting && !self.joins_pending(id);
            return if stuck {
                self.release_stuck_join(id)
            } else {
                Ok(())
            };
        }
        if counters.cancelled > 0 {
            let info = format!("Cancelled tasks: {}", self.cancelled_names(id));
            return self.end_execution(id, State::Cancelled, Some(info.into()));
        }
        if counters.unhandled == 0 {
            return self.end_execution(id, State::Success, None);
        }
        let info = self.failure_text(id)?;
        self.end_execution(id, State::Error, Some(cut(&info).into()))
    }

    fn joins_pending(&self, id: ExecutionId) -> bool {
        let mut soon = self.soon.iter();
        soon.any(|soon| matches!(soon, Soon::Join(execution, _) if *execution == id))
    }

    fn cancelled_names(&self, id: ExecutionId) -> String {
        let tasks = self.tree.tasks().filter(|task| task.execution == id);
        let cancelled = tasks.filter(|task| task.state == State::Cancelled);
        let mut names: Vec<_> = cancelled.map(|task| task.name.to_string()).collect();
        names.sort_unstable();
        names.join(", ")
    }

    /// The composed text of workflow language §8.2, rule 5.
    fn failure_text(&self, id: ExecutionId) -> Result<String, Unavailable> {
        let unhandled = |id: &&TaskId| !self.node(**id).task.error_handled;
        let failed = self.running(id).failed.iter().filter(unhandled);
        let mut failed: Vec<_> = failed.map(|id| &self.node(*id).task).collect();
        failed.sort_by_key(|task| (task.name.clone(), task.finished_at, task.id));
        let names: Vec<_> = failed.iter().map(|task| &*task.name).collect();
        let mut text = format!("Failure caused by error in tasks: {}\n", names.join(", "));
        for task in failed {
            let info = task.state_info.as_deref().unwrap_or("None");
            text.push_str(&format!(
                "\n  {} [task_ex_id={}] -> {info}\n",
                task.name, task.id
            ));
            for child in self.failed_children(task.id)? {
                let kind = match task.kind {
                    TaskKind::Action => "action_ex_id",
                    TaskKind::Workflow => "wf_ex_id",
                };
                let shown = match task.kind {
                    TaskKind::Action => python::str(&child.value),
                    TaskKind::Workflow => {
                        let output = child.value.as_dict();
                        let result = output.and_then(|output| output.get("result"));
                        result.map_or_else(|| "Unknown".to_owned(), python::str)
                    }
                };
                text.push_str(&format!(
                    "    [{kind}={}, idx={}]: {shown}\n",
                    child.id, child.index
                ));
            }
            if text.len() > 65_500 {
                break;
            }
        }
        Ok(text)
    }

    /// Children in ERROR, with their positions among all, the oldest first.
    fn failed_children(&self, id: TaskId) -> Result<Vec<Child>, Unavailable> {
        let mut children = self.children(id)?;
        // Ids sort by creation.
        children.sort_by_key(|child| child.id);
        for (position, child) in children.iter_mut().enumerate() {
            child.index = u32::try_from(position).unwrap_or(u32::MAX);
        }
        children.retain(|child| child.state == State::Error);
        Ok(children)
    }

    /// `fail` and `succeed` with what they say.
    pub(super) fn end_with_message(
        &mut self,
        id: ExecutionId,
        state: State,
        message: &Value,
    ) -> Done {
        if state == State::Error {
            return self.end_in_error(id, message_text(message), message);
        }
        self.end_execution(id, state, message_text(message))
    }

    /// Ends an execution: its output, its state, then its parent or its children hear of it.
    pub(super) fn end_execution(
        &mut self,
        id: ExecutionId,
        state: State,
        info: Option<Arc<str>>,
    ) -> Done {
        if self.running(id).execution.state.is_completed() {
            return Ok(());
        }
        match state {
            State::Error => {
                let message = info.clone().map_or(Value::Null, Value::from);
                self.end_in_error(id, info, &message)
            }
            State::Cancelled => {
                let message = info.clone().map_or(Value::Null, Value::from);
                let output = [("result", message)].into_iter().collect();
                self.finish(id, State::Cancelled, info, output);
                self.cancel_below(id)
            }
            _ => match self.success_output(id).or_failed()? {
                Ok(output) => {
                    self.finish(id, State::Success, info, output);
                    Ok(())
                }
                Err(text) => {
                    let name = self.running(id).execution.origin.workflow_name.clone();
                    let text = format!(
                        "Failed to check and complete [wf_ex_id={id}, wf_name={name}]: {text}\n{text}"
                    );
                    let message = Value::from(text.clone());
                    self.end_in_error(id, Some(cut(&text).into()), &message)
                }
            },
        }
    }

    fn end_in_error(&mut self, id: ExecutionId, info: Option<Arc<str>>, message: &Value) -> Done {
        let (info, output) = match self.error_output(id, message).or_failed()? {
            Ok(output) => (info, output),
            Err(text) => {
                let text: Arc<str> = text.into();
                let output = [("result", Value::from(text.clone()))]
                    .into_iter()
                    .collect();
                (Some(text), output)
            }
        };
        self.finish(id, State::Error, info, output);
        Ok(())
    }

    pub(super) fn success_output(&mut self, id: ExecutionId) -> Result<Dict, Halt> {
        let context = self.final_context(id)?;
        let program = self.running(id).program.clone();
        let output = match &program.output {
            None => context.to_dict(),
            Some(templates) => {
                let view = self.workflow_view(id, &context);
                self.evaluate_all(templates, &view)?
            }
        };
        let limit = self.world.settings().field_size_limit;
        check_size(limit, "WorkflowExecution", "output", &output.clone().into())?;
        Ok(output)
    }

    fn error_output(&mut self, id: ExecutionId, message: &Value) -> Result<Dict, Halt> {
        let context = self.final_context(id)?;
        let program = self.running(id).program.clone();
        let result = match message.is_null() {
            true => Value::Null,
            false => Value::from(python::str(message)),
        };
        let result: Dict = [("result", result)].into_iter().collect();
        let own = match &program.output_on_error {
            None => context.to_dict(),
            Some(templates) => {
                let view = self.workflow_view(id, &context);
                self.evaluate_all(templates, &view)
                    .map_err(|halt| match halt {
                        Halt::Failed(text) => Halt::Failed(format!(
                            "Failed to evaluate expression in output-on-error! (output-on-error: \
                         '{}', exception: '{text}' Cause: '{}'",
                            output_on_error_text(&program.spec),
                            python::str(message)
                        )),
                        other => other,
                    })?
            }
        };
        let merged = lay_over(&result.into(), &own.into());
        Ok(merged.as_dict().cloned().unwrap_or_default())
    }

    /// What the tasks at the ends of the graph left behind, later ones over earlier ones.
    fn final_context(&mut self, id: ExecutionId) -> Result<Context, Halt> {
        let running = self.running(id);
        if running.program.kind == language::program::Kind::Reverse {
            return Ok(self.reverse_context(id)?);
        }
        let mut ends: Vec<_> = running.ends.iter().copied().collect();
        for &end in &ends {
            if self.node(end).task.state == State::Error && self.join_can_not_run(end) {
                // What branches brought after it had failed is not lost.
                self.gather(end)?;
            }
        }
        ends.sort_by_key(|&end| {
            let task = &self.node(end).task;
            (task.finished_at, task.created_at, end)
        });
        Ok(self.united(&ends)?)
    }

    fn finish(&mut self, id: ExecutionId, state: State, info: Option<Arc<str>>, output: Dict) {
        let running = self.running_mut(id);
        running.execution.output = output;
        running.execution.accepted = true;
        running.execution.backlog = Arc::default();
        running.base = OnceCell::new();
        let is_sub = running.execution.origin.parent.is_some();
        let ends: Vec<_> = running.ends.iter().copied().collect();
        self.tree.unread.extend(ends);
        self.tree.dirty.execution(id).output = true;
        self.set_execution_state(id, state, info);
        self.clear_timers_of(id);
        if is_sub {
            self.soon.push_back(Soon::ChildEnded(id));
        }
    }

    /// Timers of tasks that will never go on: only what runs outside still matters.
    fn clear_timers_of(&mut self, id: ExecutionId) {
        for task in self.live_tasks(id) {
            if self.node(task).task.runtime.wait != Some(Wait::After) {
                self.clear_timer(TimerKey::Task(task, TimerKind::Delay));
            }
            if self.node(task).task.state != State::Running {
                self.clear_timer(TimerKey::Task(task, TimerKind::Timeout));
            }
        }
    }

    /// Cancels what runs below: sub-workflows, and synchronous actions with their tasks.
    fn cancel_below(&mut self, id: ExecutionId) -> Done {
        let info = self.running(id).execution.state_info.clone();
        for task in self.live_tasks(id) {
            let children: Vec<_> = self.node(task).children.iter().copied().collect();
            for child in children {
                self.end_execution(child, State::Cancelled, info.clone())?;
            }
            self.abort_actions(task, &Outcome::Cancelled)?;
        }
        Ok(())
    }
}

fn output_on_error_text(spec: &Value) -> String {
    let clause = spec.as_dict().and_then(|spec| spec.get("output-on-error"));
    clause.map(python::str).unwrap_or_default()
}
