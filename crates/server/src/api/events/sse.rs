//! Events as Server-Sent Events: `id:` is the cursor, `data:` the event.

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::response::Response;
use futures_util::stream::{self, Stream as Chunks};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use tokio::time::timeout;

use super::Stream;
use crate::events::Batch;

/// Milliseconds after which a browser connects again.
const RETRY: &str = "retry: 2000\n";

/// A rough size of an event, in bytes.
const EVENT: usize = 640;

pub(super) fn answer(stream: Stream) -> Response {
    let first = format!("{RETRY}id: {}\n\n", stream.follower.cursor());
    let mut response = Response::new(Body::from_stream(chunks(first, stream)));
    let headers = response.headers_mut();
    let kind = HeaderValue::from_static("text/event-stream");
    headers.insert(CONTENT_TYPE, kind);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // A proxy must not collect events.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// The body: it begins with the cursor, so that a connection that breaks at once goes
/// on without a gap, too.
fn chunks(first: String, stream: Stream) -> impl Chunks<Item = Result<Bytes, Infallible>> {
    let state = (Some(first), stream);
    stream::unfold(state, async |(first, mut stream)| {
        let chunk = match first {
            Some(first) => first,
            None => stream.chunk().await?,
        };
        Some((Ok(Bytes::from(chunk)), (None, stream)))
    })
}

impl Stream {
    /// The next part of the body; `None` at the end.
    async fn chunk(&mut self) -> Option<String> {
        let stop = self.app.shutdown().clone();
        let next = timeout(self.heartbeat, self.follower.next());
        let batch = tokio::select! {
            () = stop.cancelled() => return None,
            batch = next => batch,
        };
        match batch {
            Ok(Ok(batch)) => Some(self.text(&batch)),
            Ok(Err(error)) => {
                tracing::warn!(%error, "an event stream ends: the journal can not be read");
                None
            }
            Err(_) => {
                self.follower.rest();
                Some(format!(": nothing new\nid: {}\n\n", self.follower.cursor()))
            }
        }
    }

    fn text(&mut self, batch: &Batch) -> String {
        let mut text = String::with_capacity(batch.events.len() * EVENT);
        let mut cursor = String::new();
        if batch.reset {
            self.follower.cursor().write(&mut cursor);
            text.push_str("event: reset\nid: ");
            text.push_str(&cursor);
            text.push_str("\ndata: {\"cursor\":\"");
            text.push_str(&cursor);
            text.push_str("\"}\n\n");
        }
        for event in &batch.events {
            cursor.clear();
            self.follower.pass(event).write(&mut cursor);
            text.push_str("id: ");
            text.push_str(&cursor);
            text.push_str("\ndata: ");
            event.write(&cursor, &mut text);
            text.push_str("\n\n");
        }
        text
    }
}
