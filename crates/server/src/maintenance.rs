//! Maintenance: the whole service paused, across restarts.
//!
//! Invariant: what [`Maintenance::phase`] says is what the store keeps. Executions
//! are paused and resumed by a task in the background, which does no harm if it
//! is done twice.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use engine::event::{Event, ExecutionUpdate};
use engine::model::{ExecutionId, State};
use store::query::{Column, ExecutionColumn, Filter, ListQuery, Op, Operand, TaskColumn};
use store::record::ExecutionRecord;
use store::{Catalog, Store, StoreError};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::engine_port::EnginePort;

/// The name under which the store keeps the phase.
const KEY: &str = "maintenance";

/// How often it is looked at whether everything has paused.
const ROUND: Duration = Duration::from_millis(250);

/// How often it is looked at what other nodes did.
const WATCH: Duration = Duration::from_secs(1);

/// How many executions are read at a time.
const PORTION: usize = 500;

/// How far the service is from working.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It works.
    Running,
    /// It starts nothing, but something still runs.
    Pausing,
    /// Nothing runs.
    Paused,
}

/// The phase of a service.
pub struct Maintenance {
    phase: Mutex<Phase>,
    store: Arc<dyn Store>,
}

impl Phase {
    const ALL: [Self; 3] = [Self::Running, Self::Pausing, Self::Paused];

    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Pausing => "PAUSING",
            Self::Paused => "PAUSED",
        }
    }

    /// The phase of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.as_str() == name)
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Maintenance {
    /// The phase that the store keeps.
    ///
    /// # Errors
    /// The store failed.
    pub fn load(store: Arc<dyn Store>, catalog: &dyn Catalog) -> Result<Arc<Self>, StoreError> {
        let word = catalog.service_state(KEY)?;
        let phase = word.and_then(|word| Phase::by_name(&word));
        Ok(Arc::new(Self {
            phase: Mutex::new(phase.unwrap_or(Phase::Running)),
            store,
        }))
    }

    /// The phase now.
    pub fn phase(&self) -> Phase {
        *self.lock()
    }

    /// Whether new work may be started.
    pub fn is_running(&self) -> bool {
        self.phase() == Phase::Running
    }

    /// Towards a phase; gives the one reached so far. Blocks until it is kept.
    ///
    /// # Errors
    /// The store failed; nothing has changed.
    pub fn switch(&self, wanted: Phase) -> Result<Phase, StoreError> {
        let mut phase = self.lock();
        let next = match (*phase, wanted) {
            (Phase::Running, Phase::Paused) => Phase::Pausing,
            (now, Phase::Paused | Phase::Pausing) => now,
            (_, Phase::Running) => Phase::Running,
        };
        self.keep(&mut phase, next)?;
        Ok(next)
    }

    /// Reads the phase again: another node may have switched it. Blocks.
    fn reload(&self, catalog: &dyn Catalog) -> Result<Phase, StoreError> {
        let mut phase = self.lock();
        let word = catalog.service_state(KEY)?;
        *phase = word
            .and_then(|word| Phase::by_name(&word))
            .unwrap_or(Phase::Running);
        Ok(*phase)
    }

    /// Everything has paused; unless somebody wants it to run again.
    fn reached(&self) -> Result<(), StoreError> {
        let mut phase = self.lock();
        match *phase {
            Phase::Pausing => self.keep(&mut phase, Phase::Paused),
            _ => Ok(()),
        }
    }

    fn keep(&self, phase: &mut Phase, next: Phase) -> Result<(), StoreError> {
        if *phase != next {
            self.store.set_service_state(KEY, next.as_str())?;
            *phase = next;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Brings all executions to where the phase wants them.
pub(crate) async fn follow(
    maintenance: Arc<Maintenance>,
    engine: Arc<dyn EnginePort>,
    catalog: Arc<dyn Catalog>,
) {
    let work = Follow {
        maintenance,
        engine,
        catalog,
    };
    let done = match work.maintenance.phase() {
        Phase::Running => work.resume().await,
        Phase::Pausing => work.pause().await,
        Phase::Paused => Ok(()),
    };
    if let Err(error) = done {
        tracing::error!(%error, "maintenance could not reach all executions");
    }
}

/// Keeps the phase as other nodes switch it, and goes on with a pause whose node is
/// gone, until the server stops.
pub(crate) async fn watch(
    maintenance: Arc<Maintenance>,
    engine: Arc<dyn EnginePort>,
    catalog: Arc<dyn Catalog>,
    shutdown: CancellationToken,
) {
    let mut pausing: Option<JoinHandle<()>> = None;
    loop {
        tokio::select! {
            () = tokio::time::sleep(WATCH) => {}
            () = shutdown.cancelled() => return,
        }
        let (known, reader) = (maintenance.clone(), catalog.clone());
        let phase = blocking(move || known.reload(&*reader)).await;
        let is_at_work = pausing.as_ref().is_some_and(|work| !work.is_finished());
        if matches!(phase, Ok(Phase::Pausing)) && engine.leads() && !is_at_work {
            let work = follow(maintenance.clone(), engine.clone(), catalog.clone());
            pausing = Some(tokio::spawn(work));
        }
    }
}

struct Follow {
    maintenance: Arc<Maintenance>,
    engine: Arc<dyn EnginePort>,
    catalog: Arc<dyn Catalog>,
}

impl Follow {
    /// Pauses what runs until nothing does.
    async fn pause(&self) -> Result<(), StoreError> {
        while self.maintenance.phase() == Phase::Pausing {
            self.update_all(State::Running, Phase::Pausing, &ExecutionUpdate::Pause)
                .await?;
            if !self.has_running_tasks().await? {
                let maintenance = self.maintenance.clone();
                return blocking(move || maintenance.reached()).await;
            }
            tokio::time::sleep(ROUND).await;
        }
        Ok(())
    }

    async fn resume(&self) -> Result<(), StoreError> {
        let resume = ExecutionUpdate::Resume { env: None };
        self.update_all(State::Paused, Phase::Running, &resume)
            .await
    }

    /// Updates all executions in a state, as long as the phase lasts. An engine
    /// that is gone or refuses does not stop the others.
    async fn update_all(
        &self,
        state: State,
        phase: Phase,
        update: &ExecutionUpdate,
    ) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let found = self.executions(state, after).await?;
            let Some(last) = found.last() else {
                return Ok(());
            };
            after = Some(last.id.id);
            for record in found {
                if self.maintenance.phase() != phase {
                    return Ok(());
                }
                let execution = record.id.id;
                let root = record.root_execution_id.map_or(execution, |root| root.id);
                let event = Event::ExecutionUpdated {
                    execution,
                    update: update.clone(),
                };
                // Whoever stops the server stops this, too.
                let _ = self.engine.send(root, event).await;
            }
        }
    }

    async fn executions(
        &self,
        state: State,
        after: Option<ExecutionId>,
    ) -> Result<Vec<ExecutionRecord>, StoreError> {
        let mut query = ListQuery::<ExecutionColumn> {
            sort: vec![(ExecutionColumn::ID, Default::default())],
            limit: Some(PORTION),
            wide: Vec::new(),
            ..ListQuery::default()
        };
        let named = Operand::Text(state.as_str().to_owned());
        query.filters = vec![Filter::equal(ExecutionColumn::State, named)];
        if let Some(after) = after {
            query.filters.push(Filter {
                column: ExecutionColumn::Id,
                op: Op::Greater,
                operands: vec![Operand::Id(after.0)],
            });
        }
        let catalog = self.catalog.clone();
        blocking(move || Ok(catalog.executions(&query)?.records)).await
    }

    /// Whether a task of a paused execution still runs.
    async fn has_running_tasks(&self) -> Result<bool, StoreError> {
        let mut after = None;
        loop {
            let found = self.executions(State::Paused, after).await?;
            let Some(last) = found.last() else {
                return Ok(false);
            };
            after = Some(last.id.id);
            let catalog = self.catalog.clone();
            let runs = move || {
                for record in &found {
                    if has_running_task(&*catalog, record.id.id)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            };
            if blocking(runs).await? {
                return Ok(true);
            }
        }
    }
}

fn has_running_task(catalog: &dyn Catalog, execution: ExecutionId) -> Result<bool, StoreError> {
    let running = Operand::Text(State::Running.as_str().to_owned());
    let query = ListQuery::<TaskColumn> {
        filters: vec![
            Filter::equal(TaskColumn::WorkflowExecutionId, Operand::Id(execution.0)),
            Filter::equal(TaskColumn::State, running),
        ],
        limit: Some(1),
        wide: Vec::new(),
        ..ListQuery::default()
    };
    Ok(!catalog.tasks(&query)?.records.is_empty())
}

/// Calls of the store block.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(StoreError::Database {
            context: "a read of maintenance",
            source: Arc::new(error),
        }),
    }
}
