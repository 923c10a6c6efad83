//! Workflows, workbooks and actions.

use super::Server;

const TWO: &str = "version: '2.0'\n\
    one: {input: [a, {b: [1]}], tags: [X], output: {o: 1}, tasks: {t: {action: std.noop}}}\n\
    two: {tasks: {t: {action: std.noop}}}\n";

const ONE: &str = "# kept\nversion: '2.0'\none: {tasks: {t: {action: std.noop}}}\n";

#[tokio::test]
async fn a_workflow_from_upload_to_deletion() {
    let server = Server::new();
    let created = server.post("/v2/workflows", TWO).await.expect(201);
    let one = &created.entries("workflows")[0];
    assert_eq!(one.get("input").unwrap().to_string(), "a, b=\"[1]\"");
    assert!(one.get("interface").unwrap().as_dict().is_some());
    assert_eq!(
        one.get("project_id").unwrap().to_string(),
        "<default-project>"
    );
    let id = one.get("id").unwrap().to_string();

    let got = server.get("/v2/workflows/one").await.expect(200);
    assert_eq!(
        got.field("interface"),
        r#"{"input": ["a", {"b": [1]}], "output": ["o"]}"#
    );
    assert_eq!(got.field("updated_at"), "None");
    assert_eq!(got.field("checksum").len(), 32);
    server
        .get(&format!("/v2/workflows/{id}?namespace=other"))
        .await
        .expect(200);

    let updated = server.put("/v2/workflows", ONE).await.expect(200);
    let one = &updated.entries("workflows")[0];
    assert_eq!(one.get("id").unwrap().to_string(), id);
    assert_eq!(one.get("definition").unwrap().to_string(), ONE);

    server.delete("/v2/workflows/one").await.expect(204);
    let text = "Workflow not found [workflow_identifier=one, namespace=]";
    server.get("/v2/workflows/one").await.refuses(404, text);
    server.delete("/v2/workflows/one").await.refuses(404, text);
}

#[tokio::test]
async fn update_by_identifier_may_rename() {
    let server = Server::new();
    server.post("/v2/workflows", TWO).await.expect(201);
    let text = "More than one workflows are not supported for update with identifier. \
                [identifier: one]";
    server
        .put("/v2/workflows/one", TWO)
        .await
        .refuses(400, text);
    let renamed = ONE.replace("one:", "uno:");
    let updated = server.put("/v2/workflows/one", &renamed).await.expect(200);
    assert_eq!(updated.field("name"), "uno");
    server.get("/v2/workflows/one").await.expect(404);
    let text = "Workflow not found [workflow_identifier=x, namespace=n]";
    server
        .put("/v2/workflows/x?namespace=n", ONE)
        .await
        .refuses(404, text);
}

#[tokio::test]
async fn uploads_are_all_or_nothing() {
    let server = Server::new();
    server.post("/v2/workflows", ONE).await.expect(201);
    let text = "Duplicate entry for WorkflowDefinition ['name', 'namespace', 'project_id']: \
                one, , None";
    server.post("/v2/workflows", TWO).await.refuses(409, text);
    server.get("/v2/workflows/two").await.expect(404);
    let text = "Workflow not found [workflow_identifier=two, namespace=]";
    server.put("/v2/workflows", TWO).await.refuses(404, text);
    server
        .post("/v2/workflows?namespace=n", TWO)
        .await
        .expect(201);
    server
        .get("/v2/workflows/two?namespace=n")
        .await
        .expect(200);
}

#[tokio::test]
async fn scopes() {
    let server = Server::new();
    for path in ["/v2/workflows", "/v2/workbooks", "/v2/actions"] {
        let text = "Scope must be one of the following: {'private', 'public'}; actual: all";
        server
            .post(&format!("{path}?scope=all"), ONE)
            .await
            .refuses(400, text);
        let text = "Operation forbidden (insufficient permissions)";
        server
            .post(&format!("{path}?scope=public"), ONE)
            .await
            .refuses(403, text);
    }
}

