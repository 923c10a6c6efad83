//! `tasks(…)` and `executions(…)` over the tree at hand, which knows more than the store:
//! what this very transaction did (workflow language §7.3).

use language::expression::{ExecutionsFilter, TasksFilter};
use yaql::{Dict, Value};

use super::Step;
use super::evaluation::shown_id;
use crate::model::{Execution, ExecutionId, Id, Task, TaskKind};
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

    /// Records of the executions a filter lets pass, by age: those of other trees from the
    /// store, those of this one as they are now.
    pub(super) fn executions(
        &self,
        filter: &ExecutionsFilter,
        project_id: &str,
    ) -> Result<Value, QueryError> {
        let stored = self.world.executions(filter, project_id)?;
        let here = |record: &&Value| {
            let id = id_of(record).and_then(|id| id.parse().ok());
            id.is_some_and(|id| self.tree.executions.contains_key(&id))
        };
        let stored = stored.as_list().into_iter().flatten();
        let mut records: Vec<Value> = stored.filter(|record| !here(record)).cloned().collect();
        let own = self
            .tree
            .executions
            .values()
            .map(|running| &running.execution);
        let own = own.filter(|own| self.lets_pass(filter, own, project_id));
        records.extend(own.map(|own| self.execution_record(own)));
        records.sort_by_cached_key(|record| {
            let text = |key| record.as_dict().and_then(|record| record.get(key)).cloned();
            (
                text("created_at").map(|at| at.to_string()),
                id_of(record).map(str::to_owned),
            )
        });
        Ok(records.into())
    }

    fn lets_pass(&self, filter: &ExecutionsFilter, execution: &Execution, project: &str) -> bool {
        let is = |wanted: &Option<String>, found: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == found)
        };
        let created = execution.origin.created_at.to_string();
        let from = filter.from_time.as_deref().map(seconds);
        let to = filter.to_time.as_deref().map(seconds);
        let below = !execution.is_root() || filter.root_execution_id.is_none();
        *execution.origin.project_id == *project
            && is(&filter.id, &shown_id(execution))
            && is(&filter.state, execution.state.as_str())
            && below
            && is(&filter.root_execution_id, &self.root_shown())
            && from.is_none_or(|from| created >= from)
            && to.is_none_or(|to| created < to)
    }

    fn execution_record(&self, execution: &Execution) -> Value {
        let origin = &execution.origin;
        let root = (!execution.is_root()).then(|| self.root_shown());
        let record: Dict = [
            ("id", Value::from(shown_id(execution))),
            ("name", origin.workflow_name.clone().into()),
            ("workflow_name", origin.workflow_name.clone().into()),
            ("state", execution.state.as_str().into()),
            ("state_info", execution.state_info.clone().into()),
            ("input", origin.input.clone().into()),
            ("output", execution.output.clone().into()),
            ("params", execution.params.clone().into()),
            ("description", execution.description.clone().into()),
            ("created_at", origin.created_at.to_string().into()),
            ("updated_at", execution.updated_at.to_string().into()),
            ("root_execution_id", root.into()),
        ]
        .into_iter()
        .collect();
        record.into()
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

/// A time as records show it: to the second, with a blank before the hour.
fn seconds(time: &str) -> String {
    let time = time.get(..19).unwrap_or(time);
    time.replace('T', " ")
}

fn id_of(record: &Value) -> Option<&str> {
    record.as_dict()?.get("id")?.as_str()
}
