//! Executions as the API shows them.

use std::fmt;
use std::sync::Arc;

use engine::model::{Execution, ExecutionId, Id, State, TaskId, Timestamp};
use yaql::Dict;

/// An execution's id, and the one its creator chose, if that is no UUID.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ExecutionRef {
    /// The id inside.
    pub id: ExecutionId,
    /// The id outside.
    pub external_id: Option<Arc<str>>,
}

/// An execution. Wide columns (`input`, `params`, `output`) are `None` if the
/// query did not ask for them.
#[derive(Clone, Debug, PartialEq)]
pub struct ExecutionRecord {
    /// Its id.
    pub id: ExecutionRef,
    /// Id of the definition.
    pub workflow_id: Id,
    /// Name of the definition.
    pub workflow_name: Arc<str>,
    /// Namespace of the definition.
    pub workflow_namespace: Arc<str>,
    /// Key of the program.
    pub program: [u8; 32],
    /// Free text.
    pub description: Arc<str>,
    /// Tags of the definition.
    pub tags: Arc<[Arc<str>]>,
    /// The task that started it.
    pub task_execution_id: Option<TaskId>,
    /// Top of the tree; `None` for a root.
    pub root_execution_id: Option<ExecutionRef>,
    /// Its state.
    pub state: State,
    /// Why.
    pub state_info: Option<Arc<str>>,
    /// Owner.
    pub project_id: Arc<str>,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
    /// Input, with defaults.
    pub input: Option<Dict>,
    /// Start parameters.
    pub params: Option<Dict>,
    /// Output; `{}` until it ends.
    pub output: Option<Dict>,
}

impl From<ExecutionId> for ExecutionRef {
    fn from(id: ExecutionId) -> Self {
        Self {
            id,
            external_id: None,
        }
    }
}

/// The id that callers know.
impl fmt::Display for ExecutionRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.external_id {
            Some(text) => f.pad(text),
            None => self.id.fmt(f),
        }
    }
}

impl ExecutionRecord {
    /// The record of an image; `root` is the reference to its root, if it is not
    /// one itself (an image knows only the root's inner id).
    pub fn of(image: &Execution, root: Option<ExecutionRef>) -> Self {
        let origin = &image.origin;
        Self {
            id: ExecutionRef {
                id: image.id,
                external_id: origin.external_id.clone(),
            },
            workflow_id: origin.workflow_id,
            workflow_name: origin.workflow_name.clone(),
            workflow_namespace: origin.workflow_namespace.clone(),
            program: origin.program,
            description: image.description.clone(),
            tags: origin.tags.clone(),
            task_execution_id: origin.parent.map(|parent| parent.task),
            root_execution_id: origin.parent.map(|_| root.unwrap_or(origin.root.into())),
            state: image.state,
            state_info: image.state_info.clone(),
            project_id: origin.project_id.clone(),
            created_at: origin.created_at,
            updated_at: image.updated_at,
            input: Some(origin.input.clone()),
            params: Some(image.params.clone()),
            output: Some(image.output.clone()),
        }
    }
}
