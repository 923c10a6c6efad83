//! `GET /v2/executions/{id}/why`: each way of waiting has a name.

use yaql::{Dict, Value, json};

use super::Server;
use crate::config::Config;

const WAYS: &str = "version: '2.0'
w:
  tasks:
    before: {action: std.noop, wait-before: 100}
    after: {action: std.noop, wait-after: 100}
    again: {action: std.fail, retry: {count: 3, delay: 100}}
    sleeps: {action: std.sleep seconds=100}
    reports: {action: std.async_noop, timeout: 100, on-success: [meets]}
    other: {action: std.noop, on-success: [meets]}
    meets: {join: all, action: std.noop}
    below: {workflow: child}
    items: {with-items: 'i in [1, 2, 3]', action: std.async_noop, concurrency: 1}
child: {tasks: {t: {action: std.async_noop}}}
";

impl Server {
    async fn why(&self, id: &str) -> Vec<Dict> {
        let path = format!("/v2/executions/{id}/why");
        self.get(&path).await.expect(200).entries("waits")
    }
}

fn text(wait: &Dict, name: &str) -> String {
    json::to_string(wait.get(name).unwrap_or(&Value::Null))
}

/// Names of tasks with the kinds of their waiting.
fn kinds(waits: &[Dict]) -> Vec<String> {
    let mut kinds: Vec<_> = waits
        .iter()
        .map(|wait| {
            let task = wait.get("task").and_then(Value::as_dict);
            let name = task.and_then(|task| task.get("name")).cloned();
            let name = name.map_or_else(|| "-".to_owned(), |name| name.to_string());
            format!("{name}: {}", wait.get("kind").cloned().unwrap_or_default())
        })
        .collect();
    kinds.sort();
    kinds
}

#[tokio::test]
async fn each_way_of_waiting_has_a_name() {
    let server = Server::new();
    let id = server.start("w", WAYS).await;
    let waits = server.why(&id).await;
    assert_eq!(
        kinds(&waits),
        [
            "after: wait-after",
            "again: retry",
            "before: wait-before",
            "below: sub-workflow",
            "items: concurrency",
            "items: report",
            "meets: join",
            "reports: report",
            "sleeps: sleep",
            "t: report",
        ]
    );
    for wait in &waits {
        let kind = text(wait, "kind");
        let timed = [
            "\"wait-before\"",
            "\"wait-after\"",
            "\"retry\"",
            "\"sleep\"",
        ];
        let task = wait.get("task").and_then(Value::as_dict).unwrap();
        let has_timer = timed.contains(&&*kind) || task.get("name") == Some(&"reports".into());
        assert_eq!(text(wait, "until") != "null", has_timer, "{kind}");
        assert!(text(wait, "since").starts_with("\"20"), "{kind}");
    }
    let of = |name: &str| {
        let mut of = waits
            .iter()
            .filter(|wait| text(wait, "kind") == format!("\"{name}\""));
        text(of.next().unwrap(), "for")
    };
    assert_eq!(of("join"), r#"["reports"]"#);
    assert_eq!(of("concurrency"), "2");
    assert!(of("sub-workflow").contains("child"));
}

#[tokio::test]
async fn pauses_wait_for_people() {
    let server = Server::new();
    let definition = "version: '2.0'\nw:\n  tasks:\n    a: {action: std.async_noop}\n    \
                      b: {action: std.noop, pause-before: true}\n";
    let id = server.start("w", definition).await;
    let found = kinds(&server.why(&id).await);
    assert_eq!(found, ["-: paused", "a: report", "b: pause-before"]);

    let list = server.get("/v2/action_executions").await;
    let action = list.column("action_executions", "id").remove(0);
    let path = format!("/v2/executions/{id}");
    server
        .put(&path, r#"{"state": "RUNNING"}"#)
        .await
        .expect(200);
    let path = format!("/v2/action_executions/{action}");
    server
        .put(&path, r#"{"state": "PAUSED"}"#)
        .await
        .expect(200);
    let found = kinds(&server.why(&id).await);
    assert_eq!(found, ["-: paused", "a: paused-action"]);
}

#[tokio::test]
async fn actions_wait_for_their_executor_or_a_place() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let mut config = Config::default();
    config.executor.max_running_actions = 1;
    config.action_std_http.denied_cidrs.clear();
    let server = Server::with(config);
    let definition = format!(
        "version: '2.0'\nw:\n  tasks:\n    t:\n      with-items: i in [1, 2]\n      \
         action: std.http url='http://{address}/'\n"
    );
    let id = server.start("w", &definition).await;
    assert_eq!(kinds(&server.why(&id).await), ["t: action", "t: slot"]);
    let path = format!("/v2/executions/{id}");
    server
        .put(&path, r#"{"state": "CANCELLED"}"#)
        .await
        .expect(200);
    assert_eq!(kinds(&server.why(&id).await), [""; 0]);
}

/// The engine does a part of much work at a time; asking comes between the parts.
#[tokio::test]
async fn work_that_goes_on_by_itself_waits_for_its_turn() {
    let server = Server::new();
    let definition = "version: '2.0'\nw:\n  input: [count]\n  tasks:\n    \
                      many: {with-items: 'i in <% range($.count) %>', action: std.noop}\n";
    server.post("/v2/workflows", definition).await.expect(201);
    // More work, should the engine ever be faster than the question.
    for count in [10_000, 40_000] {
        let body = format!(r#"{{"workflow_name": "w", "input": {{"count": {count}}}}}"#);
        let started = server.post("/v2/executions", &body).await.expect(201);
        let found = kinds(&server.why(&started.field("id")).await);
        if found == ["many: turn"] {
            return;
        }
        assert!(found.is_empty(), "{found:?}");
    }
    panic!("it was never the turn of others");
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let server = Server::new();
    let id = "00000000-0000-0000-0000-000000000000";
    server
        .get(&format!("/v2/executions/{id}/why"))
        .await
        .refuses(404, &format!("WorkflowExecution not found [id={id}]"));
}
