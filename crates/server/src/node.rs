//! One node: a store, the runner on its thread, executors, and the services of the API.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use actions::{HttpClient, Registry};
use store::postgres::{self, Postgres};
use store::sqlite::{self, Sqlite};
use store::{Catalog, Outbox, Roles, Store, StoreError, Triggers};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::api::Services;
use crate::cluster::{Cluster, Membership, Threads};
use crate::config::Config;
use crate::definitions::{DefinitionError, Definitions};
use crate::events::{Feed, Tail};
use crate::executor::Executor;
use crate::expiration::Expiration;
use crate::maintenance::{self, Maintenance};
use crate::metrics::Metrics;
use crate::notifications::{Courier, CourierHandle, CourierParts, Keep, News};
use crate::runner::{EngineHandle, Hub, Inbox, Live, RunnerParts, RunnerWorld, SystemClock};
use crate::triggers::incoming::{BadConversions, Conversions, Listener, Receiver, Source};
use crate::triggers::{Scheduler, Starter, SystemWallClock, Triggering};

/// Where the data is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// In a file of this process alone.
    Sqlite(PathBuf),
    /// In a database that other nodes may use, too, by its address.
    Postgres(String),
}

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
    outbox: Arc<dyn Outbox>,
    courier: CourierHandle,
    scheduling: JoinHandle<()>,
    config: Config,
    shutdown: CancellationToken,
    others: Option<Others>,
}

