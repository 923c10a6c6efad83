//! Tasks.

use super::Server;

const MIXED: &str = "version: '2.0'\n\
    w:\n  tasks:\n    \
    one: {action: std.echo output=1, tags: [A], on-success: [items, none]}\n    \
    items: {with-items: 'i in [1, 2]', action: std.echo output=<% $.i %>, concurrency: 1}\n    \
    none: {action: std.async_noop}\n    \
    bad: {action: std.fail, retry: {count: 1, delay: 0}}\n";

async fn tasks(server: &Server) -> std::collections::HashMap<String, String> {
    let id = server.start("w", MIXED).await;
    let listed = server
        .get(&format!("/v2/executions/{id}/tasks"))
        .await
        .expect(200);
    listed
        .column("tasks", "name")
        .into_iter()
        .zip(listed.column("tasks", "id"))
        .collect()
}

#[tokio::test]
async fn results_and_runtime() {
    let server = Server::new();
    let tasks = tasks(&server).await;
    for (name, result, runtime) in [
        ("one", "1", "{}".to_owned()),
        (
            "items",
            "[1, 2]",
            format!(
                r#"{{"triggered_by": [{{"task_id": "{}", "event": "on-success"}}], "concurrency": 1, "with_items": {{"capacity": 1, "count": 2}}}}"#,
                tasks["one"]
            ),
        ),
        (
            "none",
            "[]",
            format!(
                r#"{{"triggered_by": [{{"task_id": "{}", "event": "on-success"}}]}}"#,
                tasks["one"]
            ),
        ),
    ] {
        let task = server
            .get(&format!("/v2/tasks/{}", tasks[name]))
            .await
            .expect(200);
        assert_eq!(task.field("result"), result, "{name}");
        assert_eq!(task.field("runtime_context"), runtime, "{name}");
        assert_eq!(task.field("published"), "{}");
        assert!(!task.keys().contains(&"published_global".to_owned()));
    }
    // The second try is another step of the engine.
    let path = format!("/v2/tasks/{}", tasks["bad"]);
    let bad = server.until(&path, |task| task.field("state") == "ERROR");
    let bad = bad.await.expect(200);
    assert_eq!(
        bad.field("runtime_context"),
        r#"{"retry_task_policy": {"retry_no": 1}}"#
    );
    assert!(
        bad.field("result")
            .starts_with("\"The action raised an exception [action=Fail action")
    );
}

#[tokio::test]
async fn lists_have_no_results_unless_asked() {
    let server = Server::new();
    tasks(&server).await;
    let listed = server.get("/v2/tasks?name=one").await.expect(200);
    let entry = &listed.entries("tasks")[0];
    assert!(entry.get("result").is_none());
    assert!(listed.text.contains(r#""tags": ["A"]"#), "{}", listed.text);
    let listed = server
        .get("/v2/tasks?name=one&fields=name,result")
        .await
        .expect(200);
    assert_eq!(listed.column("tasks", "result"), ["1"]);
    let listed = server.get("/v2/tasks?tags=a").await.expect(200);
    assert_eq!(listed.column("tasks", "name"), ["one"]);
    let listed = server.get("/v2/tasks?tags=a,b").await.expect(200);
    assert!(listed.entries("tasks").is_empty());
    server
        .get("/v2/tasks?type=ACTION")
        .await
        .refuses(400, "Unknown argument: \"type\"");
    let text = "Unknown argument: \"workflow_execution_id\"";
    let id = "0192f3a4-0001-7abc-8def-0123456789ab";
    server
        .get(&format!(
            "/v2/executions/{id}/tasks?workflow_execution_id={id}"
        ))
        .await
        .refuses(400, text);
    let text = format!("WorkflowExecution not found [id={id}]");
    server
        .get(&format!("/v2/executions/{id}/tasks"))
        .await
        .refuses(404, &text);
}

#[tokio::test]
async fn actions_of_a_task() {
    let server = Server::new();
    let tasks = tasks(&server).await;
    let path = format!("/v2/tasks/{}/action_executions", tasks["items"]);
    let listed = server
        .get(&format!("{path}?include_output=true"))
        .await
        .expect(200);
    assert_eq!(
        listed.column("action_executions", "output"),
        [r#"{"result": 1}"#, r#"{"result": 2}"#]
    );
    assert_eq!(
        listed.column("action_executions", "task_name"),
        ["items", "items"]
    );
    let id = listed.column("action_executions", "id").remove(0);
    let one = server.get(&format!("{path}/{id}")).await.expect(200);
    assert_eq!(one.field("workflow_name"), "w");
    let text = "Invalid input for field/attribute task_execution_id. Value: 'x'. \
                unable to convert to uuid. Error: Expected a uuid but received x.";
    server
        .get("/v2/tasks/x/action_executions")
        .await
        .refuses(400, text);
    server
        .get("/v2/tasks/x")
        .await
        .refuses(404, "Task execution not found [id=x]");
}

const FAILING: &str = "version: '2.0'\n\
    w: {tasks: {t: {action: std.fail, publish-on-skip: {s: 1}, on-skip: [u]}, u: {action: std.noop}}}\n";

#[tokio::test]
async fn rerun_and_skip() {
    let server = Server::new();
    let id = server.finish("w", FAILING).await;
    let tasks = server
        .get(&format!("/v2/executions/{id}/tasks"))
        .await
        .expect(200);
    let path = format!("/v2/tasks/{}", tasks.column("tasks", "id")[0]);
    let text = "Only with-items task has the option to not reset.";
    server
        .put(&path, r#"{"state": "RUNNING", "reset": false}"#)
        .await
        .refuses(400, text);
    let rerun = server
        .put(&path, r#"{"state": "RUNNING", "reset": true}"#)
        .await
        .expect(200);
    assert_eq!(rerun.field("name"), "t");
    assert!(rerun.keys().contains(&"result".to_owned()));
    server
        .get(&format!("/v2/executions/{id}/wait"))
        .await
        .expect(200);
    let skipped = server
        .put(&path, r#"{"state": "SKIPPED"}"#)
        .await
        .expect(200);
    assert_eq!(skipped.field("state"), "SKIPPED");
    let ended = server
        .get(&format!("/v2/executions/{id}/wait"))
        .await
        .expect(200);
    assert_eq!(ended.field("state"), "SUCCESS");
}
