//! Environments.

use super::Server;

#[tokio::test]
async fn an_environment_from_creation_to_deletion() {
    let server = Server::new();
    let body = r#"{"name": "e", "variables": "{\"a\": \"\u00e9\"}"}"#;
    let created = server.post("/v2/environments", body).await.expect(201);
    assert_eq!(created.field("variables"), r#"{"a": "\u00e9"}"#);
    assert_eq!(created.field("scope"), "private");
    let text = "Duplicate entry for Environment ['name', 'project_id']: e, None";
    server
        .post("/v2/environments", body)
        .await
        .refuses(409, text);

    let body = r#"{"name": "e", "description": "d"}"#;
    let updated = server.put("/v2/environments", body).await.expect(200);
    assert_eq!(updated.field("variables"), r#"{"a": "\u00e9"}"#);
    server
        .put(
            "/v2/environments",
            r#"{"name": "e", "variables": {"b": 1}}"#,
        )
        .await
        .expect(200);
    let got = server
        .get("/v2/environments/e?fields=variables")
        .await
        .expect(200);
    assert_eq!(got.keys(), ["id", "variables"]);
    assert_eq!(got.field("variables"), r#"{"b": 1}"#);
    let listed = server
        .get("/v2/environments?variables=%7B%22b%22:1%7D")
        .await
        .expect(200);
    assert_eq!(listed.column("environments", "description"), ["d"]);

    server.delete("/v2/environments/e").await.expect(204);
    let text = "Environment not found [name=e]";
    server.get("/v2/environments/e").await.refuses(404, text);
    server.delete("/v2/environments/e").await.refuses(404, text);
    server
        .put("/v2/environments", r#"{"name": "e"}"#)
        .await
        .refuses(404, text);
}

#[tokio::test]
async fn refusals() {
    let server = Server::new();
    for (body, text) in [
        (
            r#"{"variables": {}}"#,
            "Name of the environment is not provided.",
        ),
        (
            r#"{"name": "e", "id": "1"}"#,
            "Please, check your environment definition. Only: \
             ['name', 'description', 'variables', 'scope'] are allowed as definition keys.",
        ),
        (
            r#"{"name": "e", "scope": "all"}"#,
            "Invalid input for field/attribute scope. Value: 'all'. \
             Value should be one of: private, public",
        ),
        (
            r#"{"name": "e", "foo": 1}"#,
            "Unknown attribute for argument env: foo",
        ),
    ] {
        server
            .post("/v2/environments", body)
            .await
            .refuses(400, text);
    }
    let text = "Operation forbidden (insufficient permissions)";
    let public = r#"{"name": "e", "scope": "public"}"#;
    server
        .post("/v2/environments", public)
        .await
        .refuses(403, text);
}
