//! What the operator says about expressions, and what is doubtful in them.

use super::Server;
use crate::config::Config;

/// The output of a workflow whose output is `expression`, or its error.
async fn output(server: &Server, name: &str, expression: &str) -> String {
    let definition = format!(
        "version: '2.0'\n{name}:\n  output:\n    x: {expression}\n  tasks:\n    t:\n      action: std.noop"
    );
    let id = server.finish(name, &definition).await;
    let ended = server
        .get(&format!("/v2/executions/{id}"))
        .await
        .expect(200);
    match &*ended.field("state") {
        "SUCCESS" => ended.field("output"),
        _ => ended.field("state_info"),
    }
}

#[tokio::test]
async fn yaql_is_set_up_by_the_configuration() {
    let mut config = Config::default();
    config.yaql.limit_iterators = 5;
    config.yaql.memory_quota = 2000;
    config.yaql.iterable_dicts = true;
    config.yaql.convert_sets_to_lists = true;
    config.yaql.keyword_operator = ":".into();
    config.yaql.allow_delegates = true;
    let server = Server::with(config);
    for (name, expression, expected) in [
        ("limited", "<% range(7) %>", "Collection length exceeds 5"),
        (
            "quota",
            "<% ('a' * 3000).len() %>",
            "consumed too much memory",
        ),
        (
            "keys",
            "<% {a: 1, b: 2}.select($ + x) %>",
            r#"{"x": ["ax", "bx"]}"#,
        ),
        ("sets", "<% {{a: 1}}.items() %>", r#"{"x": [["a", 1]]}"#),
        ("delegates", "<% $.f(1)(2) %>", "Unknown "),
    ] {
        // In YAML `{{` would open a dict, and `: ` a pair.
        let text = expression.replace("{{", "{").replace("}}", "}");
        let found = output(&server, name, &format!("\"{text}\"")).await;
        assert!(found.contains(expected), "{name}: {found}");
    }
    let modern =
        "version: '2.0'\nw: {output: {x: '<% dict(a => 1) %>'}, tasks: {t: {action: std.noop}}}";
    let refused = server.post("/v2/workflows", modern).await.expect(400);
    assert!(refused.text.contains("Parse error: "), "{refused:?}");
}

#[tokio::test]
async fn data_of_a_start_is_read_in_the_same_way() {
    let mut config = Config::default();
    config.yaql.keyword_operator = ":".into();
    let server = Server::with(config);
    let definition =
        "version: '2.0'\nw:\n  output: {x: <% env().a %>}\n  tasks: {t: {action: std.noop}}";
    server.post("/v2/workflows", definition).await.expect(201);
    let body = r#"{"workflow_name": "w", "params": {"env": {"a": "<% dict(b: 1) %>"}}}"#;
    let id = server
        .post("/v2/executions", body)
        .await
        .expect(201)
        .field("id");
    let ended = server
        .get(&format!("/v2/executions/{id}/wait?timeout=30"))
        .await
        .expect(200);
    assert_eq!(ended.field("output"), r#"{"x": {"b": 1}}"#);
}

const DOUBTFUL: &str = "version: '2.0'
w:
  tasks:
    t:
      action: std.echo
      input:
        output: |
          first line
          <% lenn($.x) + task(tt).result %> <% $.nowhere %>
";

#[tokio::test]
async fn doubts_are_warnings_and_never_refuse() {
    let server = Server::new();
    let verdict = server
        .post("/v2/workflows/validate", DOUBTFUL)
        .await
        .expect(200);
    assert_eq!(verdict.field("valid"), "True");
    let messages = verdict.column("warnings", "message");
    for part in ["lenn", "'tt'", "nowhere"] {
        assert!(
            messages.iter().any(|text| text.contains(part)),
            "{part}: {messages:?}"
        );
    }
    assert!(
        verdict
            .column("warnings", "line")
            .iter()
            .all(|line| line == "9"),
        "{verdict:?}"
    );
    assert!(
        verdict
            .column("warnings", "severity")
            .iter()
            .all(|word| word == "warning")
    );
    server.post("/v2/workflows", DOUBTFUL).await.expect(201);

    let workbook = format!(
        "version: '2.0'\nname: b\nworkflows:\n{}",
        indented(DOUBTFUL)
    );
    let verdict = server
        .post("/v2/workbooks/validate", &workbook)
        .await
        .expect(200);
    assert!(verdict.text.contains("lenn"), "{verdict:?}");
    let actions = "version: '2.0'\na: {base: std.echo, base-input: {output: '<% uper($.x) %>'}}";
    let verdict = server
        .post("/v2/actions/validate", actions)
        .await
        .expect(200);
    assert!(verdict.text.contains("uper"), "{verdict:?}");
}

#[tokio::test]
async fn a_refused_text_has_problems_and_warnings() {
    let server = Server::new();
    let broken = format!("{DOUBTFUL}    u: {{action: std.noop, retry: x}}\n");
    let verdict = server
        .post("/v2/workflows/validate", &broken)
        .await
        .expect(200);
    assert_eq!(verdict.field("valid"), "False");
    assert!(!verdict.column("problems", "message").is_empty());
    assert!(!verdict.column("warnings", "message").is_empty());
}

/// The members of a document, two columns to the right.
fn indented(document: &str) -> String {
    let members = document.lines().skip(1);
    members.map(|line| format!("  {line}\n")).collect()
}

#[tokio::test]
async fn executions_has_what_the_same_transaction_did() {
    let server = Server::new();
    let definition = "version: '2.0'\n\
        w:\n  output:\n    \
        own: <% executions(id => execution().id).select([$.name, $.state, $.root_execution_id]) %>\n    \
        below: <% executions(rootExecutionId => execution().id).select([$.name, $.state]) %>\n    \
        ended: <% executions(state => SUCCESS).select($.name) %>\n    \
        later: <% executions(fromTime => '2199-01-01 00:00:00').select($.name) %>\n  \
        tasks: {a: {workflow: s}}\n\
        s: {tasks: {t: {action: std.noop}}}\n";
    let id = server.finish("w", definition).await;
    let ended = server
        .get(&format!("/v2/executions/{id}"))
        .await
        .expect(200);
    let expected = r#"{"own": [["w", "RUNNING", null]], "below": [["s", "SUCCESS"]], "ended": ["s"], "later": []}"#;
    assert_eq!(ended.field("output"), expected);
}
