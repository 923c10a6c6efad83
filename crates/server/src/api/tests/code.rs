//! Code sources, dynamic actions and members.

use super::{Reply, Server};

impl Server {
    async fn admin(&self, method: &str, path: &str, body: &str) -> Reply {
        self.call_with(method, path, body, &[("x-roles", "admin")])
            .await
    }
}

#[tokio::test]
async fn a_code_source_from_upload_to_deletion() {
    let server = Server::new();
    let text = "Operation forbidden (insufficient permissions)";
    server
        .post("/v2/code_sources?name=m", "x")
        .await
        .refuses(403, text);
    server.get("/v2/code_sources").await.refuses(403, text);
    let path = "/v2/code_sources?name=m&namespace=n";
    let created = server
        .admin("POST", path, "class A: pass")
        .await
        .expect(201);
    assert_eq!(created.field("version"), "1");
    assert_eq!(created.field("content"), "class A: pass");
    server.admin("POST", path, "x").await.refuses(
        409,
        "Duplicate entry for CodeSource ['name', 'namespace', 'project_id']: m, n, None",
    );

    let updated = server
        .admin("PUT", "/v2/code_sources/m?namespace=n&scope=public", "y")
        .await
        .expect(200);
    assert_eq!(updated.field("version"), "2");
    assert_eq!(updated.field("scope"), "public");
    let id = created.field("id");
    let by_argument = format!("/v2/code_sources?identifier={id}");
    let updated = server.admin("PUT", &by_argument, "z").await.expect(200);
    assert_eq!(
        (updated.field("version"), updated.field("scope")),
        ("3".into(), "private".into())
    );
    let listed = server
        .admin("GET", "/v2/code_sources?fields=name,version&name=has:M", "")
        .await
        .expect(200);
    assert_eq!(listed.column("code_sources", "version"), ["3"]);
    assert_eq!(listed.entries("code_sources")[0].len(), 3);

    server
        .admin("DELETE", "/v2/code_sources/m", "")
        .await
        .refuses(404, "Code Source not found [name=m,namespace=]");
    server
        .admin("DELETE", "/v2/code_sources/m?namespace=n", "")
        .await
        .expect(204);
}

#[tokio::test]
async fn a_code_source_needs_a_name_and_a_known_scope() {
    let server = Server::new();
    server
        .admin("POST", "/v2/code_sources", "x")
        .await
        .expect(400);
    server
        .admin("POST", "/v2/code_sources?name=m&scope=foo", "x")
        .await
        .expect(400);
    server
        .admin("PUT", "/v2/code_sources", "x")
        .await
        .expect(400);
    let listed = server.admin("GET", "/v2/code_sources", "").await;
    assert!(listed.entries("code_sources").is_empty());
}

#[tokio::test]
async fn dynamic_actions_go_with_their_code() {
    let server = Server::new();
    let path = "/v2/dynamic_actions";
    server
        .admin("POST", "/v2/code_sources?name=m", "class A: pass")
        .await
        .expect(201);
    let body = r#"{"name": "d", "class_name": "A", "code_source_name": "m"}"#;
    server.post(path, body).await.expect(403);
    let created = server.admin("POST", path, body).await.expect(201);
    assert_eq!(created.field("code_source_name"), "m");
    server.admin("POST", path, body).await.refuses(
        409,
        "Duplicate entry for dynamic action definition [name=d, namespace=, project_id=None]",
    );
    server
        .admin("POST", path, r#"{"name": "e", "class_name": "A"}"#)
        .await
        .refuses(
            400,
            "Either 'code_source_id' or 'code_source_name' must be provided.",
        );
    server
        .admin("PUT", path, r#"{"class_name": "B"}"#)
        .await
        .refuses(400, "Either 'name' or 'id' must be provided.");
    let id = created.field("id");
    let renamed = format!(r#"{{"id": "{id}", "name": "e"}}"#);
    let renamed = server.admin("PUT", path, &renamed).await.expect(200);
    assert_eq!(renamed.field("class_name"), "A");
    let listed = server
        .admin("GET", "/v2/dynamic_actions?class_name=A", "")
        .await;
    assert_eq!(listed.column("dynamic_actions", "name"), ["e"]);

    let action = server.get("/v2/actions/e").await.expect(200);
    assert_eq!(
        (action.field("id"), action.field("is_system")),
        ("e".into(), "False".into())
    );
    let listed = server.get("/v2/actions?name=e").await;
    assert_eq!(listed.column("actions", "name"), ["e"]);
    let run = server
        .post("/v2/action_executions", r#"{"name": "e"}"#)
        .await;
    assert!(
        run.expect(501)
            .field("faultstring")
            .contains("dynamic action")
    );

    server
        .admin("DELETE", "/v2/code_sources/m", "")
        .await
        .expect(204);
    server
        .admin("GET", "/v2/dynamic_actions/e", "")
        .await
        .refuses(404, "Dynamic Action not found [name=e,namespace=]");
}

#[tokio::test]
async fn sharing_needs_authentication() {
    let server = Server::new();
    let id = "11111111-1111-1111-1111-111111111111";
    let text = "Resource sharing feature can only be supported with authentication enabled.";
    let all = format!("/v2/workflows/{id}/members");
    let one = format!("{all}/p");
    for (method, path, body) in [
        ("GET", &all, ""),
        ("POST", &all, r#"{"member_id": "p"}"#),
        ("GET", &one, ""),
        ("PUT", &one, r#"{"status": "accepted"}"#),
        ("DELETE", &one, ""),
    ] {
        server.call(method, path, body).await.refuses(400, text);
    }
    server.get("/v2/workflows/abc/members").await.refuses(
        400,
        "Only support UUID as resource identifier in resource sharing feature.",
    );
}
