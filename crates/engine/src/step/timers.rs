//! Timers: set and cleared with the rows they belong to, checked when they fire.

use super::{Answer, Done, Halt, Step};
use crate::event::Outcome;
use crate::model::{ActionId, State, TaskId, Timer, TimerKey, TimerKind, Wait};
use crate::pure;

impl Step<'_> {
    pub(super) fn set_timer(&mut self, timer: Timer) {
        self.tree.timers.insert(timer.key, timer);
        self.tree.dirty.timer(timer.key, Some(timer));
    }

    pub(super) fn clear_timer(&mut self, key: TimerKey) {
        if self.tree.timers.remove(&key).is_some() {
            self.tree.dirty.timer(key, None);
        }
    }

    /// A timer that was cleared or belongs to an earlier run fires without effect.
    pub(super) fn fire_timer(&mut self, key: TimerKey, run: u32) -> Result<Answer, Halt> {
        let set = self.tree.timers.get(&key).copied();
        if let Some(timer) = set.filter(|timer| timer.run == run && timer.due_at <= self.now) {
            self.clear_timer(timer.key);
            self.by_timer = matches!(timer.key, TimerKey::Task(..));
            match timer.key {
                TimerKey::Task(task, TimerKind::Delay) => self.end_delay(task)?,
                TimerKey::Task(task, TimerKind::Timeout) => self.time_out(task)?,
                TimerKey::Sleep(action) => self.wake(action)?,
            }
            self.by_timer = false;
        }
        Ok(Answer::Done)
    }

    pub(super) fn end_delay(&mut self, id: TaskId) -> Done {
        let Some(node) = self.tree.tasks.get(&id) else {
            return Ok(());
        };
        let task = &node.task;
        if !task.is_delayed() {
            return Ok(());
        }
        let workflow = self.running(task.execution).execution.state;
        let wait = task.runtime.wait;
        if wait == Some(Wait::After) {
            return self.end_wait_after(id);
        }
        match workflow {
            State::Running if wait == Some(Wait::Retry) => self.run_again(id),
            State::Running => self.run(id),
            // Resume starts an IDLE task again.
            State::Paused => {
                if wait != Some(Wait::Retry) {
                    self.set_wait(id, Some(Wait::Pause));
                }
                self.set_task_state(id, State::Idle, None);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn end_wait_after(&mut self, id: TaskId) -> Done {
        let runtime = std::sync::Arc::make_mut(&mut self.change_task(id).runtime);
        runtime.wait = None;
        match runtime.end.take() {
            Some((state, info)) => self.complete_task(id, state, info),
            None => Ok(()),
        }
    }

    /// A repetition: a join that failed must see its inbound tasks again.
    pub(super) fn run_again(&mut self, id: TaskId) -> Done {
        if self.join_can_not_run(id) {
            return self.fail_join(id);
        }
        self.run(id)
    }

    fn time_out(&mut self, id: TaskId) -> Done {
        let Some(node) = self.tree.tasks.get(&id) else {
            return Ok(());
        };
        if node.task.state.is_completed() {
            return Ok(());
        }
        let program = self.running(node.task.execution).program.clone();
        let policies = &program.task(node.task.index).policies;
        let seconds = match &policies.timeout {
            Some(template) => {
                let view = self.task_view(id)?;
                self.evaluate(template, &view)
                    .map(|v| yaql::python::str(&v))
            }
            None => Ok(String::new()),
        };
        let seconds = match seconds {
            Err(Halt::Unavailable(error)) => return Err(error.into()),
            other => other.unwrap_or_default(),
        };
        self.clear_timer(TimerKey::Task(id, TimerKind::Delay));
        let info = format!("Task timed out [timeout(s)={seconds}].");
        self.end_finally(id, State::Error, &info)?;
        let children: Vec<_> = self.node(id).children.iter().copied().collect();
        for child in children {
            self.end_execution(child, State::Cancelled, Some(info.as_str().into()))?;
        }
        let text = format!("Timeout after {seconds} seconds");
        self.abort_actions(id, &Outcome::Error(text.into()))
    }

    /// Ends a task whatever its policies say: a timeout is final.
    fn end_finally(&mut self, id: TaskId, state: State, info: &str) -> Done {
        let previous = self.enter(id, state, Some(info.into()));
        let ended = self.publish(id).and_then(|()| self.settle(id, previous));
        match ended {
            Err(Halt::Failed(text)) => {
                self.enter(id, previous, None);
                self.force_fail_completion(id, &text)
            }
            other => other,
        }
    }

    fn wake(&mut self, id: ActionId) -> Done {
        let Some(action) = self.tree.actions.get(&id) else {
            return Ok(());
        };
        let (name, input) = action.real();
        match pure::run(&name, &input, Some(&id.to_string())) {
            Some(pure) => self.end_action(id, &Outcome::from(pure.outcome)),
            None => Ok(()),
        }
    }
}
