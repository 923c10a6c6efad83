//! The read side: what the API gets and lists.

use std::sync::Arc;

use engine::change::JournalKind;
use engine::model::{ActionId, ExecutionId, Id, State, TaskId};
use language::program::{TaskIndex, Trigger};

use crate::query::{
    ActionColumn, CodeSourceColumn, DefinitionColumn, DynamicActionColumn, EnvironmentColumn,
    ExecutionColumn, ListQuery, Page, Projects, TaskColumn,
};
use crate::record::{ActionRecord, ExecutionRecord, JournalPage, JournalRecord, TaskRecord};
use crate::{
    CodeSource, Definition, DefinitionKind, DynamicAction, Environment, Expiry, Shard, StoreError,
    WorkflowRef,
};

/// The tasks that a task triggered, each by a clause.
pub type Next = Arc<[(TaskIndex, Trigger)]>;

/// How a caller names an execution.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ExecutionKey {
    /// By id.
    Id(ExecutionId),
    /// By the id its creator chose, which is no UUID.
    External(Arc<str>),
}

/// Reads for the API. Calls block, for as long as a deadline allows: run them
/// where that does no harm. Each call sees one state of the database.
///
/// Gets do not look at the project; lists show what [`Projects`] says.
pub trait Catalog: Send + Sync {
    /// One execution, with all wide columns but the context.
    fn execution(&self, key: &ExecutionKey) -> Result<Option<ExecutionRecord>, StoreError>;

    /// The same, with the context.
    fn execution_in_full(
        &self,
        key: &ExecutionKey,
    ) -> Result<Option<(ExecutionRecord, yaql::Dict)>, StoreError>;

    /// Executions.
    fn executions(
        &self,
        query: &ListQuery<ExecutionColumn>,
    ) -> Result<Page<ExecutionRecord>, StoreError>;

    /// Variables of an execution, the globally published ones among them.
    fn context(&self, id: ExecutionId) -> Result<Option<yaql::Dict>, StoreError>;

    /// One task, with what it published.
    fn task(&self, id: TaskId) -> Result<Option<TaskRecord>, StoreError>;

    /// Tasks.
    fn tasks(&self, query: &ListQuery<TaskColumn>) -> Result<Page<TaskRecord>, StoreError>;

    /// One action execution, with all wide columns.
    fn action(&self, id: ActionId) -> Result<Option<ActionRecord>, StoreError>;

    /// Action executions.
    fn actions(&self, query: &ListQuery<ActionColumn>) -> Result<Page<ActionRecord>, StoreError>;

    /// What a project means by the name of a workflow, without its texts: what the start of
    /// an execution needs.
    fn workflow_by_name(
        &self,
        name: &str,
        namespace: &str,
        projects: &Projects,
    ) -> Result<Option<WorkflowRef>, StoreError>;

    /// A definition by id.
    fn definition(&self, kind: DefinitionKind, id: Id) -> Result<Option<Definition>, StoreError>;

    /// A definition by name, within exactly that namespace. Among several that
    /// `projects` lets one see, the own one comes first, then the oldest.
    fn definition_by_name(
        &self,
        kind: DefinitionKind,
        name: &str,
        namespace: &str,
        projects: &Projects,
    ) -> Result<Option<Definition>, StoreError>;

    /// Definitions of a kind. The wide columns are `definition` and `interface`
    /// (with the specification).
    fn definitions(
        &self,
        kind: DefinitionKind,
        query: &ListQuery<DefinitionColumn>,
    ) -> Result<Page<Definition>, StoreError>;

    /// An environment by name; among several the own one, then the oldest.
    fn environment(
        &self,
        name: &str,
        projects: &Projects,
    ) -> Result<Option<Environment>, StoreError>;

    /// Environments.
    fn environments(
        &self,
        query: &ListQuery<EnvironmentColumn>,
    ) -> Result<Page<Environment>, StoreError>;

    /// A code source by id.
    fn code_source(&self, id: Id) -> Result<Option<CodeSource>, StoreError>;

    /// A code source by name, within exactly that namespace; among several the own
    /// one, then the oldest.
    fn code_source_by_name(
        &self,
        name: &str,
        namespace: &str,
        projects: &Projects,
    ) -> Result<Option<CodeSource>, StoreError>;

    /// Code sources. The wide column is `content`.
    fn code_sources(
        &self,
        query: &ListQuery<CodeSourceColumn>,
    ) -> Result<Page<CodeSource>, StoreError>;

    /// A dynamic action by id.
    fn dynamic_action(&self, id: Id) -> Result<Option<DynamicAction>, StoreError>;

    /// A dynamic action by name, as [`Catalog::code_source_by_name`].
    fn dynamic_action_by_name(
        &self,
        name: &str,
        namespace: &str,
        projects: &Projects,
    ) -> Result<Option<DynamicAction>, StoreError>;

    /// Dynamic actions.
    fn dynamic_actions(
        &self,
        query: &ListQuery<DynamicActionColumn>,
    ) -> Result<Page<DynamicAction>, StoreError>;

    /// The word that [`Store::set_service_state`](crate::Store::set_service_state) kept.
    fn service_state(&self, name: &str) -> Result<Option<Arc<str>>, StoreError>;

    /// Up to `limit` journal entries of a shard with numbers above `after`.
    fn journal(&self, shard: Shard, after: u64, limit: usize) -> Result<JournalPage, StoreError>;

    /// Up to `limit` journal entries of a tree with numbers above `after`: its timeline.
    fn timeline(
        &self,
        root: ExecutionId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<JournalRecord>, StoreError>;

    /// The states of the sub-executions of a tree.
    ///
    /// # Errors
    /// The database can't be read.
    fn states_below(&self, root: ExecutionId) -> Result<Vec<(ExecutionId, State)>, StoreError>;

    /// The sub-executions of a tree, each with the execution whose task started it.
    fn descendants(&self, root: ExecutionId)
    -> Result<Vec<(ExecutionId, ExecutionId)>, StoreError>;

    /// What each task of an execution led to, once it ended.
    fn transitions(&self, execution: ExecutionId) -> Result<Vec<(TaskId, Next)>, StoreError>;

    /// Up to `limit` executions that are to go: the oldest, then those that are too many.
    fn expired(&self, expiry: &Expiry, limit: usize) -> Result<Vec<ExecutionId>, StoreError>;

    /// How many executions are in each of the states that are no end.
    fn open_executions(&self) -> Result<Vec<(State, u64)>, StoreError>;

    /// How many things of a kind there are in each state: in all, or directly in
    /// one execution (its sub-executions, tasks, action executions).
    fn counts(
        &self,
        kind: JournalKind,
        execution: Option<ExecutionId>,
    ) -> Result<Vec<(State, u64)>, StoreError>;
}

impl ExecutionKey {
    /// Any text: a UUID, with or without dashes, or a chosen id.
    pub fn parse(text: &str) -> Self {
        text.parse()
            .map_or_else(|_| Self::External(text.into()), Self::Id)
    }
}
