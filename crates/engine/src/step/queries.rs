//! `tasks(…)` over the tree at hand, which knows more than the store: what this very
//! transaction did (workflow language §7.3).

use language::expression::TasksFilter;
use yaql::Value;

use super::Step;
use crate::model::{ExecutionId, Id, Task, TaskKind};
use crate::world::{Child, QueryError, Unavailable};

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
        project_id: &str,
    ) -> Result<Value, QueryError> {
        let mut found = Vec::new();
        let mut gone = Vec::new();
        for task in self.tree.tasks() {
            let within = match filter.recursive {
                true => self.is_below(task.execution, execution),
                false => task.execution == execution,
            };
            if !within {
                continue;
            }
            let children = self.sub_workflows(task, filter)?;
            let state = filter.state.as_deref();
            let hidden = filter.flat && children.iter().any(|child| child.state == task.state);
            if !hidden && state.is_none_or(|state| task.state.as_str() == state) {
                found.push(task.id);
            }
            let left = |child: &&Child| !self.tree.executions.contains_key(&ExecutionId(child.id));
            gone.extend(children.iter().filter(left).map(|child| child.id));
        }
        found.sort_unstable();
        let found = found.into_iter().map(|id| self.task_record(id));
        let mut records = found.collect::<Result<Vec<_>, _>>()?;
        if filter.recursive && !gone.is_empty() {
            for id in gone {
                records.extend(self.tasks_that_left(id, filter, project_id)?);
            }
            // Ids sort by creation, as texts, too.
            records.sort_by_key(|record| id_of(record).map(str::to_owned));
        }
        Ok(records.into())
    }

    /// A task's sub-workflows, if the filter needs them.
    fn sub_workflows(&self, task: &Task, filter: &TasksFilter) -> Result<Vec<Child>, Unavailable> {
        if task.kind == TaskKind::Action || !(filter.flat || filter.recursive) {
            return Ok(Vec::new());
        }
        let mut children = self.children(task.id)?;
        children.retain(|child| child.kind == TaskKind::Workflow);
        let live = self.node(task.id).children.iter();
        children.extend(live.map(|id| Child::from(&self.running(*id).execution)));
        Ok(children)
    }

    /// Records of a sub-workflow that left memory and of those below it.
    fn tasks_that_left(
        &self,
        id: Id,
        filter: &TasksFilter,
        project_id: &str,
    ) -> Result<Vec<Value>, QueryError> {
        let filter = TasksFilter {
            workflow_execution_id: Some(id.to_string()),
            ..filter.clone()
        };
        let records = self.world.tasks(&filter, project_id)?;
        Ok(records
            .as_list()
            .map(|list| list.iter().cloned().collect())
            .unwrap_or_default())
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
}

fn id_of(record: &Value) -> Option<&str> {
    record.as_dict()?.get("id")?.as_str()
}
