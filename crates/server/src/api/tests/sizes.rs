//! How large inputs, parameters, results, published values and outputs may be
//! (workflow language §12.4): whole kilobytes above the limit are refused.

use super::Server;
use crate::config::Config;

/// A list whose JSON takes a little less than 3 KiB.
const LARGE: &str = "range(600).toList()";

fn server() -> Server {
    let mut config = Config::default();
    config.engine.execution_field_size_limit_kb = 1;
    Server::with(config)
}

impl Server {
    /// State and text of an execution of these tasks.
    async fn outcome(&self, name: &str, rest: &str) -> (String, String) {
        let definition = format!("version: '2.0'\n{name}: {{{rest}}}\n");
        let id = self.finish(name, &definition).await;
        let ended = self.get(&format!("/v2/executions/{id}")).await.expect(200);
        let info = ended.field("state_info");
        let first = info.lines().next().unwrap_or_default().to_owned();
        (ended.field("state"), first)
    }
}

#[tokio::test]
async fn nothing_starts_with_what_is_too_large() {
    let server = server();
    let definition = "version: '2.0'\nw: {input: [x], tasks: {a: {action: std.noop}}}\n";
    server.post("/v2/workflows", definition).await.expect(201);
    let text = "x".repeat(3000);
    for (field, body) in [
        (
            "input",
            format!(r#"{{"workflow_name": "w", "input": {{"x": "{text}"}}}}"#),
        ),
        (
            "params",
            format!(
                r#"{{"workflow_name": "w", "input": {{"x": 1}}, "params": {{"env": {{"e": "{text}"}}}}}}"#
            ),
        ),
    ] {
        let refused = server.post("/v2/executions", &body).await.expect(400);
        let expected = format!(
            "Field size limit exceeded [class=WorkflowExecution, field={field}, size=2KB, limit=1KB]"
        );
        assert_eq!(refused.field("faultstring"), expected);
    }
    let just_so = "x".repeat(1900);
    let body = format!(r#"{{"workflow_name": "w", "input": {{"x": "{just_so}"}}}}"#);
    server.post("/v2/executions", &body).await.expect(201);
    let listed = server.get("/v2/executions").await.expect(200);
    assert_eq!(listed.column("executions", "id").len(), 1);
}

#[tokio::test]
async fn what_is_too_large_fails_where_it_comes_up() {
    let server = server();
    let limit = |class, field| {
        format!("Field size limit exceeded [class={class}, field={field}, size=2KB, limit=1KB]")
    };
    let (action, task) = ("ActionExecution", "TaskExecution");
    for (name, rest, expected) in [
        (
            "input",
            format!("tasks: {{a: {{action: std.fail, input: {{error_data: '<% {LARGE} %>'}}}}}}"),
            format!("Failed to run task [error={}, wf=input, task=a]:", limit(action, "input")),
        ),
        (
            "result",
            "tasks: {a: {action: std.test_dict, input: {size: 90, key_prefix: abcdefgh, val: hijklmnop}}}"
                .to_owned(),
            format!(
                "Failed to complete action [error={}, action=std.test_dict, task=a]:",
                limit(action, "output")
            ),
        ),
        (
            "published",
            format!("tasks: {{a: {{publish: {{p: '<% {LARGE} %>'}}}}}}"),
            format!(
                "Failed to handle action completion [error={}, wf=published, task=a, action=std.noop]:",
                limit(task, "published")
            ),
        ),
    ] {
        let (state, info) = server.outcome(name, &rest).await;
        assert_eq!((&*state, info), ("ERROR", expected), "{name}");
    }
}

#[tokio::test]
async fn an_output_that_is_too_large_is_an_error() {
    let server = server();
    let rest = format!("output: {{o: '<% {LARGE} %>'}}, tasks: {{a: {{action: std.noop}}}}");
    let (state, info) = server.outcome("output", &rest).await;
    assert_eq!(state, "ERROR");
    assert!(
        info.starts_with("Failed to check and complete [wf_ex_id="),
        "{info}"
    );
    let limit =
        "Field size limit exceeded [class=WorkflowExecution, field=output, size=2KB, limit=1KB]";
    assert!(info.ends_with(limit), "{info}");
}
