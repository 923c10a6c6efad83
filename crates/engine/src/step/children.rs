//! The ended actions and sub-workflows of a task: those in the store and those that this
//! very transaction knows better.

use std::collections::HashSet;

use yaql::Value;

use super::Step;
use crate::model::{Action, Execution, State, TaskId, TaskKind};
use crate::world::{Child, Unavailable, Wanted};

impl Step<'_> {
    /// All of them, by index, then age.
    pub(super) fn children(&self, id: TaskId) -> Result<Vec<Child>, Unavailable> {
        let mut children = self.children_in_memory(id);
        let known: HashSet<_> = children.iter().map(|child| child.id).collect();
        let stored = self.world.children(&self.node(id).task)?.into_iter();
        for mut child in stored.filter(|child| !known.contains(&child.id)) {
            child.accepted &= self.tree.dirty.still_counts(id, child.state);
            children.push(child);
        }
        children.sort_by_key(|child| (child.index, child.id));
        // A sub-workflow that was rerun has ended more than once.
        children.dedup_by_key(|child| child.id);
        Ok(children)
    }

    /// A sub-workflow that left memory comes back; what this transaction took back counts
    /// no more.
    pub(super) fn take_back(&mut self, wanted: Wanted) -> Result<(), Unavailable> {
        let in_memory = match wanted {
            Wanted::Execution(id) => self.tree.executions.contains_key(&id),
            Wanted::Task(id) => self.tree.tasks.contains_key(&id),
        };
        if in_memory {
            return Ok(());
        }
        let tree = &self.tree;
        let known = |id| tree.executions.contains_key(&id);
        let Some(mut gone) = self.world.gone(tree.root(), wanted, &known)? else {
            return Ok(());
        };
        for execution in &mut gone.executions {
            let parent = execution.origin.parent;
            execution.accepted &=
                parent.is_none_or(|p| tree.dirty.still_counts(p.task, execution.state));
        }
        let world = self.world;
        let mut program = |execution: &Execution| world.program(&execution.origin.program);
        let back = self.tree.take_back(gone, &mut program);
        back.map_err(|error| Unavailable(error.to_string()))
    }

    /// Ended children whose rows this transaction writes, and sub-workflows.
    fn children_in_memory(&self, id: TaskId) -> Vec<Child> {
        let actions = self.tree.dirty.actions();
        let actions = actions.filter_map(|action| self.tree.actions.get(action));
        let actions = actions.filter(|action| action.task == Some(id));
        let ended = self.node(id).ended.iter();
        let executions = ended.map(|child| &self.running(*child).execution);
        let executions = executions.filter(|execution| execution.state.is_completed());
        actions
            .filter(|action| action.state.is_completed())
            .map(Child::from)
            .chain(executions.map(Child::from))
            .collect()
    }
}

impl From<&Action> for Child {
    fn from(action: &Action) -> Self {
        Self {
            id: action.id.0,
            kind: TaskKind::Action,
            name: action.name.clone(),
            index: action.index,
            state: action.state,
            accepted: action.accepted,
            value: action.output.clone().unwrap_or(Value::Null),
        }
    }
}

impl From<&Execution> for Child {
    fn from(execution: &Execution) -> Self {
        Self {
            id: execution.id.0,
            kind: TaskKind::Workflow,
            name: execution.origin.workflow_name.clone(),
            index: execution.origin.parent.map_or(0, |parent| parent.index),
            state: execution.state,
            accepted: execution.accepted,
            value: execution.output.clone().into(),
        }
    }
}

impl crate::tree::Dirty {
    /// Whether a stored result is not about to be taken back.
    pub(super) fn still_counts(&self, task: TaskId, state: State) -> bool {
        let mut taken_back = self.unaccepted.iter().filter(|(of, _)| *of == task);
        taken_back.all(|(_, only_failed)| *only_failed && state == State::Success)
    }
}
