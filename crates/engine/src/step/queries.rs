//! `tasks(…)` over the tree at hand, which knows more than the store: what this very
//! transaction did (workflow language §7.3).

use language::expression::TasksFilter;
use yaql::Value;

use super::Step;
use crate::model::{ExecutionId, Task, TaskId, TaskKind};
use crate::world::Unavailable;

impl Step<'_> {
    /// The execution a filter names, if it belongs to the tree.
    pub(super) fn execution_in_tree(&self, filter: &TasksFilter) -> Option<ExecutionId> {
        let named = filter.workflow_execution_id.as_deref()?;
        let chosen = self
            .tree
            .root_execution()
            .filter(|root| root.origin.external_id.as_deref() == Some(named));
        let id = chosen.map(|root| root.id).or_else(|| named.parse().ok())?;
        self.tree.executions.contains_key(&id).then_some(id)
    }

    /// Records of the tasks a filter lets pass, by age.
    pub(super) fn tasks_in_tree(
        &self,
        execution: ExecutionId,
        filter: &TasksFilter,
    ) -> Result<Value, Unavailable> {
        let mut found: Vec<TaskId> = self
            .tree
            .tasks()
            .filter(|task| match filter.recursive {
                true => self.is_below(task.execution, execution),
                false => task.execution == execution,
            })
            .filter(|task| {
                filter
                    .state
                    .as_deref()
                    .is_none_or(|state| task.state.as_str() == state)
            })
            .filter(|task| !filter.flat || self.is_flat(task))
            .map(|task| task.id)
            .collect();
        found.sort_unstable();
        found.into_iter().map(|id| self.task_record(id)).collect()
    }

    fn is_below(&self, execution: ExecutionId, top: ExecutionId) -> bool {
        let mut current = Some(execution);
        while let Some(id) = current {
            if id == top {
                return true;
            }
            current = self
                .running(id)
                .execution
                .origin
                .parent
                .map(|parent| parent.execution);
        }
        false
    }

    /// Actions, and workflows none of whose executions is in the state of the task.
    fn is_flat(&self, task: &Task) -> bool {
        let same = |execution: &crate::model::Execution| {
            let parent = execution.origin.parent;
            parent.is_some_and(|parent| parent.task == task.id) && execution.state == task.state
        };
        task.kind == TaskKind::Action || !self.tree.executions().any(same)
    }
}
