//! A run of a workflow.

use std::sync::Arc;

use language::program::{TaskIndex, Trigger};
use yaql::{Dict, Value};

use super::{ExecutionId, Id, State, TaskId, Timestamp};

/// A workflow execution.
#[derive(Clone, Debug)]
pub struct Execution {
    /// Its id.
    pub id: ExecutionId,
    /// What never changes after the start.
    pub origin: Arc<Origin>,
    /// IDLE, RUNNING, PAUSED, SUCCESS, ERROR or CANCELLED.
    pub state: State,
    /// Why it is in that state.
    pub state_info: Option<Arc<str>>,
    /// Free text of the caller.
    pub description: Arc<str>,
    /// Start parameters, the resolved `env` and `namespace` among them.
    pub params: Dict,
    /// Workflow variables and globally published ones.
    pub context: Dict,
    /// `{}` until it ends.
    pub output: Dict,
    /// As a sub-workflow: its result counts for its task.
    pub accepted: bool,
    /// Commands that came while it was paused.
    pub backlog: Arc<[Backlog]>,
    /// Counted facts that decide its end.
    pub counters: Counters,
    /// Last change.
    pub updated_at: Timestamp,
}

/// What an execution was started with.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The id the caller chose, if it is not a UUID.
    pub external_id: Option<Arc<str>>,
    /// Top of the tree; itself for a root.
    pub root: ExecutionId,
    /// The task that started it.
    pub parent: Option<Parent>,
    /// Id of the definition.
    pub workflow_id: Id,
    /// Name of the definition (`workbook.workflow` for members).
    pub workflow_name: Arc<str>,
    /// Namespace of the definition.
    pub workflow_namespace: Arc<str>,
    /// Workbook whose members are looked up first, if any.
    pub workbook: Option<Arc<str>>,
    /// Hash of the definition text: the key of its program.
    pub program: [u8; 32],
    /// Owner.
    pub project_id: Arc<str>,
    /// Tags of the definition.
    pub tags: Arc<[Arc<str>]>,
    /// Input with defaults filled in.
    pub input: Dict,
    /// When it was created.
    pub created_at: Timestamp,
}

/// Where a sub-workflow hangs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parent {
    /// The execution of the task.
    pub execution: ExecutionId,
    /// The task.
    pub task: TaskId,
    /// Position among the items of a with-items task.
    pub index: u32,
}

/// A command kept while the execution is paused (workflow language §10.3).
#[derive(Clone, Debug, PartialEq)]
pub enum Backlog {
    /// Run a task.
    Task {
        /// Which one.
        task: TaskIndex,
        /// The task that triggered it.
        from: Option<TaskId>,
        /// By which clause.
        trigger: Option<Trigger>,
    },
    /// End the execution.
    End {
        /// SUCCESS or ERROR.
        state: State,
        /// Its message.
        message: Value,
    },
}

/// Counts over the task executions of one execution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Not completed.
    pub open: u32,
    /// In ERROR and not handled.
    pub unhandled: u32,
    /// CANCELLED.
    pub cancelled: u32,
    /// All of them.
    pub total: u32,
    /// Completed while the execution was paused: their successors are due.
    pub unprocessed: u32,
}

impl Execution {
    /// Top of the tree.
    pub fn root(&self) -> ExecutionId {
        self.origin.root
    }

    /// Where its tasks' names are looked up: handed down from the root (workflow language §12.2).
    pub fn namespace(&self) -> Arc<str> {
        match self.params.get("namespace") {
            Some(Value::String(namespace)) => namespace.clone(),
            _ => self.origin.workflow_namespace.clone(),
        }
    }

    /// Whether no parent started it.
    pub fn is_root(&self) -> bool {
        self.origin.parent.is_none()
    }
}
