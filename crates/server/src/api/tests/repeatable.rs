//! Requests that are repeated, and plain JSON.

use axum::body::Body;
use http::Request;

use super::{Reply, Server};

const DEFINITION: &str = "
version: '2.0'
w:
  input: [x]
  output: {y: <% $.x %>}
  tasks:
    t: {action: 'std.echo output=<% [$.x] %>', publish: {z: <% task().result %>}}
";

impl Server {
    async fn keyed(&self, path: &str, key: &str, body: &str) -> Reply {
        let request = Request::post(path).header("idempotency-key", key);
        let body = Body::from(body.to_owned());
        self.send(request.body(body).unwrap()).await
    }

    async fn plain(&self, path: &str) -> Reply {
        let accept = "text/html;q=0.1, application/vnd.ostro.v2+json;q=1";
        let request = Request::get(path).header("accept", accept);
        self.send(request.body(Body::empty()).unwrap()).await
    }
}

#[tokio::test]
async fn a_key_starts_one_execution() {
    let server = Server::new();
    server.post("/v2/workflows", DEFINITION).await.expect(201);
    let body = r#"{"workflow_name": "w", "input": {"x": 1}}"#;
    let first = server.keyed("/v2/executions", "k", body).await.expect(201);
    assert!(!first.headers.contains_key("idempotent-replayed"));
    let again = server.keyed("/v2/executions", "k", body).await.expect(201);
    assert_eq!(again.text, first.text);
    assert_eq!(again.headers["idempotent-replayed"], "true");
    assert_eq!(again.headers["content-type"], first.headers["content-type"]);
    let other = server.keyed("/v2/executions", "l", body).await.expect(201);
    assert_ne!(other.field("id"), first.field("id"));
    assert_eq!(
        server
            .get("/v2/executions")
            .await
            .entries("executions")
            .len(),
        2
    );
    let text = "The Idempotency-Key 'k' was used for another request; take a new one for a new \
                request.";
    let changed = body.replace('1', "2");
    server
        .keyed("/v2/executions", "k", &changed)
        .await
        .refuses(422, text);
    server
        .keyed("/v2/workflows", "k", body)
        .await
        .refuses(422, text);
}

#[tokio::test]
async fn every_post_takes_a_key_and_refusals_are_kept() {
    let server = Server::new();
    let create = async |key| server.keyed("/v2/workflows", key, DEFINITION).await;
    create("a").await.expect(201);
    create("a").await.expect(201);
    create("b").await.expect(409);
    create("b").await.expect(409);
    let run = r#"{"name": "std.noop"}"#;
    let first = server
        .keyed("/v2/action_executions", "c", run)
        .await
        .expect(201);
    let again = server
        .keyed("/v2/action_executions", "c", run)
        .await
        .expect(201);
    assert_eq!(first.text, again.text);
    let text = "The Idempotency-Key must be 1 to 255 printable ASCII characters.";
    server
        .keyed("/v2/executions", &"x".repeat(256), "{}")
        .await
        .refuses(400, text);
    server
        .keyed("/v2/executions", " ", "{}")
        .await
        .refuses(400, text);
}

#[tokio::test]
async fn json_in_texts_is_sent_as_json() {
    let server = Server::new();
    server.post("/v2/workflows", DEFINITION).await.expect(201);
    let body = r#"{"workflow_name": "w", "input": {"x": 1}}"#;
    let id = server
        .post("/v2/executions", body)
        .await
        .expect(201)
        .field("id");
    server
        .get(&format!("/v2/executions/{id}/wait"))
        .await
        .expect(200);
    let shown = server
        .plain(&format!("/v2/executions/{id}"))
        .await
        .expect(200);
    assert_eq!(
        shown.headers["content-type"],
        "application/vnd.ostro.v2+json"
    );
    let part = |reply: &Reply, name: &str| yaql::json::to_string(reply.dict().get(name).unwrap());
    assert_eq!(part(&shown, "input"), r#"{"x":1}"#);
    assert_eq!(part(&shown, "output"), r#"{"y":1}"#);
    assert_eq!(part(&shown, "published_global"), "{}");
    let list = server
        .plain("/v2/executions?include=result")
        .await
        .expect(200);
    let entry = &list.entries("executions")[0];
    assert_eq!(
        yaql::json::to_string(entry.get("output").unwrap()),
        r#"{"y":1}"#
    );
    let tasks = server.plain("/v2/tasks?include=result").await.expect(200);
    let entry = &tasks.entries("tasks")[0];
    assert_eq!(yaql::json::to_string(entry.get("result").unwrap()), "[1]");
    assert_eq!(
        yaql::json::to_string(entry.get("published").unwrap()),
        r#"{"z":[1]}"#
    );
    let actions = server
        .plain("/v2/action_executions?include=result")
        .await
        .expect(200);
    let entry = &actions.entries("action_executions")[0];
    assert_eq!(
        yaql::json::to_string(entry.get("output").unwrap()),
        r#"{"result":[1]}"#
    );
    let usual = server.get("/v2/tasks?include=result").await.expect(200);
    assert_eq!(usual.column("tasks", "result"), ["[1]"]);
    let text = "Unknown argument: include=nothing; lists include 'result' only.";
    server
        .get("/v2/tasks?include=nothing")
        .await
        .refuses(400, text);
    server
        .plain("/v2/executions/x")
        .await
        .refuses(404, "WorkflowExecution not found [id=x]");
}
