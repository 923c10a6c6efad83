//! What operators and proxies look at: metrics, request ids, tags, compression.

use axum::body::Body;
use http::Request;

use super::{Reply, Server};

const TWO: &str = "
version: '2.0'
w:
  tasks:
    a: {action: std.echo output=<% 1 + 1 %>, on-success: b}
    b: {action: std.async_noop}
";

impl Server {
    async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> http::Response<Body> {
        use tower::ServiceExt;
        let mut request = Request::builder().uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        self.api.clone().oneshot(request).await.unwrap()
    }
}

fn line(metrics: &Reply, wanted: &str) -> f64 {
    let line = metrics
        .text
        .lines()
        .find_map(|line| line.strip_prefix(wanted));
    let value = line.unwrap_or_else(|| panic!("no {wanted} in {}", metrics.text));
    value.trim().parse().unwrap()
}

#[tokio::test]
async fn metrics_count_what_happened() {
    let server = Server::new();
    let id = server.start("w", TWO).await;
    server.get("/v2/executions/nothing").await.expect(404);
    server.get("/nowhere").await.expect(404);
    let metrics = server.get("/metrics").await.expect(200);
    assert!(metrics.text.ends_with("# EOF\n"));
    let is = |name: &str, value: f64| assert_eq!(line(&metrics, name), value, "{name}");
    is("ostro_executions{state=\"RUNNING\"}", 1.0);
    is(
        "ostro_transitions_total{kind=\"task\",state=\"SUCCESS\"}",
        1.0,
    );
    is(
        "ostro_transitions_total{kind=\"action\",state=\"RUNNING\"}",
        1.0,
    );
    is("ostro_commit_seconds_count", 1.0);
    is(
        "ostro_http_requests_total{method=\"POST\",route=\"/v2/executions\",status=\"201\"}",
        1.0,
    );
    is(
        "ostro_http_requests_total{method=\"GET\",route=\"/v2/executions/{id}\",status=\"404\"}",
        1.0,
    );
    is(
        "ostro_http_requests_total{method=\"GET\",route=\"none\",status=\"404\"}",
        1.0,
    );
    assert!(line(&metrics, "ostro_expressions_total") >= 1.0);
    assert!(line(&metrics, "ostro_expression_seconds_total") > 0.0);
    assert!(line(&metrics, "ostro_step_seconds_count") >= 1.0);

    server
        .delete(&format!("/v2/executions/{id}?force=true"))
        .await
        .expect(204);
    let metrics = server.get("/metrics").await;
    assert_eq!(line(&metrics, "ostro_executions{state=\"RUNNING\"}"), 0.0);
}

#[tokio::test]
async fn request_ids_are_kept() {
    let server = Server::new();
    let ids = async |headers: &[(&str, &str)]| {
        let response = server.get_with("/", headers).await;
        let id = |name| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(id("x-request-id"), id("x-openstack-request-id"));
        id("x-request-id")
    };
    assert_eq!(ids(&[("x-request-id", "mine-1")]).await, "mine-1");
    assert_eq!(ids(&[("x-openstack-request-id", "req-2")]).await, "req-2");
    for wrong in ["", "a b", &"x".repeat(129), "{}"] {
        let id = ids(&[("x-request-id", wrong)]).await;
        assert!(id.starts_with("req-") && id.len() == 40, "{id}");
    }
}

#[tokio::test]
async fn a_definition_that_is_known_is_not_sent_again() {
    let server = Server::new();
    server.post("/v2/workflows", TWO).await.expect(201);
    let first = server.get("/v2/workflows/w").await.expect(200);
    let tag = first.headers["etag"].to_str().unwrap().to_owned();
    for known in [
        &tag,
        "*",
        &format!("\"x\", {}", tag.trim_start_matches("W/")),
    ] {
        let again = server
            .get_with("/v2/workflows/w", &[("if-none-match", known)])
            .await;
        assert_eq!(again.status(), 304, "{known}");
        assert_eq!(again.headers()["etag"], tag);
    }
    let other = server
        .get_with("/v2/workflows/w", &[("if-none-match", "\"x\"")])
        .await;
    assert_eq!(other.status(), 200);
    let changed = TWO.replace("1 + 1", "2");
    server.put("/v2/workflows", &changed).await.expect(200);
    let after = server
        .get_with("/v2/workflows/w", &[("if-none-match", &tag)])
        .await;
    assert_eq!(after.status(), 200);
    let wants_plain = ("accept", "application/vnd.ostro.v2+json");
    let plain = [
        wants_plain,
        ("if-none-match", after.headers()["etag"].to_str().unwrap()),
    ];
    let plain = server.get_with("/v2/workflows/w", &plain).await;
    assert_eq!(plain.status(), 200, "the same in another form");
    for answer in [&after, &plain] {
        assert_eq!(answer.headers()["vary"], "accept");
    }
    let known = [
        wants_plain,
        ("if-none-match", plain.headers()["etag"].to_str().unwrap()),
    ];
    let again = server.get_with("/v2/workflows/w", &known).await;
    assert_eq!(again.status(), 304);
    assert!(
        !server
            .get("/v2/executions")
            .await
            .headers
            .contains_key("etag")
    );
}

#[tokio::test]
async fn large_answers_are_compressed_if_the_caller_likes() {
    let server = Server::new();
    let packed = async |path: &str, accept: &str| {
        let response = server.get_with(path, &[("accept-encoding", accept)]).await;
        let value = response.headers().get("content-encoding");
        value.map(|value| value.to_str().unwrap().to_owned())
    };
    assert_eq!(packed("/v2/actions", "gzip").await.as_deref(), Some("gzip"));
    assert_eq!(
        packed("/v2/actions", "br, gzip;q=0.5").await.as_deref(),
        Some("br")
    );
    assert_eq!(packed("/v2/actions", "identity").await, None);
    assert_eq!(packed("/", "gzip").await, None);
    assert_eq!(packed("/v2/events", "gzip").await, None);
}
