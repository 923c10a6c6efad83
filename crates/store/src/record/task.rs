//! Tasks as the API shows them.

use std::sync::Arc;

use engine::model::{ExecutionId, Id, Runtime, State, TaskId, TaskKind, Timestamp};
use language::program::TaskIndex;
use yaql::Dict;

use super::ExecutionRef;

/// A task execution. Its tags are those of its node in the program.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskRecord {
    /// Its id.
    pub id: TaskId,
    /// Its name.
    pub name: Arc<str>,
    /// ACTION or WORKFLOW.
    pub kind: TaskKind,
    /// Its node in the program.
    pub index: TaskIndex,
    /// Key of the program.
    pub program: [u8; 32],
    /// Id of the workflow's definition.
    pub workflow_id: Id,
    /// Name of the workflow.
    pub workflow_name: Arc<str>,
    /// Namespace of the workflow.
    pub workflow_namespace: Arc<str>,
    /// The execution it belongs to.
    pub execution: ExecutionRef,
    /// Top of the tree.
    pub root: ExecutionId,
    /// Owner of the execution.
    pub project_id: Arc<str>,
    /// Its state.
    pub state: State,
    /// Why.
    pub state_info: Option<Arc<str>>,
    /// Its successors were dispatched.
    pub processed: bool,
    /// The API's `runtime_context` is made of this. Without `inbound`.
    pub runtime: Arc<Runtime>,
    /// Wide: what it published; `None` before completion or if not asked for.
    pub published: Option<Dict>,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
    /// First RUNNING.
    pub started_at: Option<Timestamp>,
    /// Completion.
    pub finished_at: Option<Timestamp>,
}
