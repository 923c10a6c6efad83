//! The engine's view of the outside, answered from definitions and store.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use engine::change::Snapshot;
use engine::event::Definition;
use engine::model::{ExecutionId, ItemLists, Task};
use engine::world::{
    ActionDefinition, Child, NameScope, QueryError, Settings, Source, Unavailable, Wanted, World,
    gone_with,
};
use language::expression::{ExecutionsFilter, TasksFilter};
use language::program::Program;
use store::{Catalog, Store};
use yaql::{Dict, Value};

use super::queries;
use crate::definitions::Definitions;
use crate::metrics::Shared;

/// The longest time an expression may take.
const EVALUATION_TIME: Duration = Duration::from_secs(10);

/// Answers what the engine asks.
pub(crate) struct RunnerWorld {
    definitions: Arc<Definitions>,
    pub(super) store: Arc<dyn Store>,
    pub(super) catalog: Arc<dyn Catalog>,
    settings: Settings,
    metrics: Shared,
    /// The evaluation at hand began so many nanoseconds after the world was made.
    began: AtomicU64,
    made: Instant,
}

impl RunnerWorld {
    /// A world over definitions, store and catalog.
    pub(crate) fn new(
        definitions: Arc<Definitions>,
        store: Arc<dyn Store>,
        catalog: Arc<dyn Catalog>,
        settings: Settings,
        metrics: Shared,
    ) -> Self {
        Self {
            definitions,
            store,
            catalog,
            settings,
            metrics,
            began: AtomicU64::new(0),
            made: Instant::now(),
        }
    }

    fn nanos(&self) -> u64 {
        u64::try_from(self.made.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Since the evaluation at hand began.
    fn spent(&self) -> Duration {
        let began = self.began.load(Ordering::Relaxed);
        Duration::from_nanos(self.nanos().saturating_sub(began))
    }

    pub(super) fn definitions(&self) -> &Definitions {
        &self.definitions
    }
}

impl World for RunnerWorld {
    fn sub_workflow(
        &self,
        name: &str,
        scope: &NameScope<'_>,
    ) -> Result<Option<Definition>, Unavailable> {
        self.definitions
            .sub_workflow(name, scope.workbook, scope.namespace, scope.project_id)
            .map_err(unavailable)
    }

    fn action(
        &self,
        name: &str,
        scope: &NameScope<'_>,
    ) -> Result<Option<ActionDefinition>, Unavailable> {
        self.definitions
            .action(name, scope.workbook, scope.namespace, scope.project_id)
            .map_err(unavailable)
    }

    fn children(&self, task: &Task) -> Result<Vec<Child>, Unavailable> {
        let results = self.store.task_children(task.id).map_err(unavailable)?;
        let child = |result: store::TaskResult| Child {
            id: result.id,
            kind: result.kind,
            name: result.name,
            index: result.index,
            state: result.state,
            accepted: result.accepted,
            value: result.output,
        };
        Ok(results.into_iter().map(child).collect())
    }

    fn published(&self, task: &Task) -> Result<Option<Dict>, Unavailable> {
        let record = self.catalog.task(task.id).map_err(unavailable)?;
        Ok(record.and_then(|record| record.published))
    }

    fn gone(
        &self,
        root: ExecutionId,
        wanted: Wanted,
        in_memory: &dyn Fn(ExecutionId) -> bool,
    ) -> Result<Option<Snapshot>, Unavailable> {
        let execution = match wanted {
            Wanted::Execution(id) => Some(id),
            Wanted::Task(id) => {
                let record = self.catalog.task(id).map_err(unavailable)?;
                record.map(|record| record.execution.id)
            }
        };
        let Some(execution) = execution else {
            return Ok(None);
        };
        let parents = self.catalog.descendants(root).map_err(unavailable)?;
        let wanted = gone_with(execution, &parents, in_memory);
        let part = self.store.load_part(root, &wanted).map_err(unavailable)?;
        Ok((!part.executions.is_empty()).then_some(part))
    }

    /// Whatever became of its definition.
    fn program(&self, hash: &[u8; 32]) -> Option<Arc<Program>> {
        match self.definitions.program(hash) {
            Ok(program) => program,
            Err(error) => {
                tracing::error!(%error, "a stored workflow can not be read");
                None
            }
        }
    }

    fn source(&self, id: ExecutionId) -> Result<Option<Source>, Unavailable> {
        let Some(root) = self.store.root_of_execution(id).map_err(unavailable)? else {
            return Ok(None);
        };
        let Some(tree) = self.store.load(root).map_err(unavailable)? else {
            return Ok(None);
        };
        let mut executions = tree.executions.into_iter();
        Ok(executions
            .find(|execution| execution.id == id)
            .and_then(|execution| {
                let tasks = tree.tasks.into_iter();
                Some(Source {
                    program: self.program(&execution.origin.program)?,
                    tasks: tasks.filter(|task| task.execution == id).collect(),
                    execution,
                })
            }))
    }

    fn item_lists(&self, task: &Task) -> Result<Option<ItemLists>, Unavailable> {
        self.store.item_lists(task.id).map_err(unavailable)
    }

    fn tasks(&self, filter: &TasksFilter, project_id: &str) -> Result<Value, QueryError> {
        queries::tasks(self, filter, project_id)
    }

    fn executions(&self, filter: &ExecutionsFilter, project_id: &str) -> Result<Value, QueryError> {
        queries::executions(self, filter, project_id)
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn begin_evaluation(&self) {
        self.began.store(self.nanos(), Ordering::Relaxed);
    }

    fn end_evaluation(&self) {
        self.metrics.evaluated(self.spent());
    }

    fn is_late(&self) -> bool {
        self.spent() > EVALUATION_TIME
    }
}

fn unavailable(error: impl std::fmt::Display) -> Unavailable {
    Unavailable(error.to_string())
}
