//! Action executions as the API shows them.

use std::sync::Arc;

use engine::model::{Action, ActionId, State, TaskId, Timestamp};
use yaql::{Dict, Value};

use super::ExecutionRef;

/// An action execution. Wide columns (`input`, `output`) are `None` if the query
/// did not ask for them.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionRecord {
    /// Its id.
    pub id: ActionId,
    /// Name of the action as the task wrote it.
    pub name: Arc<str>,
    /// Name of the workflow.
    pub workflow_name: Option<Arc<str>>,
    /// Namespace of the workflow.
    pub workflow_namespace: Option<Arc<str>>,
    /// The execution of its task.
    pub execution: Option<ExecutionRef>,
    /// Its task.
    pub task_execution_id: Option<TaskId>,
    /// Name of its task.
    pub task_name: Option<Arc<str>>,
    /// Its state.
    pub state: State,
    /// Always null upstream.
    pub state_info: Option<Arc<str>>,
    /// Its result counts.
    pub accepted: bool,
    /// Reports by itself when it is done.
    pub is_sync: bool,
    /// Free text.
    pub description: Arc<str>,
    /// Owner.
    pub project_id: Arc<str>,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change.
    pub updated_at: Timestamp,
    /// What it was given.
    pub input: Option<Dict>,
    /// Its result (the API's `output.result`); `None` also until it ended.
    pub output: Option<Value>,
}

impl ActionRecord {
    /// The record of an action that belongs to no task.
    pub fn alone(image: &Action) -> Self {
        Self {
            id: image.id,
            name: image.name.clone(),
            workflow_name: None,
            workflow_namespace: None,
            execution: None,
            task_execution_id: None,
            task_name: None,
            state: image.state,
            state_info: image.state_info.clone(),
            accepted: image.accepted,
            is_sync: image.is_sync,
            description: image.description.clone(),
            project_id: image.project_id.clone(),
            created_at: image.created_at,
            updated_at: image.updated_at,
            input: Some(image.input.clone()),
            output: image.output.clone(),
        }
    }
}
