//! Sub-workflows that ended and left memory while their root runs.

use super::Server;

const NESTED: &str = "version: '2.0'
w:
  output: {names: <% $.names %>, flat: <% $.flat %>}
  tasks:
    below: {workflow: child, on-error: [noop]}
    waits: {action: std.async_noop, on-success: [looks]}
    looks:
      action: std.noop
      publish:
        names: <% tasks(execution().id, true).name %>
        flat: <% tasks(execution().id, true, null, true).name %>
child: {tasks: {inner: {workflow: leaf}}}
leaf: {tasks: {t: {action: std.async_noop}}}
";

impl Server {
    /// The ids of what is of that name, oldest first.
    async fn ids(&self, collection: &str, name: &str) -> Vec<String> {
        let of = match collection {
            "executions" => "workflow_name",
            "tasks" => "name",
            _ => "task_name",
        };
        let listed = self.get(&format!("/v2/{collection}")).await.expect(200);
        let names = listed.column(collection, of);
        let ids = listed.column(collection, "id").into_iter().zip(names);
        ids.filter(|(_, known)| known == name)
            .map(|(id, _)| id)
            .collect()
    }

    /// Ends the latest action of a task.
    async fn end(&self, task: &str, state: &str) {
        let actions = self.ids("action_executions", task).await;
        let path = format!("/v2/action_executions/{}", actions[actions.len() - 1]);
        let body = format!(r#"{{"state": "{state}"}}"#);
        self.put(&path, &body).await.expect(200);
    }

    async fn states(&self, executions: &[&str]) -> Vec<String> {
        let mut states = Vec::new();
        for name in executions {
            let id = &self.ids("executions", name).await[0];
            let execution = self.get(&format!("/v2/executions/{id}")).await.expect(200);
            states.push(execution.field("state"));
        }
        states
    }
}

#[tokio::test]
async fn a_task_far_below_runs_again() {
    let server = Server::new();
    let id = server.start("w", NESTED).await;
    let all = ["w", "child", "leaf"];
    server.end("t", "ERROR").await;
    assert_eq!(server.states(&all).await, ["RUNNING", "ERROR", "ERROR"]);

    let child = &server.ids("executions", "child").await[0];
    let path = format!("/v2/executions/{child}");
    let described = server.put(&path, r#"{"description": "far"}"#).await;
    assert_eq!(described.expect(200).field("description"), "far");
    server.delete(&path).await.expect(403);

    let task = format!("/v2/tasks/{}", server.ids("tasks", "t").await[0]);
    let rerun = server.put(&task, r#"{"state": "RUNNING", "reset": true}"#);
    rerun.await.expect(200);
    assert_eq!(server.states(&all).await, ["RUNNING"; 3]);
    server.end("t", "SUCCESS").await;
    assert_eq!(server.states(&all).await, ["RUNNING", "SUCCESS", "SUCCESS"]);
    let below = &server.ids("tasks", "below").await[0];
    let below = server.get(&format!("/v2/tasks/{below}")).await.expect(200);
    assert_eq!(below.field("state"), "SUCCESS");

    server.end("waits", "SUCCESS").await;
    let path = format!("/v2/executions/{id}/wait?timeout=30");
    let ended = server.get(&path).await.expect(200);
    assert_eq!(ended.field("state"), "SUCCESS");
    assert_eq!(
        ended.field("output"),
        r#"{"names": ["below", "waits", "inner", "t", "looks"], "flat": ["waits", "t", "looks"]}"#
    );
}
