//! Policies before the start and after the end of a task (workflow language §10.5).

use std::sync::Arc;

use language::expression::Template;
use language::program::{Policies, Retry};
use yaql::{Value, python};

use super::evaluation::View;
use super::{Done, Halt, Step};
use crate::model::{Retrying, State, TaskId, Timer, TimerKey, TimerKind, Wait};
use crate::tree::Results;

impl Step<'_> {
    /// Applies the policies before the start; true if the task must wait.
    pub(super) fn apply_before(&mut self, id: TaskId) -> Result<bool, Halt> {
        let task = &self.node(id).task;
        let (execution, resumed) = (task.execution, task.runtime.wait == Some(Wait::Pause));
        let program = self.running(execution).program.clone();
        let policies = &program.task(task.index).policies;
        let view = self.task_view(id)?;
        self.check_later(policies, &view)?;
        if let Some(template) = &policies.pause_before
            && !resumed
            && self.flag(template, &view, "PauseBeforePolicy")?
        {
            self.set_task_state(id, State::Idle, Some("Set by 'pause-before' policy"));
            self.set_wait(id, Some(Wait::Pause));
            self.pause(execution, None)?;
            return Ok(true);
        }
        let delay = match &policies.wait_before {
            Some(template) if !resumed => self.seconds(template, &view, "WaitBeforePolicy")?,
            _ => 0,
        };
        let timeout = match &policies.timeout {
            Some(template) => self.seconds(template, &view, "TimeoutPolicy")?,
            None => 0,
        };
        if let Some(template) = &policies.concurrency {
            let most = self.seconds(template, &view, "ConcurrencyPolicy")?;
            let most = u32::try_from(most).unwrap_or(u32::MAX);
            Arc::make_mut(&mut self.change_task(id).runtime).concurrency =
                (most > 0).then_some(most);
        }
        if timeout > 0 {
            self.set_task_timer(id, TimerKind::Timeout, timeout);
        }
        if delay > 0 {
            let info = format!("Delayed by 'wait-before' policy [delay={delay}]");
            self.delay(id, Wait::Before, delay, &info);
        }
        Ok(delay > 0)
    }

    /// Numbers that are wrong already fail the task before it does anything.
    fn check_later(&self, policies: &Policies, view: &View) -> Done {
        if let Some(template) = &policies.wait_after {
            self.seconds(template, view, "WaitAfterPolicy")?;
        }
        if let Some(retry) = &policies.retry {
            self.seconds(&retry.count, view, "RetryPolicy")?;
            self.seconds(&retry.delay, view, "RetryPolicy")?;
        }
        Ok(())
    }

    /// Applies the policies after the end; true if the task goes on.
    pub(super) fn apply_after(&mut self, id: TaskId, previous: State) -> Result<bool, Halt> {
        let task = &self.node(id).task;
        let program = self.running(task.execution).program.clone();
        let policies = &program.task(task.index).policies;
        let any =
            policies.wait_after.is_some() || policies.fail_on.is_some() || policies.retry.is_some();
        let execution = self.node(id).task.execution;
        // A late result completes its task; it is not waited for, nor tried again.
        let is_late = self.running(execution).execution.state.is_completed();
        if !any {
            self.drop_result(id)?;
            return Ok(false);
        }
        let view = self.outbound_view(id)?;
        if let Some(template) = &policies.wait_after
            && !is_late
            && !self.node(id).task.runtime.waited_after
        {
            let seconds = self.seconds(template, &view, "WaitAfterPolicy")?;
            if seconds > 0 {
                self.wait_after(id, previous, seconds);
                return Ok(true);
            }
        }
        self.drop_result(id)?;
        if let Some(template) = &policies.fail_on
            && self.node(id).task.state == State::Success
            && self.evaluate(template, &self.task_view(id)?)?.is_truthy()
        {
            self.enter(id, State::Error, Some("Failed by 'fail-on' policy".into()));
        }
        match &policies.retry {
            Some(retry) if !is_late => self.retry(id, previous, retry),
            _ => Ok(false),
        }
    }

    fn wait_after(&mut self, id: TaskId, previous: State, seconds: u64) {
        let task = self.change_task(id);
        let end = (task.state, task.state_info.take());
        let runtime = Arc::make_mut(&mut task.runtime);
        runtime.end = Some(end);
        runtime.waited_after = true;
        self.enter(id, previous, None);
        let info = format!("Delayed by 'wait-after' policy [delay={seconds}]");
        self.delay(id, Wait::After, seconds, &info);
    }

    fn retry(&mut self, id: TaskId, previous: State, retry: &Retry) -> Result<bool, Halt> {
        let view = self.outbound_view(id)?;
        let count = self.seconds(&retry.count, &view, "RetryPolicy")?;
        let delay = self.seconds(&retry.delay, &view, "RetryPolicy")?;
        let break_on = self.optional_flag(retry.break_on.as_ref(), &view)?;
        let continue_on = self.optional_flag(retry.continue_on.as_ref(), &view)?;
        let task = self.change_task(id);
        let state = task.state;
        let done = Arc::make_mut(&mut task.runtime)
            .retry
            .get_or_insert_default()
            .done;
        let stops = u64::from(done) >= count
            || (state == State::Error && break_on == Some(true))
            || (state == State::Success && continue_on.is_none())
            || continue_on == Some(false);
        if stops {
            return Ok(false);
        }
        let runtime = Arc::make_mut(&mut task.runtime);
        runtime.retry = Some(Retrying { done: done + 1 });
        self.enter(id, previous, None);
        self.begin_new_run(id, false)?;
        let info = format!("Delayed by 'retry' policy [delay={delay}]");
        self.delay(id, Wait::Retry, delay, &info);
        Ok(true)
    }

    /// Results of the runs so far do not count any more.
    pub(super) fn begin_new_run(&mut self, id: TaskId, keep_good_items: bool) -> Done {
        self.end_replaced_children(id)?;
        let node = self.node_mut(id);
        let runtime = Arc::make_mut(&mut node.task.runtime);
        runtime.run += 1;
        runtime.result_dropped = false;
        runtime.keep_good_items = keep_good_items;
        node.actions.clear();
        if !keep_good_items {
            runtime.items = None;
            node.results = Results::Plain(Vec::new());
            node.items = None;
            node.kept_bytes = 0;
        }
        self.tree.unaccept(id, keep_good_items);
        Ok(())
    }

    /// Sub-workflows of an earlier run, whose results nobody waits for any more.
    pub(super) fn end_replaced_children(&mut self, id: TaskId) -> Done {
        let replaced: Vec<_> = self.node_mut(id).children.drain(..).collect();
        for child in replaced {
            let info = Some("Replaced by a new run.".into());
            self.end_execution(child, State::Cancelled, info)?;
            self.change_execution(child).accepted = false;
        }
        Ok(())
    }

    /// DELAYED (a join that is tried again: WAITING) until a timer; a delay of 0 is a timer
    /// that is due at once.
    fn delay(&mut self, id: TaskId, wait: Wait, seconds: u64, info: &str) {
        let task = &self.node(id).task;
        let spec = self.running(task.execution).program.task(task.index);
        let state = match (wait, spec.join) {
            (Wait::Retry, Some(_)) => State::Waiting,
            _ => State::Delayed,
        };
        self.set_wait(id, Some(wait));
        self.set_task_state(id, state, Some(info));
        self.set_task_timer(id, TimerKind::Delay, seconds);
    }

    fn set_task_timer(&mut self, id: TaskId, kind: TimerKind, seconds: u64) {
        let run = self.node(id).task.runtime.run;
        self.set_timer(Timer {
            key: TimerKey::Task(id, kind),
            root: self.tree.root(),
            due_at: self.now.plus_seconds(seconds),
            run,
        });
    }

    /// Seconds that an executor may take for an action of the task.
    pub(super) fn action_timeout(&mut self, id: TaskId) -> Result<Option<u64>, Halt> {
        let task = &self.node(id).task;
        let program = self.running(task.execution).program.clone();
        let Some(template) = &program.task(task.index).policies.timeout else {
            return Ok(None);
        };
        let view = self.task_view(id)?;
        let seconds = self.seconds(template, &view, "TimeoutPolicy")?;
        Ok((seconds > 0).then_some(seconds))
    }

    fn seconds(&self, template: &Template, view: &View, policy: &str) -> Result<u64, Halt> {
        let value = self.evaluate(template, view)?;
        match &value {
            Value::Int(number) => u64::try_from(*number).map_err(|_| {
                wrong_type(policy, &format!("{number} is less than the minimum of 0"))
            }),
            other => Err(wrong_type(
                policy,
                &format!("{} is not of type 'integer'", python::repr(other)),
            )),
        }
    }

    fn flag(&self, template: &Template, view: &View, policy: &str) -> Result<bool, Halt> {
        let value = self.evaluate(template, view)?;
        value.as_bool().ok_or_else(|| {
            wrong_type(
                policy,
                &format!("{} is not of type 'boolean'", python::repr(&value)),
            )
        })
    }

    fn optional_flag(
        &self,
        template: Option<&Template>,
        view: &View,
    ) -> Result<Option<bool>, Halt> {
        let value = template
            .map(|template| self.evaluate(template, view))
            .transpose()?;
        Ok(value.map(|value| value.is_truthy()))
    }
}

fn wrong_type(policy: &str, found: &str) -> Halt {
    Halt::Failed(format!(
        "Invalid data type in {policy}: {found}. Value(s) can be shown after YAQL evaluating. \
         If you use YAQL here, please correct it."
    ))
}
