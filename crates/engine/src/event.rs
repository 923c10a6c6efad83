//! What the engine is told (events), what it orders (commands), what it answers.

use std::sync::Arc;

use yaql::{Dict, Value};

use crate::why::Reason;

use crate::model::{
    Action, ActionId, Claim, Execution, ExecutionId, Id, State, Task, TaskId, TimerKey,
};

/// Something happened, or somebody asks for something.
#[derive(Clone, Debug)]
pub enum Event {
    /// A workflow is to be started.
    WorkflowRequested(Box<WorkflowRequest>),
    /// A workflow is to be started where another execution had been: it takes over
    /// what that one achieved and runs `task` and what follows anew.
    WorkflowTakenUp {
        /// The new execution.
        request: Box<WorkflowRequest>,
        /// The other one.
        source: ExecutionId,
        /// Name of the task.
        task: Arc<str>,
    },
    /// A single action is to be run and stored.
    ActionRequested(Box<ActionRequest>),
    /// An action ended, or somebody outside reports its result.
    ActionCompleted {
        /// Which one.
        action: ActionId,
        /// How.
        outcome: Outcome,
    },
    /// An executor has started an asynchronous action: somebody else reports its result.
    ActionStarted {
        /// Which one.
        action: ActionId,
    },
    /// The executor that ran an action is gone.
    ActionInterrupted {
        /// Which one.
        action: ActionId,
        /// The claim under which it ran there; a later one is not concerned.
        claim: Claim,
    },
    /// An asynchronous action was paused or goes on (by API).
    ActionStateReported {
        /// Which one.
        action: ActionId,
        /// PAUSED or RUNNING.
        state: State,
    },
    /// A timer is due.
    TimerFired {
        /// Which one.
        key: TimerKey,
        /// The run it was set in.
        run: u32,
    },
    /// An execution is to be paused, resumed, stopped or described.
    ExecutionUpdated {
        /// Which one.
        execution: ExecutionId,
        /// How.
        update: ExecutionUpdate,
    },
    /// A task is to be run again.
    TaskRerun {
        /// Which one.
        task: TaskId,
        /// All items of a with-items task, not only the failed ones.
        reset: bool,
        /// Laid over the execution's environment.
        env: Option<Dict>,
    },
    /// A failed task is to be skipped.
    TaskSkipped {
        /// Which one.
        task: TaskId,
        /// Laid over the execution's environment.
        env: Option<Dict>,
    },
    /// A finished execution (or any, by force) is to be deleted.
    ExecutionDeleted {
        /// Which one.
        execution: ExecutionId,
        /// Even if it is not completed.
        force: bool,
    },
    /// A single action that belongs to no task is to be deleted.
    ActionDeleted {
        /// Which one.
        action: ActionId,
    },
    /// Somebody asks what an execution waits for; changes nothing.
    WaitsAsked {
        /// Which one.
        execution: ExecutionId,
    },
    /// Work that was left over when a step reached its bound.
    Continued,
}

/// What a start needs.
#[derive(Clone, Debug)]
pub struct WorkflowRequest {
    /// The id of the new execution.
    pub id: ExecutionId,
    /// The caller's id if it is not a UUID.
    pub external_id: Option<Arc<str>>,
    /// The id was made for this request: no execution can have it yet.
    pub is_new: bool,
    /// The definition.
    pub definition: Definition,
    /// As given, without defaults.
    pub input: Dict,
    /// As given; `env` already resolved to a dict.
    pub params: Dict,
    /// Free text.
    pub description: Arc<str>,
    /// Owner.
    pub project_id: Arc<str>,
}

/// A workflow definition as the engine needs it.
#[derive(Clone, Debug)]
pub struct Definition {
    /// Its id.
    pub id: Id,
    /// Full name.
    pub name: Arc<str>,
    /// Namespace.
    pub namespace: Arc<str>,
    /// The workbook it belongs to.
    pub workbook: Option<Arc<str>>,
    /// Key of the program.
    pub hash: [u8; 32],
    /// The compiled form.
    pub program: Arc<language::program::Program>,
}

/// What running a single action needs.
#[derive(Clone, Debug)]
pub struct ActionRequest {
    /// The id of the new action execution.
    pub id: ActionId,
    /// The action.
    pub name: Arc<str>,
    /// Where an ad-hoc action is looked up.
    pub namespace: Arc<str>,
    /// Its input.
    pub input: Dict,
    /// Executor that must run it.
    pub target: Option<Arc<str>>,
    /// Seconds until the executor gives up.
    pub timeout: Option<u64>,
    /// Free text.
    pub description: Arc<str>,
    /// Owner.
    pub project_id: Arc<str>,
}

/// How an action ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// With data.
    Success(Value),
    /// With an error.
    Error(Value),
    /// By a user.
    Cancelled,
}

/// A request for an execution (`PUT /v2/executions/{id}`).
#[derive(Clone, Debug, PartialEq)]
pub enum ExecutionUpdate {
    /// Change the text and, if given, lay `env` over the environment.
    Describe {
        /// New description.
        description: Option<Arc<str>>,
        /// Laid over the environment.
        env: Option<Dict>,
    },
    /// Pause.
    Pause,
    /// Go on, with `env` laid over the environment first.
    Resume {
        /// Laid over the environment.
        env: Option<Dict>,
    },
    /// End it now.
    Stop {
        /// SUCCESS, ERROR or CANCELLED.
        state: State,
        /// Becomes `state_info`.
        message: Option<Arc<str>>,
    },
}

/// What the outside must do, after the commit.
#[derive(Clone, Debug)]
pub enum Command {
    /// Run an action and report its outcome.
    RunAction(Box<Run>),
    /// Stop running an action; its outcome is not wanted any more.
    AbortAction(ActionId),
    /// Give the tree another step: [`Event::Continued`].
    Continue,
}

/// All an executor needs for one run.
#[derive(Clone, Debug)]
pub struct Run {
    /// The action execution.
    pub action: Action,
    /// The built-in action to run and its input.
    pub name: Arc<str>,
    /// Its input.
    pub input: Dict,
    /// Name of the workflow, if any.
    pub workflow_name: Option<Arc<str>>,
}

/// What the caller of an event learns, after the commit.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Nothing but that it is done.
    Done,
    /// The execution as it is; after a start, as it was after the first dispatch.
    Execution(Box<Execution>),
    /// The task as it is.
    Task(Box<Task>),
    /// The action execution as it is.
    Action(Box<Action>),
    /// What the execution waits for.
    Waits(Vec<Reason>),
    /// The event was refused; nothing changed.
    Refused(Refusal),
}

/// Why an event was refused. Texts are those of the API contract.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such thing: HTTP 404.
    #[error("{0}")]
    NotFound(String),
    /// The request makes no sense now: HTTP 400.
    #[error("{0}")]
    Invalid(String),
    /// It is not permitted: HTTP 403.
    #[error("{0}")]
    Forbidden(String),
}
