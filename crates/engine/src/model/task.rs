//! A node of a workflow at run time.

use std::sync::Arc;

use language::program::{TaskIndex, Trigger};
use yaql::{Dict, Value};

use super::{ExecutionId, State, TaskId, Timestamp};

/// A task execution.
#[derive(Clone, Debug)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// The execution it belongs to.
    pub execution: ExecutionId,
    /// Its node in the program.
    pub index: TaskIndex,
    /// Name of the node.
    pub name: Arc<str>,
    /// Runs an action or a sub-workflow.
    pub kind: TaskKind,
    /// Any state.
    pub state: State,
    /// Why it is in that state.
    pub state_info: Option<Arc<str>>,
    /// Its successors were dispatched.
    pub processed: bool,
    /// It is in ERROR and some command came from `on-error`.
    pub error_handled: bool,
    /// Tasks it triggered.
    pub next: Arc<[(TaskIndex, Trigger)]>,
    /// Tasks whose outbound contexts are its inbound context, in merge order.
    pub parents: Arc<[TaskId]>,
    /// Branch variables it published; `None` before completion.
    pub published: Option<Dict>,
    /// Policies', items' and join's memory.
    pub runtime: Arc<Runtime>,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
    /// First RUNNING.
    pub started_at: Option<Timestamp>,
    /// Completion.
    pub finished_at: Option<Timestamp>,
}

/// What a task runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskKind {
    /// ACTION
    Action,
    /// WORKFLOW
    Workflow,
}

/// What policies, with-items and join remember (the API's `runtime_context`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Runtime {
    /// Triggers of a task, or of a join when it ran; when an `all` failed, the tasks that
    /// ended without triggering it. `None` for a start task.
    pub triggered_by: Option<Vec<(TaskId, Option<Trigger>)>>,
    /// Present as soon as the retry policy was looked at.
    pub retry: Option<Retrying>,
    /// Items, if the task has `with-items`.
    pub items: Option<Items>,
    /// `concurrency`, evaluated.
    pub concurrency: Option<u32>,
    /// Counts the runs (retries and reruns): timers and results of an earlier
    /// run are recognised by it.
    pub run: u32,
    /// What a DELAYED or IDLE task waits for.
    pub wait: Option<Wait>,
    /// The state a `wait-after` delay ends in.
    pub end: Option<(State, Option<Arc<str>>)>,
    /// The inbound context, where it can't be derived from the parents' rows: joins on
    /// a cycle run more than once, and their successors saw an earlier run.
    pub inbound: Option<Value>,
    /// A join was triggered once more while it was at work: it goes round again after.
    pub triggered_again: bool,
    /// `wait-after` was applied in this round.
    pub waited_after: bool,
    /// How often a partial join began to count anew.
    pub generation: u32,
    /// Partial joins that this task triggered, and the generation that counted it: the
    /// join's own row does not grow with its branches.
    pub joined: Vec<(TaskIndex, u32)>,
    /// `keep-result: false` dropped the result.
    pub result_dropped: bool,
    /// A rerun that keeps the good results of a with-items task.
    pub keep_good_items: bool,
}

/// Progress of the retry policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retrying {
    /// Repetitions so far.
    pub done: u32,
}

/// Progress of a with-items task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Items {
    /// How many there are.
    pub count: u32,
    /// The next one to start.
    pub next: u32,
    /// Started and not ended.
    pub running: u32,
    /// Ended in SUCCESS.
    pub succeeded: u32,
    /// Ended in ERROR.
    pub failed: u32,
    /// Ended in CANCELLED.
    pub cancelled: u32,
}

/// Why a task does not run yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// `pause-before` held it back; the workflow is paused.
    Pause,
    /// `wait-before`
    Before,
    /// `wait-after`
    After,
    /// The delay of a retry.
    Retry,
}

/// The evaluated lists of a with-items task: variable → list.
pub type ItemLists = Arc<[(Arc<str>, Value)]>;

impl Task {
    /// A join whose inbound tasks are still to decide.
    pub fn waits_for_inbound(&self) -> bool {
        self.state == State::Waiting && self.runtime.wait != Some(Wait::Retry)
    }

    /// It goes on by a timer: a join that is tried again is WAITING meanwhile, anything else
    /// DELAYED.
    pub fn is_delayed(&self) -> bool {
        self.state == State::Delayed || self.state == State::Waiting && !self.waits_for_inbound()
    }

    /// Completed, and nothing follows from it.
    pub fn is_end(&self) -> bool {
        self.state.is_completed() && self.next.is_empty()
    }
}

impl TaskKind {
    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Action => "ACTION",
            Self::Workflow => "WORKFLOW",
        }
    }
}
