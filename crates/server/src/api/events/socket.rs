//! Events over a WebSocket: a text message each; `{"reset": true, "cursor": …}` where
//! Server-Sent Events have the event `reset`.

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::time::timeout;

use super::Stream;
use crate::events::Batch;

/// The largest message that a client may send, in bytes: there is nothing to say.
const MAX_MESSAGE: usize = 4 << 10;

pub(super) fn answer(upgrade: WebSocketUpgrade, stream: Stream) -> Response {
    upgrade
        .max_message_size(MAX_MESSAGE)
        .max_frame_size(MAX_MESSAGE)
        .on_upgrade(move |socket| stream.talk(socket))
}

impl Stream {
    /// Sends until somebody stops. A client that does not read only holds up itself.
    async fn talk(mut self, socket: WebSocket) {
        let (mut sink, source) = socket.split();
        let stop = self.app.shutdown().clone();
        tokio::select! {
            () = stop.cancelled() => {}
            () = closed(source) => {}
            result = self.send_all(&mut sink) => {
                if let Err(error) = result {
                    tracing::debug!(%error, "a socket with events ended early");
                }
            }
        }
        // The other side may be gone, or may not read: it gets a moment.
        let goodbye = sink.close();
        drop(timeout(std::time::Duration::from_secs(1), goodbye).await);
    }

    async fn send_all(
        &mut self,
        sink: &mut SplitSink<WebSocket, Message>,
    ) -> Result<(), axum::Error> {
        loop {
            match timeout(self.heartbeat, self.follower.next()).await {
                Ok(Ok(batch)) => self.send(sink, &batch).await?,
                Ok(Err(error)) => {
                    tracing::warn!(%error, "an event stream ends: the journal can not be read");
                    return Ok(());
                }
                Err(_) => {
                    self.follower.rest();
                    sink.send(Message::Ping(Default::default())).await?;
                }
            }
        }
    }

    async fn send(
        &mut self,
        sink: &mut SplitSink<WebSocket, Message>,
        batch: &Batch,
    ) -> Result<(), axum::Error> {
        if batch.reset {
            let cursor = self.follower.cursor();
            let text = format!("{{\"reset\":true,\"cursor\":\"{cursor}\"}}");
            sink.feed(Message::Text(text.into())).await?;
        }
        let mut cursor = String::new();
        for event in &batch.events {
            cursor.clear();
            self.follower.pass(event).write(&mut cursor);
            let mut text = String::new();
            event.write(&cursor, &mut text);
            sink.feed(Message::Text(text.into())).await?;
        }
        sink.flush().await
    }
}

/// Resolves when the client ends the connection. What it says does not matter.
async fn closed(mut source: SplitStream<WebSocket>) {
    while let Some(Ok(message)) = source.next().await {
        if matches!(message, Message::Close(_)) {
            return;
        }
    }
}
