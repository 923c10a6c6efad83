//! Starts what was ordered: from a fire to an execution.
//!
//! The order stays PENDING until the engine's commit that creates the execution,
//! so it may be tried as often as it takes.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use engine::event::{Answer, Definition, Event, ExecutionUpdate, WorkflowRequest};
use engine::model::{ExecutionId, Id, State};
use futures_util::future::join_all;
use store::query::Projects;
use store::trigger::{Fire, FireKind, FireState, StartRequest, Triggers};
use store::{Catalog, Store, StoreError};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use yaql::Value;

use crate::api::{Reading, resolve_environment};
use crate::definitions::Definitions;
use crate::engine_port::EnginePort;
use crate::metrics::Shared;

/// Starts that may be on their way to the engine at once.
const ON_THE_WAY: usize = 4_096;

/// How long an engine or store that failed is left alone.
const REST: Duration = Duration::from_millis(500);

/// The longest that a buffered fire sleeps before it looks again.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// What became of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Started {
    /// There is an execution.
    Yes,
    /// The engine refused, with this text.
    Refused(String),
    /// The server stops; the next one goes on.
    Later,
}

/// Starts executions. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Starter(Arc<Parts>);

/// What a starter is made of.
pub(crate) struct Parts {
    pub(crate) engine: Arc<dyn EnginePort>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) catalog: Arc<dyn Catalog>,
    pub(crate) triggers: Arc<dyn Triggers>,
    pub(crate) definitions: Arc<Definitions>,
    pub(crate) metrics: Shared,
    pub(crate) runtime: Handle,
    pub(crate) shutdown: CancellationToken,
    pub(crate) places: Arc<Semaphore>,
    /// Fires that this process is about to start.
    pub(crate) in_hand: Mutex<HashSet<ExecutionId>>,
}

/// Definitions that were looked up for a group of starts.
type Found = HashMap<(Id, Arc<str>), Result<Definition, String>>;

/// Whether an id was made just now: no execution can have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    New,
    Repeated,
}

impl Starter {
    pub(crate) fn new(
        engine: Arc<dyn EnginePort>,
        (store, catalog, triggers): (Arc<dyn Store>, Arc<dyn Catalog>, Arc<dyn Triggers>),
        definitions: Arc<Definitions>,
        metrics: Shared,
        runtime: Handle,
        shutdown: CancellationToken,
    ) -> Self {
        Self(Arc::new(Parts {
            engine,
            store,
            catalog,
            triggers,
            definitions,
            metrics,
            runtime,
            shutdown,
            places: Arc::new(Semaphore::new(ON_THE_WAY)),
            in_hand: Mutex::default(),
        }))
    }

    pub(crate) fn triggers(&self) -> &dyn Triggers {
        &*self.0.triggers
    }

    /// Whether a waiting fire is this node's to start, and nobody is at it here.
    pub(crate) fn misses(&self, fire: ExecutionId) -> bool {
        self.0.engine.owns(fire.0) && !self.in_hand().contains(&fire)
    }

    fn in_hand(&self) -> MutexGuard<'_, HashSet<ExecutionId>> {
        self.0
            .in_hand
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a group of fires in the background. Blocks while too many are on
    /// their way.
    pub(crate) fn launch(&self, fires: Vec<Fire>, order: Order) {
        self.in_hand().extend(fires.iter().map(|fire| fire.id));
        let (pending, buffered): (Vec<_>, Vec<_>) = fires
            .into_iter()
            .partition(|fire| fire.state == FireState::Pending);
        for fire in buffered {
            let starter = self.clone();
            self.0.runtime.spawn(async move {
                let id = fire.id;
                starter.hold(fire).await;
                starter.in_hand().remove(&id);
            });
        }
        let Some(place) = self.place(pending.len()) else {
            return;
        };
        let mut found = Found::new();
        let prepared: Vec<_> = pending
            .into_iter()
            .map(|fire| (self.prepare(&fire, order, &mut found), fire))
            .collect();
        let starter = self.clone();
        self.0.runtime.spawn(async move {
            let starts = prepared
                .into_iter()
                .map(|(request, fire)| starter.settle(fire, request));
            join_all(starts).await;
            drop(place);
        });
    }

    fn place(&self, count: usize) -> Option<OwnedSemaphorePermit> {
        let count = u32::try_from(count.min(ON_THE_WAY))
            .ok()
            .filter(|n| *n > 0)?;
        let places = self.0.places.clone().acquire_many_owned(count);
        self.0.runtime.block_on(places).ok()
    }

    /// Starts fires that were ordered just now in the background. Blocks.
    pub(crate) fn launch_new(&self, fires: Vec<Fire>) {
        self.launch(fires, Order::New);
    }

    /// Starts one fire and waits until that is durable.
    pub(crate) async fn start(&self, fire: Fire) -> Started {
        let starter = self.clone();
        let prepared = tokio::task::spawn_blocking(move || {
            let request = starter.prepare(&fire, Order::New, &mut Found::new());
            (fire, request)
        });
        match prepared.await {
            Ok((fire, request)) => self.settle(fire, request).await,
            Err(_) => Started::Later,
        }
    }

