//! What every handler has at hand.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use engine::event::{Answer, Event};
use engine::model::{ExecutionId, Id, IdSource, Timestamp};
use engine::world::World;
use store::postgres::Postgres;
use store::{Catalog, Outbox, Store, StoreError, Triggers};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::error::{ApiError, ApiResult};
use crate::config::Config;
use crate::definitions::Definitions;
use crate::engine_port::EnginePort;
use crate::events::{Feed, Interest, Journal, Tail};
use crate::maintenance::{self, Maintenance};
use crate::metrics::Metrics;
use crate::notifications::CourierHandle;
use crate::runner::RunnerWorld;
use crate::triggers::incoming::Receiver;
use crate::triggers::{Starter, Triggering};

/// What the API is made of.
pub struct Services {
    /// The settings.
    pub config: Config,
    /// Takes events.
    pub engine: Arc<dyn EnginePort>,
    /// Writes definitions and environments.
    pub store: Arc<dyn Store>,
    /// Reads.
    pub catalog: Arc<dyn Catalog>,
    /// Knows workflows and actions by name.
    pub definitions: Arc<Definitions>,
    /// What happens, as it happens.
    pub feed: Arc<Feed>,
    /// Whether the service is paused.
    pub maintenance: Arc<Maintenance>,
    /// What is counted and measured.
    pub metrics: Arc<Metrics>,
    /// Triggers: their rows, and what starts what they order.
    pub triggering: Triggering,
    /// What is told of changes.
    pub outbox: Arc<dyn Outbox>,
    /// Brings it.
    pub(crate) courier: CourierHandle,
    /// The database of all nodes, if there are others.
    pub nodes: Option<Arc<Postgres>>,
    /// Brings their entries to the feed.
    pub(crate) tail: Option<Arc<Tail>>,
    /// Cancelled when the server stops: requests that wait answer then.
    pub shutdown: CancellationToken,
}

/// The state that handlers share. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    services: Services,
    ids: Mutex<IdSource>,
    incarnation: i64,
    waiting_actions: Arc<Semaphore>,
    waiting_requests: Arc<Semaphore>,
    event_streams: Arc<Semaphore>,
}

impl App {
    /// The state of one server.
    pub fn new(services: Services) -> Self {
        let limits = &services.config.limits;
        Self(Arc::new(Inner {
            incarnation: seed().cast_signed(),
            ids: Mutex::new(IdSource::new(now(), 0, seed())),
            waiting_actions: Arc::new(Semaphore::new(limits.max_waiting_actions)),
            waiting_requests: Arc::new(Semaphore::new(limits.max_waiting_requests)),
            event_streams: Arc::new(Semaphore::new(limits.max_event_streams)),
            services,
        }))
    }

    /// The settings.
    pub(crate) fn config(&self) -> &Config {
        &self.0.services.config
    }

    /// Workflows and actions by name.
    pub(crate) fn definitions(&self) -> &Arc<Definitions> {
        &self.0.services.definitions
    }

    /// The engine, for waiting.
    pub(crate) fn engine(&self) -> &dyn EnginePort {
        &*self.0.services.engine
    }

    /// Whether the service is paused.
    pub(crate) fn maintenance(&self) -> &Arc<Maintenance> {
        &self.0.services.maintenance
    }

    /// Pauses all executions in the background if maintenance says so, or lets
    /// them go on.
    pub(crate) fn follow_maintenance(&self) {
        let services = &self.0.services;
        let work = maintenance::follow(
            services.maintenance.clone(),
            services.engine.clone(),
            services.catalog.clone(),
        );
        tokio::spawn(work);
    }

    /// The database of all nodes, if there are others.
    pub(crate) fn nodes(&self) -> Option<Arc<Postgres>> {
        self.0.services.nodes.clone()
    }

    /// Whether actions for a target may run on this node: alone it runs them all.
    pub(crate) fn runs_here(&self, target: Option<&str>) -> bool {
        let config = self.config();
        let own = |target| {
            config.cluster.name() == target
                || config.executor.targets.iter().any(|own| own == target)
        };
        self.is_alone() || (config.cluster.roles.executor && target.is_none_or(own))
    }

