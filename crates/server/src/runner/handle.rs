//! The way to the runner from other threads.

use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use engine::change::JournalKind;
use engine::event::{Answer, Event};
use engine::model::{ActionId, ExecutionId, Id};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use store::{Catalog, ExecutionKey, Shard, Trouble};
use tokio::sync::oneshot;

use super::hub::Watch;
use super::{Hub, Message, Reply, Runner, RunnerParts, Unanswered};
use crate::cluster::Cluster;
use crate::engine_port::{Ending, EnginePort, EngineUnavailable};
use crate::executor::Reports;

/// Stack of the runner's thread, in bytes: expressions and sub-workflows nest as deep
/// as their limits allow.
const STACK: usize = 64 << 20;

/// Sends events to the runner. Cheap to clone.
#[derive(Clone)]
pub(crate) struct EngineHandle {
    inbox: Sender<Message>,
    hub: Arc<Hub>,
    /// The other nodes, and where to look for what they did.
    cluster: Option<(Arc<Cluster>, Arc<dyn Catalog>)>,
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
    /// The way in, for the cluster's threads.
    pub(crate) fn sender(&self) -> Sender<Message> {
        self.sender.clone()
    }

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
            cluster: parts
                .cluster
                .clone()
                .map(|cluster| (cluster, parts.world.catalog.clone())),
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
        let Some((cluster, _)) = &self.cluster else {
            let answer = self.send_here(root, event).await;
            return answer.map_err(|_| EngineUnavailable);
        };
        if cluster.owns(root) {
            match self.send_here(root, event.clone()).await {
                Err(Unanswered::Elsewhere) => {}
                Err(Unanswered::Unavailable) => return Err(EngineUnavailable),
                Ok(answer) => return Ok(answer),
            }
        }
        cluster.clone().ask(root, &event).await
    }

    async fn send_here(&self, root: ExecutionId, event: Event) -> Reply {
        let (reply, answer) = oneshot::channel();
        let message = Message::Event {
            root,
            event,
            reply: Some(reply),
        };
        let gone = Err(Unanswered::Unavailable);
        if self.inbox.send(message).is_err() {
            return gone;
        }
        answer.await.unwrap_or(gone)
    }

    /// Lets the runner commit what it has and end.
    pub(crate) fn stop(&self) {
        // A runner that is gone needs no message.
        drop(self.inbox.send(Message::Stop));
    }

    fn end_of(&self, id: Id, kind: JournalKind, timeout: Duration) -> Ending {
        let watch = self.hub.watch(id);
        let is_ahead = watch.is_running;
        let end = match self.cluster.clone() {
            None => watch.end.map(|_| ()).boxed(),
            Some((_, catalog)) => end_on_any_node(watch, catalog, id, kind).boxed(),
        };
        Ending {
            is_ahead,
            reached: tokio::time::timeout(timeout, end).map(|_| ()).boxed(),
        }
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

    fn trouble(&self) -> Option<Trouble> {
        self.hub.trouble()
    }

    fn handles(&self, root: ExecutionId) -> bool {
        match &self.cluster {
            Some((cluster, _)) => cluster.owns(root) || cluster.shards().is_empty(),
            None => true,
        }
    }

    fn owns(&self, id: Id) -> bool {
        let cluster = self.cluster.as_ref();
        cluster.is_none_or(|(cluster, _)| cluster.owns(ExecutionId(id)))
    }

    fn leads(&self) -> bool {
        let cluster = self.cluster.as_ref();
        let first = Shard::all().next();
        cluster
            .is_none_or(|(cluster, _)| first.is_some_and(|first| cluster.shards().contains(first)))
    }

    fn execution_ended(&self, id: ExecutionId, timeout: Duration) -> Ending {
        self.end_of(id.0, JournalKind::Execution, timeout)
    }

    fn action_ended(&self, id: ActionId, timeout: Duration) -> Ending {
        self.end_of(id.0, JournalKind::Action, timeout)
    }
}

async fn end_on_any_node(watch: Watch, catalog: Arc<dyn Catalog>, id: Id, kind: JournalKind) {
    let Watch { is_running, end } = watch;
    if is_running {
        if end.await.is_ok() {
            return;
        }
        // It went to another node.
        while !has_ended(&catalog, id, kind).await {}
        return;
    }
    // It may be another node's: then nobody tells.
    let seen = async { while !has_ended(&catalog, id, kind).await {} };
    tokio::select! { Ok(()) = end => {} () = seen => {} }
}

/// How often one looks whether something on another node has ended.
const LOOK: Duration = Duration::from_millis(200);

/// Looks after a while. What is gone has ended, too.
async fn has_ended(catalog: &Arc<dyn Catalog>, id: Id, kind: JournalKind) -> bool {
    tokio::time::sleep(LOOK).await;
    let catalog = catalog.clone();
    let look = move || match kind {
        JournalKind::Execution => {
            let found = catalog.execution(&ExecutionKey::Id(ExecutionId(id)));
            found.map(|record| record.is_none_or(|record| record.state.is_completed()))
        }
        _ => {
            let found = catalog.action(ActionId(id));
            found.map(|record| record.is_none_or(|record| record.state.is_completed()))
        }
    };
    matches!(tokio::task::spawn_blocking(look).await, Ok(Ok(true)))
}
