//! What an action is to the runner, and what it is told about its execution.

use std::sync::Arc;

use engine::pure::Outcome;
use engine::signature::Signature;
use futures_util::future::BoxFuture;
use yaql::{Dict, Value};

/// The work of a task.
pub trait Action: Send + Sync {
    /// The name workflows call it by, such as `std.http`.
    fn name(&self) -> &str;

    /// The parameters it accepts.
    fn signature(&self) -> &Signature;

    /// What it does, in one sentence for a list of actions.
    fn description(&self) -> &str;

    /// Whether the run's outcome is the action's result. An asynchronous
    /// action's success is ignored: somebody reports its result later. Its error
    /// completes it at once (workflow language §11.3).
    fn is_sync(&self) -> bool {
        self.signature().is_sync
    }

    /// Does the work. `input` was checked against the signature; defaults may
    /// be absent from it.
    ///
    /// Dropping the future must stop the work.
    fn run(&self, input: Dict, context: ActionContext) -> BoxFuture<'_, Outcome>;
}

/// What an action knows of the execution it belongs to (workflow language
/// §11.3). An action that was started alone has no workflow and no task.
#[derive(Clone, Debug, Default)]
pub struct ActionContext {
    /// This run of the action; absent if the run is not stored.
    pub action_execution_id: Option<Arc<str>>,
    /// The task it belongs to.
    pub task_execution_id: Option<Arc<str>>,
    /// The workflow execution of that task.
    pub workflow_execution_id: Option<Arc<str>>,
    /// The name of that workflow.
    pub workflow_name: Option<Arc<str>>,
    /// Where an asynchronous result is reported: a path below the API's root.
    pub callback_url: Option<Arc<str>>,
    /// The project that the execution belongs to.
    pub project_id: Option<Arc<str>>,
}

/// Why an action has no result; decides the wording of its error.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The input makes no sense; nothing was done.
    Refused(String),
    /// The work failed.
    Raised(String),
    /// The work gave an error that is a value of its own.
    Reported(Value),
}

impl Failure {
    /// A failure of the work, told by its cause.
    pub(crate) fn raised(cause: &dyn std::error::Error) -> Self {
        Self::Raised(cause.to_string())
    }
}

/// The outcome that the runner sees for what an action's own code answered.
pub(crate) fn outcome(
    action: &str,
    context: &ActionContext,
    result: Result<Value, Failure>,
) -> Outcome {
    match result {
        Ok(value) => Outcome::Success(value),
        Err(Failure::Reported(value)) => Outcome::Error(value),
        Err(Failure::Refused(message)) => Outcome::refused(action, &message),
        Err(Failure::Raised(message)) => {
            Outcome::raised(action, context.action_execution_id.as_deref(), &message)
        }
    }
}
