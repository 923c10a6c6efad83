//! Starts that triggers ordered.

use std::sync::Arc;

use engine::model::{ExecutionId, Id, Timestamp};
use yaql::Dict;

use super::Overlap;
use crate::named::named;

/// One order to start a workflow, and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Fire {
    /// Its id, and that of the execution it starts.
    pub id: ExecutionId,
    /// The trigger.
    pub owner: Id,
    /// Why it fired.
    pub kind: FireKind,
    /// What became of it.
    pub state: FireState,
    /// The time of the schedule that it stands for.
    pub scheduled_at: Timestamp,
    /// When it was ordered.
    pub created_at: Timestamp,
    /// When the execution was created.
    pub started_at: Option<Timestamp>,
    /// Why there is no execution.
    pub reason: Option<Arc<str>>,
    /// What is to be started, as long as that is to be done.
    pub request: Option<StartRequest>,
}

/// Why a trigger fired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FireKind {
    /// Its time had come.
    Schedule,
    /// Somebody asked for it.
    Run,
    /// Somebody asked for times that are gone.
    Backfill,
    /// An event came.
    Event,
}

/// What became of a fire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FireState {
    /// The engine has not started it yet.
    Pending,
    /// It waits for the end of an earlier one.
    Buffered,
    /// The execution was created.
    Started,
    /// The engine refused to start it.
    Refused,
    /// It was left out because another one was running or waiting.
    Skipped,
    /// Its time passed while the server was down.
    Missed,
}

/// What is to be started.
#[derive(Clone, Debug, PartialEq)]
pub struct StartRequest {
    /// The definition.
    pub workflow_id: Id,
    /// Its name, for errors.
    pub workflow_name: Arc<str>,
    /// Input.
    pub input: Dict,
    /// Start parameters.
    pub params: Dict,
    /// Description of the execution.
    pub description: Arc<str>,
    /// Owner of the execution.
    pub project_id: Arc<str>,
    /// Cancel what the trigger started before.
    pub cancel_previous: bool,
}

/// A fire to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct NewFire {
    /// The id of the execution.
    pub id: ExecutionId,
    /// Why it fires.
    pub kind: FireKind,
    /// The time of the schedule that it stands for.
    pub scheduled_at: Timestamp,
    /// What to start; `None` only records times that were missed.
    pub request: Option<StartRequest>,
    /// A remark for the history.
    pub reason: Option<Arc<str>>,
}

/// Where a walk through all fires is: their order is that of creation.
pub type FirePlace = (Timestamp, ExecutionId);

/// What the scheduler decided about a trigger that was due: written all at once,
/// or not at all if the trigger is not in that version any more.
#[derive(Clone, Debug, PartialEq)]
pub struct Firing {
    /// The trigger.
    pub owner: Id,
    /// The version that was looked at.
    pub version: u64,
    /// What to do while an earlier execution runs.
    pub overlap: Overlap,
    /// What it starts.
    pub fires: Vec<NewFire>,
    /// Executions that are left afterwards; with 0 the trigger is deleted.
    pub remaining: Option<u32>,
    /// The next time of the schedule.
    pub next_at: Option<Timestamp>,
    /// When to look at it again.
    pub due_at: Option<Timestamp>,
}

named!(FireKind {
    Schedule "schedule",
    Run "run",
    Backfill "backfill",
    Event "event",
});

named!(FireState {
    Pending "PENDING",
    Buffered "BUFFERED",
    Started "STARTED",
    Refused "REFUSED",
    Skipped "SKIPPED",
    Missed "MISSED",
});
