//! Pages of other origins, in a browser.

use http::HeaderMap;

use super::{Reply, Server};
use crate::config::Config;

const UI: &str = "https://ui.example.org";

fn server(origins: &[&str]) -> Server {
    let mut config = Config::default();
    config.cors.allowed_origin = origins.iter().map(|&origin| origin.to_owned()).collect();
    Server::with(config)
}

impl Server {
    async fn ask_from(&self, origin: &str, method: &str, more: &[(&str, &str)]) -> Reply {
        let mut headers = vec![("origin", origin)];
        headers.extend(more);
        self.call_with(method, "/v2/executions", "", &headers).await
    }
}

/// The headers that browsers look at, as `name: value`.
fn granted(headers: &HeaderMap) -> Vec<String> {
    let mut granted: Vec<_> = headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("access-control-"))
        .map(|(name, value)| {
            let name = name.as_str().trim_start_matches("access-control-");
            let value = value.to_str().unwrap();
            format!("{name}: {}", value.get(..24).unwrap_or(value))
        })
        .collect();
    granted.sort();
    granted
}

#[tokio::test]
async fn nobody_is_admitted_by_default() {
    let server = server(&[]);
    for method in ["GET", "OPTIONS"] {
        let wanted = [("access-control-request-method", "GET")];
        let answer = server.ask_from(UI, method, &wanted).await.expect(200);
        assert_eq!(granted(&answer.headers), [""; 0]);
        assert!(!answer.headers.contains_key("vary"));
    }
}

#[tokio::test]
async fn a_page_may_ask_and_read() {
    let server = server(&["http://other", UI]);
    let expected = [
        "allow-credentials: true",
        "allow-origin: https://ui.example.org",
        "expose-headers: X-Auth-Token, X-Subject-",
    ];
    let answer = server.ask_from(UI, "GET", &[]).await.expect(200);
    assert_eq!(granted(&answer.headers), expected);
    assert_eq!(answer.headers["vary"], "origin");
    // Refusals are for the page to read, too.
    let answer = server.ask_from(UI, "PATCH", &[]).await.expect(405);
    assert_eq!(granted(&answer.headers), expected);

    let stranger = server.ask_from("https://evil.example.org", "GET", &[]);
    let stranger = stranger.await.expect(200);
    assert_eq!(granted(&stranger.headers), [""; 0]);
    assert_eq!(stranger.headers["vary"], "origin");
    let no_page = server.get("/v2/executions").await.expect(200);
    assert_eq!(granted(&no_page.headers), [""; 0]);
}

#[tokio::test]
async fn browsers_ask_before_they_send() {
    let server = server(&[UI]);
    let ask = async |method: &str, headers: &str| {
        let mut wanted = vec![("access-control-request-method", method)];
        if !headers.is_empty() {
            wanted.push(("access-control-request-headers", headers));
        }
        let answer = server.ask_from(UI, "OPTIONS", &wanted).await.expect(200);
        granted(&answer.headers)
    };
    assert_eq!(
        ask("PUT", "Content-Type, x-auth-token").await,
        [
            "allow-credentials: true",
            "allow-headers: Content-Type, x-auth-tok",
            "allow-methods: PUT",
            "allow-origin: https://ui.example.org",
            "max-age: 3600",
        ]
    );
    assert_eq!(ask("DELETE", "").await.len(), 4);
    assert_eq!(ask("TRACE", "").await, [""; 0]);
    assert_eq!(ask("PUT", "x-nonsense").await, [""; 0]);
}

#[tokio::test]
async fn everybody_is_admitted_without_credentials() {
    let server = server(&["*"]);
    let answer = server.ask_from(UI, "GET", &[]).await.expect(200);
    let expected = [
        "allow-origin: *",
        "expose-headers: X-Auth-Token, X-Subject-",
    ];
    assert_eq!(granted(&answer.headers), expected);
}
