//! From changes of states to notifications: what is told to whom.

use std::sync::Arc;

use engine::change::{Changes, JournalEntry, JournalKind};
use engine::model::{Execution, ExecutionId, IdSource, State, Task, TaskId, TaskKind, Timestamp};
use engine::tree::Tree;
use store::notification::NewNotification;
use yaql::{Dict, Value, json};

use super::publisher::Publisher;

/// The most receivers of one execution.
const MAX_PUBLISHERS: usize = 16;

/// Makes notifications.
#[derive(Debug, Default)]
pub(crate) struct News {
    /// The entries of the configuration, for every execution.
    defaults: Vec<Publisher>,
}

impl News {
    /// With the entries of the configuration.
    pub(crate) fn new(defaults: &[Value]) -> Self {
        let defaults = defaults.iter().filter_map(Publisher::read).collect();
        Self { defaults }
    }

    /// What the changes of a tree are told of, and to whom. Costs nothing for executions
    /// that tell nobody. What ended may have left the tree: its last image is in `changes`.
    pub(crate) fn of(
        &self,
        tree: &Tree,
        changes: &Changes,
        ids: &mut IdSource,
    ) -> Vec<NewNotification> {
        let mut found = Vec::new();
        let mut last: Option<(ExecutionId, Vec<Publisher>)> = None;
        for entry in changes
            .journal
            .iter()
            .filter(|entry| entry.kind != JournalKind::Action)
        {
            let Some(execution) = entry
                .execution
                .and_then(|id| execution_of(tree, changes, id))
            else {
                continue;
            };
            if last.as_ref().is_none_or(|(id, _)| *id != execution.id) {
                last = Some((execution.id, self.publishers(execution)));
            }
            let publishers = last.as_ref().map_or(&[][..], |(_, publishers)| publishers);
            if publishers.is_empty() {
                continue;
            }
            let task = entry.task.filter(|_| entry.kind == JournalKind::Task);
            let told = match task {
                None => of_execution(entry, execution),
                Some(id) => {
                    task_of(tree, changes, id).and_then(|task| of_task(task, entry, execution))
                }
            };
            let Some((event, body)) = told else { continue };
            for publisher in publishers.iter().filter(|publisher| publisher.wants(event)) {
                found.push(NewNotification {
                    id: ids.next_id(),
                    receiver: publisher.receiver,
                    publisher: publisher.entry.clone(),
                    execution: execution.id,
                    project_id: execution.origin.project_id.clone(),
                    event: event.into(),
                    body: body.clone(),
                    at: entry.at,
                });
            }
        }
        found
    }

    /// The execution's own entries, then those of the configuration.
    fn publishers(&self, execution: &Execution) -> Vec<Publisher> {
        let own = execution.params.get("notify").and_then(Value::as_list);
        let own = own
            .into_iter()
            .flat_map(|list| list.iter().filter_map(Publisher::read));
        own.chain(self.defaults.iter().cloned())
            .take(MAX_PUBLISHERS)
            .collect()
    }
}

fn of_execution(entry: &JournalEntry, execution: &Execution) -> Option<(&'static str, Arc<str>)> {
    let event = execution_event(entry)?;
    let origin = &execution.origin;
    let parent = origin.parent;
    let root = (!execution.is_root()).then(|| origin.root.to_string());
    let mut body = Dict::with_capacity(13);
    body.insert("id", shown_id(execution));
    body.insert("name", origin.workflow_name.clone());
    about_workflow(&mut body, execution);
    body.insert("state", entry.state.as_str());
    body.insert(
        "state_info",
        info(entry, execution.state, execution.state_info.as_ref()),
    );
    body.insert("project_id", origin.project_id.clone());
    body.insert(
        "task_execution_id",
        parent.map(|parent| parent.task.to_string()),
    );
    body.insert("root_execution_id", root);
    body.insert("created_at", origin.created_at.to_string());
    body.insert("updated_at", entry.at.to_string());
    body.insert("event", event);
    Some((event, json::to_python_string(&body.into()).into()))
}

fn execution_of<'c>(
    tree: &'c Tree,
    changes: &'c Changes,
    id: ExecutionId,
) -> Option<&'c Execution> {
    let images = || changes.executions.iter().map(|(image, _)| image);
    tree.execution(id)
        .or_else(|| images().find(|image| image.id == id))
}

fn task_of<'c>(tree: &'c Tree, changes: &'c Changes, id: TaskId) -> Option<&'c Task> {
    let images = || changes.tasks.iter().map(|(image, _)| image);
    tree.task(id)
        .or_else(|| images().find(|image| image.id == id))
}

fn of_task(
    task: &Task,
    entry: &JournalEntry,
    execution: &Execution,
) -> Option<(&'static str, Arc<str>)> {
    let event = task_event(entry, task.started_at)?;
    let kind = match task.kind {
        TaskKind::Action => "ACTION",
        TaskKind::Workflow => "WORKFLOW",
    };
    let time = |at: Option<Timestamp>| at.map(|at| at.to_string());
    let mut body = Dict::with_capacity(15);
    body.insert("id", task.id.to_string());
    body.insert("name", task.name.clone());
    body.insert("workflow_execution_id", shown_id(execution));
    about_workflow(&mut body, execution);
    body.insert("state", entry.state.as_str());
    body.insert(
        "state_info",
        info(entry, task.state, task.state_info.as_ref()),
    );
    body.insert("type", kind);
    body.insert("project_id", execution.origin.project_id.clone());
    body.insert("created_at", task.created_at.to_string());
    body.insert("updated_at", entry.at.to_string());
    body.insert("started_at", time(task.started_at));
    let finished = task.finished_at.filter(|_| entry.state.is_completed());
    body.insert("finished_at", time(finished));
    body.insert("event", event);
    Some((event, json::to_python_string(&body.into()).into()))
}