    /// Cancelled when the server stops.
    pub(crate) fn shutdown(&self) -> &CancellationToken {
        &self.0.services.shutdown
    }

    /// Places for actions that run while their caller waits.
    pub(crate) fn waiting_actions(&self) -> &Arc<Semaphore> {
        &self.0.waiting_actions
    }

    /// Places for requests that wait for something to end.
    pub(crate) fn waiting_requests(&self) -> &Arc<Semaphore> {
        &self.0.waiting_requests
    }

    /// Places for those who follow events.
    pub(crate) fn event_streams(&self) -> &Arc<Semaphore> {
        &self.0.event_streams
    }

    /// What happens, as it happens.
    pub(crate) fn feed(&self) -> &Arc<Feed> {
        &self.0.services.feed
    }

    /// To be held as long as somebody follows: the feed has what other nodes do.
    pub(crate) async fn interest(&self) -> ApiResult<Option<Interest>> {
        match self.0.services.tail.clone() {
            None => Ok(None),
            Some(tail) => blocking(move || Ok(Some(tail.interest()?))).await,
        }
    }

    /// Where followers of events read.
    pub(crate) fn journal(&self) -> Journal {
        Journal {
            catalog: self.0.services.catalog.clone(),
            store: self.0.services.store.clone(),
        }
    }

