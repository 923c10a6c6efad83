//! What ran when in an execution: from the service's timeline, or from its report where
//! it has none.

use serde_json::Value;

use super::{is_final, items};
use crate::api::ApiError;
use crate::client::address::Address;
use crate::client::connection::Client;
use crate::client::document::text;

/// The most pages of a timeline that are read.
const PAGES: usize = 10;

/// A run of something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) name: String,
    /// `execution`, `task` or `action`.
    pub(super) kind: String,
    pub(super) state: String,
    pub(super) from: String,
    /// Null while it runs.
    pub(super) to: Option<String>,
}

/// All entries, in the order in which they began.
pub(super) async fn read(client: &Client, id: &str) -> Result<Vec<Entry>, ApiError> {
    let mut entries = match timeline(client, id).await {
        Ok(entries) => entries,
        Err(ApiError::Refused {
            status: 404 | 405 | 501,
            ..
        }) => from_report(client, id).await?,
        Err(error) => return Err(error),
    };
    entries.retain(|entry: &Entry| !entry.from.is_empty());
    entries.sort_by(|a, b| a.from.cmp(&b.from));
    Ok(entries)
}

/// The service's own timeline, page by page.
async fn timeline(client: &Client, id: &str) -> Result<Vec<Entry>, ApiError> {
    let mut entries: Vec<Entry> = Vec::new();
    for _ in 0..PAGES {
        let marker = entries.last().map(|entry| entry.id.as_str());
        let address = Address::new(&["executions", id, "timeline"]).with_some("marker", marker);
        let page = client.get(address).await?;
        entries.extend(items(&page, "entries").iter().map(Entry::read));
        if text(&page, "next").is_empty() {
            break;
        }
    }
    Ok(entries)
}

impl Entry {
    fn read(document: &Value) -> Self {
        let field = |name| text(document, name).to_owned();
        Self {
            id: field("id"),
            name: field("name"),
            kind: field("kind"),
            state: field("state"),
            from: field("from"),
            to: Some(field("to")).filter(|to| !to.is_empty()),
        }
    }

    /// From a report, whose times are those of creation and of the last change.
    fn reported(document: &Value, kind: &str) -> Self {
        let state = text(document, "state").to_owned();
        let changed = text(document, "updated_at");
        Self {
            to: Some(changed.to_owned()).filter(|to| !to.is_empty() && is_final(&state)),
            from: text(document, "created_at").to_owned(),
            kind: kind.to_owned(),
            state,
            ..Self::read(document)
        }
    }
}

async fn from_report(client: &Client, id: &str) -> Result<Vec<Entry>, ApiError> {
    let address = Address::new(&["executions", id, "report"]).with("max_depth", "-1");
    let report = client.get(address).await?;
    let mut entries = Vec::new();
    if let Some(root) = report.get("root_workflow_execution") {
        collect(root, &mut entries);
    }
    Ok(entries)
}

fn collect(execution: &Value, entries: &mut Vec<Entry>) {
    let mut open = vec![execution];
    while let Some(execution) = open.pop() {
        entries.push(Entry::reported(execution, "execution"));
        for task in items(execution, "task_executions") {
            entries.push(Entry::reported(task, "task"));
            let actions = items(task, "action_executions").iter();
            entries.extend(actions.map(|action| Entry::reported(action, "action")));
            open.extend(items(task, "workflow_executions"));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::scripted::Scripted;
    use super::*;

    #[tokio::test]
    async fn the_original_is_asked_for_its_report() {
        let at = |second: u32| format!("2026-11-21 12:00:0{second}");
        let report = json!({"root_workflow_execution": {
            "id": "e", "name": "w", "state": "RUNNING", "created_at": at(0), "updated_at": at(1),
            "task_executions": [{
                "id": "t", "name": "say", "state": "SUCCESS", "created_at": at(1), "updated_at": at(3),
                "action_executions": [{
                    "id": "a", "name": "std.echo", "state": "SUCCESS", "created_at": at(2), "updated_at": at(3)}],
            }],
        }});
        let client = Scripted::new()
            .text(
                "GET",
                404,
                "<html><body><h1>404 Not Found</h1></body></html>",
            )
            .answer("GET", 200, &report)
            .client()
            .await;
        let entries = read(&client, "e").await.unwrap();
        let shown: Vec<_> = entries
            .iter()
            .map(|entry| (entry.kind.as_str(), entry.id.as_str(), entry.to.clone()))
            .collect();
        let expected = [
            ("execution", "e", None),
            ("task", "t", Some(at(3))),
            ("action", "a", Some(at(3))),
        ];
        assert_eq!(shown, expected);
    }
}
