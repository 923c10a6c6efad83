//! Action executions.

use super::Server;
use crate::config::Config;

const ASYNC: &str = r#"{"name": "std.async_noop", "description": "d"}"#;

#[tokio::test]
async fn run_while_the_caller_waits() {
    let server = Server::new();
    let body =
        r#"{"name": "std.echo", "input": "{\"output\": [1]}", "params": "{\"run_sync\": true}"}"#;
    let run = server.post("/v2/action_executions", body).await.expect(201);
    assert_eq!(
        run.text,
        r#"{"id": null, "workflow_name": null, "workflow_namespace": "", "task_name": null, "task_execution_id": null, "state": "SUCCESS", "state_info": null, "tags": null, "name": "std.echo", "description": null, "project_id": null, "accepted": null, "input": "{\"output\": [1]}", "output": "{\"result\": [1]}", "created_at": null, "updated_at": null}"#
    );
    let failed = server
        .post("/v2/action_executions", r#"{"name": "std.fail"}"#)
        .await
        .expect(201);
    assert_eq!(failed.field("state"), "ERROR");
    assert_eq!(
        failed.field("output"),
        r#"{"result": "The action raised an exception [action=Fail action, action_ex_id=None, msg='Fail action expected exception.']"}"#
    );
    let listed = server.get("/v2/action_executions").await.expect(200);
    assert!(listed.entries("action_executions").is_empty());
}

#[tokio::test]
async fn ad_hoc_actions_get_their_defaults_and_transform() {
    let server = Server::new();
    let definition = "version: '2.0'\nhi:\n  base: std.echo\n  base-input: {output: [<% $.x %>, <% $.y %>]}\n  \
        input: [x, {y: 2}]\n  output: <% $.sum() %>\n";
    server.post("/v2/actions", definition).await.expect(201);
    let body = r#"{"name": "hi", "input": {"x": 1}}"#;
    let run = server.post("/v2/action_executions", body).await.expect(201);
    assert_eq!(run.field("input"), r#"{"x": 1, "y": 2}"#);
    assert_eq!(run.field("output"), r#"{"result": 3}"#);
    let text = "Invalid input [name=hi, class=mistral.actions.adhoc.AdHocAction, \
                missing=['x'], unexpected=['z']]";
    server
        .post(
            "/v2/action_executions",
            r#"{"name": "hi", "input": {"z": 1}}"#,
        )
        .await
        .refuses(400, text);
}

#[tokio::test]
async fn refusals() {
    let server = Server::new();
    for (body, text) in [
        ("{}", "Please provide at least action name to run action."),
        (
            r#"{"name": "nope"}"#,
            "Failed to find action [action_name=nope]",
        ),
        (
            r#"{"name": "std.async_noop", "params": {"run_sync": true}}"#,
            "Action does not support synchronous execution.",
        ),
        (
            r#"{"name": "std.sleep", "params": {"timeout": "soon"}}"#,
            "params.timeout must be a whole number of seconds, not \"soon\".",
        ),
    ] {
        server
            .post("/v2/action_executions", body)
            .await
            .refuses(400, text);
    }
    let wrong = server.post(
        "/v2/action_executions",
        r#"{"name": "std.echo", "input": {"x": 1}}"#,
    );
    let text = wrong.await.expect(400).field("faultstring");
    assert!(
        text.ends_with("missing=['output'], unexpected=['x']]"),
        "{text}"
    );
}

#[tokio::test]
async fn stored_runs() {
    let server = Server::new();
    let body = r#"{"name": "std.echo", "input": {"output": 1}, "params": {"save_result": true}}"#;
    let scheduled = server.post("/v2/action_executions", body).await.expect(201);
    assert_eq!(scheduled.field("state"), "RUNNING");
    assert_eq!(scheduled.field("output"), "None");
    let body = body.replace("true", "true, \"run_sync\": true");
    let saved = server
        .post("/v2/action_executions", &body)
        .await
        .expect(201);
    assert_eq!(saved.field("state"), "SUCCESS");
    assert_eq!(saved.field("output"), r#"{"result": 1}"#);
    let got = server
        .get(&format!("/v2/action_executions/{}", saved.field("id")))
        .await
        .expect(200);
    assert_eq!(got.field("output"), r#"{"result": 1}"#);
    let some = format!(
        "/v2/action_executions/{}?fields=state,foo",
        saved.field("id")
    );
    assert_eq!(server.get(&some).await.expect(200).keys(), ["id", "state"]);
}

#[tokio::test]
async fn a_result_is_reported_once() {
    let server = Server::new();
    let id = server
        .post("/v2/action_executions", ASYNC)
        .await
        .expect(201)
        .field("id");
    let path = format!("/v2/action_executions/{id}");
    let done = server
        .put(&path, r#"{"state": "SUCCESS", "output": [1]}"#)
        .await
        .expect(200);
    assert_eq!(done.field("output"), r#"{"result": [1]}"#);
    assert_eq!(done.field("accepted"), "True");
    assert_eq!(done.field("description"), "d");
    let text = format!("Action {id} is already completed");
    server
        .put(&path, r#"{"state": "SUCCESS"}"#)
        .await
        .refuses(400, &text);
    let text = "ActionExecution not found [id=x]";
    server
        .put("/v2/action_executions/x", r#"{"state": "SUCCESS"}"#)
        .await
        .refuses(404, text);
    server
        .get("/v2/action_executions/x")
        .await
        .refuses(404, text);
}

#[tokio::test]
async fn deletion_must_be_allowed() {
    let server = Server::new();
    let text = "Action execution deletion is not allowed.";
    server
        .delete("/v2/action_executions/x")
        .await
        .refuses(403, text);

    let mut config = Config::default();
    config.api.allow_action_execution_deletion = true;
    let server = Server::with(config);
    let text = "ActionExecution not found [id=x]";
    server
        .delete("/v2/action_executions/x")
        .await
        .refuses(404, text);
    let id = server
        .post("/v2/action_executions", ASYNC)
        .await
        .expect(201)
        .field("id");
    let path = format!("/v2/action_executions/{id}");
    let text = "Only completed action execution can be deleted.";
    server.delete(&path).await.refuses(403, text);
    server
        .put(&path, r#"{"state": "CANCELLED"}"#)
        .await
        .expect(200);
    server.delete(&path).await.expect(204);
    server.get(&path).await.expect(404);
}
