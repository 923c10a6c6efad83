//! Streams of events, as Server-Sent Events.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use futures_util::StreamExt;
use http::Request;
use tower::ServiceExt;
use yaql::{Dict, Value, json};

use super::Server;
use crate::config::Config;

/// An open stream of events.
pub(super) struct Stream {
    body: BodyDataStream,
    text: String,
}

/// One event as it came.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Event {
    id: String,
    name: String,
    pub(super) data: Dict,
}

impl Server {
    pub(super) async fn follow(&self, query: &str, last: Option<&str>) -> Stream {
        let mut request = Request::builder().uri(format!("/v2/events?{query}"));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let request = request.body(Body::empty()).unwrap();
        let response = self.api.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let body = response.into_body().into_data_stream();
        let text = String::new();
        Stream { body, text }
    }
}

impl Stream {
    /// The next block of the stream that is an event.
    async fn next(&mut self) -> Event {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let event = Event::parse(block);
                self.text = rest.to_owned();
                if let Some(event) = event {
                    return event;
                }
            }
            let chunk = tokio::time::timeout(Duration::from_secs(20), self.body.next());
            let chunk = chunk.await.expect("an event within the time");
            self.text
                .push_str(std::str::from_utf8(&chunk.unwrap().unwrap()).unwrap());
        }
    }

    /// Events up to the end of an execution.
    pub(super) async fn until_end(&mut self, id: &str) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            let event = self.next().await;
            let is_end = event.get("id") == id && event.get("state") == "SUCCESS";
            events.push(event);
            if is_end {
                return events;
            }
        }
    }
}

impl Event {
    fn parse(block: &str) -> Option<Self> {
        let field = |name: &str| {
            let lines = block.lines().filter_map(|line| line.split_once(": "));
            let mut values = lines.filter(|(field, _)| *field == name);
            values.next().map(|(_, value)| value.to_owned())
        };
        let data = json::parse(&field("data")?).unwrap();
        Some(Self {
            id: field("id").unwrap(),
            name: field("event").unwrap_or_default(),
            data: data.as_dict().unwrap().clone(),
        })
    }

    fn get(&self, name: &str) -> String {
        self.data.get(name).cloned().unwrap_or_default().to_string()
    }

    /// `kind name previous->state done/total`
    fn line(&self) -> String {
        let progress = self.data.get("progress").and_then(Value::as_dict);
        let progress = progress.map_or(String::new(), |progress| {
            let part = |name| progress.get(name).unwrap().to_string();
            format!(" {}/{}", part("done"), part("total"))
        });
        let part = |name| self.get(name);
        format!(
            "{} {} {}->{}{progress}",
            part("kind"),
            part("name"),
            part("previous"),
            part("state")
        )
    }
}

fn lines(events: &[Event]) -> String {
    let lines: Vec<_> = events.iter().map(Event::line).collect();
    lines.join("\n")
}

pub(super) const ITEMS: &str = "
version: '2.0'
w:
  tasks:
    first: {action: std.noop, on-success: all}
    all:
      with-items: i in <% [1, 2, 3] %>
      action: std.echo output=<% $.i %>
      concurrency: 1
";

const NESTED: &str = "
version: '2.0'
outer:
  tasks:
    a: {workflow: middle}
    b: {action: std.noop}
middle:
  tasks:
    c: {workflow: inner}
inner:
  tasks:
    d: {action: std.async_noop}
";

#[tokio::test]
async fn a_run_is_told_as_it_happens() {
    let server = Server::new();
    let mut live = server.follow("", None).await;
    let id = server.finish("w", ITEMS).await;
    let events = live.until_end(&id).await;
    insta::assert_snapshot!(lines(&events));
    let names: Vec<_> = events[0].data.keys().map(Value::to_string).collect();
    assert_eq!(
        names.join(" "),
        "cursor at kind root_execution_id workflow_execution_id task_execution_id id name state \
         previous project_id progress"
    );
    assert!(
        events
            .iter()
            .all(|event| event.get("root_execution_id") == id)
    );
    assert!(events.iter().all(|event| event.get("cursor") == event.id));
}

#[tokio::test]
async fn any_cursor_is_a_place_to_go_on() {
    let server = Server::new();
    let id = server.finish("w", ITEMS).await;
    let query = format!("execution_id={id}&cursor=0");
    let all = server.follow(&query, None).await.until_end(&id).await;
    for (at, event) in all.iter().enumerate().take(all.len() - 1) {
        let mut rest = server.follow(&query, Some(&event.id)).await;
        assert_eq!(rest.until_end(&id).await, all[at + 1..]);
    }
    let everything = server.follow("cursor=0", None).await.until_end(&id).await;
    assert_eq!(lines(&everything), lines(&all));
    let mut rest = server.follow("", Some(&everything[3].id)).await;
    assert_eq!(rest.until_end(&id).await, everything[4..]);
    let mut narrow = server.follow(&query, Some(&everything[3].id)).await;
    assert_eq!(lines(&narrow.until_end(&id).await), lines(&all[4..]));
}

