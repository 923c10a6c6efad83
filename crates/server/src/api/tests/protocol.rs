//! Methods, slashes, bodies and limits: what holds for every endpoint.

use axum::body::Body;
use http::Request;

use super::Server;
use crate::config::Config;

fn request(
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &'static [u8],
) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::from(body)).unwrap()
}

#[tokio::test]
async fn root_documents() {
    let server = Server::new();
    assert_eq!(
        server.get("/").await.expect(200).text,
        r#"{"versions": [{"id": "v2.0", "status": "CURRENT", "links": [{"href": "http://h:1/v2", "target": "v2", "rel": "self"}]}]}"#
    );
    assert_eq!(
        server.get("/v2/").await.expect(200).text,
        r#"{"uri": "http://h:1/v2"}"#
    );
    let moved = server.get("/v2").await.expect(302);
    assert_eq!(moved.headers["location"], "http://h:1/v2/");
    assert_eq!(
        server.get("/maintenance").await.expect(200).text,
        r#"{"status": "RUNNING"}"#
    );
    server
        .get("/info")
        .await
        .refuses(400, "Info endpoint disabled.");
    server
        .get("/healthcheck")
        .await
        .refuses(404, "The resource could not be found.");
    server.get("/healthz").await.expect(200);
    server.get("/readyz").await.expect(200);
    assert_eq!(
        server
            .get("/v2/services")
            .await
            .expect(200)
            .entries("services")
            .len(),
        3
    );
}

#[tokio::test]
async fn trailing_slashes_do_not_matter() {
    let server = Server::new();
    for path in [
        "/v2/actions/std.echo",
        "/v2/actions/std.echo/",
        "/v2/actions/std.echo//",
    ] {
        assert_eq!(server.get(path).await.expect(200).field("name"), "std.echo");
    }
    assert_eq!(
        server
            .get("/v2/workflows/?limit=1")
            .await
            .expect(200)
            .keys(),
        ["workflows"]
    );
}

#[tokio::test]
async fn methods() {
    let server = Server::new();
    for method in ["HEAD", "PATCH"] {
        let reply = server.call(method, "/v2/workflows", "").await.expect(405);
        assert_eq!(reply.headers["allow"], "GET, POST, PUT");
    }
    let reply = server
        .call("OPTIONS", "/v2/workflows", "")
        .await
        .expect(200);
    assert_eq!(reply.text, "");
    server
        .call("DELETE", "/v2/executions", "")
        .await
        .expect(405);
    server
        .get("/v2/nonsense")
        .await
        .refuses(404, "The resource could not be found.");
    server
        .get("/v2/workflows/a/b")
        .await
        .refuses(404, "The resource could not be found.");
}

#[tokio::test]
async fn bodies_that_are_not_json() {
    let server = Server::new();
    for (body, text) in [
        ("", "Missing argument: \"wf_ex\""),
        ("  ", "Missing argument: \"wf_ex\""),
        ("x", "Request is not in valid JSON format"),
        ("[1]", "Request must be a JSON object, not list."),
        ("null", "Request must be a JSON object, not null."),
    ] {
        server.post("/v2/executions", body).await.refuses(400, text);
    }
    let deep = format!("{{\"input\": {}{}}}", "[".repeat(500), "]".repeat(500));
    server
        .post("/v2/executions", &deep)
        .await
        .refuses(400, "Request is not in valid JSON format");
    let latin = request("POST", "/v2/executions", &[], b"{\"id\": \"\xe9\"}");
    server
        .send(latin)
        .await
        .refuses(400, "The request body is not valid UTF-8.");
}

#[tokio::test]
async fn content_types() {
    let server = Server::new();
    for kind in [
        "text/xml",
        "application/xml; charset=utf-8",
        "application/soap+xml",
    ] {
        let reply = server.send(request(
            "POST",
            "/v2/workflows",
            &[("content-type", kind)],
            b"<a/>",
        ));
        let reply = reply.await.expect(415);
        assert_eq!(
            reply.headers["server-error-message"],
            "XML request bodies are not supported."
        );
    }
    let typed = |body| request("POST", "/v2/executions", &[("content-type", "a/b")], body);
    server
        .send(typed(b"x"))
        .await
        .refuses(415, "Unknown mimetype: a/b");
    let text = "Workflow ID or workflow name must be provided. Workflow ID is recommended.";
    server.send(typed(b"{}")).await.refuses(400, text);
    let accept = [("accept", "application/json")];
    let definition = b"version: '2.0'\nw: {tasks: {t: {action: std.noop}}}";
    let reply = server
        .send(request("POST", "/v2/workflows", &accept, definition))
        .await
        .expect(201);
    assert_eq!(
        reply.headers["content-type"],
        "application/json;charset=utf-8"
    );
    let reply = server.get("/v2/workflows").await.expect(200);
    assert_eq!(reply.headers["content-type"], "application/json");
    assert!(
        reply.headers["x-openstack-request-id"]
            .to_str()
            .unwrap()
            .starts_with("req-")
    );
}

#[tokio::test]
async fn limits() {
    let mut config = Config::default();
    config.limits.max_body_bytes = 100;
    config.limits.max_definition_bytes = 200;
    config.limits.max_query_bytes = 50;
    let server = Server::with(config);
    let long = "x".repeat(150);
    let text = "The request body is larger than 100 bytes.";
    server
        .post("/v2/executions", &long)
        .await
        .refuses(413, text);
    server.post("/v2/workflows", &long).await.expect(400);
    let text = "The request body is larger than 200 bytes.";
    server
        .post("/v2/workflows", &long.repeat(2))
        .await
        .refuses(413, text);
    let announced = [("content-length", "999999999999")];
    server
        .send(request("POST", "/v2/executions", &announced, b""))
        .await
        .expect(413);
    let text = "The query is longer than 50 bytes.";
    server
        .get(&format!("/v2/executions?description={long}"))
        .await
        .refuses(414, text);
}

#[tokio::test]
async fn who_takes_no_coding_at_all_is_answered() {
    let server = Server::new();
    for refusal in ["identity;q=0, *;q=0", "*; q=0.0", "gzip;q=0,identity;q=0"] {
        let request = request("GET", "/", &[("accept-encoding", refusal)], b"");
        let reply = server.send(request).await.expect(200);
        assert!(!reply.headers.contains_key("content-encoding"), "{refusal}");
    }
}
