//! Event triggers, published events and web hooks.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use yaql::json;

use super::{Reply, Server};
use crate::config::Config;

const WORKFLOWS: &str = "
version: '2.0'
react:
  input: [who: me]
  output: {event: <% execution().params.event_params %>, who: <% $.who %>}
  tasks: {t: {action: std.noop}}
";

const MISSING: &str = "Params {'topic', 'exchange', 'workflow_id', 'event'} must be provided for \
                       creating event trigger.";

struct Given {
    server: Server,
    workflow: String,
}

async fn given() -> Given {
    let server = Server::new();
    server.post("/v2/workflows", WORKFLOWS).await.expect(201);
    let workflow = server.get("/v2/workflows/react").await.field("id");
    Given { server, workflow }
}

impl Given {
    fn body(&self, event: &str) -> String {
        format!(
            r#"{{"name": "t", "workflow_id": "{}", "exchange": "nova", "topic": "notifications",
                "event": "{event}", "workflow_input": {{"who": "you"}}, "workflow_params": {{}}}}"#,
            self.workflow
        )
    }

    async fn trigger(&self, event: &str) -> String {
        let made = self
            .server
            .post("/v2/event_triggers", &self.body(event))
            .await;
        made.expect(201).field("id")
    }

    async fn publish(&self, body: &str) -> Reply {
        self.server.post("/v2/events/publish", body).await
    }

    /// The output of the execution that an event started.
    async fn output(&self, accepted: &Reply) -> String {
        let started = accepted.entries("started");
        let id = started[0].get("execution_id").unwrap().to_string();
        for _ in 0..500 {
            let reply = self.server.get(&format!("/v2/executions/{id}")).await;
            if reply.status == 200 && reply.field("state") == "SUCCESS" {
                return reply.field("output");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the execution {id} did not end");
    }
}

#[tokio::test]
async fn from_creation_to_deletion() {
    let given = given().await;
    let server = &given.server;
    let id = given.trigger("a").await;
    let path = format!("/v2/event_triggers/{id}");
    let shown = server.get(&path).await.expect(200);
    assert_eq!(shown.field("workflow_input"), r#"{"who": "you"}"#);
    let text = format!(
        "Duplicate entry for EventTrigger ['exchange', 'topic', 'event', 'workflow_id', \
         'project_id']: nova, notifications, a, {}, None",
        given.workflow
    );
    let twin = server.post("/v2/event_triggers", &given.body("a")).await;
    twin.refuses(409, &text);
    let without = server.post("/v2/event_triggers", r#"{"topic": "t"}"#).await;
    without.refuses(400, MISSING);
    let long = server
        .post("/v2/event_triggers", &given.body(&"x".repeat(81)))
        .await;
    long.refuses(
        400,
        "The event of an event trigger must not exceed 80 characters.",
    );

    let changed = server
        .put(&path, r#"{"name": "new", "workflow_input": {}}"#)
        .await;
    assert_eq!(changed.expect(200).field("name"), "new");
    let refused = server
        .put(&path, r#"{"workflow_input": {"nope": 1}}"#)
        .await;
    refused.refuses(
        400,
        "Invalid input [name=react, class=DirectWorkflowSpec, unexpected=['nope']]",
    );
    let text = "Can not update fields ['exchange', 'topic', 'event'] of event trigger.";
    server
        .put(&path, r#"{"topic": "x"}"#)
        .await
        .refuses(400, text);
    let text = format!(
        "Can't delete workflow that has event triggers associated. \
         [workflow_identifier=react], [event_trigger_id(s)={id}]"
    );
    server
        .delete("/v2/workflows/react")
        .await
        .refuses(400, &text);
    server.delete(&path).await.expect(204);
    let text = format!("Event trigger not found [id={id}].");
    server.get(&path).await.refuses(404, &text);
    server.delete("/v2/workflows/react").await.expect(204);
}

#[tokio::test]
async fn a_published_event_starts_its_workflows() {
    let given = given().await;
    let id = given.trigger("compute.create").await;
    given.trigger("other").await;
    let event = r#"{"exchange": "nova", "topic": "notifications", "event_type": "compute.create",
        "payload": {"n": 1}, "publisher": "host", "timestamp": "then",
        "context": {"user_id": "u"}, "message_id": "m-1"}"#;
    let accepted = given.publish(event).await.expect(202);
    assert_eq!(accepted.entries("started").len(), 1);
    let output = given.output(&accepted).await;
    let expected = r#"{"event": {"service": "host", "project_id": "<default-project>", "user_id": "u", "timestamp": "then", "event_type": "compute.create", "payload": {"n": 1}}, "who": "you"}"#;
    assert_eq!(output, expected);
    let execution = accepted.entries("started")[0]
        .get("execution_id")
        .unwrap()
        .to_string();
    let shown = given
        .server
        .get(&format!("/v2/executions/{execution}"))
        .await;
    let description = format!(
        "{{\"description\": \"Workflow execution created by event trigger '({id})'.\", \
         \"triggered_by\": {{\"type\": \"event_trigger\", \"id\": \"{id}\", \"name\": \"t\"}}}}"
    );
    assert_eq!(shown.field("description"), description);

    let again = given.publish(event).await.expect(202);
    assert_eq!(again.field("repeated"), "True");
    assert_eq!(again.entries("started"), accepted.entries("started"));
    let fires = format!("/v2/event_triggers/{id}/fires");
    let fires = given.server.get(&fires).await.expect(200);
    assert_eq!(fires.column("fires", "state"), ["STARTED"]);
    assert_eq!(fires.column("fires", "execution_id"), [execution]);

    let nobody = given
        .publish(&event.replace("nova", "glance"))
        .await
        .expect(202);
    assert!(nobody.entries("started").is_empty());
    let bad = given.publish(r#"{"exchange": "nova", "payload": 1}"#).await;
    bad.refuses(400, "An event needs exchange, topic and event_type.");
}

#[tokio::test]
async fn events_are_bounded() {
    let mut config = Config::default();
    config.event_engine.max_event_bytes = 1_000;
    let server = Server::with(config);
    let body = format!(r#"{{"exchange": "{}"}}"#, "x".repeat(1_000));
    let reply = server.post("/v2/events/publish", &body).await;
    reply.refuses(413, "The event is larger than 1000 bytes.");
    let reply = server.post("/v2/hooks/x", &body).await;
    reply.refuses(413, "The request body is larger than 1000 bytes.");
}

fn signature(secret: &str, body: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    let bytes = mac.chain_update(body).finalize().into_bytes();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={hex}")
}

#[tokio::test]
async fn web_hooks_want_a_signature() {
    let given = given().await;
    let server = &given.server;
    let id = given.trigger("pushed").await;
    let hook = format!("/v2/hooks/{id}");
    let closed = format!("There is no web hook {id}.");
    server.post(&hook, "{}").await.refuses(404, &closed);

    let opened = server
        .post(&format!("/v2/event_triggers/{id}/hook"), "")
        .await
        .expect(201);
    assert_eq!(opened.field("url"), format!("http://h:1{hook}"));
    let secret = opened.field("secret");
    assert_eq!(secret.len(), 64);
    let shown = server.get(&format!("/v2/event_triggers/{id}")).await;
    assert!(!shown.text.contains(&secret), "{}", shown.text);

    let body = r#"{"ref": "main"}"#;
    let text = "X-Hub-Signature-256 is missing, or does not fit the body and the secret.";
    server.post(&hook, body).await.refuses(401, text);
    let wrong = signature("another secret", body);
    let wrong = [
        ("x-hub-signature-256", wrong.as_str()),
        ("idempotency-key", "d-1"),
    ];
    server
        .call_with("POST", &hook, body, &wrong)
        .await
        .refuses(401, text);

    let right = signature(&secret, body);
    let headers = [
        ("x-hub-signature-256", right.as_str()),
        ("x-github-event", "push"),
        ("idempotency-key", "d-1"),
        ("x-auth-token", "hidden"),
    ];
    let accepted = server
        .call_with("POST", &hook, body, &headers)
        .await
        .expect(202);
    let output = given.output(&accepted).await;
    let output = json::parse(&output).unwrap();
    let event = output.as_dict().unwrap().get("event").unwrap().clone();
    let event = event.as_dict().unwrap();
    let part = |name| json::to_string(event.get(name).unwrap());
    assert_eq!(part("payload"), r#"{"ref":"main"}"#);
    assert_eq!(part("headers"), r#"{"x-github-event":"push"}"#);
    assert_eq!(part("service"), r#""webhook""#);
    let again = server
        .call_with("POST", &hook, body, &headers)
        .await
        .expect(202);
    assert_eq!(again.field("repeated"), "True");

    let chosen = r#"{"secret": "a secret of my own"}"#;
    server
        .post(&format!("/v2/event_triggers/{id}/hook"), chosen)
        .await
        .expect(201);
    server
        .call_with("POST", &hook, body, &headers)
        .await
        .refuses(401, text);
    let path = format!("/v2/event_triggers/{id}/hook");
    let short = server.post(&path, r#"{"secret": "short"}"#).await;
    short.refuses(400, "A secret must have 16 to 256 bytes.");
    server
        .delete(&format!("/v2/event_triggers/{id}/hook"))
        .await
        .expect(204);
    server.post(&hook, body).await.refuses(404, &closed);
}
