//! `std.http` and `std.mistral_http` against a real server on loopback.

use std::time::{Duration, Instant};

use actions::{ActionContext, Config, HttpConfig, Registry};
use serde_json::json;
use testkit::servers::http::HttpServer;
use testkit::servers::tls::Certificate;
use yaql::{Dict, Value, json::to_string};

use crate::support::{entry, error, error_text, in_time, open, run, run_in, success};

async fn get(server: &HttpServer, path: &str) -> Value {
    success(run(&open(), "std.http", json!({"url": server.url(path)})).await)
}

#[tokio::test]
async fn a_request_carries_what_was_given() {
    let server = HttpServer::start().await.unwrap();
    let input = json!({
        "url": server.url("/echo?a=1"),
        "method": "put",
        "params": {"b": [2, "x y"]},
        "json": {"k": "é"},
        "headers": {"X-Number": 5, "Content-Length": 3},
        "cookies": {"c": "d"},
        "auth": "user:pass:word",
    });
    let result = success(run(&open(), "std.http", input).await);

    let request = &server.requests()[0];
    assert_eq!(
        (request.method.as_str(), request.path.as_str()),
        ("PUT", "/echo")
    );
    assert_eq!(request.query, "a=1&b=2&b=x+y");
    assert_eq!(request.text(), r#"{"k": "\u00e9"}"#);
    for (name, value) in [
        ("content-type", "application/json"),
        ("x-number", "5"),
        ("cookie", "c=d"),
        ("authorization", "Basic dXNlcjpwYXNzOndvcmQ="),
        ("accept", "*/*"),
    ] {
        assert_eq!(request.header(name), Some(value), "{name}");
    }
    let keys: Vec<_> = result.as_dict().unwrap().keys().map(to_string).collect();
    assert_eq!(
        keys.join(" "),
        r#""content" "status" "headers" "url" "history" "encoding" "reason" "cookies" "elapsed""#
    );
    assert_eq!(entry(&result, "status"), Value::from(200));
    assert_eq!(entry(&result, "encoding"), Value::from("utf-8"));
    assert_eq!(entry(&result, "reason"), Value::from("OK"));
    let headers = entry(&result, "headers");
    assert_eq!(
        entry(&headers, "Content-Type"),
        Value::from("application/json")
    );
    assert_eq!(
        entry(&entry(&result, "content"), "method"),
        Value::from("PUT")
    );
}

#[tokio::test]
async fn a_dictionary_as_body_has_no_content_type() {
    let server = HttpServer::start().await.unwrap();
    let input = json!({"url": server.url("/echo"), "method": "POST", "body": {"a": 1}});
    success(run(&open(), "std.http", input).await);
    let request = &server.requests()[0];
    assert_eq!(request.text(), r#"{"a": 1}"#);
    assert_eq!(request.header("content-type"), None);
}

#[tokio::test]
async fn statuses_decide_over_success() {
    let server = HttpServer::start().await.unwrap();
    for status in [200, 204, 302, 306] {
        let result = get(&server, &format!("/status/{status}")).await;
        assert_eq!(entry(&result, "status"), Value::from(status));
    }
    for status in [307, 404, 500] {
        let input = json!({"url": server.url(&format!("/status/{status}"))});
        let result = error(run(&open(), "std.http", input).await);
        assert_eq!(entry(&result, "status"), Value::from(status));
        assert_eq!(
            entry(&result, "content"),
            Value::from(format!("status {status}"))
        );
    }
}

#[tokio::test]
async fn redirects_are_followed_only_on_request() {
    let server = HttpServer::start().await.unwrap();
    let stays = get(&server, "/redirect/2").await;
    assert_eq!(entry(&stays, "status"), Value::from(302));
    assert_eq!(entry(&stays, "history"), Value::from(Vec::new()));

    let input = json!({"url": server.url("/redirect/2"), "allow_redirects": true});
    let goes = success(run(&open(), "std.http", input).await);
    assert_eq!(entry(&goes, "status"), Value::from(200));
    assert_eq!(entry(&goes, "url"), Value::from(server.url("/echo")));
    let history = entry(&goes, "history");
    let history = history.as_list().unwrap();
    assert_eq!(history.len(), 3);
    assert_eq!(
        entry(&history[0], "url"),
        Value::from(server.url("/redirect/2"))
    );
    // Cookies that were set on the way are sent on.
    let last = server.requests().pop().unwrap();
    assert_eq!(last.header("cookie"), Some("hop=0"));
}

#[tokio::test]
async fn every_hop_is_judged() {
    let server = HttpServer::start().await.unwrap();
    let other = HttpServer::start().await.unwrap();
    let config = Config {
        http: HttpConfig {
            allowed_hosts: vec!["127.0.0.1".into()],
            denied_cidrs: vec!["::1/128".parse().unwrap()],
            ..HttpConfig::default()
        },
        ..Config::default()
    };
    for (target, message) in [
        (
            "file:///etc/passwd",
            "URL scheme 'file' is not allowed (only http and https are).",
        ),
        (
            &other.url("/").replace("127.0.0.1", "127.0.0.2"),
            "Host '127.0.0.2' is not in [action_std_http] allowed_hosts.",
        ),
    ] {
        let url = server.url(&format!("/redirect-to/302?{target}"));
        let input = json!({"url": url, "allow_redirects": true});
        let text = error_text(run(&config, "std.http", input).await);
        let expected = format!("action_ex_id=None, msg='{message}']");
        assert!(text.ends_with(&expected), "{text}");
    }
    assert!(other.requests().is_empty());
}

#[tokio::test]
async fn a_fresh_install_does_not_call_itself() {
    let server = HttpServer::start().await.unwrap();
    let localhost = server.url("/echo").replace("127.0.0.1", "localhost");
    for (url, host) in [
        (server.url("/echo"), "127.0.0.1"),
        (localhost, "localhost"),
        (
            server
                .url("/echo")
                .replace("127.0.0.1", "[::ffff:127.0.0.1]"),
            "::ffff:7f00:1",
        ),
    ] {
        let text = error_text(run(&Config::default(), "std.http", json!({"url": url})).await);
        let expected = format!("URL host '{host}' resolves to a blocked address (");
        assert!(text.contains(&expected), "{text}");
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_proxy_fetches_and_is_judged_too() {
    let proxy = HttpServer::start().await.unwrap();
    let input = |proxies| json!({"url": "http://192.0.2.1/echo?through", "proxies": proxies});
    let address = proxy.address().to_string();
    let result = success(run(&open(), "std.http", input(json!({"http": address}))).await);
    assert_eq!(
        entry(&result, "url"),
        Value::from("http://192.0.2.1/echo?through")
    );
    assert_eq!(proxy.requests()[0].header("host"), Some("192.0.2.1"));

    let closed = run(
        &Config::default(),
        "std.http",
        input(json!({"all": address})),
    )
    .await;
    let text = error_text(closed);
    assert!(
        text.contains("URL host '127.0.0.1' resolves to a blocked"),
        "{text}"
    );
    assert_eq!(proxy.requests().len(), 1);
}

#[tokio::test]
async fn bodies_beyond_the_limit_are_refused() {
    let server = HttpServer::start().await.unwrap();
    let limit = 5 << 20;
    let whole = get(&server, &format!("/bytes/{limit}")).await;
    assert_eq!(entry(&whole, "content").as_str().unwrap().len(), limit);
    let too_much = limit + 1;
    for (path, length) in [
        ("bytes", format!("Content-Length={too_much}, ")),
        ("chunked", String::new()),
    ] {
        let input = json!({"url": server.url(&format!("/{path}/{too_much}"))});
        let text = error_text(run(&open(), "std.http", input).await);
        let expected = format!("HTTP response is too large ({length}limit={limit} bytes).");
        assert!(text.contains(&expected), "{text}");
    }
}

#[tokio::test]
async fn content_is_json_or_text() {
    let server = HttpServer::start().await.unwrap();
    let json = get(&server, "/json-as-text").await;
    assert_eq!(entry(&entry(&json, "content"), "a"), Value::from("é"));
    for (path, encoding, content) in [
        ("/text/", Value::from("ISO-8859-1"), "é\u{80}"),
        ("/text/koi8-r", Value::from("koi8-r"), "И─"),
        ("/bytes/2", Value::Null, "xx"),
        ("/bytes/0", Value::Null, ""),
    ] {
        let result = get(&server, path).await;
        assert_eq!(entry(&result, "encoding"), encoding, "{path}");
        assert_eq!(entry(&result, "content"), Value::from(content), "{path}");
    }
    let reason = get(&server, "/reason/Very%20Well").await;
    assert_eq!(entry(&reason, "reason"), Value::from("Very%20Well"));
}

#[tokio::test]
async fn cookies_are_shown_by_name() {
    let server = HttpServer::start().await.unwrap();
    let result = get(&server, "/cookies?a=1&b=2").await;
    assert_eq!(
        to_string(&entry(&result, "cookies")),
        r#"{"a":"1","b":"2"}"#
    );
}

#[tokio::test]
async fn silence_is_not_waited_for() {
    let server = HttpServer::start().await.unwrap();
    for (path, what) in [
        ("/silent", "the answer did not come within 0.1 seconds"),
        (
            "/stall",
            "the rest of the answer did not come within 0.05 seconds",
        ),
    ] {
        let started = Instant::now();
        let input = json!({"url": server.url(path), "timeout": [0.05, 0.05]});
        let text = error_text(run(&open(), "std.http", input).await);
        let expected = format!("msg='Failed to send HTTP request: {what}']");
        assert!(text.ends_with(&expected), "{text}");
        assert!(started.elapsed() < Duration::from_secs(5));
    }
    // Nothing stays behind.
    in_time(server.until_open(0)).await;
}

#[tokio::test]
async fn broken_answers_are_failures_without_secrets() {
    let server = HttpServer::start().await.unwrap();
    for path in ["/disconnect?token=s3cret", "/truncated?token=s3cret"] {
        let text = error_text(run(&open(), "std.http", json!({"url": server.url(path)})).await);
        assert!(
            text.contains("msg='Failed to send HTTP request: "),
            "{text}"
        );
        assert!(!text.contains("s3cret"), "{text}");
    }
    let address = server.address();
    server.stop().await;
    let refused = run(
        &open(),
        "std.http",
        json!({"url": format!("http://{address}/")}),
    )
    .await;
    let text = error_text(refused);
    assert!(text.contains("Connection refused"), "{text}");
}

#[tokio::test]
async fn dropping_a_run_closes_its_connection() {
    let server = HttpServer::start().await.unwrap();
    let registry = Registry::standard(&open());
    let action = registry.get("std.http").unwrap().clone();
    let input: Dict = [("url", server.url("/silent"))].into_iter().collect();
    let run = tokio::spawn(async move { action.run(input, ActionContext::default()).await });
    in_time(server.until_open(1)).await;
    run.abort();
    in_time(server.until_open(0)).await;
}

#[tokio::test]
async fn contradictory_parameters_send_nothing() {
    let server = HttpServer::start().await.unwrap();
    let input = json!({"url": server.url("/echo"), "body": "a", "json": {"b": 1}});
    assert_eq!(
        error_text(run(&open(), "std.http", input).await),
        "Failed to instantiate an action [action_desc=std.http]: \
         Only one of the parameters 'json' and 'body' can be passed"
    );
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn mistral_http_says_where_to_report() {
    let server = HttpServer::start().await.unwrap();
    let context = ActionContext {
        action_execution_id: Some("a-1".into()),
        task_execution_id: Some("t-1".into()),
        workflow_execution_id: Some("w-1".into()),
        workflow_name: Some("wf".into()),
        callback_url: Some("/v2/action_executions/a-1".into()),
        ..ActionContext::default()
    };
    let input = json!({"url": server.url("/echo"), "headers": {"Mistral-Task-Id": "forged"}});
    success(run_in(&open(), "std.mistral_http", input, context.clone()).await);
    let request = &server.requests()[0];
    for (name, value) in [
        ("mistral-workflow-name", "wf"),
        ("mistral-workflow-execution-id", "w-1"),
        ("mistral-task-id", "t-1"),
        ("mistral-action-execution-id", "a-1"),
        ("mistral-callback-url", "/v2/action_executions/a-1"),
    ] {
        assert_eq!(request.header(name), Some(value), "{name}");
    }
    let input = json!({"url": server.url("/status/500")});
    let failed = run_in(&open(), "std.mistral_http", input, context).await;
    assert_eq!(entry(&error(failed), "status"), Value::from(500));
}

#[tokio::test]
async fn certificates_are_checked_as_told() {
    let certificate = Certificate::new().unwrap();
    let server = HttpServer::start_tls(&certificate).await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ca.pem");
    std::fs::write(&file, certificate.pem()).unwrap();

    let get = |verify| {
        let input = json!({"url": server.url("/status/200"), "verify": verify});
        async { run(&open(), "std.http", input).await }
    };
    for trusted in [json!(false), json!(certificate.pem()), json!(file)] {
        let result = success(get(trusted).await);
        assert_eq!(entry(&result, "status"), Value::from(200));
    }
    for distrusted in [json!(true), json!(null)] {
        let text = error_text(get(distrusted).await);
        assert!(
            text.contains("invalid peer certificate: UnknownIssuer"),
            "{text}"
        );
    }
    let missing = error_text(get(json!(directory.path().join("none"))).await);
    assert!(
        missing.contains("'verify' names a file that can't be read"),
        "{missing}"
    );
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn a_dripping_peer_ends_at_the_total_limit() {
    let server = HttpServer::start().await.unwrap();
    let mut config = open();
    config.http.max_duration = 1;
    let text = error_text(run(&config, "std.http", json!({"url": server.url("/drip")})).await);
    assert!(
        text.contains("the exchange took longer than 1 seconds"),
        "{text}"
    );
    in_time(server.until_open(0)).await;
}
