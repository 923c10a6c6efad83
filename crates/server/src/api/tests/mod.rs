//! The API as callers see it: a whole node in memory, without a listener.

mod action_executions;
mod code;
mod cors;
mod cron_triggers;
mod definitions;
mod environments;
mod event_triggers;
mod events;
mod executions;
mod expressions;
mod from_task;
mod histories;
mod joins;
mod left;
mod lists;
mod maintenance;
mod operations;
mod protocol;
mod repeatable;
mod scripted;
mod sizes;
mod sockets;
mod tasks;
mod why;

use axum::body::{Body, to_bytes};
use http::{HeaderMap, Request, StatusCode};
use tokio::runtime::Handle;
use tower::ServiceExt;
use yaql::{Dict, Value, json};

use crate::api::{ApiService, App, service};
use crate::config::Config;
use crate::node::Node;

/// A server for one test.
pub(in crate::api) struct Server {
    api: ApiService,
    node: Option<Node>,
}

/// An answer.
#[derive(Debug)]
pub(in crate::api) struct Reply {
    pub(in crate::api) status: StatusCode,
    pub(in crate::api) headers: HeaderMap,
    pub(in crate::api) text: String,
}

impl Server {
    pub(in crate::api) fn new() -> Self {
        Self::with(Config::default())
    }

    pub(in crate::api) fn with(config: Config) -> Self {
        let node = Node::in_memory(config, Handle::current()).unwrap();
        let api = service(App::new(node.services()));
        Self {
            api,
            node: Some(node),
        }
    }

    pub(in crate::api) fn of_app(app: App) -> Self {
        Self {
            api: service(app),
            node: None,
        }
    }

    pub(in crate::api) async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.api.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        Reply {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    pub(in crate::api) async fn call(&self, method: &str, path: &str, body: &str) -> Reply {
        self.call_with(method, path, body, &[]).await
    }

    pub(in crate::api) async fn call_with(
        &self,
        method: &str,
        path: &str,
        body: &str,
        headers: &[(&str, &str)],
    ) -> Reply {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "h:1");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from(body.to_owned())).unwrap())
            .await
    }

    pub(in crate::api) async fn get(&self, path: &str) -> Reply {
        self.call("GET", path, "").await
    }

    pub(in crate::api) async fn post(&self, path: &str, body: &str) -> Reply {
        self.call("POST", path, body).await
    }

    pub(in crate::api) async fn put(&self, path: &str, body: &str) -> Reply {
        self.call("PUT", path, body).await
    }

    pub(in crate::api) async fn delete(&self, path: &str) -> Reply {
        self.call("DELETE", path, "").await
    }

    /// Uploads workflows and starts one; answers its id.
    pub(in crate::api) async fn start(&self, name: &str, definition: &str) -> String {
        self.post("/v2/workflows", definition).await.expect(201);
        let body = format!(r#"{{"workflow_name": "{name}"}}"#);
        self.post("/v2/executions", &body)
            .await
            .expect(201)
            .field("id")
    }

    /// Asks until the answer is as it will be in the end.
    pub(in crate::api) async fn until(&self, path: &str, is_so: impl Fn(&Reply) -> bool) -> Reply {
        let mut answer = self.get(path).await;
        for _ in 0..4_000 {
            if is_so(&answer) {
                return answer;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            answer = self.get(path).await;
        }
        panic!("in vain: {answer:?}");
    }

    /// Starts a workflow and waits for its end.
    pub(in crate::api) async fn finish(&self, name: &str, definition: &str) -> String {
        let id = self.start(name, definition).await;
        let ended = self
            .get(&format!("/v2/executions/{id}/wait?timeout=30"))
            .await
            .expect(200);
        assert_ne!(ended.field("state"), "RUNNING", "{ended:?}");
        id
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(node) = self.node.take() {
            node.stop();
        }
    }
}

impl Reply {
    /// Asserts the status.
    #[track_caller]
    pub(in crate::api) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }

    /// Asserts status and `faultstring`.
    #[track_caller]
    pub(in crate::api) fn refuses(self, status: u16, text: &str) {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(self.field("faultstring"), text);
    }

    #[track_caller]
    pub(in crate::api) fn dict(&self) -> Dict {
        json::parse(&self.text).unwrap().as_dict().unwrap().clone()
    }

    /// An attribute of the body in Python's text form.
    #[track_caller]
    pub(in crate::api) fn field(&self, name: &str) -> String {
        let dict = self.dict();
        let value = dict.get(name);
        value
            .unwrap_or_else(|| panic!("no {name} in {}", self.text))
            .to_string()
    }

    /// The names of the attributes.
    #[track_caller]
    pub(in crate::api) fn keys(&self) -> Vec<String> {
        self.dict().keys().map(Value::to_string).collect()
    }

    /// The entries of a list.
    #[track_caller]
    pub(in crate::api) fn entries(&self, collection: &str) -> Vec<Dict> {
        let dict = self.dict();
        let list = dict.get(collection).and_then(Value::as_list).cloned();
        let list = list.unwrap_or_else(|| panic!("no {collection} in {}", self.text));
        list.iter()
            .map(|entry| entry.as_dict().unwrap().clone())
            .collect()
    }

    /// One attribute of each entry of a list.
    #[track_caller]
    pub(in crate::api) fn column(&self, collection: &str, name: &str) -> Vec<String> {
        let entries = self.entries(collection);
        entries
            .iter()
            .map(|entry| entry.get(name).cloned().unwrap_or_default().to_string())
            .collect()
    }
}