#[tokio::test]
async fn a_stream_begins_with_its_cursor() {
    let server = Server::new();
    let mut stream = server.follow("", None).await;
    let first = stream.body.next().await.unwrap().unwrap();
    let first = std::str::from_utf8(&first).unwrap();
    let cursor = first.strip_prefix("retry: 2000\nid: ").unwrap().trim();
    let id = server.finish("w", ITEMS).await;
    let mut again = server.follow("", Some(cursor)).await;
    assert_eq!(
        lines(&again.until_end(&id).await),
        lines(&stream.until_end(&id).await)
    );
}

#[tokio::test]
async fn filters_choose() {
    let server = Server::new();
    let id = server.finish("w", ITEMS).await;
    server.post("/v2/workflows", NESTED).await.expect(201);
    let other = server.start(
        "outer",
        "version: '2.0'\nunused: {tasks: {t: {action: std.noop}}}",
    );
    let other = other.await;
    let first = |query: String| {
        let server = &server;
        async move { server.follow(&query, None).await.next().await.line() }
    };
    assert_eq!(
        first("cursor=0&workflow_name=middle".into()).await,
        "execution middle None->RUNNING 0/0"
    );
    assert_eq!(
        first(format!("cursor=0&kinds=action,task&execution_id={id}")).await,
        "task first None->IDLE"
    );
    let kinds = format!("cursor=0&kinds=execution&execution_id={id},{other}");
    let mut both = server.follow(&kinds, None).await;
    let mut roots = vec![];
    for _ in 0..5 {
        roots.push(both.next().await.get("root_execution_id"));
    }
    roots.sort();
    roots.dedup();
    assert_eq!(roots.len(), 2);
}

