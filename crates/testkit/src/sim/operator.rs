//! Users that pause, resume, stop, run again, skip - anything, anywhere, any time.

use engine::event::{Event, ExecutionUpdate, Outcome};
use engine::model::{ExecutionId, State, TaskId};
use yaql::Dict;

use super::Simulation;

impl Simulation {
    /// Queues what a user asks for; false if there is nothing of the kind.
    pub(super) fn operator(&mut self) -> bool {
        let execution = self.some_execution();
        let update = |update| Event::ExecutionUpdated { execution, update };
        let env = |flag: bool| flag.then(|| [("e", 1)].into_iter().collect::<Dict>());
        let event = match self.random.below(20) {
            0..4 => update(ExecutionUpdate::Pause),
            4..8 => update(ExecutionUpdate::Resume {
                env: env(self.random.chance(20)),
            }),
            8 => update(ExecutionUpdate::Stop {
                state: State::Cancelled,
                message: None,
            }),
            9 => update(ExecutionUpdate::Stop {
                state: *self.random.pick(&[State::Success, State::Error]),
                message: Some("stopped".into()),
            }),
            10..12 => match self.some_task(&[State::Error]) {
                Some(task) => Event::TaskSkipped { task, env: None },
                None => return false,
            },
            12..17 => match self.some_task(&[State::Error, State::Cancelled]) {
                Some(task) => Event::TaskRerun {
                    task,
                    reset: self.random.chance(50),
                    env: env(self.random.chance(20)),
                },
                None => return false,
            },
            _ => return self.report(),
        };
        self.queue.push_back(event);
        true
    }

    /// Somebody outside speaks for an action, be it running or not.
    fn report(&mut self) -> bool {
        let store = self.store.borrow();
        let actions: Vec<_> = store.actions.keys().copied().collect();
        drop(store);
        if actions.is_empty() {
            return false;
        }
        let action = *self.random.pick(&actions);
        let state = |state| Event::ActionStateReported { action, state };
        let event = match self.random.below(6) {
            0 => state(State::Paused),
            1 => state(State::Running),
            2 => Event::ActionCompleted {
                action,
                outcome: Outcome::Cancelled,
            },
            3 => Event::ActionCompleted {
                action,
                outcome: Outcome::Error("told".into()),
            },
            _ => Event::ActionCompleted {
                action,
                outcome: Outcome::Success("told".into()),
            },
        };
        self.queue.push_back(event);
        true
    }

    /// Mostly the root, sometimes one below it.
    fn some_execution(&mut self) -> ExecutionId {
        let store = self.store.borrow();
        let all: Vec<_> = store.executions.keys().copied().collect();
        drop(store);
        match all.is_empty() || self.random.chance(60) {
            true => self.root,
            false => *self.random.pick(&all),
        }
    }

    fn some_task(&mut self, states: &[State]) -> Option<TaskId> {
        let store = self.store.borrow();
        let tasks = store.tasks.values();
        let found: Vec<_> = tasks
            .filter(|task| states.contains(&task.state))
            .map(|task| task.id)
            .collect();
        drop(store);
        (!found.is_empty()).then(|| *self.random.pick(&found))
    }
}