/// What there is because of other nodes.
struct Others {
    cluster: Arc<Cluster>,
    threads: Threads,
    tail: Arc<Tail>,
    following: JoinHandle<()>,
}

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A role is missing that nobody else could have.
    #[error(
        "an SQLite database has one node, which needs all roles: leave out --role (cluster.roles), \
         or use PostgreSQL"
    )]
    Alone,
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
    /// Opens the database and takes up the work that is in it. Actions run on
    /// `runtime`. Blocks: not for a thread of the runtime.
    ///
    /// # Errors
    /// See [`NodeError`].
    pub fn open(config: Config, database: &Database, runtime: Handle) -> Result<Self, NodeError> {
        match database {
            Database::Sqlite(path) => Self::on_file(config, path, runtime),
            Database::Postgres(url) => Self::on_cluster(config, url, runtime),
        }
    }

    fn on_file(config: Config, path: &Path, runtime: Handle) -> Result<Self, NodeError> {
        if config.cluster.roles != Roles::ALL {
            return Err(NodeError::Alone);
        }
        let options = sqlite::Options {
            read_deadline: read_deadline(&config),
            ..sqlite::Options::default()
        };
        let sqlite = Arc::new(Sqlite::open(path, &options)?);
        Self::start(config, &sqlite, None, runtime)
    }

    fn on_cluster(config: Config, url: &str, runtime: Handle) -> Result<Self, NodeError> {
        let options = postgres::Options {
            lease: config.cluster.lease(),
            listens: config.cluster.listen,
            read_deadline: read_deadline(&config),
            ..postgres::Options::default()
        };
        let postgres = Arc::new(Postgres::open(url, &options)?);
        Self::start(config, &postgres, Some(postgres.clone()), runtime)
    }

    /// A node whose data is gone when it stops.
    ///
    /// # Errors
    /// See [`NodeError`].
    pub fn in_memory(config: Config, runtime: Handle) -> Result<Self, NodeError> {
        let sqlite = Arc::new(Sqlite::in_memory()?);
        Self::start(config, &sqlite, None, runtime)
    }

    fn start<D>(
        config: Config,
        database: &Arc<D>,
        postgres: Option<Arc<Postgres>>,
        runtime: Handle,
    ) -> Result<Self, NodeError>
    where
        D: Store + Catalog + Triggers + Outbox + 'static,
    {
        let store: Arc<dyn Store> = database.clone();
        let catalog: Arc<dyn Catalog> = database.clone();
        let triggers: Arc<dyn Triggers> = database.clone();
        let outbox: Arc<dyn Outbox> = database.clone();
        // Below 2^63, as databases have signed integers.
        let claim = seed() >> 1;
        let member = Membership {
            name: config.cluster.name(),
            roles: config.cluster.roles,
            targets: config.executor.targets.clone(),
        };
        let cluster = postgres.map(|postgres| Cluster::join(postgres, member, claim));
        let cluster = cluster.transpose()?.map(Arc::new);
        let registry = Registry::standard(&config.actions());
        let languages = config.languages();
        let definitions =
            Definitions::new(store.clone(), catalog.clone(), registry.clone(), languages)?;
        let definitions = Arc::new(match cluster {
            Some(_) => definitions.shared(),
            None => definitions,
        });
        let feed = Feed::start(&runtime);
        let tail = cluster
            .as_ref()
            .map(|cluster| Tail::new(cluster.store().clone(), feed.clone()));
        let maintenance = Maintenance::load(store.clone(), &*catalog)?;
        let metrics = Arc::new(Metrics::default());
        metrics.found(&catalog.open_executions()?);
        let inbox = Inbox::default();
        let courier = CourierHandle::default();
        let parts = RunnerParts {
            world: RunnerWorld::new(
                definitions.clone(),
                store.clone(),
                catalog.clone(),
                config.engine_settings(),
                metrics.clone(),
            ),
            executor: Executor::new(
                registry.clone(),
                runtime.clone(),
                inbox.reports(),
                metrics.clone(),
            ),
            metrics: metrics.clone(),
            store: store.clone(),
            clock: Arc::new(SystemClock::default()),
            hub: Arc::new(Hub::new(match &tail {
                None => Live::Feed(feed.clone()),
                Some(tail) => Live::Tail(tail.clone()),
            })),
            news: News::new(&config.notifier.notify),
            courier: courier.clone(),
            action_slots: action_slots(&config),
            cluster: cluster.clone(),
            seed: seed(),
            claim,
        };
        let sender = inbox.sender();
        let (engine, runner) = inbox.start(parts)?;
        let shutdown = CancellationToken::new();
        let background = Background {
            config: &config,
            shutdown: &shutdown,
            runtime: runtime.clone(),
        };
        background.deliver(&engine, outbox.clone(), courier.clone(), registry);
        background.expire(engine.clone(), catalog.clone());
        let starter = Starter::new(
            Arc::new(engine.clone()),
            (store.clone(), catalog.clone(), triggers.clone()),
            definitions.clone(),
            metrics.clone(),
            runtime,
            shutdown.clone(),
        );
        let receiver = receiver(&config, starter.clone())?;
        background.listen(&receiver);
        let scheduler = Scheduler::new(starter.clone(), Arc::new(SystemWallClock), seed());
        let scheduler = match cluster {
            Some(_) => scheduler.among_others(),
            None => scheduler,
        };
        let (scheduler, scheduling) =
            scheduler.spawn(config.cron_trigger.enabled && config.cluster.roles.engine)?;
        let others = match cluster.zip(tail) {
            None => None,
            Some((cluster, tail)) => {
                background.follow_maintenance(&maintenance, &engine, &catalog);
                let lease = config.cluster.lease();
                Some(Others {
                    threads: cluster.start(sender, definitions.clone(), lease)?,
                    following: tail.start()?,
                    cluster,
                    tail,
                })
            }
        };
        Ok(Self {
            engine,
            runner,
            courier,
            outbox,
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
            others,
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
            outbox: self.outbox.clone(),
            courier: self.courier.clone(),
            nodes: self
                .others
                .as_ref()
                .map(|others| others.cluster.store().clone()),
            tail: self.others.as_ref().map(|others| others.tail.clone()),
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
        let limit = Duration::from_secs(self.config.limits.stop_timeout);
        let cluster = self.others.map(|others| others.stop(limit));
        self.engine.stop();
        if self.runner.join().is_err() {
            tracing::error!("the runner ended with a panic");
        }
        if let Some(cluster) = cluster {
            cluster.leave();
        }
    }
}

impl Others {
    /// Hands over what there is and ends the threads; the node is still among the others.
    fn stop(self, limit: Duration) -> Arc<Cluster> {
        self.tail.stop();
        self.cluster.retire(limit);
        self.cluster.stop(self.threads);
        if self.following.join().is_err() {
            tracing::error!("the journal's thread ended with a panic");
        }
        self.cluster
    }
}

/// How many actions may run at once.
fn action_slots(config: &Config) -> usize {
    match config.cluster.roles.executor {
        true => config.executor.max_running_actions,
        false => 0,
    }
}

/// The longest that a read of the API may take.
fn read_deadline(config: &Config) -> Duration {
    Duration::from_secs(config.limits.read_timeout.max(1))
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

/// What works beside the engine.
struct Background<'a> {
    config: &'a Config,
    shutdown: &'a CancellationToken,
    runtime: Handle,
}

impl Background<'_> {
    /// Brings notifications.
    fn deliver(
        &self,
        engine: &EngineHandle,
        outbox: Arc<dyn Outbox>,
        courier: CourierHandle,
        registry: Registry,
    ) {
        let settings = &self.config.notifier;
        let hours = |hours: u32| Duration::from_secs(u64::from(hours) * 3_600);
        let parts = CourierParts {
            outbox,
            engine: Arc::new(engine.clone()),
            http: HttpClient::new(&self.config.action_std_http),
            registry,
            give_up_after: hours(settings.give_up_hours),
            keep: Keep {
                notifications: hours(settings.keep_hours),
                receivers: hours(settings.keep_receivers_days.saturating_mul(24)),
            },
            shutdown: self.shutdown.clone(),
        };
        self.runtime.spawn(Courier::new(parts, courier).run());
    }

    /// Deletes finished executions.
    fn expire(&self, engine: EngineHandle, catalog: Arc<dyn Catalog>) {
        let policy = self.config.execution_expiration_policy.clone();
        let shutdown = self.shutdown.clone();
        let expiration = Expiration::new(policy, Arc::new(engine), catalog, shutdown);
        self.runtime.spawn(expiration.run());
    }

    /// Other nodes may pause the service.
    fn follow_maintenance(
        &self,
        maintenance: &Arc<Maintenance>,
        engine: &EngineHandle,
        catalog: &Arc<dyn Catalog>,
    ) {
        let watch = maintenance::watch(
            maintenance.clone(),
            Arc::new(engine.clone()),
            catalog.clone(),
            self.shutdown.clone(),
        );
        self.runtime.spawn(watch);
    }

    /// Listens to the broker, if there is one.
    fn listen(&self, receiver: &Receiver) {
        let settings = &self.config.event_engine;
        let url = settings.transport_url.clone();
        let Some(url) = url.filter(|_| self.config.cluster.roles.engine) else {
            return;
        };
        let source = Source {
            url,
            pool: settings.listener_pool_name.clone(),
            durable: settings.amqp_durable_queues,
            max_bytes: settings.max_event_bytes,
            by_project: self.config.pecan.auth_enable,
        };
        let listener = Listener::new(source, receiver.clone(), self.shutdown.clone());
        self.runtime.spawn(listener.run());
    }
}

/// Differs between starts: the standard library seeds its hashers from the system.
fn seed() -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    RandomState::new().build_hasher().finish()
}
