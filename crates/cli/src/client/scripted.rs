//! A service for tests that answers what it is told, over a socket.

use std::collections::VecDeque;
use std::ops::Deref;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::connection::Client;
use super::print::Output;
use crate::api::Api;
use crate::remote::Remote;

/// Answers in the order in which they were given.
pub(crate) struct Scripted {
    answers: VecDeque<(&'static str, u16, String)>,
}

/// A client of a scripted service.
pub(crate) struct Asking {
    client: Client,
    heard: Arc<Heard>,
}

struct Heard {
    answers: Mutex<VecDeque<(&'static str, u16, String)>>,
    requests: Mutex<Vec<(String, String)>>,
}

impl Scripted {
    pub(crate) fn new() -> Self {
        Self {
            answers: VecDeque::new(),
        }
    }

    /// The answer to the next request, which has that method.
    pub(crate) fn answer(self, method: &'static str, status: u16, body: &Value) -> Self {
        self.text(method, status, &body.to_string())
    }

    /// The same with any text.
    pub(crate) fn text(mut self, method: &'static str, status: u16, body: &str) -> Self {
        self.answers.push_back((method, status, body.to_owned()));
        self
    }

    pub(crate) async fn client(self) -> Asking {
        let heard = Arc::new(Heard {
            answers: Mutex::new(self.answers),
            requests: Mutex::default(),
        });
        let router = Router::new().fallback(reply).with_state(Arc::clone(&heard));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let remote = Remote::new(&format!("http://{address}/v2")).unwrap();
        let client = Client {
            api: Api::new(remote),
            output: Output { json: false },
        };
        Asking { client, heard }
    }
}

async fn reply(State(heard): State<Arc<Heard>>, request: Request) -> (StatusCode, String) {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    let asked = format!("{} {}", head.method, head.uri);
    heard.requests.lock().unwrap().push((asked.clone(), body));
    let answer = heard.answers.lock().unwrap().pop_front();
    match answer {
        Some((method, status, body)) if head.method.as_str() == method => {
            (StatusCode::from_u16(status).unwrap(), body)
        }
        other => {
            let text = format!("{asked} is not in the script, which has {other:?}");
            let fault = json!({"faultstring": text});
            (StatusCode::IM_A_TEAPOT, fault.to_string())
        }
    }
}

impl Asking {
    /// The requests so far: method and path.
    pub(crate) fn asked(&self) -> Vec<String> {
        let requests = self.heard.requests.lock().unwrap();
        requests.iter().map(|(asked, _)| asked.clone()).collect()
    }

    /// The JSON that a request carried.
    pub(crate) fn sent(&self, request: usize) -> Value {
        let requests = self.heard.requests.lock().unwrap();
        serde_json::from_str(&requests[request].1).unwrap()
    }
}

impl Deref for Asking {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}
