//! The REST API v2 as this program uses it: over HTTP, or in the same process.
//!
//! `ostro run` and the demo go the way of every other client. What carries the
//! requests is a [`Transport`]; what they mean is here.

mod shapes;

use std::future::Future;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

pub use self::shapes::{Action, Execution, Report, Task, TaskDetails, WorkflowNode};

/// Carries a request to a service.
pub trait Transport {
    /// Sends a request and waits for the whole answer.
    fn send(&self, request: Request) -> impl Future<Output = Result<Reply, anyhow::Error>>;
}

/// A request: the path is relative to the service's address and begins with `/v2`.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET`, `POST`, `PUT` or `DELETE`.
    pub method: &'static str,
    /// Path and query.
    pub path: String,
    /// Content type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: Vec<u8>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
    /// The text of an error, if the answer carries one outside of its body (REST API §3.3).
    pub complaint: Option<String>,
}

/// What a request carries.
#[derive(Clone, Debug)]
pub enum Body {
    /// Nothing.
    None,
    /// A JSON document.
    Json(Value),
    /// A definition or a code source.
    Text(String),
}

/// A request that did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The service refused it.
    #[error("{message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The service's text.
        message: String,
    },
    /// There was no answer, or one that nobody can read.
    #[error("the service cannot be asked")]
    Broken(#[source] anyhow::Error),
}

/// The kinds of documents with definitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// One or many workflows.
    Workflows,
    /// A workbook.
    Workbook,
}

impl Document {
    fn path(self) -> &'static str {
        match self {
            Self::Workflows => "/v2/workflows",
            Self::Workbook => "/v2/workbooks",
        }
    }
}

/// The service behind a transport.
#[derive(Clone, Debug)]
pub struct Api<T> {
    transport: T,
}

impl<T: Transport> Api<T> {
    /// The service that the transport leads to.
    pub fn new(transport: T) -> Self {
        Self { transport }
    }

    /// Stores definitions; those that exist already are replaced.
    ///
    /// # Errors
    /// The service's complaint about the document.
    pub async fn upload(&self, document: Document, text: &str) -> Result<(), ApiError> {
        let sent = self.definition("POST", document, text).await;
        match sent {
            Err(ApiError::Refused { status: 409, .. }) => {
                self.definition("PUT", document, text).await
            }
            other => other,
        }
    }

    async fn definition(
        &self,
        method: &'static str,
        document: Document,
        text: &str,
    ) -> Result<(), ApiError> {
        let request = Request {
            method,
            path: document.path().to_owned(),
            content_type: "text/plain",
            body: text.as_bytes().to_vec(),
        };
        self.exchange::<Value>(request).await.map(drop)
    }

    /// Starts a workflow.
    ///
    /// # Errors
    /// Unknown workflow, bad input, and what else the service refuses.
    pub async fn start(
        &self,
        workflow: &str,
        input: Map<String, Value>,
        env: Map<String, Value>,
    ) -> Result<Execution, ApiError> {
        let mut params = Map::new();
        if !env.is_empty() {
            params.insert("env".to_owned(), Value::Object(env));
        }
        let body = json!({"workflow_name": workflow, "input": input, "params": params});
        self.json("POST", "/v2/executions".to_owned(), &body).await
    }

    /// An execution as it is now.
    ///
    /// # Errors
    /// Unknown id.
    pub async fn execution(&self, id: &str) -> Result<Execution, ApiError> {
        self.get(format!("/v2/executions/{id}")).await
    }

    /// The execution when it has ended, or as it is after `patience` (whole seconds).
    ///
    /// # Errors
    /// Unknown id.
    pub async fn wait(&self, id: &str, patience: Duration) -> Result<Execution, ApiError> {
        let seconds = patience.as_secs();
        self.get(format!("/v2/executions/{id}/wait?timeout={seconds}"))
            .await
    }

    /// The tree below an execution: tasks, actions and sub-workflows.
    ///
    /// # Errors
    /// Unknown id.
    pub async fn report(&self, id: &str) -> Result<Report, ApiError> {
        self.get(format!("/v2/executions/{id}/report?max_depth=-1"))
            .await
    }

