//! `source_execution_id` with `from_task`: an execution that goes on where another was.

use yaql::{Value, json};

use super::Server;

const GRID: &str = "version: '2.0'
w:
  input: [{good: false}]
  output: {r: <% $.r %>, all: <% task(b).result %>, g: <% $.g %>}
  tasks:
    a:
      action: std.echo output='first'
      publish: {r: <% task().result %>}
      on-success: {publish: {global: {g: 7}}, next: [b, c]}
    b: {with-items: 'i in [1, 2]', action: std.echo output=<% $.i %>, on-success: [d]}
    c: {workflow: child, on-success: [d]}
    d: {join: all, action: std.noop, publish: {r: \"<% task(c).result %>\"}, on-success: [e]}
    e:
      action: std.noop
      on-success: [{fail: <% not $.good %>}]
child: {output: {o: 1}, tasks: {t: {action: std.noop}}}
";

impl Server {
    /// Goes on from a task and waits for the end; answers the id.
    async fn go_on(&self, source: &str, task: &str) -> String {
        let body = format!(
            r#"{{"source_execution_id": "{source}", "input": {{"good": true}},
                "params": {{"from_task": "{task}"}}}}"#
        );
        let id = self
            .post("/v2/executions", &body)
            .await
            .expect(201)
            .field("id");
        let ended = self
            .get(&format!("/v2/executions/{id}/wait?timeout=30"))
            .await;
        assert_eq!(ended.expect(200).field("state"), "SUCCESS");
        id
    }

    /// `name state` of each task of an execution.
    async fn tasks_of(&self, id: &str) -> Vec<String> {
        let list = self.get(&format!("/v2/executions/{id}/tasks")).await;
        let tasks = list.entries("tasks").into_iter().map(|task| {
            let text = |name: &str| task.get(name).cloned().unwrap_or_default().to_string();
            format!("{} {}", text("name"), text("state"))
        });
        let mut tasks: Vec<_> = tasks.collect();
        tasks.sort();
        tasks
    }
}

#[tokio::test]
async fn earlier_results_are_taken_over() {
    let server = Server::new();
    let source = server.finish("w", GRID).await;
    let id = server.go_on(&source, "d").await;
    let shown = server.get(&format!("/v2/executions/{id}")).await;
    assert_eq!(
        shown.field("output"),
        r#"{"r": {"o": 1}, "all": [1, 2], "g": 7}"#
    );
    assert_eq!(
        server.tasks_of(&id).await,
        [
            "a SUCCESS",
            "b SUCCESS",
            "c SUCCESS",
            "d SUCCESS",
            "e SUCCESS"
        ]
    );
    let below = server
        .get(&format!("/v2/executions?root_execution_id={id}"))
        .await;
    assert_eq!(below.entries("executions").len(), 0, "c did not run again");
    let old = server.get(&format!("/v2/executions/{source}")).await;
    assert_eq!(old.field("state"), "ERROR", "the source stays as it was");
}

#[tokio::test]
async fn a_branch_runs_again_and_meets_the_other() {
    let server = Server::new();
    let source = server.finish("w", GRID).await;
    for task in ["a", "b", "c", "e"] {
        let id = server.go_on(&source, task).await;
        assert_eq!(server.tasks_of(&id).await.len(), 5, "from {task}");
        let shown = server.get(&format!("/v2/executions/{id}")).await;
        let params = json::parse(&shown.field("params").replace('\'', "\"")).unwrap();
        let from = params.as_dict().unwrap().get("from_task").cloned();
        assert_eq!(from, Some(Value::from(task)));
        // And on from there.
        server.go_on(&id, "d").await;
    }
}

#[tokio::test]
async fn what_can_not_be_gone_on_from_is_refused() {
    let server = Server::new();
    let source = server.finish("w", GRID).await;
    let ask = |source: &str, task: &str| {
        format!(r#"{{"source_execution_id": "{source}", "params": {{"from_task": {task}}}}}"#)
    };
    server
        .post("/v2/executions", &ask(&source, "\"nope\""))
        .await
        .refuses(400, "There is no task 'nope' to go on from [workflow=w]");
    server
        .post("/v2/executions", &ask(&source, "7"))
        .await
        .refuses(400, "'from_task' must be the name of a task, not 7.");
    server
        .post(
            "/v2/executions",
            r#"{"workflow_name": "w", "params": {"from_task": "a"}}"#,
        )
        .await
        .refuses(
            400,
            "'from_task' needs 'source_execution_id': the execution that has the task.",
        );
}
