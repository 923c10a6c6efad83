//! The read side, on any database.

use std::sync::Arc;

use engine::change::JournalKind;
use engine::model::{ActionId, ExecutionId, Id, State, TaskId};
use yaql::Dict;

use super::list::{get, glance_execution, glance_execution_in_full, list};
use super::read::Glance;
use super::{Backend, Connection, read};
use crate::query::{
    ActionColumn, CodeSourceColumn, DefinitionColumn, DynamicActionColumn, EnvironmentColumn,
    ExecutionColumn, ListQuery, Page, Projects, TaskColumn,
};
use crate::record::{ActionRecord, ExecutionRecord, JournalPage, JournalRecord, TaskRecord};
use crate::{
    Catalog, CodeSource, Definition, DefinitionKind, DynamicAction, Environment, ExecutionKey,
    Expiry, Next, Shard, StoreError, WorkflowRef,
};

impl<B: Backend> Catalog for B {
    fn execution(&self, key: &ExecutionKey) -> Result<Option<ExecutionRecord>, StoreError> {
        if let ExecutionKey::Id(id) = key
            && let Glance::Whole(found) =
                self.glance(|connection| glance_execution(connection, *id))?
        {
            return Ok(found);
        }
        self.read(|connection| execution(connection, key))
    }

    fn execution_in_full(
        &self,
        key: &ExecutionKey,
    ) -> Result<Option<(ExecutionRecord, Dict)>, StoreError> {
        if let ExecutionKey::Id(id) = key
            && let Glance::Whole(found) =
                self.glance(|connection| glance_execution_in_full(connection, *id))?
        {
            return Ok(found);
        }
        self.read(|connection| {
            let Some(record) = execution(connection, key)? else {
                return Ok(None);
            };
            let context = read::context(connection, record.id.id)?;
            Ok(Some((record, context.unwrap_or_default())))
        })
    }

    fn executions(
        &self,
        query: &ListQuery<ExecutionColumn>,
    ) -> Result<Page<ExecutionRecord>, StoreError> {
        Backend::list(self, |connection| list(connection, query, None))
    }

    fn context(&self, id: ExecutionId) -> Result<Option<Dict>, StoreError> {
        match self.glance(|connection| read::glance_context(connection, id))? {
            Glance::Whole(found) => Ok(found),
            Glance::Part => self.read(|connection| read::context(connection, id)),
        }
    }

    fn task(&self, id: TaskId) -> Result<Option<TaskRecord>, StoreError> {
        self.read(|connection| get::<TaskColumn>(connection, id.0))
    }

    fn tasks(&self, query: &ListQuery<TaskColumn>) -> Result<Page<TaskRecord>, StoreError> {
        Backend::list(self, |connection| list(connection, query, None))
    }

    fn action(&self, id: ActionId) -> Result<Option<ActionRecord>, StoreError> {
        self.read(|connection| get::<ActionColumn>(connection, id.0))
    }

    fn actions(&self, query: &ListQuery<ActionColumn>) -> Result<Page<ActionRecord>, StoreError> {
        Backend::list(self, |connection| list(connection, query, None))
    }

    fn definition(&self, kind: DefinitionKind, id: Id) -> Result<Option<Definition>, StoreError> {
        self.read(|connection| read::definitions::by_id(connection, kind, id))
    }

    fn definition_by_name(
        &self,
        kind: DefinitionKind,
        name: &str,
        namespace: &str,
        projects: &Projects,
    ) -> Result<Option<Definition>, StoreError> {
        self.read(|connection| {
            read::definitions::by_name(connection, kind, name, namespace, projects)
        })
    }

    fn workflow_by_name(
        &self,
        name: &str,
        namespace: &str,
        projects: &Projects,
    ) -> Result<Option<WorkflowRef>, StoreError> {
        self.glance(|connection| {
            read::definitions::workflow_by_name(connection, name, namespace, projects)
        })
    }

    fn definitions(
        &self,
        kind: DefinitionKind,
        query: &ListQuery<DefinitionColumn>,
    ) -> Result<Page<Definition>, StoreError> {
        let fixed = Some(("d.kind", kind.as_str()));
        Backend::list(self, |connection| list(connection, query, fixed))
            .map_err(|error| of_kind(error, kind))
    }

