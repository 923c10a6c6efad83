//! The documents of the REST API, as far as this program reads them.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A workflow execution.
#[derive(Clone, Debug, Deserialize)]
pub struct Execution {
    /// Its id.
    pub id: String,
    /// Name of its workflow.
    pub workflow_name: String,
    /// `RUNNING`, `SUCCESS`, …
    pub state: String,
    /// Why it is in that state.
    pub state_info: Option<String>,
    /// What it gave.
    #[serde(default, deserialize_with = "json_text")]
    pub output: Value,
}

impl Execution {
    /// Whether it has come to rest: it ended, or somebody has to resume it.
    pub fn is_settled(&self) -> bool {
        matches!(
            self.state.as_str(),
            "SUCCESS" | "ERROR" | "CANCELLED" | "PAUSED"
        )
    }
}

/// A task with what only the task's own document tells.
#[derive(Clone, Debug, Deserialize)]
pub struct TaskDetails {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its state.
    pub state: String,
    /// Why it is in that state.
    pub state_info: Option<String>,
    /// What policies and with-items remember.
    #[serde(default, deserialize_with = "json_text")]
    pub runtime_context: Value,
    /// Its result; absent in lists.
    #[serde(default, deserialize_with = "json_text")]
    pub result: Value,
}

impl TaskDetails {
    /// How many items a with-items task has.
    pub fn item_count(&self) -> Option<u64> {
        self.runtime_context
            .get("with_items")?
            .get("count")?
            .as_u64()
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct TaskList {
    pub(crate) tasks: Vec<TaskDetails>,
}

/// The tree below an execution.
#[derive(Clone, Debug, Deserialize)]
pub struct Report {
    /// The execution itself.
    pub root_workflow_execution: WorkflowNode,
}

/// A workflow execution in a report.
#[derive(Clone, Debug, Deserialize)]
pub struct WorkflowNode {
    /// Its id.
    pub id: String,
    /// Name of its workflow.
    pub name: String,
    /// Its state.
    pub state: String,
    /// Why it is in that state.
    pub state_info: Option<String>,
    /// Its tasks, in the order of their creation.
    #[serde(default)]
    pub task_executions: Vec<Task>,
}

/// A task in a report.
#[derive(Clone, Debug, Deserialize)]
pub struct Task {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its state.
    pub state: String,
    /// Why it is in that state.
    pub state_info: Option<String>,
    /// Runs of its action, earlier attempts included.
    #[serde(default)]
    pub action_executions: Vec<Action>,
    /// Its sub-workflows.
    #[serde(default)]
    pub workflow_executions: Vec<WorkflowNode>,
}

/// A run of an action in a report.
#[derive(Clone, Debug, Deserialize)]
pub struct Action {
    /// Its state.
    pub state: String,
    /// Whether its result counts: not replaced by a retry or rerun.
    #[serde(default)]
    pub accepted: bool,
}

/// Reads a field whose text is JSON itself (REST API §1.3).
fn json_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => serde_json::from_str(&text).map_err(serde::de::Error::custom),
        other => Ok(other),
    }
}
