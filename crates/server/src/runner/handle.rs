//! The way to the runner from other threads.

use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use engine::event::{Answer, Event};
use engine::model::{ActionId, ExecutionId, Id};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::oneshot;

use super::{Hub, Message, Runner, RunnerParts};
use crate::engine_port::{EnginePort, EngineUnavailable};
use crate::executor::Reports;

/// Stack of the runner's thread, in bytes: expressions and sub-workflows nest as deep
/// as their limits allow.
const STACK: usize = 64 << 20;

/// Sends events to the runner. Cheap to clone.
#[derive(Clone)]
pub(crate) struct EngineHandle {
    inbox: Sender<Message>,
    hub: Arc<Hub>,
}

/// The runner's inbox before there is a runner: executors need it first.
pub(crate) struct Inbox {
    sender: Sender<Message>,
    receiver: mpsc::Receiver<Message>,
}

impl Default for Inbox {
    fn default() -> Self {
        let (sender, receiver) = mpsc::channel();
        Self { sender, receiver }
    }
}

impl Inbox {
    /// Where executors report.
    pub(crate) fn reports(&self) -> Reports {
        Reports::new(self.sender.clone())
    }

    /// Starts the runner's thread.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(crate) fn start(
        self,
        parts: RunnerParts,
    ) -> std::io::Result<(EngineHandle, JoinHandle<()>)> {
        let handle = EngineHandle {
            inbox: self.sender,
            hub: parts.hub.clone(),
        };
        let receiver = self.receiver;
        let thread = std::thread::Builder::new()
            .name("runner".to_owned())
            .stack_size(STACK)
            .spawn(move || Runner::new(parts, receiver).run())?;
        Ok((handle, thread))
    }
}

impl EngineHandle {
    /// Applies an event to the tree of `root`; answered after the commit.
    ///
    /// # Errors
    /// The runner is stopping, or the store does not take the change.
    pub(crate) async fn send(
        &self,
        root: ExecutionId,
        event: Event,
    ) -> Result<Answer, EngineUnavailable> {
        let (reply, answer) = oneshot::channel();
        let message = Message::Event {
            root,
            event,
            reply: Some(reply),
        };
        self.inbox.send(message).map_err(|_| EngineUnavailable)?;
        answer.await.unwrap_or(Err(EngineUnavailable))
    }

    /// Lets the runner commit what it has and end.
    pub(crate) fn stop(&self) {
        // A runner that is gone needs no message.
        drop(self.inbox.send(Message::Stop));
    }

    fn end_of(&self, id: Id, timeout: Duration) -> BoxFuture<'static, ()> {
        let end = self.hub.end_of(id);
        tokio::time::timeout(timeout, end).map(|_| ()).boxed()
    }
}

impl EnginePort for EngineHandle {
    fn send(
        &self,
        root: ExecutionId,
        event: Event,
    ) -> BoxFuture<'_, Result<Answer, EngineUnavailable>> {
        EngineHandle::send(self, root, event).boxed()
    }

    fn ping(&self) -> BoxFuture<'_, Result<(), EngineUnavailable>> {
        let (reply, answer) = oneshot::channel();
        let sent = self.inbox.send(Message::Ping(reply));
        async move {
            sent.map_err(|_| EngineUnavailable)?;
            answer.await.map_err(|_| EngineUnavailable)
        }
        .boxed()
    }

    fn execution_ended(&self, id: ExecutionId, timeout: Duration) -> BoxFuture<'static, ()> {
        self.end_of(id.0, timeout)
    }

    fn action_ended(&self, id: ActionId, timeout: Duration) -> BoxFuture<'static, ()> {
        self.end_of(id.0, timeout)
    }
}
