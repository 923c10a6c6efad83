//! Paging, sorting, filters and fields, over the definitions of a few workflows.

use super::Server;

const MANY: &str = "version: '2.0'\n\
    a: {tags: [X, Yy], tasks: {t: {action: std.noop}}}\n\
    b: {tags: [yy], tasks: {t: {action: std.noop}}}\n\
    c: {tasks: {t: {action: std.noop}}}\n";

async fn server() -> Server {
    let server = Server::new();
    server.post("/v2/workflows", MANY).await.expect(201);
    server
}

async fn names(server: &Server, query: &str) -> Vec<String> {
    server
        .get(&format!("/v2/workflows?{query}"))
        .await
        .expect(200)
        .column("workflows", "name")
}

#[tokio::test]
async fn pages_follow_each_other() {
    let server = server().await;
    let first = server
        .get("/v2/workflows?limit=2&sort_keys=name&name=in:a,b,c&fields=name")
        .await
        .expect(200);
    assert_eq!(first.column("workflows", "name"), ["a", "b"]);
    let last = first.column("workflows", "id").remove(1);
    let next = first.field("next");
    assert_eq!(
        next,
        format!(
            "http://h:1/v2/workflows?sort_keys=name,id&sort_dirs=asc,asc&name=in:a,b,c\
             &limit=2&marker={last}&fields=id,name"
        )
    );
    let second = server
        .get(next.strip_prefix("http://h:1").unwrap())
        .await
        .expect(200);
    assert_eq!(second.column("workflows", "name"), ["c"]);
    assert_eq!(second.keys(), ["workflows"]);
    // Horizon sends a name as marker.
    assert_eq!(names(&server, "sort_keys=name&marker=b").await, ["c"]);
}

#[tokio::test]
async fn filters_and_order() {
    let server = server().await;
    for (query, expected) in [
        ("sort_keys=name&sort_dirs=desc", &["c", "b", "a"][..]),
        ("name=neq:b&sort_keys=NAME", &["a", "c"]),
        ("name=has:A", &["a"]),
        ("name=gt:a&name=lt:c", &["b"]),
        ("tags=YY&sort_keys=name", &["a", "b"]),
        ("tags=x,yy", &["a"]),
        ("created_at=nonsense", &[]),
        ("scope=public", &[]),
        ("namespace=x", &[]),
    ] {
        assert_eq!(names(&server, query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn the_own_project_may_be_asked_for() {
    let server = server().await;
    let own = "project_id=%3Cdefault-project%3E&name=in:a,b";
    assert_eq!(names(&server, own).await, ["a", "b"]);
    let other = server.get("/v2/workflows?project_id=other").await;
    other.refuses(403, "Operation forbidden (insufficient permissions)");
    let not_own = server.get("/v2/workflows?project_id=neq:other").await;
    not_own.refuses(403, "Operation forbidden (insufficient permissions)");
}

#[tokio::test]
async fn refusals() {
    let server = server().await;
    let unknown = "0192f3a4-0001-7abc-8def-0123456789ab";
    for (status, query, text) in [
        (400, "limit=0", "Limit must be positive.".to_owned()),
        (
            400,
            "limit=x",
            "Invalid input for field/attribute limit. Value: 'x'. unable to convert to int. \
             Error: invalid literal for int() with base 10: 'x'"
                .to_owned(),
        ),
        (400, "foo=1", "Unknown argument: \"foo\"".to_owned()),
        (
            400,
            "sort_keys=foo",
            "Sort key supplied is invalid: foo".to_owned(),
        ),
        (
            400,
            "sort_keys=name&sort_dirs=asc,asc",
            "Length of sort_keys must be equal or greater than sort_dirs.".to_owned(),
        ),
        (
            400,
            "sort_dirs=up",
            "Unknown sort direction, must be 'desc' or 'asc'.".to_owned(),
        ),
        (
            400,
            "fields=name,foo",
            "Some fields do not exist  [foo], please choose from [id, name, namespace, input, \
             interface, definition, checksum, tags, scope, project_id, created_at, updated_at]"
                .to_owned(),
        ),
        (
            403,
            "all_projects=true",
            "Operation forbidden (insufficient permissions)".to_owned(),
        ),
        (
            404,
            &format!("marker={unknown}"),
            format!("Workflow not found [workflow_id={unknown}]"),
        ),
    ] {
        server
            .get(&format!("/v2/workflows?{query}"))
            .await
            .refuses(status, &text);
    }
}

#[tokio::test]
async fn arguments_of_executions() {
    let server = server().await;
    for name in ["a", "b"] {
        let body = format!(r#"{{"workflow_name": "{name}"}}"#);
        server.post("/v2/executions", &body).await.expect(201);
    }
    let listed = server
        .get("/v2/executions?nulls=root_execution_id&include_output=1&limit=1")
        .await
        .expect(200);
    assert!(listed.entries("executions")[0].get("output").is_some());
    let next = listed.field("next");
    assert!(
        next.contains("&include_output=1&nulls=root_execution_id&limit=1"),
        "{next}"
    );
    let listed = server
        .get("/v2/executions?include_output=0&workflow_name=b")
        .await
        .expect(200);
    assert_eq!(listed.entries("executions").len(), 1);
    assert!(listed.entries("executions")[0].get("output").is_none());
    for (query, text) in [
        ("nulls=foo", "'foo' is not a valid field name."),
        ("nulls=state", "The field 'state' can't hold None value."),
        (
            "input=x",
            "Invalid input for field/attribute input. Value: 'x'. unable to convert to json. Error: Expecting value: line 1 column 1 (char 0)",
        ),
        (
            "input=[1]",
            "JsonType field value must be a dictionary [actual=[1]]",
        ),
        (
            "workflow_id=x",
            "Invalid input for field/attribute workflow_id. Value: 'x'. unable to convert to uuid. Error: Expected a uuid but received x.",
        ),
    ] {
        server
            .get(&format!("/v2/executions?{query}"))
            .await
            .refuses(400, text);
    }
}
