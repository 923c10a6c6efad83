//! What an execution waits for: each state in which it does not move has a reason, and
//! each reason is something that will come or that somebody can make come.

use std::sync::Arc;

use crate::graph::EdgeState;
use crate::model::{
    Action, ActionId, Execution, ExecutionId, State, Task, TaskId, Timer, TimerKey, TimerKind,
    Timestamp, Wait,
};
use crate::tree::Tree;

/// Reasons given at most: a wide task has as many as it has items.
const MOST: usize = 1_000;

/// One thing that an execution waits for.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    /// The execution that waits: the one asked for, or one below it.
    pub execution: ExecutionId,
    /// Its task that waits, and the task's name; `None` if it is the execution itself.
    pub task: Option<(TaskId, Arc<str>)>,
    /// What for.
    pub cause: Cause,
    /// Since when.
    pub since: Timestamp,
    /// When it is over at the latest, if a timer says so.
    pub until: Option<Timestamp>,
}

/// What is waited for.
#[derive(Clone, Debug, PartialEq)]
pub enum Cause {
    /// Somebody resumes the execution.
    Resume,
    /// Somebody resumes the execution that `pause-before` paused.
    PauseBefore,
    /// The end of `wait-before`.
    WaitBefore,
    /// The end of `wait-after`.
    WaitAfter,
    /// The next try.
    Retry,
    /// Tasks that may still trigger the join.
    Join(Vec<Arc<str>>),
    /// An action that an executor runs.
    Action(ActionId, Arc<str>),
    /// A free place for an action.
    Place(ActionId, Arc<str>),
    /// The executor that must run an action.
    Target(ActionId, Arc<str>, Arc<str>),
    /// Somebody outside reports how an action ended.
    Report(ActionId, Arc<str>),
    /// Somebody outside says that a paused action goes on, or how it ended.
    PausedAction(ActionId, Arc<str>),
    /// The end of an action that only sleeps.
    Sleep(ActionId, Arc<str>),
    /// The end of a sub-workflow.
    SubWorkflow(ExecutionId, Arc<str>),
    /// So many items that start when others end.
    Concurrency(u32),
    /// Its turn: it goes on by itself.
    Turn,
}

impl Tree {
    /// What an execution and those below it wait for; nothing if it has ended.
    pub fn why(&self, id: ExecutionId) -> Vec<Reason> {
        let mut reasons = Vec::new();
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            let Some(running) = self.executions.get(&id) else {
                continue;
            };
            let execution = &running.execution;
            if execution.state.is_completed() || reasons.len() >= MOST {
                continue;
            }
            let known = reasons.len();
            self.own_reason(execution, &mut reasons);
            let mut live: Vec<_> = running.live.iter().copied().collect();
            live.sort_unstable();
            for task in live {
                self.task_reasons(task, &mut reasons);
                let children = self.tasks.get(&task).into_iter();
                let mut below: Vec<_> = children.flat_map(|n| &n.children).copied().collect();
                below.sort_unstable();
                open.extend(below);
            }
            if reasons.len() == known {
                reasons.push(of_execution(execution, Cause::Turn));
            }
        }
        reasons.truncate(MOST);
        reasons
    }

    fn own_reason(&self, execution: &Execution, reasons: &mut Vec<Reason>) {
        if execution.state == State::Paused {
            reasons.push(of_execution(execution, Cause::Resume));
        }
    }

    fn task_reasons(&self, id: TaskId, reasons: &mut Vec<Reason>) {
        let Some(node) = self.tasks.get(&id) else {
            return;
        };
        let task = &node.task;
        match task.state {
            State::Idle if task.runtime.wait == Some(Wait::Pause) => {
                reasons.push(of_task(task, Cause::PauseBefore, None));
            }
            State::Idle => reasons.push(of_task(task, Cause::Turn, None)),
            _ if task.is_delayed() => {
                let timer = self.timers.get(&TimerKey::Task(id, TimerKind::Delay));
                reasons.push(of_task(task, delay(task), timer));
            }
            State::Waiting => {
                let open = self.open_inbound(task);
                reasons.push(of_task(task, Cause::Join(open), None));
            }
            State::Running | State::Paused => self.work_reasons(id, reasons),
            // Ended, but its execution was paused: that is the execution's reason.
            _ => {}
        }
    }

    /// The names of the tasks that may still trigger a join.
    fn open_inbound(&self, task: &Task) -> Vec<Arc<str>> {
        let Some(running) = self.executions.get(&task.execution) else {
            return Vec::new();
        };
        let inbound = running.program.task(task.index).inbound.iter();
        let open = inbound.filter(|edge| running.graph.edge(**edge) == EdgeState::Open);
        let names = open.map(|&edge| {
            let from = running.program.edge(edge).from;
            running.program.task(from).name.clone()
        });
        names.take(MOST).collect()
    }

    /// What a task at work waits for.
    fn work_reasons(&self, id: TaskId, reasons: &mut Vec<Reason>) {
        let node = &self.tasks[&id];
        let task = &node.task;
        let timeout = self.timers.get(&TimerKey::Task(id, TimerKind::Timeout));
        let known = reasons.len();
        let mut actions: Vec<_> = node.actions.iter().copied().collect();
        actions.sort_unstable();
        for action in actions
            .iter()
            .filter_map(|id| self.actions.get(id))
            .take(MOST)
        {
            let sleep = self.timers.get(&TimerKey::Sleep(action.id));
            let reason = of_task(task, cause_of(action, sleep.is_some()), sleep.or(timeout));
            reasons.push(Reason {
                since: action.created_at,
                ..reason
            });
        }
        for child in &node.children {
            if let Some(child) = self.execution(*child) {
                let cause = Cause::SubWorkflow(child.id, child.origin.workflow_name.clone());
                reasons.push(of_task(task, cause, timeout));
            }
        }
        let items = task.runtime.items.as_ref();
        let waiting = items.map_or(0, |items| items.count - items.next.min(items.count));
        if waiting > 0 && reasons.len() > known {
            reasons.push(of_task(task, Cause::Concurrency(waiting), timeout));
        } else if reasons.len() == known {
            reasons.push(of_task(task, Cause::Turn, timeout));
        }
    }
}

fn delay(task: &Task) -> Cause {
    match task.runtime.wait {
        Some(Wait::After) => Cause::WaitAfter,
        Some(Wait::Retry) => Cause::Retry,
        _ => Cause::WaitBefore,
    }
}

fn cause_of(action: &Action, sleeps: bool) -> Cause {
    let (id, name) = (action.id, action.name.clone());
    match (action.state, action.claim, &action.target) {
        (State::Paused, ..) => Cause::PausedAction(id, name),
        _ if sleeps => Cause::Sleep(id, name),
        (_, None, Some(target)) => Cause::Target(id, name, target.clone()),
        (_, None, None) => Cause::Place(id, name),
        _ if !action.is_sync => Cause::Report(id, name),
        _ => Cause::Action(id, name),
    }
}

fn of_execution(execution: &Execution, cause: Cause) -> Reason {
    Reason {
        execution: execution.id,
        task: None,
        cause,
        since: execution.updated_at,
        until: None,
    }
}

fn of_task(task: &Task, cause: Cause, timer: Option<&Timer>) -> Reason {
    Reason {
        execution: task.execution,
        task: Some((task.id, task.name.clone())),
        cause,
        since: task.updated_at,
        until: timer.map(|timer| timer.due_at),
    }
}
