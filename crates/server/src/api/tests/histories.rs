//! Graphs and timelines of executions.

use yaql::{Dict, Value};

use super::{Reply, Server};

const LOOP: &str = "
version: '2.0'
w:
  vars: {n: 0}
  tasks:
    begin: {action: std.noop, on-success: count}
    count:
      action: std.noop
      publish: {n: '<% $.n + 1 %>'}
      on-success:
        - count: <% $.n < 2 %>
        - check: <% $.n >= 2 %>
      on-error: [repair]
    check: {action: std.async_noop, on-complete: [done]}
    repair: {action: std.noop, on-success: done}
    done: {join: 1, workflow: sub}
sub: {tasks: {t: {action: std.noop}}}
";

const REVERSE: &str = "
version: '2.0'
w:
  type: reverse
  tasks:
    a: {action: std.noop}
    b: {action: std.async_noop, requires: [a]}
    c: {action: std.noop, requires: [b]}
    d: {action: std.noop}
";

/// Nodes and edges by name; ids must be those of the nodes.
fn drawn(reply: &Reply) -> String {
    let text = |dict: &Dict, name| dict.get(name).cloned().unwrap_or_default().to_string();
    let nodes = reply.entries("nodes");
    let name = |id: &str| {
        let node = nodes.iter().find(|node| text(node, "id") == id);
        text(node.expect("edges join nodes"), "name")
    };
    let node = |node: &Dict| {
        let times = ["started_at", "finished_at"].map(|time| text(node, time) != "None");
        format!(
            "{} {} {} {times:?}",
            text(node, "name"),
            text(node, "type"),
            text(node, "state")
        )
    };
    let edge = |edge: &Dict| {
        let taken = if edge.get("taken") == Some(&Value::from(true)) {
            "=>"
        } else {
            "->"
        };
        let (from, to) = (text(edge, "from"), text(edge, "to"));
        format!("{} {taken} {} {}", name(&from), name(&to), text(edge, "on"))
    };
    let edges = reply.entries("edges");
    let lines: Vec<_> = nodes
        .iter()
        .map(node)
        .chain(edges.iter().map(edge))
        .collect();
    lines.join("\n")
}

#[tokio::test]
async fn a_graph_shows_what_was_and_what_may_come() {
    let server = Server::new();
    let id = server.start("w", LOOP).await;
    let graph = server
        .get(&format!("/v2/executions/{id}/graph"))
        .await
        .expect(200);
    assert_eq!(graph.keys(), ["nodes", "edges"]);
    insta::assert_snapshot!(drawn(&graph));
    server
        .get("/v2/executions/x/graph")
        .await
        .refuses(404, "WorkflowExecution not found [id=x]");
}

#[tokio::test]
async fn a_graph_of_a_reverse_workflow() {
    let server = Server::new();
    server.post("/v2/workflows", REVERSE).await.expect(201);
    let body = r#"{"workflow_name": "w", "params": {"task_name": "c"}}"#;
    let id = server
        .post("/v2/executions", body)
        .await
        .expect(201)
        .field("id");
    let graph = server
        .get(&format!("/v2/executions/{id}/graph"))
        .await
        .expect(200);
    insta::assert_snapshot!(drawn(&graph));
}

#[tokio::test]
async fn a_timeline_has_the_whole_tree() {
    let server = Server::new();
    let id = server.start("w", LOOP).await;
    let path = format!("/v2/executions/{id}/timeline");
    let running = server.get(&path).await.expect(200);
    assert_eq!(running.column("entries", "state")[0], "RUNNING");
    assert_eq!(running.column("entries", "to")[0], "None");
    let action = server.get("/v2/action_executions?state=RUNNING").await;
    let action = action.column("action_executions", "id").remove(0);
    let result = format!("/v2/action_executions/{action}");
    server
        .put(&result, r#"{"state": "SUCCESS"}"#)
        .await
        .expect(200);
    server
        .get(&format!("/v2/executions/{id}/wait"))
        .await
        .expect(200);

    let all = server.get(&path).await.expect(200);
    assert_eq!(all.keys(), ["entries"]);
    let entries = all.entries("entries");
    let line = |entry: &Dict| {
        let part = |name| entry.get(name).cloned().unwrap_or_default().to_string();
        assert!(part("from") <= part("to"), "{entry:?}");
        format!("{} {} {}", part("kind"), part("name"), part("state"))
    };
    let lines: Vec<_> = entries.iter().map(line).collect();
    insta::assert_snapshot!(lines.join("\n"));

    let mut paged = vec![];
    let mut next = Some(format!("{path}?limit=4"));
    while let Some(address) = next {
        let page = server
            .get(address.trim_start_matches("http://h:1"))
            .await
            .expect(200);
        paged.extend(page.entries("entries"));
        next = page.dict().get("next").map(Value::to_string);
    }
    assert_eq!(paged, entries);
    let sub = server.get("/v2/executions?workflow_name=sub").await;
    let sub = sub.column("executions", "id").remove(0);
    let below = server
        .get(&format!("/v2/executions/{sub}/timeline"))
        .await
        .expect(200);
    assert_eq!(below.column("entries", "name"), ["sub", "t", "std.noop"]);
    let text = "WorkflowExecution not found [id=x]";
    server
        .get(&format!("{path}?marker=x"))
        .await
        .refuses(404, text);
    server
        .get(&format!("{path}?limit=0"))
        .await
        .refuses(400, "Limit must be positive.");
}