    /// The tasks of an execution, in the order of their creation.
    ///
    /// # Errors
    /// Unknown id.
    pub async fn tasks(&self, execution: &str) -> Result<Vec<TaskDetails>, ApiError> {
        let path = format!("/v2/executions/{execution}/tasks?sort_keys=created_at,id");
        let list: shapes::TaskList = self.get(path).await?;
        Ok(list.tasks)
    }

    /// A task with its result.
    ///
    /// # Errors
    /// Unknown id.
    pub async fn task(&self, id: &str) -> Result<TaskDetails, ApiError> {
        self.get(format!("/v2/tasks/{id}")).await
    }

    /// Asks for another state of an execution: `PAUSED`, `RUNNING`, `CANCELLED`…
    ///
    /// # Errors
    /// A change that the state does not allow.
    pub async fn set_state(&self, id: &str, state: &str) -> Result<Execution, ApiError> {
        self.json(
            "PUT",
            format!("/v2/executions/{id}"),
            &json!({"state": state}),
        )
        .await
    }

    /// Runs a failed task again; without `reset` only its failed items.
    ///
    /// # Errors
    /// A task that did not fail.
    pub async fn rerun(&self, task: &str, reset: bool) -> Result<TaskDetails, ApiError> {
        let body = json!({"state": "RUNNING", "reset": reset});
        self.json("PUT", format!("/v2/tasks/{task}"), &body).await
    }

    /// Any request; an answer without a body gives null.
    ///
    /// # Errors
    /// What the service refuses.
    pub async fn call(
        &self,
        method: &'static str,
        path: impl Into<String>,
        body: Body,
    ) -> Result<Value, ApiError> {
        let (content_type, body) = match body {
            Body::None => ("application/json", Vec::new()),
            Body::Json(value) => ("application/json", value.to_string().into_bytes()),
            Body::Text(text) => ("text/plain", text.into_bytes()),
        };
        let path = path.into();
        self.exchange(Request {
            method,
            path,
            content_type,
            body,
        })
        .await
    }

    /// What carries the requests.
    pub fn transport(&self) -> &T {
        &self.transport
    }

    async fn get<R: DeserializeOwned>(&self, path: String) -> Result<R, ApiError> {
        let request = Request {
            method: "GET",
            path,
            content_type: "application/json",
            body: Vec::new(),
        };
        self.exchange(request).await
    }

    async fn json<R: DeserializeOwned>(
        &self,
        method: &'static str,
        path: String,
        body: &Value,
    ) -> Result<R, ApiError> {
        let request = Request {
            method,
            path,
            content_type: "application/json",
            body: body.to_string().into_bytes(),
        };
        self.exchange(request).await
    }

    async fn exchange<R: DeserializeOwned>(&self, request: Request) -> Result<R, ApiError> {
        let reply = self
            .transport
            .send(request)
            .await
            .map_err(ApiError::Broken)?;
        if reply.status >= 400 {
            return Err(refusal(&reply));
        }
        let body = match reply.body.trim_ascii() {
            [] => b"null",
            body => body,
        };
        serde_json::from_slice(body).map_err(|error| {
            let text: String = String::from_utf8_lossy(body).chars().take(200).collect();
            let what = format!("an answer that is no document of the API: {text:?}");
            ApiError::Broken(anyhow::Error::new(error).context(what))
        })
    }
}

/// The text of an error is in a header, in the document, or is the document (REST API §3).
fn refusal(reply: &Reply) -> ApiError {
    let document: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let text = |key: &str| document.get(key).and_then(Value::as_str).map(str::to_owned);
    let message = reply
        .complaint
        .clone()
        .or_else(|| {
            ["faultstring", "description", "message"]
                .into_iter()
                .find_map(text)
        })
        .unwrap_or_else(|| plain(&String::from_utf8_lossy(&reply.body)));
    ApiError::Refused {
        status: reply.status,
        message,
    }
}

/// The first words of a page without its markup.
fn plain(page: &str) -> String {
    let mut inside = false;
    let text: String = page
        .chars()
        .filter(|character| {
            let shown = !inside && *character != '<';
            inside = *character == '<' || (inside && *character != '>');
            shown
        })
        .collect();
    let words: Vec<&str> = text.split_whitespace().take(60).collect();
    words.join(" ")
}
