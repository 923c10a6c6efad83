//! The quiet phase: what only people can do is done once.

use engine::event::{Event, ExecutionUpdate, Outcome};
use engine::model::State;

use super::Simulation;

impl Simulation {
    /// Reports for the next action that waits for somebody, or resumes what is paused;
    /// false if nothing is left.
    pub(super) fn help(&mut self) -> bool {
        self.quiet = true;
        let Some(tree) = &self.tree else { return false };
        let waits = tree.actions().filter(|action| !action.state.is_completed());
        if let Some(action) = waits.map(|action| action.id).min() {
            let outcome = Outcome::Success(yaql::Value::Null);
            self.queue
                .push_back(Event::ActionCompleted { action, outcome });
            return true;
        }
        let paused = tree
            .executions()
            .filter(|execution| execution.state == State::Paused);
        let Some(execution) = paused.map(|execution| execution.id).min() else {
            return false;
        };
        let update = ExecutionUpdate::Resume { env: None };
        self.queue
            .push_back(Event::ExecutionUpdated { execution, update });
        true
    }
}