/// The tree below a sub-execution grows while it is followed.
#[tokio::test]
async fn a_part_of_a_tree_can_be_followed() {
    let server = Server::new();
    let root = server.start("outer", NESTED).await;
    let executions = server.get("/v2/executions?workflow_name=middle").await;
    let middle = executions.column("executions", "id").remove(0);
    let query = format!("execution_id={middle}&kinds=execution,task&cursor=0");
    let mut below = server.follow(&query, None).await;
    let mut seen = vec![];
    for _ in 0..6 {
        seen.push(below.next().await.line());
    }
    let actions = server.get("/v2/action_executions?state=RUNNING").await;
    let action = actions.column("action_executions", "id").remove(0);
    let path = format!("/v2/action_executions/{action}");
    server
        .put(&path, r#"{"state": "SUCCESS"}"#)
        .await
        .expect(200);
    seen.extend(below.until_end(&middle).await.iter().map(Event::line));
    insta::assert_snapshot!(seen.join("\n"));
    server
        .get(&format!("/v2/executions/{root}/wait"))
        .await
        .expect(200);
}

/// More events than its queue holds: the follower reads the journal instead.
#[tokio::test]
async fn a_slow_reader_misses_nothing() {
    let server = Server::new();
    let definition = "
version: '2.0'
w:
  tasks:
    go: {action: std.async_noop, on-success: all}
    all: {with-items: 'i in <% range(1500) %>', action: std.noop}
";
    let id = server.start("w", definition).await;
    let mut stream = server.follow(&format!("execution_id={id}"), None).await;
    let actions = server.get("/v2/action_executions").await;
    let action = actions.column("action_executions", "id").remove(0);
    let path = format!("/v2/action_executions/{action}");
    server
        .put(&path, r#"{"state": "SUCCESS"}"#)
        .await
        .expect(200);
    server
        .get(&format!("/v2/executions/{id}/wait"))
        .await
        .expect(200);
    let events = stream.until_end(&id).await;
    let mut items: Vec<_> = events
        .iter()
        .filter(|event| event.get("name") == "std.noop")
        .map(|event| event.get("id"))
        .collect();
    items.sort();
    items.dedup();
    assert_eq!(items.len(), 1500);
    assert_eq!(events.len(), 1500 + 6, "{}", lines(&events[..10]));
}

#[tokio::test]
async fn what_is_gone_is_told_once() {
    let server = Server::new();
    let old = server.finish("w", ITEMS).await;
    let start = server.follow("cursor=0", None).await.next().await;
    let path = format!("/v2/executions/{old}");
    server.delete(&path).await.expect(204);
    let again = "version: '2.0'\nv: {tasks: {t: {action: std.noop}}}";
    let id = server.finish("v", again).await;
    let mut stream = server.follow("", Some(&start.id)).await;
    let mut events = stream.until_end(&id).await;
    let resets: Vec<_> = events
        .iter()
        .filter(|event| event.name == "reset")
        .collect();
    assert_eq!(resets.len(), 1, "{start:?} {events:?}");
    assert_eq!(resets[0].data.keys().count(), 1);
    assert_eq!(events[0].name, "reset");
    events.retain(|event| event.name.is_empty());
    let all = server.follow("cursor=0", None).await.until_end(&id).await;
    assert_eq!(lines(&all), lines(&events));
    assert!(
        events
            .iter()
            .all(|event| event.get("root_execution_id") == id)
    );
}

#[tokio::test]
async fn a_deletion_is_told_to_those_who_follow() {
    let server = Server::new();
    let id = server.start("outer", NESTED).await;
    let mut all = server.follow("", None).await;
    let mut of_tree = server.follow(&format!("execution_id={id}"), None).await;
    let middle = server.get("/v2/executions?workflow_name=middle").await;
    let middle = middle.column("executions", "id").remove(0);
    let middle = format!("execution_id={middle}");
    let mut of_part = server.follow(&middle, None).await;
    let mut of_tasks = server.follow("kinds=task", None).await;
    let path = format!("/v2/executions/{id}?force=true");
    server.delete(&path).await.expect(204);
    for stream in [&mut all, &mut of_tree, &mut of_part] {
        let event = stream.next().await;
        assert_eq!(event.line(), "execution outer RUNNING->DELETED");
        assert_eq!(
            (event.get("id"), event.get("root_execution_id")),
            (id.clone(), id.clone())
        );
        assert_eq!(event.get("cursor"), event.id);
    }
    let next = server.finish("w", ITEMS).await;
    let rest = all.until_end(&next).await;
    assert!(
        rest.iter()
            .all(|event| event.get("root_execution_id") == next)
    );
    let tasks = of_tasks.next().await;
    assert_eq!(tasks.line(), "task first None->IDLE");
}

#[tokio::test]
async fn who_was_away_hears_of_a_deletion_by_a_reset() {
    let server = Server::new();
    let id = server.finish("w", ITEMS).await;
    let all = server.follow("cursor=0", None).await.until_end(&id).await;
    let end = &all.last().unwrap().id;
    let path = format!("/v2/executions/{id}");
    server.delete(&path).await.expect(204);
    let mut late = server.follow("", Some(end)).await;
    assert_eq!(late.next().await.name, "reset");
    let again = "version: '2.0'\nv: {tasks: {t: {action: std.noop}}}";
    let next = server.finish("v", again).await;
    let rest = late.until_end(&next).await;
    assert!(rest.iter().all(|event| event.name.is_empty()), "{rest:?}");
}

#[tokio::test]
async fn a_quiet_stream_gives_signs_of_life() {
    let mut config = Config::default();
    config.api.event_heartbeat = 1;
    let server = Server::with(config);
    let mut quiet = server.follow("workflow_name=nobody", None).await;
    quiet.body.next().await.unwrap().unwrap();
    let id = server.finish("w", ITEMS).await;
    let mut sign = Default::default();
    // The first may be from before the end.
    for _ in 0..2 {
        let next = tokio::time::timeout(Duration::from_secs(20), quiet.body.next());
        sign = next.await.unwrap().unwrap().unwrap();
    }
    let sign = std::str::from_utf8(&sign).unwrap();
    let cursor = sign.strip_prefix(": nothing new\nid: ").unwrap().trim();
    // Who goes on from here does not get what was passed over.
    let mut rest = server.follow("", Some(cursor)).await;
    let again = "version: '2.0'\nv: {tasks: {t: {action: std.noop}}}";
    let next = server.finish("v", again).await;
    let events = rest.until_end(&next).await;
    assert!(
        events
            .iter()
            .all(|event| event.get("root_execution_id") != id)
    );
}

#[tokio::test]
async fn wrong_arguments_are_refused() {
    let server = Server::new();
    let refuses = async |query: &str, status, text: &str| {
        let path = format!("/v2/events?{query}");
        server.get(&path).await.refuses(status, text);
    };
    refuses("nonsense=1", 400, "Unknown argument: \"nonsense\"").await;
    refuses("execution_id=x", 404, "WorkflowExecution not found [id=x]").await;
    let text = "Unknown kind 'tasks'; the kinds are execution, task and action.";
    refuses("kinds=execution,tasks", 400, text).await;
    let text = "The cursor is not one that this service gave; use the last event's, or 0 for all \
                that is kept.";
    refuses("cursor=abc", 400, text).await;
    let text = "Operation forbidden (insufficient permissions)";
    refuses("project_id=other", 403, text).await;
    let id = server.finish("w", ITEMS).await;
    let query = format!("execution_id={id}&cursor=0");
    let narrow = server.follow(&query, None).await.next().await.id;
    let text = "The cursor belongs to a stream of other executions.";
    refuses(&format!("cursor={narrow}"), 400, text).await;
    let ids: Vec<_> = (0..101).map(|id| id.to_string()).collect();
    let text = "A stream is about 100 executions at most, 101 are given.";
    refuses(&format!("execution_id={}", ids.join(",")), 400, text).await;
}

#[tokio::test]
async fn streams_are_bounded() {
    let mut config = Config::default();
    config.limits.max_event_streams = 1;
    let server = Server::with(config);
    let first = server.follow("", None).await;
    let text = "Too many requests wait already; try again later.";
    server.get("/v2/events").await.refuses(503, text);
    drop(first);
    server.follow("", None).await;
}
