//! Executions.

use super::Server;

const ECHO: &str = "version: '2.0'\n\
    w:\n  input: [{a: 1}]\n  tags: [T]\n  output: {o: <% $.x %>, e: <% env().k %>}\n  tasks:\n    \
    t: {action: std.echo output=<% $.a %>, publish: {x: <% task().result %>}}\n";

const WAITING: &str = "version: '2.0'\nwaiting: {tasks: {t: {action: std.async_noop}}}\n";

const KEYS: [&str; 18] = [
    "id",
    "workflow_id",
    "workflow_name",
    "workflow_namespace",
    "description",
    "tags",
    "params",
    "task_execution_id",
    "root_execution_id",
    "state",
    "state_info",
    "input",
    "output",
    "created_at",
    "updated_at",
    "project_id",
    "published_global",
    "",
];

#[tokio::test]
async fn from_start_to_deletion() {
    let server = Server::new();
    server.post("/v2/workflows", ECHO).await.expect(201);
    let body =
        r#"{"workflow_name": "w", "input": "{\"a\": 7}", "params": {"env": {"k": "v"}, "x": 1}}"#;
    let created = server.post("/v2/executions", body).await.expect(201);
    assert_eq!(created.keys(), KEYS[..16]);
    assert_eq!(created.field("state"), "RUNNING");
    assert_eq!(created.field("output"), "{}");
    assert_eq!(
        created.field("params"),
        r#"{"env": {"k": "v"}, "x": 1, "namespace": ""}"#
    );
    let id = created.field("id");

    let ended = server
        .get(&format!("/v2/executions/{id}/wait?timeout=30"))
        .await
        .expect(200);
    assert_eq!(ended.keys(), KEYS[..17]);
    assert_eq!(ended.field("state"), "SUCCESS");
    assert_eq!(ended.field("output"), r#"{"o": 7, "e": "v"}"#);
    assert_eq!(ended.field("published_global"), "{}");
    assert!(ended.text.contains(r#""tags": ["T"]"#), "{}", ended.text);

    let path = format!("/v2/executions/{id}");
    let some = server
        .get(&format!("{path}?fields=state,published_global"))
        .await
        .expect(200);
    assert_eq!(some.keys(), ["id", "state", "published_global"]);
    server
        .get(&format!("{path}?fields=foo"))
        .await
        .refuses(400, "Field 'foo' does not exist.");
    server.delete(&path).await.expect(204);
    let text = format!("WorkflowExecution not found [id={id}]");
    server.get(&path).await.refuses(404, &text);
    server.delete(&path).await.refuses(404, &text);
}

#[tokio::test]
async fn starts_that_are_refused() {
    let server = Server::new();
    server.post("/v2/workflows", ECHO).await.expect(201);
    for (status, body, text) in [
        (
            400,
            "{}",
            "Workflow ID or workflow name must be provided. Workflow ID is recommended.",
        ),
        (
            404,
            r#"{"workflow_name": "nope", "workflow_namespace": "n"}"#,
            "Workflow not found [workflow_identifier=nope, namespace=n]",
        ),
        (
            404,
            r#"{"workflow_name": "w", "workflow_namespace": "n"}"#,
            "Workflow not found [workflow_identifier=w, namespace=n]",
        ),
        (
            400,
            r#"{"workflow_name": "w", "input": {"b": 1}}"#,
            "Invalid input [name=w, class=DirectWorkflowSpec, unexpected=['b']]",
        ),
        (
            400,
            r#"{"workflow_name": "w", "params": {"env": 5}}"#,
            "Unexpected value type for environment [env=5, type=<class 'int'>]",
        ),
        (
            400,
            r#"{"workflow_name": "w", "params": {"env": "e"}}"#,
            "Environment is not found: e",
        ),
        (
            404,
            r#"{"source_execution_id": "x"}"#,
            "WorkflowExecution not found [id=x]",
        ),
        (
            400,
            r#"{"project_id": "x"}"#,
            "Invalid input for field/attribute project_id. Value: 'x'. Cannot set read only field.",
        ),
    ] {
        server
            .post("/v2/executions", body)
            .await
            .refuses(status, text);
    }
    assert!(
        server
            .get("/v2/executions")
            .await
            .expect(200)
            .entries("executions")
            .is_empty()
    );
}

#[tokio::test]
async fn a_stored_environment_by_name() {
    let server = Server::new();
    server
        .post(
            "/v2/environments",
            r#"{"name": "e", "variables": {"k": 1}}"#,
        )
        .await
        .expect(201);
    server.post("/v2/workflows", ECHO).await.expect(201);
    let body = r#"{"workflow_name": "w", "params": {"env": "e"}}"#;
    let created = server.post("/v2/executions", body).await.expect(201);
    assert_eq!(
        created.field("params"),
        r#"{"env": {"k": 1}, "namespace": ""}"#
    );
}

#[tokio::test]
async fn ids_chosen_by_callers() {
    let server = Server::new();
    server.post("/v2/workflows", ECHO).await.expect(201);
    for id in [
        "my-own-id",
        "0192F3A4-0001-7ABC-8DEF-0123456789AB",
        "0192f3a4-0002-7abc-8def-0123456789ab",
    ] {
        let body = format!(r#"{{"workflow_name": "w", "id": "{id}"}}"#);
        let first = server.post("/v2/executions", &body).await.expect(201);
        assert_eq!(first.field("id"), id);
        let again = format!(r#"{{"workflow_name": "no such", "id": "{id}"}}"#);
        let again = server.post("/v2/executions", &again).await.expect(201);
        assert_eq!(again.field("created_at"), first.field("created_at"));
        server
            .get(&format!("/v2/executions/{id}"))
            .await
            .expect(200);
        server
            .get(&format!("/v2/executions/{id}/tasks"))
            .await
            .expect(200);
    }
    assert_eq!(
        server
            .get("/v2/executions")
            .await
            .expect(200)
            .entries("executions")
            .len(),
        3
    );
    let long = "x".repeat(37);
    let body = format!(r#"{{"workflow_name": "w", "id": "{long}"}}"#);
    server.post("/v2/executions", &body).await.expect(400);
}

#[tokio::test]
async fn again_from_another_execution() {
    let server = Server::new();
    server.post("/v2/workflows", ECHO).await.expect(201);
    let body = r#"{"workflow_name": "w", "input": {"a": 7}, "params": {"env": {"k": 1, "l": 2}}}"#;
    let source = server
        .post("/v2/executions", body)
        .await
        .expect(201)
        .field("id");
    let body = format!(
        r#"{{"source_execution_id": "{source}", "description": "d", "params": {{"env": {{"k": 9}}}}}}"#
    );
    let again = server.post("/v2/executions", &body).await.expect(201);
    assert_eq!(again.field("input"), r#"{"a": 7}"#);
    assert_eq!(
        again.field("description"),
        format!("d Based on the execution '{source}'")
    );
    assert!(
        again.field("params").contains(r#""env": {"k": 9, "l": 2}"#),
        "{}",
        again.text
    );
}

#[tokio::test]
async fn pausing_resuming_and_stopping() {
    let server = Server::new();
    let id = server.start("waiting", WAITING).await;
    let path = format!("/v2/executions/{id}");
    let paused = server
        .put(&path, r#"{"state": "PAUSED"}"#)
        .await
        .expect(200);
    assert_eq!(paused.field("state"), "PAUSED");
    assert_eq!(paused.keys(), KEYS[..16]);
    let described = server
        .put(
            &path,
            r#"{"description": "why", "params": {"env": {"a": 1}}}"#,
        )
        .await
        .expect(200);
    assert_eq!(described.field("description"), "why");
    assert_eq!(
        described.field("params"),
        r#"{"env": {"a": 1}, "namespace": ""}"#
    );
    let body = r#"{"state": "RUNNING", "params": {"env": {"b": 2}}}"#;
    let resumed = server.put(&path, body).await.expect(200);
    assert_eq!(resumed.field("state"), "RUNNING");
    let text = format!(
        "Only completed executions can be deleted. Use --force to override this. \
         Execution {id} is in RUNNING state"
    );
    server.delete(&path).await.refuses(403, &text);
    let stopped = server
        .put(&path, r#"{"state": "ERROR", "state_info": "enough"}"#)
        .await
        .expect(200);
    assert_eq!(stopped.field("state"), "ERROR");
    assert_eq!(stopped.field("state_info"), "enough");
    let text = format!(
        "Can't change workflow execution state from ERROR to PAUSED. \
         [workflow=waiting, execution_id={id}]"
    );
    server
        .put(&path, r#"{"state": "PAUSED"}"#)
        .await
        .refuses(400, &text);
    server
        .put("/v2/executions/x", r#"{"state": "FOO"}"#)
        .await
        .refuses(404, "WorkflowExecution not found [id=x]");
}

#[tokio::test]
async fn waiting_ends_with_the_execution_or_the_time() {
    let server = Server::new();
    let id = server.start("waiting", WAITING).await;
    let path = format!("/v2/executions/{id}");
    let running = server
        .get(&format!("{path}/wait?timeout=0"))
        .await
        .expect(200);
    assert_eq!(running.field("state"), "RUNNING");
    let wait = format!("{path}/wait?timeout=60");
    let (woken, _) = tokio::join!(
        server.get(&wait),
        server.put(&path, r#"{"state": "CANCELLED"}"#)
    );
    assert_eq!(woken.expect(200).field("state"), "CANCELLED");
    server.get("/v2/executions/x/wait").await.expect(404);
    server
        .get(&format!("{path}/wait?foo=1"))
        .await
        .refuses(400, "Unknown argument: \"foo\"");
}

#[tokio::test]
async fn who_waits_hears_of_a_deletion_at_once() {
    let server = Server::new();
    let definition = format!("{WAITING}outer: {{tasks: {{t: {{workflow: waiting}}}}}}\n");
    let root = server.start("outer", &definition).await;
    let below = server.get("/v2/executions?workflow_name=waiting").await;
    let below = below.column("executions", "id").remove(0);
    let begin = std::time::Instant::now();
    let wait = async |id: &str| {
        let path = format!("/v2/executions/{id}/wait?timeout=60");
        let text = format!("WorkflowExecution not found [id={id}]");
        server.get(&path).await.refuses(404, &text);
    };
    let path = format!("/v2/executions/{root}");
    let delete = async {
        // Meanwhile those who wait have come to it.
        for _ in 0..30 {
            server.get(&path).await.expect(200);
        }
        server.delete(&format!("{path}?force=true")).await
    };
    let (_, _, deleted) = tokio::join!(wait(&root), wait(&below), delete);
    deleted.expect(204);
    assert!(begin.elapsed().as_secs() < 30, "{:?}", begin.elapsed());
    wait(&root).await;
}

#[tokio::test]
async fn the_execution_of_a_sub_workflow_goes_with_its_root() {
    let server = Server::new();
    let root = server.finish("top", NESTED).await;
    let below = server.get("/v2/executions?workflow_name=mid").await;
    let below = below.column("executions", "id").remove(0);
    let text = format!("Execution {below} is a sub-workflow of {root}: delete that one.");
    let path = format!("/v2/executions/{below}");
    server.delete(&path).await.refuses(403, &text);
    let root = format!("/v2/executions/{root}");
    server.delete(&root).await.expect(204);
    server.get(&path).await.expect(404);
}

const NESTED: &str = "version: '2.0'\n\
    top: {tasks: {a: {workflow: mid}, b: {action: std.noop}}}\n\
    mid: {tasks: {c: {workflow: low}}}\n\
    low: {tasks: {d: {action: std.fail}}}\n";

#[tokio::test]
async fn the_tree_below() {
    let server = Server::new();
    let id = server.finish("top", NESTED).await;
    let path = format!("/v2/executions/{id}/executions");
    let names = |reply: super::Reply| reply.expect(200).column("executions", "workflow_name");
    assert_eq!(names(server.get(&path).await), ["top", "mid", "low"]);
    assert_eq!(
        names(server.get(&format!("{path}?max_depth=0")).await),
        ["top"]
    );
    assert_eq!(
        names(
            server
                .get(&format!("{path}?max_depth=1&errors_only=True"))
                .await
        ),
        ["top", "mid"]
    );

    let tasks = server
        .get(&format!("/v2/executions/{id}/tasks"))
        .await
        .expect(200);
    assert_eq!(tasks.column("tasks", "type"), ["WORKFLOW", "ACTION"]);
    let task = tasks.column("tasks", "id").remove(0);
    let below = server.get(&format!("/v2/tasks/{task}/executions")).await;
    assert_eq!(names(below), ["mid", "low"]);
    let direct = server
        .get(&format!("/v2/tasks/{task}/workflow_executions"))
        .await
        .expect(200);
    assert!(direct.entries("executions")[0].get("output").is_none());
    assert_eq!(names(direct), ["mid"]);
    let text = "Invalid input for field/attribute id. Value: 'x'. \
                unable to convert to uuid. Error: Expected a uuid but received x.";
    server
        .get("/v2/executions/x/executions")
        .await
        .refuses(400, text);
}

#[tokio::test]
async fn reports() {
    let server = Server::new();
    let id = server.finish("top", NESTED).await;
    let path = format!("/v2/executions/{id}/report");
    let report = server
        .get(&format!("{path}?statistics_only=true"))
        .await
        .expect(200);
    assert_eq!(
        report.text,
        r#"{"statistics": {"total_tasks_count": 4, "running_tasks_count": 0, "success_tasks_count": 1, "error_tasks_count": 3, "idle_tasks_count": 0, "paused_tasks_count": 0, "estimated_time": 0}}"#
    );
    let report = server.get(&format!("{path}?max_depth=0")).await.expect(200);
    assert!(
        report.text.contains(r#""total_tasks_count": 2"#),
        "{}",
        report.text
    );
    assert!(report.text.contains(r#""name": "mid""#), "{}", report.text);
    assert!(!report.text.contains(r#""name": "low""#), "{}", report.text);
    let report = server
        .get(&format!("{path}?errors_only=True&max_depth=-1"))
        .await
        .expect(200);
    assert!(
        report.text.contains(r#""name": "std.fail""#),
        "{}",
        report.text
    );
    assert!(
        !report.text.contains(r#""name": "std.noop""#),
        "{}",
        report.text
    );
}

#[tokio::test]
async fn globals() {
    let server = Server::new();
    let definition = "version: '2.0'\nw:\n  vars: {v: 1}\n  tasks:\n    t:\n      action: std.noop\n      \
        on-success: {publish: {global: {g: 7}, branch: {b: 1}}}\n";
    let id = server.finish("w", definition).await;
    let got = server
        .get(&format!("/v2/executions/{id}"))
        .await
        .expect(200);
    assert_eq!(got.field("published_global"), r#"{"g": 7}"#);
    let tasks = server
        .get(&format!("/v2/executions/{id}/tasks"))
        .await
        .expect(200);
    let task = tasks.column("tasks", "id").remove(0);
    let task = server.get(&format!("/v2/tasks/{task}")).await.expect(200);
    assert_eq!(task.field("published"), r#"{"b": 1}"#);
    assert_eq!(task.field("published_global"), r#"{"g": 7}"#);
}
