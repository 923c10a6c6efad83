//! What a view shows: the tree of a report, flattened to rows.

use crate::api::{Task, WorkflowNode};

/// Deeper sub-workflows are not shown.
const DEPTH_MAX: usize = 8;

/// The tree at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The workflow's name.
    pub workflow: String,
    /// The execution's state.
    pub state: String,
    /// The tasks, in the order of their creation, each above its sub-workflow's tasks.
    pub rows: Vec<Row>,
}

/// A task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its id.
    pub id: String,
    /// 0 for the tasks of the execution itself, 1 for those of its sub-workflows, …
    pub depth: usize,
    /// Its name.
    pub name: String,
    /// Its state.
    pub state: String,
    /// First line of what explains the state.
    pub note: Option<String>,
    /// The items of a with-items task.
    pub progress: Option<Progress>,
}

/// How far a with-items task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Items that ended, failed ones included.
    pub done: u64,
    /// Items that failed.
    pub failed: u64,
    /// All items.
    pub total: u64,
}

impl Snapshot {
    /// Flattens a report; `item_count` knows how many items a task has, by its id.
    pub fn new(root: &WorkflowNode, item_count: impl Fn(&str) -> Option<u64>) -> Self {
        let mut rows = Vec::new();
        add_tasks(&mut rows, root, 0, &item_count);
        Self {
            workflow: root.name.clone(),
            state: root.state.clone(),
            rows,
        }
    }
}

fn add_tasks(
    rows: &mut Vec<Row>,
    node: &WorkflowNode,
    depth: usize,
    item_count: &impl Fn(&str) -> Option<u64>,
) {
    for task in &node.task_executions {
        let total = item_count(&task.id);
        rows.push(Row {
            id: task.id.clone(),
            depth,
            name: task.name.clone(),
            state: task.state.clone(),
            note: task.state_info.as_deref().and_then(first_line),
            progress: total.map(|total| progress(task, total)),
        });
        // The sub-workflows of many items would bury everything else.
        if total.is_none() && depth < DEPTH_MAX {
            for child in &task.workflow_executions {
                add_tasks(rows, child, depth + 1, item_count);
            }
        }
    }
}

fn progress(task: &Task, total: u64) -> Progress {
    let actions = task
        .action_executions
        .iter()
        .filter(|action| action.accepted);
    let children = task.workflow_executions.iter();
    let ended: Vec<&str> = actions
        .map(|action| action.state.as_str())
        .chain(children.map(|child| child.state.as_str()))
        .filter(|state| matches!(*state, "SUCCESS" | "ERROR" | "CANCELLED"))
        .collect();
    let failed = ended.iter().filter(|state| **state == "ERROR").count() as u64;
    Progress {
        done: (ended.len() as u64).min(total),
        failed: failed.min(total),
        total,
    }
}

fn first_line(text: &str) -> Option<String> {
    text.lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_report_becomes_rows() {
        let report = json!({
            "id": "e", "name": "main", "state": "RUNNING", "state_info": null, "task_executions": [
                {"id": "a", "name": "each", "state": "ERROR", "state_info": "\nOne or more\nfailed", "action_executions": [
                    {"state": "ERROR", "accepted": false}, {"state": "ERROR", "accepted": true},
                    {"state": "SUCCESS", "accepted": true}, {"state": "RUNNING", "accepted": false}]},
                {"id": "b", "name": "call", "state": "RUNNING", "state_info": null, "workflow_executions": [
                    {"id": "s", "name": "sub", "state": "RUNNING", "state_info": null, "task_executions": [
                        {"id": "c", "name": "inner", "state": "IDLE", "state_info": null}]}]},
            ],
        });
        let node: WorkflowNode = serde_json::from_value(report).unwrap();
        let snapshot = Snapshot::new(&node, |task| (task == "a").then_some(5));
        let rows: Vec<_> = snapshot
            .rows
            .iter()
            .map(|row| {
                (
                    row.depth,
                    row.name.as_str(),
                    row.note.as_deref(),
                    row.progress,
                )
            })
            .collect();
        let progress = Some(Progress {
            done: 2,
            failed: 1,
            total: 5,
        });
        let expected = [
            (0, "each", Some("One or more"), progress),
            (0, "call", None, None),
            (1, "inner", None, None),
        ];
        assert_eq!(rows, expected);
    }
}
