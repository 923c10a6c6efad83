//! What a step changed: the images that one transaction writes.

use std::sync::Arc;

use crate::model::{
    Action, Execution, ExecutionId, Id, ItemLists, State, Task, TaskId, Timer, TimerKey, Timestamp,
};

/// Everything one or more steps changed, one image per row.
#[derive(Debug, Default)]
pub struct Changes {
    /// Workflow executions.
    pub executions: Vec<(Execution, ExecutionParts)>,
    /// Task executions.
    pub tasks: Vec<(Task, TaskParts)>,
    /// The lists of with-items tasks, written once per run of the task.
    pub items: Vec<(TaskId, ItemLists)>,
    /// Action executions.
    pub actions: Vec<(Action, ActionParts)>,
    /// Tasks whose ended actions and sub-workflows do not count any more (retry,
    /// rerun): all of them, or only those that did not end in SUCCESS (`true`).
    /// Applied before the images of the same batch.
    pub unaccepted: Vec<(TaskId, bool)>,
    /// Tasks whose actions' outputs become `{}` (`keep-result: false`). Applied after
    /// the images of the same batch.
    pub dropped_outputs: Vec<TaskId>,
    /// Timers set (or moved) and removed.
    pub timers: Vec<(TimerKey, Option<Timer>)>,
    /// What happened, in order.
    pub journal: Vec<JournalEntry>,
    /// Roots to be deleted with everything below them.
    pub deleted: Vec<ExecutionId>,
}

/// Which parts of an execution's image differ from its row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExecutionParts {
    /// The row does not exist yet: write everything.
    pub created: bool,
    /// Narrow: state, state_info, description, backlog, counters, updated_at.
    pub state: bool,
    /// Narrower: counters alone, which most steps change. Nobody sees them, so
    /// `updated_at` stays, and no index has them.
    pub counters: bool,
    /// Wide: params.
    pub params: bool,
    /// Wide: context.
    pub context: bool,
    /// Wide: output.
    pub output: bool,
}

/// Which parts of a task's image differ from its row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TaskParts {
    /// The row does not exist yet: write everything.
    pub created: bool,
    /// Narrow: everything but `published`.
    pub state: bool,
    /// Wide: published.
    pub published: bool,
}

/// Which parts of an action's image differ from its row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ActionParts {
    /// The row does not exist yet: write everything.
    pub created: bool,
    /// Narrow: state, accepted, claim, updated_at.
    pub state: bool,
    /// Wide: output.
    pub output: bool,
}

/// A line of the journal; the store adds shard and sequence number.
#[derive(Clone, Debug, PartialEq)]
pub struct JournalEntry {
    /// Top of the tree.
    pub root: ExecutionId,
    /// When it happened.
    pub at: Timestamp,
    /// What changed its state.
    pub kind: JournalKind,
    /// Its id.
    pub id: Id,
    /// The execution it belongs to (itself for an execution); `None` for an action on its own.
    pub execution: Option<ExecutionId>,
    /// The task it belongs to (itself for a task).
    pub task: Option<TaskId>,
    /// Name of the workflow, task or action.
    pub name: Arc<str>,
    /// The state before; `None` when it was created.
    pub previous: Option<State>,
    /// The state after.
    pub state: State,
    /// Done and in all: the items of a task with `with-items` (also beside each action that
    /// ended for one of them), the tasks of an execution so far.
    pub progress: Option<(u32, u32)>,
    /// Owner of the tree.
    pub project_id: Arc<str>,
    /// Name of the workflow of `execution`.
    pub workflow_name: Option<Arc<str>>,
    /// The id that the creator of `root` chose, if that is no UUID.
    pub external_root: Option<Arc<str>>,
    /// For a sub-execution: the execution whose task started it.
    pub parent: Option<ExecutionId>,
}

/// Kinds of things with states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JournalKind {
    /// A workflow execution.
    Execution,
    /// A task execution.
    Task,
    /// An action execution.
    Action,
}

/// The rows of one tree, as far as the engine needs them to go on.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// The root first.
    pub executions: Vec<Execution>,
    /// All tasks of those executions, ordered by id.
    pub tasks: Vec<Task>,
    /// The lists of the with-items tasks that are not completed.
    pub items: Vec<(TaskId, ItemLists)>,
    /// All actions of tasks that are not completed, those of completed ones that did not
    /// end, and an action on its own.
    pub actions: Vec<Action>,
    /// Timers of the tree.
    pub timers: Vec<Timer>,
}

impl Changes {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.executions.is_empty()
            && self.tasks.is_empty()
            && self.items.is_empty()
            && self.actions.is_empty()
            && self.unaccepted.is_empty()
            && self.dropped_outputs.is_empty()
            && self.timers.is_empty()
            && self.journal.is_empty()
            && self.deleted.is_empty()
    }
}

impl JournalKind {
    /// The name in the event stream.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Execution => "execution",
            Self::Task => "task",
            Self::Action => "action",
        }
    }
}
