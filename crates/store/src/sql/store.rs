//! The write side, on any database.

use engine::change::Snapshot;
use engine::model::{ActionId, ExecutionId, ItemLists, TaskId, Timestamp};

use super::{Backend, read, write};
use crate::{
    Batch, CodeSource, CodeSourceChange, Committed, Cost, Definition, DefinitionChange,
    DynamicAction, DynamicActionChange, Environment, EnvironmentChange, KeptAnswer, KeyedRequest,
    Reservation, Shard, Source, Store, StoreError, TaskResult,
};

impl<B: Backend> Store for B {
    fn commit(&self, batch: Batch) -> Result<Committed, StoreError> {
        if batch.is_empty() {
            return Ok(Committed::default());
        }
        self.commit_batch(batch)
    }

    fn sweep(&self) -> Result<bool, StoreError> {
        self.write(write::sweep)
    }

    fn load(&self, root: ExecutionId) -> Result<Option<Snapshot>, StoreError> {
        self.fetch(|connection| read::load(connection, root))
    }

    fn load_part(
        &self,
        root: ExecutionId,
        executions: &[ExecutionId],
    ) -> Result<Snapshot, StoreError> {
        self.fetch(|connection| read::load_part(connection, root, executions))
    }

    fn root_of_execution(&self, id: ExecutionId) -> Result<Option<ExecutionId>, StoreError> {
        self.fetch(|connection| read::root_of_execution(connection, id))
    }

    fn root_of_task(&self, id: TaskId) -> Result<Option<ExecutionId>, StoreError> {
        self.fetch(|connection| read::root_of_task(connection, id))
    }

    fn root_of_action(&self, id: ActionId) -> Result<Option<ExecutionId>, StoreError> {
        self.fetch(|connection| read::root_of_action(connection, id))
    }

    fn execution_by_external_id(&self, id: &str) -> Result<Option<ExecutionId>, StoreError> {
        self.fetch(|connection| read::execution_by_external_id(connection, id))
    }

    fn task_results(&self, task: TaskId) -> Result<Vec<TaskResult>, StoreError> {
        self.fetch(|connection| read::task_results(connection, task))
    }

    fn task_children(&self, task: TaskId) -> Result<Vec<TaskResult>, StoreError> {
        self.fetch(|connection| read::task_children(connection, task))
    }

    fn item_lists(&self, task: TaskId) -> Result<Option<ItemLists>, StoreError> {
        self.fetch(|connection| read::item_lists(connection, task))
    }

    fn unfinished(
        &self,
        after: Option<ExecutionId>,
        limit: usize,
    ) -> Result<Vec<ExecutionId>, StoreError> {
        self.fetch(|connection| read::unfinished(connection, after, limit))
    }

    fn source(&self, program: &[u8; 32]) -> Result<Option<Source>, StoreError> {
        self.fetch(|connection| read::definitions::source(connection, program))
    }

    fn define(
        &self,
        at: Timestamp,
        changes: Vec<DefinitionChange>,
    ) -> Result<Vec<Definition>, StoreError> {
        self.write(move |tx| write::define(tx, at, &changes))
    }

    fn change_environment(
        &self,
        at: Timestamp,
        change: EnvironmentChange,
    ) -> Result<Environment, StoreError> {
        self.write(move |tx| write::change_environment(tx, at, change))
    }

    fn change_code_source(
        &self,
        at: Timestamp,
        change: CodeSourceChange,
    ) -> Result<CodeSource, StoreError> {
        self.write(move |tx| write::change_code_source(tx, at, &change))
    }

    fn change_dynamic_action(
        &self,
        at: Timestamp,
        change: DynamicActionChange,
    ) -> Result<DynamicAction, StoreError> {
        self.write(move |tx| write::change_dynamic_action(tx, at, change))
    }

    fn set_service_state(&self, name: &'static str, value: &str) -> Result<(), StoreError> {
        let value = value.to_owned();
        self.write(move |tx| write::set_service_state(tx, name, &value))
    }

    fn reserve(
        &self,
        at: Timestamp,
        oldest: Timestamp,
        request: KeyedRequest,
    ) -> Result<Reservation, StoreError> {
        self.write(move |tx| write::reserve(tx, at, oldest, &request))
    }

    fn keep_answer(
        &self,
        request: KeyedRequest,
        answer: Option<KeptAnswer>,
    ) -> Result<(), StoreError> {
        self.write(move |tx| write::answer(tx, &request, answer.as_ref()))
    }

    fn next_seq(&self, shard: Shard) -> u64 {
        Backend::next_seq(self, shard)
    }

    fn cost(&self) -> Cost {
        Backend::cost(self)
    }
}
