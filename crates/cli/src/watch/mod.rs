//! Follows an execution to its end and shows its tasks meanwhile.
//!
//! A [`View`] gets a [`Snapshot`] whenever something may have changed: [`Screen`]
//! redraws a tree on a terminal, [`Lines`] prints one line per change elsewhere.

mod changes;
mod lines;
mod render;
mod screen;
mod snapshot;
mod stopwatch;

use std::collections::HashMap;
use std::pin::pin;
use std::time::{Duration, Instant};

use crate::api::{Api, ApiError, Execution, Transport, WorkflowNode};

pub use self::changes::{Changes, Every};
pub use self::lines::Lines;
pub(crate) use self::render::{colour, cut, duration, symbol};
pub use self::screen::Screen;
pub use self::snapshot::{Progress, Row, Snapshot};

/// How often the tree is read while nothing ends.
const INTERVAL: Duration = Duration::from_millis(100);
/// How long one request for the end may wait.
const WAIT: Duration = Duration::from_secs(60);
/// How often a service is asked for the end that cannot be waited for there.
const POLL: Duration = Duration::from_secs(1);
/// Reading a large tree may take this part of the time, one in so many.
const SHARE: u32 = 5;

/// Shows snapshots to a person.
pub trait View {
    /// Shows the tree as it is `at` a time.
    fn show(&mut self, snapshot: &Snapshot, at: Instant);
    /// Leaves the last tree behind; other output follows.
    fn finish(&mut self) {}
}

impl View for Box<dyn View> {
    fn show(&mut self, snapshot: &Snapshot, at: Instant) {
        (**self).show(snapshot, at);
    }

    fn finish(&mut self) {
        (**self).finish();
    }
}

/// Follows the execution until it ends or is paused, and returns it.
///
/// # Errors
/// The service cannot be asked any more.
pub async fn follow<T: Transport>(
    api: &Api<T>,
    id: &str,
    view: &mut impl View,
) -> Result<Execution, ApiError> {
    follow_by(api, id, view, &mut Every(INTERVAL)).await
}

/// The same, looking at the tree when `changes` says that it is worth it.
///
/// # Errors
/// The service cannot be asked any more.
pub async fn follow_by<T: Transport>(
    api: &Api<T>,
    id: &str,
    view: &mut impl View,
    changes: &mut impl Changes,
) -> Result<Execution, ApiError> {
    let mut counts = ItemCounts::default();
    let mut ended = pin!(end(api, id));
    let mut execution = api.execution(id).await?;
    loop {
        let begin = Instant::now();
        let report = api.report(id).await?;
        counts.learn(api, &report.root_workflow_execution).await?;
        let snapshot = Snapshot::new(&report.root_workflow_execution, |task| counts.of(task));
        view.show(&snapshot, Instant::now());
        if execution.is_settled() {
            view.finish();
            return Ok(execution);
        }
        let rest = begin.elapsed() * (SHARE - 1);
        let change = async {
            tokio::time::sleep(rest).await;
            changes.next().await;
        };
        execution = tokio::select! {
            execution = &mut ended => execution?,
            () = change => api.execution(id).await?,
        };
    }
}

/// Waits until the execution has ended or is paused, and returns it.
///
/// # Errors
/// The service cannot be asked any more.
pub async fn settled<T: Transport>(api: &Api<T>, id: &str) -> Result<Execution, ApiError> {
    let mut ended = pin!(end(api, id));
    loop {
        let execution = tokio::select! {
            execution = &mut ended => return execution,
            () = tokio::time::sleep(POLL) => api.execution(id).await?,
        };
        if execution.is_settled() {
            return Ok(execution);
        }
    }
}

/// Resolves when the execution has ended. Where that cannot be waited for, it is asked for.
async fn end<T: Transport>(api: &Api<T>, id: &str) -> Result<Execution, ApiError> {
    let mut can_wait = true;
    loop {
        let answer = match can_wait {
            true => api.wait(id, WAIT).await,
            false => api.execution(id).await,
        };
        match answer {
            Ok(execution) if execution.is_settled() => return Ok(execution),
            Ok(_) if can_wait => {}
            Ok(_) => tokio::time::sleep(POLL).await,
            // No such execution, or no such request: the next answer tells.
            Err(ApiError::Refused {
                status: 404 | 405, ..
            }) if can_wait => can_wait = false,
            Err(error) => return Err(error),
        }
    }
}

/// How many items each with-items task has; a report does not say.
#[derive(Default)]
struct ItemCounts {
    by_task: HashMap<String, Option<u64>>,
}

impl ItemCounts {
    fn of(&self, task: &str) -> Option<u64> {
        self.by_task.get(task).copied().flatten()
    }

    /// Asks for the tasks of those executions that have started ones not yet known.
    async fn learn<T: Transport>(
        &mut self,
        api: &Api<T>,
        top: &WorkflowNode,
    ) -> Result<(), ApiError> {
        let mut open = vec![top];
        while let Some(node) = open.pop() {
            let started = |state: &str| !matches!(state, "IDLE" | "WAITING" | "DELAYED");
            let unknown = node
                .task_executions
                .iter()
                .any(|task| started(&task.state) && !self.by_task.contains_key(&task.id));
            if unknown {
                for task in api.tasks(&node.id).await? {
                    if started(&task.state) {
                        let count = task.item_count();
                        self.by_task.insert(task.id, count);
                    }
                }
            }
            open.extend(
                node.task_executions
                    .iter()
                    .flat_map(|task| &task.workflow_executions),
            );
        }
        Ok(())
    }
}
