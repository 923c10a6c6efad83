//! The event stream of a service, which goes on where it was when a connection breaks.

use std::collections::VecDeque;
use std::time::Duration;

use anyhow::anyhow;
use reqwest::Response;
use serde::Deserialize;
use serde_json::Value;

use super::address::Address;
use super::sse::{Frame, Parser};
use crate::api::ApiError;
use crate::remote::Remote;

/// The cursor before everything that is kept.
pub(crate) const BEGINNING: &str = "0";
/// How often a broken connection is made anew before that is an error.
const ATTEMPTS: u32 = 10;
/// How long to wait before that.
const PAUSE: Duration = Duration::from_millis(500);

/// A change of a state.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Event {
    #[serde(default)]
    pub(crate) at: String,
    #[serde(default)]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) task_execution_id: Option<String>,
    #[serde(default)]
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) state: String,
    #[serde(default)]
    pub(crate) previous: Option<String>,
    #[serde(default)]
    pub(crate) progress: Option<Progress>,
}

/// How far a task with items is.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Progress {
    pub(crate) done: u64,
    pub(crate) total: u64,
}

/// What a stream brings.
#[derive(Clone, Debug)]
pub(crate) enum News {
    /// A change, read and as it was sent.
    Change(Box<Event>, Value),
    /// Changes are missing: they are not kept any more.
    Gap,
}

/// A stream of events.
pub(crate) struct EventStream {
    remote: Remote,
    path: String,
    after: Option<String>,
    connection: Option<(Response, Parser)>,
    waiting: VecDeque<Frame>,
}

impl EventStream {
    /// Opens the stream; `None` if the service has none. `after` is a cursor, and without
    /// one the stream begins now.
    pub(crate) async fn open(
        remote: &Remote,
        address: Address,
        after: Option<&str>,
    ) -> Result<Option<Self>, ApiError> {
        let mut stream = Self {
            remote: remote.clone(),
            path: address.into(),
            after: after.map(str::to_owned),
            connection: None,
            waiting: VecDeque::new(),
        };
        match stream.connect().await {
            Ok(()) => Ok(Some(stream)),
            Err(ApiError::Refused {
                status: 404 | 405 | 501,
                ..
            }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn connect(&mut self) -> Result<(), ApiError> {
        let sent = self.remote.stream(&self.path, self.after.as_deref()).await;
        let response = sent.map_err(|error| ApiError::Broken(error.into()))?;
        let status = response.status().as_u16();
        if status != 200 {
            let body = response.text().await.unwrap_or_default();
            let fault: Value = serde_json::from_str(&body).unwrap_or_default();
            let message = fault["faultstring"].as_str().unwrap_or(&body).to_owned();
            return Err(ApiError::Refused { status, message });
        }
        let kind = response.headers().get("content-type");
        if !kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream")) {
            let message = "no event stream".to_owned();
            return Err(ApiError::Refused {
                status: 501,
                message,
            });
        }
        self.connection = Some((response, Parser::new()));
        Ok(())
    }

    /// The next change. Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> Result<News, ApiError> {
        let mut failures = 0;
        loop {
            while let Some(frame) = self.waiting.pop_front() {
                if let Some(news) = self.read(&frame) {
                    return Ok(news);
                }
            }
            match self.receive().await {
                Ok(true) => failures = 0,
                Ok(false) | Err(ApiError::Broken(_)) if failures < ATTEMPTS => {
                    failures += 1;
                    self.connection = None;
                    tokio::time::sleep(PAUSE).await;
                }
                Ok(false) => {
                    return Err(ApiError::Broken(anyhow!(
                        "the event stream breaks again and again"
                    )));
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Takes the next piece of the answer; false at its end.
    async fn receive(&mut self) -> Result<bool, ApiError> {
        if self.connection.is_none() {
            self.connect().await?;
        }
        let Some((response, parser)) = &mut self.connection else {
            return Ok(false);
        };
        let broken = |error: anyhow::Error| ApiError::Broken(error);
        let Some(piece) = response
            .chunk()
            .await
            .map_err(|error| broken(error.into()))?
        else {
            return Ok(false);
        };
        let frames = parser.feed(&piece).map_err(|error| broken(error.into()))?;
        self.waiting.extend(frames);
        Ok(true)
    }

    fn read(&mut self, frame: &Frame) -> Option<News> {
        if let Some(id) = &frame.id {
            self.after = Some(id.clone());
        }
        match (frame.name.as_str(), frame.data.as_str()) {
            ("reset", _) => Some(News::Gap),
            // Only a cursor.
            (_, "") => None,
            ("" | "message", data) => {
                let document: Value = serde_json::from_str(data).ok()?;
                let event = Event::deserialize(&document).ok()?;
                Some(News::Change(Box::new(event), document))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::http::HeaderMap;
    use axum::routing::get;
    use tokio::net::TcpListener;

    use super::*;

    async fn remote(router: Router) -> Remote {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Remote::new(&format!("http://{address}/v2")).unwrap()
    }

    async fn events(headers: HeaderMap) -> ([(&'static str, &'static str); 1], String) {
        let after = headers.get("last-event-id").map(|id| id.to_str().unwrap());
        let text = match after {
            None => "id: c1\ndata: {\"id\":\"a\",\"state\":\"RUNNING\"}\n\nid: c2\n\n",
            Some("c2") => "event: reset\nid: c5\ndata: {}\n\nid: c6\ndata: {\"id\":\"b\"}\n\n",
            Some(other) => panic!("{other}"),
        };
        ([("content-type", "text/event-stream")], text.to_owned())
    }

    #[tokio::test]
    async fn a_broken_stream_goes_on_where_it_was() {
        let remote = remote(Router::new().route("/v2/events", get(events))).await;
        let opened = EventStream::open(&remote, Address::new(&["events"]), None).await;
        let mut stream = opened.unwrap().unwrap();
        let News::Change(first, _) = stream.next().await.unwrap() else {
            panic!("no change");
        };
        assert_eq!((first.id.as_str(), first.state.as_str()), ("a", "RUNNING"));
        assert!(matches!(stream.next().await.unwrap(), News::Gap));
        assert!(matches!(stream.next().await.unwrap(), News::Change(event, _) if event.id == "b"));
    }

    #[tokio::test]
    async fn a_service_without_events_is_no_error() {
        let remote = remote(Router::new()).await;
        let opened = EventStream::open(&remote, Address::new(&["events"]), None).await;
        assert!(opened.unwrap().is_none());
    }
}