    /// Waits until nothing of the trigger runs before this fire, then starts it.
    async fn hold(&self, fire: Fire) {
        while !self.0.shutdown.is_cancelled() {
            match self.blocker(fire.owner, fire.id).await {
                Ok(Some(running)) => {
                    let end = self.0.engine.execution_ended(running, LOOK_AGAIN);
                    // It may have ended before somebody watched.
                    if self.blocker(fire.owner, fire.id).await.ok().flatten() == Some(running) {
                        tokio::select! {
                            () = end.reached => {}
                            () = self.0.shutdown.cancelled() => {}
                        }
                    }
                }
                Ok(None) => match self.release(fire.id).await {
                    Ok(Some(fire)) => return drop(self.start(fire).await),
                    Ok(None) => return,
                    Err(_) => tokio::time::sleep(REST).await,
                },
                Err(_) => tokio::time::sleep(REST).await,
            }
        }
    }

    async fn blocker(
        &self,
        owner: Id,
        before: ExecutionId,
    ) -> Result<Option<ExecutionId>, StoreError> {
        let running = self.ask(move |triggers| triggers.running(owner, before));
        Ok(running.await?.first().copied())
    }

    async fn release(&self, id: ExecutionId) -> Result<Option<Fire>, StoreError> {
        self.ask(move |triggers| triggers.release(id)).await
    }

    /// Asks the store where blocking does no harm.
    async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Triggers) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let parts = self.0.clone();
        let done = tokio::task::spawn_blocking(move || work(&*parts.triggers));
        done.await.unwrap_or_else(|error| {
            Err(StoreError::Database {
                context: "asking for triggers",
                source: Arc::new(error),
            })
        })
    }

    /// What the engine is to be told; blocks. A refusal is its text.
    fn prepare(
        &self,
        fire: &Fire,
        order: Order,
        found: &mut Found,
    ) -> Result<Box<WorkflowRequest>, String> {
        let request = fire.request.as_ref().ok_or("nothing is left to start")?;
        let projects = Projects::Of(request.project_id.clone());
        let key = (request.workflow_id, request.project_id.clone());
        let definition = match found.get(&key) {
            Some(definition) => definition.clone(),
            None => {
                let definition = self.definition(request, &projects);
                found.entry(key).or_insert(definition).clone()
            }
        };
        let reading = Reading {
            catalog: &*self.0.catalog,
            store: &*self.0.store,
            definitions: &self.0.definitions,
        };
        let mut params = request.params.clone();
        let env = resolve_environment(&reading, params.get("env"), &projects)
            .map_err(|error| error.text().to_owned())?;
        params.insert("env", Value::from(env));
        Ok(Box::new(WorkflowRequest {
            id: fire.id,
            external_id: None,
            is_new: order == Order::New,
            definition: definition?,
            input: request.input.clone(),
            params,
            description: request.description.clone(),
            project_id: request.project_id.clone(),
        }))
    }

    fn definition(
        &self,
        request: &StartRequest,
        projects: &Projects,
    ) -> Result<Definition, String> {
        let id = request.workflow_id.to_string();
        match self.0.definitions.workflow(&id, "", projects) {
            Ok(Some(definition)) => Ok(definition),
            Ok(None) => Err(format!(
                "Workflow not found [workflow_identifier={}, namespace=]",
                request.workflow_name
            )),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Brings a fire to its end: started, or refused.
    async fn settle(&self, fire: Fire, request: Result<Box<WorkflowRequest>, String>) -> Started {
        self.in_hand().insert(fire.id);
        let outcome = match request {
            Ok(request) => self.send(&fire, request).await,
            Err(reason) => Started::Refused(reason),
        };
        self.in_hand().remove(&fire.id);
        if let Started::Refused(reason) = &outcome {
            tracing::warn!(trigger = %fire.owner, %reason, "a trigger could not start its workflow");
            let (id, reason) = (fire.id, reason.clone());
            let refused = self.ask(move |triggers| triggers.refuse(id, &reason)).await;
            if let Err(error) = refused {
                tracing::error!(%error, "a refused start is not recorded");
            }
        }
        if outcome == Started::Yes && fire.kind == FireKind::Schedule {
            let late = crate::api::now().since(fire.scheduled_at);
            self.0.metrics.cron_fired(late);
        }
        outcome
    }

    async fn send(&self, fire: &Fire, mut request: Box<WorkflowRequest>) -> Started {
        if fire
            .request
            .as_ref()
            .is_some_and(|request| request.cancel_previous)
        {
            self.cancel_previous(fire).await;
        }
        loop {
            let event = Event::WorkflowRequested(request.clone());
            match self.0.engine.send(fire.id, event).await {
                Ok(Answer::Refused(refusal)) => return Started::Refused(refusal.to_string()),
                Ok(_) => return Started::Yes,
                Err(_) if self.0.shutdown.is_cancelled() => return Started::Later,
                Err(_) => tokio::time::sleep(REST).await,
            }
            request.is_new = false;
        }
    }

    async fn cancel_previous(&self, fire: &Fire) {
        let (owner, id) = (fire.owner, fire.id);
        let running = self.ask(move |triggers| triggers.running(owner, id)).await;
        for execution in running.unwrap_or_default() {
            let update = ExecutionUpdate::Stop {
                state: State::Cancelled,
                message: Some("Cancelled: the next one of the same trigger starts".into()),
            };
            let event = Event::ExecutionUpdated { execution, update };
            if let Err(error) = self.0.engine.send(execution, event).await {
                tracing::warn!(%execution, %error, "an earlier execution was not cancelled");
            }
        }
    }
}
