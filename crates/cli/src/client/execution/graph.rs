//! `ostro execution graph`: the tasks of an execution and what led from one to the next.

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::diagram;
use super::items;
use crate::api::ApiError;
use crate::client::address::Address;
use crate::client::connection::Client;
use crate::client::document::{entries, text};
use crate::client::find::resolve;
use crate::client::resource::{EXECUTIONS, TASKS};
use crate::client::trouble::failed;
use crate::out;

/// Draw the graph of an execution
///
/// Where the service has no graph, it is made from what triggered each task: paths that were not
/// taken are missing then.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ostro execution graph @last
  ostro execution graph @last --format dot | dot -Tsvg > graph.svg
  ostro execution graph @last --format mermaid")]
pub(crate) struct Graph {
    /// Which execution
    #[arg(value_name = "EXECUTION", default_value = "@last")]
    id: String,
    /// How to draw it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For web pages and Markdown
    Mermaid,
    /// For Graphviz
    Dot,
}

/// A task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) id: String,
    pub(super) name: String,
    /// Empty if it has not begun.
    pub(super) state: String,
}

/// A path from a task to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) from: String,
    pub(super) to: String,
    /// `on-success`, …; empty if unknown.
    pub(super) on: String,
    pub(super) taken: bool,
}

pub(super) async fn graph(client: &Client, wanted: &Graph) -> anyhow::Result<()> {
    let id = resolve(client, &EXECUTIONS, &wanted.id).await?;
    let document = read(client, &id)
        .await
        .map_err(failed("draw", &EXECUTIONS, &wanted.id))?;
    if client.output.json {
        return Ok(out::json(&document)?);
    }
    let (nodes, edges) = parts(&document);
    let drawn = match wanted.format {
        Format::Text => diagram::text(&nodes, &edges),
        Format::Mermaid => diagram::mermaid(&nodes, &edges),
        Format::Dot => diagram::dot(&nodes, &edges),
    };
    Ok(out::line(&drawn)?)
}

async fn read(client: &Client, id: &str) -> Result<Value, ApiError> {
    match client.get(Address::new(&["executions", id, "graph"])).await {
        Err(ApiError::Refused {
            status: 404 | 405 | 501,
            ..
        }) => {}
        answer => return answer,
    }
    let address = Address::new(&["executions", id, "tasks"]).with("sort_keys", "created_at,id");
    let tasks = client.get(address).await?;
    Ok(from_tasks(&entries(&TASKS, tasks)))
}

fn parts(document: &Value) -> (Vec<Node>, Vec<Edge>) {
    let field = |value: &Value, name| text(value, name).to_owned();
    let nodes = items(document, "nodes").iter().map(|node| Node {
        id: field(node, "id"),
        name: field(node, "name"),
        state: field(node, "state"),
    });
    let edges = items(document, "edges").iter().map(|edge| Edge {
        from: field(edge, "from"),
        to: field(edge, "to"),
        on: field(edge, "on"),
        taken: edge.get("taken").and_then(Value::as_bool).unwrap_or(false),
    });
    (nodes.collect(), edges.collect())
}

/// A graph of what has run: each task remembers what triggered it.
fn from_tasks(tasks: &[Value]) -> Value {
    let fields = ["id", "name", "type", "state", "started_at", "finished_at"];
    let node = |task: &Value| -> Value {
        let pairs =
            fields.map(|name| (name.to_owned(), task.get(name).cloned().unwrap_or_default()));
        Value::Object(pairs.into_iter().collect())
    };
    let edges = tasks.iter().flat_map(|task| {
        let context = task.get("runtime_context").unwrap_or(&Value::Null);
        items(context, "triggered_by").iter().map(move |cause| {
            json!({"from": text(cause, "task_id"), "to": text(task, "id"), "on": text(cause, "event"), "taken": true})
        })
    });
    let edges: Vec<Value> = edges.collect();
    let nodes: Vec<Value> = tasks.iter().map(node).collect();
    json!({"nodes": nodes, "edges": edges})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_remember_what_triggered_them() {
        let tasks = [
            json!({"id": "1", "name": "a", "type": "ACTION", "state": "SUCCESS", "runtime_context": {}}),
            json!({"id": "2", "name": "b", "type": "ACTION", "state": "IDLE",
                "runtime_context": {"triggered_by": [{"task_id": "1", "event": "on-success"}]}}),
        ];
        let (nodes, edges) = parts(&from_tasks(&tasks));
        assert_eq!(nodes.len(), 2);
        let expected = Edge {
            from: "1".to_owned(),
            to: "2".to_owned(),
            on: "on-success".to_owned(),
            taken: true,
        };
        assert_eq!(edges, [expected]);
    }
}
