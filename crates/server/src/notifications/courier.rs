//! The courier: brings notifications to their receivers.
//!
//! Each receiver has its turn on its own: one that does not answer holds up nobody
//! else.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use actions::{HttpClient, Registry};
use engine::model::Id;
use futures_util::future::join_all;
use store::StoreError;
use store::notification::{Attempt, Attempted, Outbox, Receiver};
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

use super::send::Sender;
use super::verdict::{Moment, Verdict};
use crate::engine_port::EnginePort;

/// Receivers that are served at a time.
const RECEIVERS: usize = 64;

/// Notifications that are on their way to one receiver at a time.
const AT_ONCE: usize = 8;

/// The longest sleep; what other nodes wrote and clocks that were set are seen by then.
const SLEEP: Duration = Duration::from_secs(1);

/// How long a store that failed is left alone.
const REST: Duration = Duration::from_millis(500);

/// How often old notifications are looked for.
const TIDY: Duration = Duration::from_secs(60);

/// Wakes the courier. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct CourierHandle(Arc<Notify>);

/// How long what is of no use any more is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keep {
    /// Notifications that ended.
    pub(crate) notifications: Duration,
    /// Receivers that are told nothing.
    pub(crate) receivers: Duration,
}

/// What a courier is made of.
pub(crate) struct CourierParts {
    pub(crate) outbox: Arc<dyn Outbox>,
    /// Says which receivers are this node's to serve.
    pub(crate) engine: Arc<dyn EnginePort>,
    pub(crate) http: HttpClient,
    pub(crate) registry: Registry,
    /// A notification that is older is given up.
    pub(crate) give_up_after: Duration,
    /// What is older is forgotten.
    pub(crate) keep: Keep,
    pub(crate) shutdown: CancellationToken,
}

/// Brings notifications to their receivers.
pub(crate) struct Courier {
    outbox: Arc<dyn Outbox>,
    engine: Arc<dyn EnginePort>,
    sender: Sender,
    give_up_after: Duration,
    keep: Keep,
    shutdown: CancellationToken,
    news: CourierHandle,
}

impl CourierHandle {
    /// There are new notifications.
    pub(crate) fn wake(&self) {
        self.0.notify_one();
    }
}

impl Courier {
    pub(crate) fn new(parts: CourierParts, news: CourierHandle) -> Self {
        Self {
            outbox: parts.outbox,
            engine: parts.engine,
            sender: Sender {
                http: parts.http,
                registry: parts.registry,
            },
            give_up_after: parts.give_up_after,
            keep: parts.keep,
            shutdown: parts.shutdown,
            news,
        }
    }

    /// Works until the server stops.
    pub(crate) async fn run(self) {
        let this = Arc::new(self);
        let tidying = tokio::spawn(this.clone().tidy());
        let (done, mut ended) = mpsc::unbounded_channel::<Id>();
        let mut at_work: HashSet<Id> = HashSet::new();
        loop {
            let sleep = this.serve(&mut at_work, &done).await;
            tokio::select! {
                () = this.news.0.notified() => {}
                Some(id) = ended.recv() => { at_work.remove(&id); }
                () = tokio::time::sleep(sleep) => {}
                () = this.shutdown.cancelled() => break,
            }
        }
        tidying.abort();
    }

    /// Begins to serve the receivers that are due; tells how long none will be.
    async fn serve(
        self: &Arc<Self>,
        at_work: &mut HashSet<Id>,
        done: &mpsc::UnboundedSender<Id>,
    ) -> Duration {
        if at_work.len() >= RECEIVERS {
            return SLEEP;
        }
        // Those at work, and those of other nodes, are due as well: there must be room
        // for the rest behind them.
        let limit = 8 * RECEIVERS;
        let now = crate::api::now();
        let due = match self
            .ask(move |outbox| outbox.due_receivers(now, limit))
            .await
        {
            Ok(due) => due,
            Err(error) => {
                tracing::error!(%error, "notifications can not be looked at");
                return REST;
            }
        };
        let mine = |receiver: &Receiver| self.engine.owns(receiver.id);
        for receiver in due.into_iter().filter(mine) {
            if at_work.len() < RECEIVERS && at_work.insert(receiver.id) {
                let (this, done) = (self.clone(), done.clone());
                tokio::spawn(async move {
                    let id = receiver.id;
                    this.visit(receiver).await;
                    // A courier that is gone needs no news.
                    let _ = done.send(id);
                });
            }
        }
        let next = self.ask(|outbox| outbox.next_delivery()).await;
        match next.ok().flatten() {
            Some(at) if at > now => at.since(now).min(SLEEP),
            _ => SLEEP,
        }
    }

    /// Serves a receiver as long as something is due for it and it takes it.
    async fn visit(&self, mut receiver: Receiver) {
        while !self.shutdown.is_cancelled() && self.engine.owns(receiver.id) {
            let (id, now) = (receiver.id, crate::api::now());
            let due = self.ask(move |outbox| outbox.due_notifications(id, now, AT_ONCE));
            let Ok(due) = due.await else {
                return tokio::time::sleep(REST).await;
            };
            let is_last = due.len() < AT_ONCE;
            let results = tokio::select! {
                results = join_all(due.iter().map(|one| self.sender.send(one))) => results,
                () = self.shutdown.cancelled() => return,
            };
            let now = crate::api::now();
            let moment = Moment {
                now,
                failures: receiver.failures,
                give_up_after: self.give_up_after,
            };
            let Verdict { attempts, blocked } = Verdict::of(&due, results, moment);
            attempts.iter().for_each(warn_of);
            let written = self
                .ask(move |outbox| outbox.attempted(now, id, attempts, blocked))
                .await;
            if let Err(error) = written {
                tracing::error!(%error, "deliveries are not recorded, and will be repeated");
                return tokio::time::sleep(REST).await;
            }
            if is_last || blocked.is_some() {
                return;
            }
            receiver.failures = 0;
        }
    }

    /// Forgets what ended long ago, a slice at a time.
    async fn tidy(self: Arc<Self>) {
        loop {
            let (now, keep) = (crate::api::now(), self.keep);
            let more = self
                .ask(move |outbox| {
                    let more = outbox.forget_notifications(now.minus(keep.notifications))?;
                    Ok(outbox.forget_receivers(now.minus(keep.receivers))? || more)
                })
                .await;
            if !matches!(more, Ok(true)) {
                tokio::time::sleep(TIDY).await;
            }
        }
    }

    /// Asks the store where blocking does no harm.
    async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Outbox) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let outbox = self.outbox.clone();
        let done = tokio::task::spawn_blocking(move || work(&*outbox));
        done.await.unwrap_or_else(|error| {
            Err(StoreError::Database {
                context: "asking for notifications",
                source: Arc::new(error),
            })
        })
    }
}

fn warn_of(attempt: &Attempt) {
    if let Attempted::GivenUp { reason } = &attempt.outcome {
        tracing::warn!(notification = %attempt.id, %reason, "a notification is given up");
    }
}