#[tokio::test]
async fn bad_documents() {
    let server = Server::new();
    let broken = "version: '2.0'\nw: {tasks: {t: {actoin: std.noop}}}";
    let refused = server
        .post("/v2/workflows", broken)
        .await
        .expect(400)
        .field("faultstring");
    assert!(refused.starts_with("Invalid DSL: "), "{refused}");
    let verdict = server
        .post("/v2/workflows/validate", broken)
        .await
        .expect(200);
    assert_eq!(verdict.field("valid"), "False");
    assert_eq!(verdict.field("error"), refused);
    assert_eq!(verdict.column("problems", "line"), ["2"]);
    let verdict = server.post("/v2/workflows/validate", ONE).await.expect(200);
    assert_eq!(verdict.text, r#"{"valid": true}"#);
    let not_yaml = server
        .post("/v2/actions/validate", "a: b: c")
        .await
        .expect(200);
    assert!(
        not_yaml
            .field("error")
            .starts_with("Definition could not be parsed: ")
    );
}

const WORKBOOK: &str = "version: '2.0'\nname: wb\nworkflows:\n  main:\n    tasks:\n      \
    t: {action: hi}\nactions:\n  hi: {base: std.echo output=1}\n";

#[tokio::test]
async fn a_workbook_makes_its_members() {
    let server = Server::new();
    let text = "Workbook not found [name=wb, namespace=]";
    server
        .put("/v2/workbooks", WORKBOOK)
        .await
        .refuses(404, text);
    let created = server.post("/v2/workbooks", WORKBOOK).await.expect(201);
    assert_eq!(created.field("definition"), WORKBOOK);
    let text = "Duplicate entry for WorkbookDefinition ['name', 'namespace', 'project_id']: \
                wb, , None";
    server
        .post("/v2/workbooks", WORKBOOK)
        .await
        .refuses(409, text);
    server.put("/v2/workbooks", WORKBOOK).await.expect(200);

    let member = server.get("/v2/workflows/wb.main").await.expect(200);
    assert_eq!(member.field("checksum"), "None");
    assert_eq!(
        server
            .get("/v2/actions/wb.hi")
            .await
            .expect(200)
            .field("is_system"),
        "False"
    );

    server.delete("/v2/workbooks/wb").await.expect(204);
    server.get("/v2/workflows/wb.main").await.expect(200);
    let text = "Workbook not found [workbook_name=wb, namespace=]";
    server.delete("/v2/workbooks/wb").await.refuses(404, text);
}

#[tokio::test]
async fn namespaces_may_stand_in_the_path() {
    let server = Server::new();
    server
        .post("/v2/workbooks?namespace=n", WORKBOOK)
        .await
        .expect(201);
    server.get("/v2/workbooks/wb/n").await.expect(200);
    server.get("/v2/actions/wb.hi/n/").await.expect(200);
    server.get("/v2/workbooks/wb").await.expect(404);
    server.delete("/v2/actions/wb.hi/n").await.expect(204);
    server.delete("/v2/workbooks/wb/n").await.expect(204);
}

const ADHOC: &str = "version: '2.0'\nhi: {base: std.echo, base-input: {output: <% $.x %>}, \
    input: [x, {y: 5}], description: greets}\nplain: {base: std.noop}\n";

#[tokio::test]
async fn actions_of_both_kinds() {
    let server = Server::new();
    let created = server.post("/v2/actions", ADHOC).await.expect(201);
    assert_eq!(created.column("actions", "input"), ["x, y=5", "None"]);
    assert_eq!(created.column("actions", "definition"), [ADHOC, ADHOC]);
    let hi = server.get("/v2/actions/hi").await.expect(200);
    assert_eq!(hi.field("description"), "greets");
    server
        .get(&format!("/v2/actions/{}", hi.field("id")))
        .await
        .expect(200);
    assert_eq!(
        server
            .get("/v2/actions/plain")
            .await
            .expect(200)
            .field("input"),
        ""
    );
    // An action of the default namespace is found from everywhere.
    server.get("/v2/actions/hi?namespace=n").await.expect(200);

    let echo = server.get("/v2/actions/std.echo").await.expect(200);
    assert_eq!(echo.field("input"), "output, delay=0");
    assert_eq!(echo.field("created_at"), "");
    assert_eq!(echo.field("is_system"), "True");
    assert_eq!(
        server
            .get("/v2/actions/std.wait_ssh")
            .await
            .expect(200)
            .field("is_system"),
        "True"
    );
    let text = "Action not found [name=nope, namespace=]";
    server.get("/v2/actions/nope").await.refuses(404, text);

    let text = "Action definition not found [action_name=std.echo, namespace=]";
    server
        .delete("/v2/actions/std.echo")
        .await
        .refuses(404, text);
    let text = "Duplicate entry for Action ['name', 'namespace', 'project_id']: hi, , None";
    server.post("/v2/actions", ADHOC).await.refuses(409, text);
    server.put("/v2/actions", ADHOC).await.expect(200);
    let text = "More than one actions are not supported for update with identifier. \
                [identifier: hi]";
    server.put("/v2/actions/hi", ADHOC).await.refuses(400, text);
    server.delete("/v2/actions/hi").await.expect(204);
    let text = "Action definition not found [action_name=hi, namespace=]";
    server.put("/v2/actions", ADHOC).await.refuses(404, text);
}

#[tokio::test]
async fn a_changed_action_counts_at_once() {
    let server = Server::new();
    let body = r#"{"name": "hi", "input": {"x": 1}}"#;
    server.post("/v2/actions", ADHOC).await.expect(201);
    let run = server.post("/v2/action_executions", body).await.expect(201);
    assert_eq!(run.field("output"), r#"{"result": 1}"#);
    server
        .put(
            "/v2/actions/hi",
            "version: '2.0'\nhi: {base: std.echo output=2, input: [x]}",
        )
        .await
        .expect(200);
    let run = server.post("/v2/action_executions", body).await.expect(201);
    assert_eq!(run.field("output"), r#"{"result": 2}"#);
}
