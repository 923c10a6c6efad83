//! The service paused as a whole.

use super::Server;

const WAITING: &str = "version: '2.0'\n\
    slow: {tasks: {a: {action: std.async_noop, on-success: b}, b: {action: std.noop}}}";

impl Server {
    async fn phase(&self) -> String {
        self.get("/maintenance").await.expect(200).field("status")
    }

    async fn until_phase(&self, wanted: &str) {
        self.until("/maintenance", |answer| answer.field("status") == wanted)
            .await
            .expect(200);
    }
}

#[tokio::test]
async fn nothing_starts_while_the_service_is_paused() {
    let server = Server::new();
    let id = server.start("slow", WAITING).await;
    let pausing = server.put("/maintenance", r#"{"status": "PAUSED"}"#).await;
    assert_eq!(pausing.expect(200).field("status"), "PAUSING");
    let execution = format!("/v2/executions/{id}");
    while server.get(&execution).await.field("state") != "PAUSED" {
        tokio::task::yield_now().await;
    }
    // The action still runs, and may report.
    assert_eq!(server.phase().await, "PAUSING");
    let text = "Current Mistral state is PAUSING. Method is not allowed";
    server.post("/v2/executions", "{}").await.refuses(423, text);
    server.delete(&execution).await.refuses(423, text);
    server
        .put(&execution, r#"{"state": "RUNNING"}"#)
        .await
        .refuses(423, text);
    let actions = server.get("/v2/action_executions").await;
    let action = &actions.column("action_executions", "id")[0];
    server
        .put(
            &format!("/v2/action_executions/{action}"),
            r#"{"state": "SUCCESS"}"#,
        )
        .await
        .expect(200);
    server.until_phase("PAUSED").await;
    let again = server.put("/maintenance", r#"{"status": "PAUSED"}"#).await;
    assert_eq!(again.expect(200).field("status"), "PAUSED");

    let running = server.put("/maintenance", r#"{"status": "RUNNING"}"#).await;
    assert_eq!(running.expect(200).field("status"), "RUNNING");
    let ended = server.get(&format!("{execution}/wait?timeout=30")).await;
    assert_eq!(ended.field("state"), "SUCCESS");
}

#[tokio::test]
async fn an_execution_may_be_cancelled_meanwhile() {
    let server = Server::new();
    let id = server.start("slow", WAITING).await;
    server
        .put("/maintenance", r#"{"status": "PAUSED"}"#)
        .await
        .expect(200);
    let path = format!("/v2/executions/{id}");
    let cancelled = server.put(&path, r#"{"state": "CANCELLED"}"#).await;
    assert_eq!(cancelled.expect(200).field("state"), "CANCELLED");
    server.until_phase("PAUSED").await;
}

#[tokio::test]
async fn other_words_are_refused() {
    let server = Server::new();
    let list = "List of states: ['PAUSING', 'PAUSED', 'RUNNING']";
    for (body, text) in [
        (
            r#"{"status": "FOO"}"#,
            format!("Not found FOO maintenance state. {list}"),
        ),
        ("{}", format!("Not found Unset maintenance state. {list}")),
        (
            r#"{"status": "PAUSING"}"#,
            "PAUSING is intermediate state. Consider PAUSED, RUNNING as new state".to_owned(),
        ),
        (
            r#"{"status": "RUNNING", "x": 1}"#,
            "Unknown attribute for argument new_maintenance_status: x".to_owned(),
        ),
    ] {
        server.put("/maintenance", body).await.refuses(400, &text);
    }
    assert_eq!(server.phase().await, "RUNNING");
}
