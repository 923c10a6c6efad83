//! Retention: finished executions that are too old or too many are deleted (workflow
//! language §13.7).
//!
//! Executions go one by one, each as a deletion by a caller would: whoever starts or
//! goes on waits for one of them at most.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use engine::event::{Answer, Event};
use engine::model::{ExecutionId, State};
use store::sqlite::{Options, Sqlite};
use store::{Batch, Catalog, Expiry, Store, StoreError};
use tokio_util::sync::CancellationToken;

use crate::config::{Config, ExpirationPolicy};
use crate::engine_port::EnginePort;

/// Executions looked up at a time, unless the policy says otherwise.
const BATCH: usize = 1_000;

/// How long a node that does not lead waits before it looks whether it does.
const FOLLOWING: Duration = Duration::from_secs(5);

/// States that executions end in.
pub(crate) const TERMINAL: [State; 3] = [State::Success, State::Error, State::Cancelled];

/// What deletes executions from time to time.
pub(crate) struct Expiration {
    policy: ExpirationPolicy,
    engine: Arc<dyn EnginePort>,
    catalog: Arc<dyn Catalog>,
    shutdown: CancellationToken,
}

impl ExpirationPolicy {
    /// What is to go at this moment; `None` if nothing ever is.
    fn expiry(&self) -> Option<Expiry> {
        let minutes = self
            .older_than
            .map(|minutes| i64::from(minutes) * 60_000_000);
        let keep = Some(self.max_finished_executions).filter(|count| *count > 0);
        let now = crate::api::now();
        let expiry = Expiry {
            before: minutes.map(|micros| now.plus_micros(-micros)),
            keep,
            states: TERMINAL
                .into_iter()
                .filter(|state| {
                    !self
                        .ignored_states
                        .iter()
                        .any(|name| name == state.as_str())
                })
                .collect(),
        };
        (expiry.before.is_some() || expiry.keep.is_some()).then_some(expiry)
    }

    fn batch(&self) -> usize {
        match self.batch_size {
            0 => BATCH,
            size => size as usize,
        }
    }
}

impl Expiration {
    pub(crate) fn new(
        policy: ExpirationPolicy,
        engine: Arc<dyn EnginePort>,
        catalog: Arc<dyn Catalog>,
        shutdown: CancellationToken,
    ) -> Self {
        Self {
            policy,
            engine,
            catalog,
            shutdown,
        }
    }

    /// Deletes at once, then every so many minutes, until the server stops. Without an
    /// interval nothing is ever deleted.
    pub(crate) async fn run(self) {
        let Some(minutes) = self
            .policy
            .evaluation_interval
            .filter(|minutes| *minutes > 0)
        else {
            return;
        };
        let interval = Duration::from_secs(u64::from(minutes) * 60);
        loop {
            if !self.engine.leads() {
                tokio::select! {
                    () = tokio::time::sleep(FOLLOWING) => continue,
                    () = self.shutdown.cancelled() => return,
                }
            }
            match self.pass().await {
                Ok(0) => {}
                Ok(count) => tracing::info!(count, "finished executions expired"),
                Err(error) => tracing::error!(%error, "finished executions do not expire"),
            }
            tokio::select! {
                () = tokio::time::sleep(interval) => {}
                () = self.shutdown.cancelled() => return,
            }
        }
    }

    /// Deletes what is to go now; tells how many.
    async fn pass(&self) -> Result<u64, StoreError> {
        let Some(expiry) = self.policy.expiry() else {
            return Ok(0);
        };
        let mut count = 0;
        loop {
            let (catalog, wanted) = (self.catalog.clone(), expiry.clone());
            let batch = self.policy.batch();
            let found = tokio::task::spawn_blocking(move || catalog.expired(&wanted, batch)).await;
            let Ok(found) = found else { return Ok(count) };
            let mut deleted = 0;
            for id in found? {
                if self.shutdown.is_cancelled() {
                    return Ok(count + deleted);
                }
                deleted += u64::from(self.delete(id).await);
            }
            count += deleted;
            if deleted == 0 {
                return Ok(count);
            }
        }
    }

    async fn delete(&self, execution: ExecutionId) -> bool {
        let event = Event::ExecutionDeleted {
            execution,
            force: false,
        };
        matches!(
            self.engine.send(execution, event).await,
            Ok(answer) if !matches!(answer, Answer::Refused(_))
        )
    }
}

/// Deletes by the policy of a configuration in a database that no server has open;
/// tells how many executions went.
///
/// # Errors
/// The database failed.
pub fn expire(config: &Config, database: &Path) -> Result<u64, StoreError> {
    let database = Sqlite::open(database, &Options::default())?;
    let policy = &config.execution_expiration_policy;
    let Some(expiry) = policy.expiry() else {
        return Ok(0);
    };
    let mut count = 0;
    loop {
        let found = database.expired(&expiry, policy.batch())?;
        if found.is_empty() {
            break;
        }
        for root in found {
            let changes = engine::change::Changes {
                deleted: vec![root],
                ..Default::default()
            };
            database.commit(Batch::of(root, changes))?;
            count += 1;
        }
    }
    while database.sweep()? {}
    Ok(count)
}