    fn environment(
        &self,
        name: &str,
        projects: &Projects,
    ) -> Result<Option<Environment>, StoreError> {
        self.read(|connection| read::environments::by_name(connection, name, projects))
    }

    fn environments(
        &self,
        query: &ListQuery<EnvironmentColumn>,
    ) -> Result<Page<Environment>, StoreError> {
        Backend::list(self, |connection| list(connection, query, None))
    }

    fn code_source(&self, id: Id) -> Result<Option<CodeSource>, StoreError> {
        self.read(|connection| get::<CodeSourceColumn>(connection, id))
    }

    fn code_source_by_name(
        &self,
        name: &str,
        namespace: &str,
        projects: &Projects,
    ) -> Result<Option<CodeSource>, StoreError> {
        self.read(|connection| {
            let id = read::code::source_by_name(connection, name, namespace, projects)?;
            id.map_or(Ok(None), |id| get::<CodeSourceColumn>(connection, id))
        })
    }

    fn code_sources(
        &self,
        query: &ListQuery<CodeSourceColumn>,
    ) -> Result<Page<CodeSource>, StoreError> {
        Backend::list(self, |connection| list(connection, query, None))
    }

    fn dynamic_action(&self, id: Id) -> Result<Option<DynamicAction>, StoreError> {
        self.read(|connection| get::<DynamicActionColumn>(connection, id))
    }

    fn dynamic_action_by_name(
        &self,
        name: &str,
        namespace: &str,
        projects: &Projects,
    ) -> Result<Option<DynamicAction>, StoreError> {
        self.read(|connection| {
            let id = read::code::action_by_name(connection, name, namespace, projects)?;
            id.map_or(Ok(None), |id| get::<DynamicActionColumn>(connection, id))
        })
    }

    fn dynamic_actions(
        &self,
        query: &ListQuery<DynamicActionColumn>,
    ) -> Result<Page<DynamicAction>, StoreError> {
        Backend::list(self, |connection| list(connection, query, None))
    }

    fn service_state(&self, name: &str) -> Result<Option<Arc<str>>, StoreError> {
        self.read(|connection| read::service_state(connection, name))
    }

    fn journal(&self, shard: Shard, after: u64, limit: usize) -> Result<JournalPage, StoreError> {
        self.read(|connection| read::journal(connection, shard, after, limit))
    }

    fn timeline(
        &self,
        root: ExecutionId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<JournalRecord>, StoreError> {
        self.read(|connection| read::timeline(connection, root, after, limit))
    }

    fn descendants(
        &self,
        root: ExecutionId,
    ) -> Result<Vec<(ExecutionId, ExecutionId)>, StoreError> {
        self.read(|connection| read::descendants(connection, root))
    }

    fn states_below(&self, root: ExecutionId) -> Result<Vec<(ExecutionId, State)>, StoreError> {
        self.read(|connection| read::states_below(connection, root))
    }

    fn transitions(&self, execution: ExecutionId) -> Result<Vec<(TaskId, Next)>, StoreError> {
        self.read(|connection| read::transitions(connection, execution))
    }

    fn expired(&self, expiry: &Expiry, limit: usize) -> Result<Vec<ExecutionId>, StoreError> {
        self.fetch(|connection| read::expired(connection, expiry, limit))
    }

    fn open_executions(&self) -> Result<Vec<(State, u64)>, StoreError> {
        self.read(read::open_executions)
    }

    fn counts(
        &self,
        kind: JournalKind,
        execution: Option<ExecutionId>,
    ) -> Result<Vec<(State, u64)>, StoreError> {
        self.read(|connection| read::counts(connection, kind, execution))
    }
}

/// One table has all kinds of definitions, errors name the right one.
fn of_kind(error: StoreError, kind: DefinitionKind) -> StoreError {
    match error {
        StoreError::UnknownMarker { key, .. } => StoreError::UnknownMarker {
            resource: kind.resource(),
            key,
        },
        other => other,
    }
}

fn execution(
    connection: &Connection,
    key: &ExecutionKey,
) -> Result<Option<ExecutionRecord>, StoreError> {
    let id = match key {
        ExecutionKey::Id(id) => Some(*id),
        ExecutionKey::External(text) => read::execution_by_external_id(connection, text)?,
    };
    match id {
        Some(id) => get::<ExecutionColumn>(connection, id.0),
        None => Ok(None),
    }
}