    /// What is counted and measured.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.services.metrics
    }

    /// Tells this run of the server from earlier ones.
    pub(crate) fn incarnation(&self) -> i64 {
        self.0.incarnation
    }

    /// A new id. Ids of one server sort by creation.
    pub(crate) fn new_id(&self) -> Id {
        let mut ids = self.0.ids.lock().unwrap_or_else(PoisonError::into_inner);
        *ids = IdSource::new(now(), ids.sequence(), ids.next_random());
        ids.next_id()
    }

    /// A new id for a tree, such that this node handles it.
    pub(crate) fn new_root(&self) -> Id {
        // One of 64 nodes has one shard of 64: some hundred tries find it.
        let mut ids = std::iter::repeat_with(|| self.new_id()).take(1_000);
        let handled = ids.find(|id| self.engine().handles(ExecutionId(*id)));
        handled.unwrap_or_else(|| self.new_id())
    }

    /// Reads from the catalog where blocking does no harm.
    ///
    /// # Errors
    /// What `work` answers, or 500 if the store failed.
    pub(crate) async fn read<T, F>(&self, work: F) -> ApiResult<T>
    where
        T: Send + 'static,
        F: FnOnce(&Reading<'_>) -> ApiResult<T> + Send + 'static,
    {
        let app = self.clone();
        blocking(move || work(&app.reading())).await
    }

    /// The same for a row or two. An embedded database has them sooner than another
    /// thread would have begun: they are read on this one.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub(crate) async fn look<T, F>(&self, work: F) -> ApiResult<T>
    where
        T: Send + 'static,
        F: FnOnce(&Reading<'_>) -> ApiResult<T> + Send + 'static,
    {
        match self.is_alone() {
            true => work(&self.reading()),
            false => self.read(work).await,
        }
    }

    /// Whether the database is embedded in this process.
    pub(crate) fn is_alone(&self) -> bool {
        self.0.services.nodes.is_none()
    }

    fn reading(&self) -> Reading<'_> {
        let services = &self.0.services;
        Reading {
            catalog: &*services.catalog,
            store: &*services.store,
            definitions: &services.definitions,
        }
    }

    /// Asks for triggers where blocking does no harm.
    pub(crate) async fn triggers<T, F>(&self, work: F) -> ApiResult<T>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Triggers) -> ApiResult<T> + Send + 'static,
    {
        let app = self.clone();
        blocking(move || work(app.starter().triggers())).await
    }

    /// Asks for notifications where blocking does no harm.
    pub(crate) async fn outbox<T, F>(&self, work: F) -> ApiResult<T>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Outbox) -> ApiResult<T> + Send + 'static,
    {
        let app = self.clone();
        blocking(move || work(&*app.0.services.outbox)).await
    }

    /// Tells the courier that something waits.
    pub(crate) fn wake_courier(&self) {
        self.0.services.courier.wake();
    }

    /// Starts what triggers order.
    pub(crate) fn starter(&self) -> &Starter {
        &self.0.services.triggering.starter
    }

    /// Takes events in.
    pub(crate) fn receiver(&self) -> &Receiver {
        &self.0.services.triggering.receiver
    }

    /// Tells the scheduler that a trigger changed.
    pub(crate) fn reschedule(&self) {
        self.0.services.triggering.scheduler.wake();
    }

    /// Lets the engine think where blocking does no harm.
    pub(crate) async fn think<T, F>(&self, work: F) -> ApiResult<T>
    where
        T: Send + 'static,
        F: FnOnce(&dyn World) -> ApiResult<T> + Send + 'static,
    {
        let app = self.clone();
        blocking(move || {
            let services = &app.0.services;
            let world = RunnerWorld::new(
                services.definitions.clone(),
                services.store.clone(),
                services.catalog.clone(),
                services.config.engine_settings(),
                services.metrics.clone(),
            );
            work(&world)
        })
        .await
    }

    /// Writes to the store where blocking does no harm.
    pub(crate) async fn write<T, F>(&self, work: F) -> ApiResult<T>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Store) -> ApiResult<T> + Send + 'static,
    {
        let app = self.clone();
        blocking(move || work(&*app.0.services.store)).await
    }

    /// Hands an event to the engine and waits for the answer.
    ///
    /// # Errors
    /// The engine's refusal, or 500 if it does not answer in time.
    pub(crate) async fn send(
        &self,
        root: ExecutionId,
        method: &str,
        event: Event,
    ) -> ApiResult<Answer> {
        let seconds = self.config().rpc_response_timeout;
        let answer = self.engine().send(root, event);
        match tokio::time::timeout(Duration::from_secs(seconds), answer).await {
            Ok(Ok(Answer::Refused(refusal))) => Err(refusal.into()),
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(stopped)) => Err(match self.engine().trouble() {
                Some(trouble) => ApiError::in_trouble(trouble),
                None => ApiError::new(http::StatusCode::SERVICE_UNAVAILABLE, stopped.to_string()),
            }),
            Err(_) => Err(ApiError::internal(format!(
                "This rpc call \"{method}\" took longer than configured {seconds} seconds."
            ))),
        }
    }
}

/// What reads may use.
pub(crate) struct Reading<'a> {
    /// Gets and lists.
    pub(crate) catalog: &'a dyn Catalog,
    /// The engine's own reads.
    pub(crate) store: &'a dyn Store,
    /// Programs.
    pub(crate) definitions: &'a Definitions,
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Duplicate { .. } => Self::conflict(error.to_string()),
            StoreError::NotFound { .. } | StoreError::UnknownMarker { .. } => {
                Self::not_found(error.to_string())
            }
            StoreError::Deadline { .. } | StoreError::Crowded => {
                Self::new(http::StatusCode::SERVICE_UNAVAILABLE, error.to_string())
            }
            _ => match error.trouble() {
                Some(trouble) => {
                    tracing::error!(%error, "the store failed");
                    Self::in_trouble(trouble)
                }
                None => Self::unavailable(&error),
            },
        }
    }
}

/// The present.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let micros = since.map_or(0, |since| since.as_micros());
    Timestamp::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
}

async fn blocking<T, F>(work: F) -> ApiResult<T>
where
    T: Send + 'static,
    F: FnOnce() -> ApiResult<T> + Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(ApiError::unavailable(&error)),
    }
}

/// Randomness for ids; the standard library seeds its hashers from the system.
fn seed() -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    RandomState::new().build_hasher().finish()
}
