//! Deletion: a tree as a whole (workflow language §10.9).

use super::{Answer, Halt, Step};
use crate::event::Command;
use crate::model::{ActionId, ExecutionId, State};
use crate::world::Wanted;

impl Step<'_> {
    pub(super) fn delete(&mut self, id: ExecutionId, force: bool) -> Result<Answer, Halt> {
        self.take_back(Wanted::Execution(id))?;
        let Some(running) = self.tree.executions.get(&id) else {
            return Err(Halt::not_found(format!(
                "WorkflowExecution not found [id={id}]"
            )));
        };
        let state = running.execution.state;
        if !force && !state.is_completed() {
            return Err(Halt::forbidden(format!(
                "Only completed executions can be deleted. Use --force to override this. \
                 Execution {id} is in {state} state"
            )));
        }
        if running.execution.origin.parent.is_some() {
            return Err(Halt::forbidden(format!(
                "Execution {id} is a sub-workflow of {}: delete that one.",
                self.tree.root()
            )));
        }
        self.end_execution(id, State::Cancelled, None)?;
        self.soon.clear();
        let running = self
            .tree
            .actions
            .values()
            .filter(|a| !a.state.is_completed());
        let aborts: Vec<_> = running
            .map(|action| Command::AbortAction(action.id))
            .collect();
        self.commands.extend(aborts);
        self.forget_all();
        Ok(Answer::Done)
    }

    pub(super) fn delete_action(&mut self, id: ActionId) -> Result<Answer, Halt> {
        if self.tree.root_execution().is_some() {
            return Err(Halt::forbidden(
                "Only ad-hoc action execution can be deleted.",
            ));
        }
        let action = self.tree.actions.get(&id);
        if action.is_some_and(|action| action.task.is_some()) {
            return Err(Halt::forbidden(
                "Only ad-hoc action execution can be deleted.",
            ));
        }
        if action.is_some_and(|action| !action.state.is_completed()) {
            return Err(Halt::forbidden(
                "Only completed action execution can be deleted.",
            ));
        }
        self.forget_all();
        Ok(Answer::Done)
    }

    /// Nothing of the tree is left, in memory or in the store.
    fn forget_all(&mut self) {
        let root = self.tree.root();
        *self.tree = crate::tree::Tree::new(root);
        self.tree.dirty.deleted(root);
    }
}
