//! Runs actions: one task of the async runtime each, aborted by dropping it.

use std::collections::HashMap;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actions::{Action, ActionContext, Registry};
use engine::event::{Outcome, Run};
use engine::model::{ActionId, ExecutionId};
use engine::pure;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;

use crate::metrics::Shared;
use crate::runner::Message;

/// Starts and aborts actions. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Executor {
    registry: Registry,
    runtime: Handle,
    reports: Reports,
    metrics: Shared,
    running: Arc<Mutex<HashMap<ActionId, AbortHandle>>>,
}

/// Where outcomes go.
#[derive(Clone)]
pub(crate) struct Reports(Sender<Message>);

impl Reports {
    pub(crate) fn new(inbox: Sender<Message>) -> Self {
        Self(inbox)
    }

    fn executed(&self, root: ExecutionId, action: ActionId, outcome: Option<Outcome>) {
        // The runner may be stopping: its successor finds the action claimed by a dead incarnation.
        drop(self.0.send(Message::Executed {
            root,
            action,
            outcome,
        }));
    }
}

impl Executor {
    /// An executor on an async runtime.
    pub(crate) fn new(
        registry: Registry,
        runtime: Handle,
        reports: Reports,
        metrics: Shared,
    ) -> Self {
        Self {
            registry,
            runtime,
            reports,
            metrics,
            running: Arc::default(),
        }
    }

    /// Starts an action; its outcome is reported.
    pub(crate) fn start(&self, root: ExecutionId, run: Run) {
        let id = run.action.id;
        let Some(action) = self.registry.get(&run.name).cloned() else {
            let text = format!("Failed to find action [action_name={}]", run.name);
            self.reports
                .executed(root, id, Some(Outcome::Error(text.into())));
            return;
        };
        let this = self.clone();
        // The entry is made before the task can remove it.
        let mut running = self.lock();
        let task = self.runtime.spawn(async move {
            let (name, began) = (run.name.clone(), Instant::now());
            let (outcome, word) = perform(action, run).await;
            this.metrics.ran(&name, word, began.elapsed());
            this.lock().remove(&id);
            this.reports.executed(root, id, outcome);
        });
        running.insert(id, task.abort_handle());
    }

    /// Stops an action, if it runs here.
    pub(crate) fn abort(&self, id: ActionId) {
        if let Some(task) = self.lock().remove(&id) {
            task.abort();
        }
    }

    /// Stops all actions: their executor is gone.
    pub(crate) fn stop(&self) {
        for (_, task) in self.lock().drain() {
            task.abort();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<ActionId, AbortHandle>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The outcome to report, `None` if somebody else will report it; and a word for it.
async fn perform(action: Arc<dyn Action>, run: Run) -> (Option<Outcome>, &'static str) {
    let id = run.action.id.to_string();
    let work = action.run(run.input.clone(), context(&run, &id));
    let outcome = match run.action.timeout {
        None => work.await,
        Some(seconds) => match tokio::time::timeout(Duration::from_secs(seconds), work).await {
            Ok(outcome) => outcome,
            Err(_) => {
                let text = format!("Timeout after {seconds} seconds");
                pure::Outcome::raised(&run.name, Some(&id), &text)
            }
        },
    };
    let word = match (outcome.is_success(), run.action.is_sync) {
        (false, _) => "error",
        (true, true) => "success",
        (true, false) => "started",
    };
    ((word != "started").then(|| outcome.into()), word)
}

fn context(run: &Run, id: &str) -> ActionContext {
    let action = &run.action;
    let text = |text: String| Some(Arc::from(text));
    ActionContext {
        action_execution_id: Some(id.into()),
        task_execution_id: action.task.and_then(|task| text(task.to_string())),
        workflow_execution_id: action.execution.and_then(|id| text(id.to_string())),
        workflow_name: run.workflow_name.clone(),
        callback_url: text(format!("/v2/action_executions/{id}")),
        project_id: Some(action.project_id.clone()),
    }
}
