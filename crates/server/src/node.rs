//! One node: a store, the runner on its thread, executors, and the services of the API.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use actions::Registry;
use store::sqlite::{self, Sqlite};
use store::{Catalog, Store, StoreError, Triggers};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::api::Services;
use crate::config::Config;
use crate::definitions::{DefinitionError, Definitions};
use crate::events::Feed;
use crate::executor::Executor;
use crate::maintenance::Maintenance;
use crate::metrics::Metrics;
use crate::runner::{EngineHandle, Hub, Inbox, RunnerParts, RunnerWorld, SystemClock};
use crate::triggers::incoming::{BadConversions, Conversions, Receiver};
use crate::triggers::{Scheduler, Starter, SystemWallClock, Triggering};

/// Everything that runs in one process, without a listener.
pub struct Node {
    engine: EngineHandle,
    runner: JoinHandle<()>,
    store: Arc<dyn Store>,
    catalog: Arc<dyn Catalog>,
    definitions: Arc<Definitions>,
    feed: Arc<Feed>,
    maintenance: Arc<Maintenance>,
    metrics: Arc<Metrics>,
    triggering: Triggering,
    scheduling: JoinHandle<()>,
    config: Config,
    shutdown: CancellationToken,
}

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The definitions of events.
    #[error(transparent)]
    Events(#[from] BadConversions),
    /// The preinstalled definitions.
    #[error(transparent)]
    Definitions(#[from] DefinitionError),
    /// The system.
    #[error("the engine's thread does not start: {0}")]
    Thread(#[from] std::io::Error),
}

impl Node {
    /// Opens the database file and takes up the work that is in it. Actions run on `runtime`.
    ///
    /// # Errors
    /// See [`NodeError`].
    pub fn open(config: Config, database: &Path, runtime: Handle) -> Result<Self, NodeError> {
        let sqlite = Arc::new(Sqlite::open(database, &sqlite::Options::default())?);
        let triggers: Arc<dyn Triggers> = sqlite.clone();
        Self::start(config, sqlite.clone(), sqlite, &triggers, runtime)
    }

    /// A node whose data is gone when it stops.
    ///
    /// # Errors
    /// See [`NodeError`].
    pub fn in_memory(config: Config, runtime: Handle) -> Result<Self, NodeError> {
        let sqlite = Arc::new(Sqlite::in_memory()?);
        let triggers: Arc<dyn Triggers> = sqlite.clone();
        Self::start(config, sqlite.clone(), sqlite, &triggers, runtime)
    }

    fn start(
        config: Config,
        store: Arc<dyn Store>,
        catalog: Arc<dyn Catalog>,
        triggers: &Arc<dyn Triggers>,
        runtime: Handle,
    ) -> Result<Self, NodeError> {
        let registry = Registry::standard(&config.actions());
        let languages = config.languages();
        let definitions =
            Definitions::new(store.clone(), catalog.clone(), registry.clone(), languages)?;
        let definitions = Arc::new(definitions);
        let feed = Feed::start(&runtime);
        let maintenance = Maintenance::load(store.clone(), &*catalog)?;
        let metrics = Arc::new(Metrics::default());
        metrics.found(&catalog.open_executions()?);
        let inbox = Inbox::default();
        let parts = RunnerParts {
            world: RunnerWorld::new(
                definitions.clone(),
                store.clone(),
                catalog.clone(),
                config.engine_settings(),
                metrics.clone(),
            ),
            executor: Executor::new(registry, runtime.clone(), inbox.reports(), metrics.clone()),
            metrics: metrics.clone(),
            store: store.clone(),
            clock: Arc::new(SystemClock::default()),
            hub: Arc::new(Hub::new(feed.clone())),
            action_slots: config.executor.max_running_actions,
            seed: seed(),
        };
        let (engine, runner) = inbox.start(parts)?;
        let shutdown = CancellationToken::new();
        let starter = Starter::new(
            Arc::new(engine.clone()),
            (store.clone(), catalog.clone(), triggers.clone()),
            definitions.clone(),
            runtime,
            shutdown.clone(),
        );
        let receiver = receiver(&config, starter.clone())?;
        let scheduler = Scheduler::new(starter.clone(), Arc::new(SystemWallClock), seed());
        let (scheduler, scheduling) = scheduler.spawn(config.cron_trigger.enabled)?;
        Ok(Self {
            engine,
            runner,
            triggering: Triggering {
                starter,
                scheduler,
                receiver,
            },
            scheduling,
            store,
            catalog,
            definitions,
            feed,
            maintenance,
            metrics,
            config,
            shutdown,
        })
    }

    /// What the API is made of.
    pub fn services(&self) -> Services {
        Services {
            config: self.config.clone(),
            engine: Arc::new(self.engine.clone()),
            store: self.store.clone(),
            catalog: self.catalog.clone(),
            definitions: self.definitions.clone(),
            feed: self.feed.clone(),
            maintenance: self.maintenance.clone(),
            metrics: self.metrics.clone(),
            triggering: self.triggering.clone(),
            shutdown: self.shutdown.clone(),
        }
    }

    /// Cancelled when the node stops.
    pub fn shutdown(&self) -> &CancellationToken {
        &self.shutdown
    }

    /// Commits what is in flight and ends the runner. Blocks until it is done.
    pub fn stop(self) {
        self.shutdown.cancel();
        self.triggering.scheduler.stop();
        if self.scheduling.join().is_err() {
            tracing::error!("the scheduler ended with a panic");
        }
        self.engine.stop();
        if self.runner.join().is_err() {
            tracing::error!("the runner ended with a panic");
        }
    }
}

/// What takes events in.
fn receiver(config: &Config, starter: Starter) -> Result<Receiver, BadConversions> {
    let settings = &config.event_engine;
    let conversions = match &settings.event_definitions_cfg_file {
        Some(path) => Conversions::read(path, &config.languages().setup)?,
        None => Conversions::default(),
    };
    let (clock, hours) = (Arc::new(SystemWallClock), settings.message_id_hours);
    Ok(Receiver::new(starter, conversions, clock, hours, seed()))
}

/// Differs between starts: the standard library seeds its hashers from the system.
fn seed() -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    RandomState::new().build_hasher().finish()
}
