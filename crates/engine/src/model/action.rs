//! One run of an action.

use std::sync::Arc;

use yaql::{Dict, Value};

use super::{ActionId, ExecutionId, State, TaskId, Timestamp};

/// An action execution.
#[derive(Clone, Debug)]
pub struct Action {
    /// Its id.
    pub id: ActionId,
    /// The task it works for; `None` for an action run on its own.
    pub task: Option<TaskId>,
    /// Execution of the task.
    pub execution: Option<ExecutionId>,
    /// Top of the tree; decides the shard. An action run on its own is its own root.
    pub root: ExecutionId,
    /// Position among the items of a with-items task.
    pub index: u32,
    /// The task's run it belongs to; results count only for the current run.
    pub run: u32,
    /// Name as the task wrote it.
    pub name: Arc<str>,
    /// What it is given.
    pub input: Dict,
    /// The action behind an ad-hoc one, and what it is given.
    pub base: Option<Arc<Base>>,
    /// RUNNING, PAUSED, SUCCESS, ERROR or CANCELLED.
    pub state: State,
    /// Always null upstream; kept for the API.
    pub state_info: Option<Arc<str>>,
    /// Data or error, once it ended.
    pub output: Option<Value>,
    /// Its result counts.
    pub accepted: bool,
    /// Reports by itself when it is done.
    pub is_sync: bool,
    /// May be run again if its executor died.
    pub safe_rerun: bool,
    /// Executor that must run it.
    pub target: Option<Arc<str>>,
    /// Seconds until the executor gives up.
    pub timeout: Option<u64>,
    /// Who runs it.
    pub claim: Option<Claim>,
    /// An asynchronous one: its executor confirmed the start, so it reports by itself,
    /// whatever becomes of the executor.
    pub is_started: bool,
    /// Free text of the caller.
    pub description: Arc<str>,
    /// Owner.
    pub project_id: Arc<str>,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
}

/// What an ad-hoc action really runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Base {
    /// The built-in action at the end of the chain.
    pub name: Arc<str>,
    /// Its evaluated input.
    pub input: Dict,
    /// Names of the ad-hoc actions whose `output` transforms the result, innermost first.
    pub transformers: Vec<Arc<str>>,
}

/// The incarnation of the executor that took an action: a new number at each start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Claim(pub u64);