fn about_workflow(body: &mut Dict, execution: &Execution) {
    let origin = &execution.origin;
    body.insert("workflow_name", origin.workflow_name.clone());
    body.insert("workflow_namespace", origin.workflow_namespace.clone());
    body.insert("workflow_id", origin.workflow_id.to_string());
}

fn shown_id(execution: &Execution) -> String {
    let external = execution.origin.external_id.as_deref();
    external.map_or_else(|| execution.id.to_string(), str::to_owned)
}

/// The state's text, as long as it is still in that state.
fn info(entry: &JournalEntry, state: State, info: Option<&Arc<str>>) -> Option<Arc<str>> {
    info.filter(|_| state == entry.state).cloned()
}

/// The event's name; `None` for a change that has none.
fn execution_event(entry: &JournalEntry) -> Option<&'static str> {
    if entry.previous == Some(entry.state) {
        return None;
    }
    match (entry.state, entry.previous) {
        (State::Running, None | Some(State::Idle)) => Some("WORKFLOW_LAUNCHED"),
        (State::Running, Some(State::Paused)) => Some("WORKFLOW_RESUMED"),
        (State::Running, Some(_)) => Some("WORKFLOW_RERUN"),
        (State::Success, _) => Some("WORKFLOW_SUCCEEDED"),
        (State::Error, _) => Some("WORKFLOW_FAILED"),
        (State::Cancelled, _) => Some("WORKFLOW_CANCELLED"),
        (State::Paused, _) => Some("WORKFLOW_PAUSED"),
        _ => None,
    }
}

fn task_event(entry: &JournalEntry, started_at: Option<Timestamp>) -> Option<&'static str> {
    if entry.previous == Some(entry.state) {
        return None;
    }
    let is_first = started_at.is_none_or(|at| at >= entry.at);
    match (entry.state, entry.previous) {
        (State::Running, Some(State::Error)) => Some("TASK_RERUN"),
        (State::Running, Some(State::Idle | State::Paused | State::Waiting)) if !is_first => {
            Some("TASK_RESUMED")
        }
        (State::Running, _) => Some("TASK_LAUNCHED"),
        (State::Success, _) => Some("TASK_SUCCEEDED"),
        (State::Error, _) => Some("TASK_FAILED"),
        (State::Cancelled, _) => Some("TASK_CANCELLED"),
        (State::Paused, _) => Some("TASK_PAUSED"),
        (State::Skipped, _) => Some("TASK_SKIPPED"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use State::{Delayed, Error, Idle, Paused, Running, Skipped, Success, Waiting};
    use engine::model::Id;

    use super::*;

    fn entry(previous: Option<State>, state: State) -> JournalEntry {
        let root = ExecutionId(Id::from_bytes([1; 16]));
        JournalEntry {
            root,
            at: Timestamp::from_micros(5),
            kind: JournalKind::Execution,
            id: root.0,
            execution: Some(root),
            task: None,
            name: "w".into(),
            previous,
            state,
            progress: None,
            project_id: "p".into(),
            workflow_name: None,
            external_root: None,
            parent: None,
        }
    }

    #[test]
    fn names_of_changes_of_executions() {
        let name = |previous, state| execution_event(&entry(previous, state));
        assert_eq!(name(None, Running), Some("WORKFLOW_LAUNCHED"));
        assert_eq!(name(Some(Idle), Running), Some("WORKFLOW_LAUNCHED"));
        assert_eq!(name(Some(Paused), Running), Some("WORKFLOW_RESUMED"));
        assert_eq!(name(Some(Error), Running), Some("WORKFLOW_RERUN"));
        assert_eq!(name(Some(Running), Success), Some("WORKFLOW_SUCCEEDED"));
        assert_eq!(name(Some(Running), Paused), Some("WORKFLOW_PAUSED"));
        assert_eq!(name(None, Idle), None);
        assert_eq!(name(Some(Running), Running), None);
    }

    #[test]
    fn names_of_changes_of_tasks() {
        let name = |previous, state, started: i64| {
            task_event(
                &entry(previous, state),
                Some(Timestamp::from_micros(started)),
            )
        };
        assert_eq!(name(Some(Waiting), Running, 5), Some("TASK_LAUNCHED"));
        assert_eq!(name(Some(Waiting), Running, 4), Some("TASK_RESUMED"));
        assert_eq!(name(Some(Paused), Running, 4), Some("TASK_RESUMED"));
        assert_eq!(name(Some(Delayed), Running, 4), Some("TASK_LAUNCHED"));
        assert_eq!(name(Some(Error), Running, 4), Some("TASK_RERUN"));
        assert_eq!(name(Some(Error), Skipped, 4), Some("TASK_SKIPPED"));
        assert_eq!(name(Some(Running), Delayed, 4), None);
        assert_eq!(name(Some(Running), Success, 4), Some("TASK_SUCCEEDED"));
    }
}
