//! This node among others that share the database.
//!
//! Two threads: one says that the node is alive and tells the runner which shards it
//! has; the other one carries letters: events for shards of other nodes, and answers.
//! What they tell the runner are facts of the database; the fence of each commit is
//! what makes them safe when they are outdated.

mod beats;
mod letter;
mod post;
mod reasons;

pub(crate) use letter::write_answer;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use engine::event::{Answer, Event};
use engine::model::{ActionId, ExecutionId, Id, IdSource};
use store::cluster::{Letter, ShardSet};
use store::postgres::{NodeInfo, Postgres};
use store::{Shard, StoreError};
use tokio::sync::oneshot;

use crate::definitions::Definitions;
use crate::engine_port::EngineUnavailable;
use crate::runner::{Clock, Message, SystemClock};

/// How long an answer is waited for: it may be lost with a connection.
const ANSWERING: Duration = Duration::from_secs(60);

/// The node, as far as others concern it. Shared by the runner, the API and the threads.
pub(crate) struct Cluster {
    store: Arc<Postgres>,
    name: String,
    /// The incarnation.
    id: AtomicU64,
    /// The shards that the runner has, as far as is known: a hint where to send events.
    owned: AtomicU64,
    ids: Mutex<IdSource>,
    /// Letters whose answers somebody waits for.
    waiting: Mutex<HashMap<Id, oneshot::Sender<String>>>,
    /// Letters that the runner has.
    in_flight: Mutex<HashSet<Id>>,
    outgoing: Mutex<VecDeque<Outgoing>>,
    stopping: AtomicBool,
}

/// What the runner wants to be sent, until it is.
enum Outgoing {
    /// An event nobody waits for, to the owner of its tree.
    Event(ExecutionId, Event),
    /// Stop running an action, to the node that runs it.
    Abort(u64, ActionId),
}

/// What the runner learns of the cluster.
pub(crate) enum Tidings {
    /// The incarnations that nobody gave up.
    Alive(HashSet<u64>),
    /// Shards are this node's now.
    Gained(ShardSet),
    /// Shards are not this node's any more.
    Lost(ShardSet),
    /// Shards are to be given away: they may be when the sender is dropped.
    Release(ShardSet, Sender<()>),
    /// The others gave this node up; it comes back with a new id.
    Reborn(u64),
}

/// The threads of a node; they end when told to.
pub(crate) struct Threads(Vec<JoinHandle<()>>);

impl Cluster {
    /// Makes the process a node.
    ///
    /// # Errors
    /// What the database says.
    pub(crate) fn join(store: Arc<Postgres>, name: &str, id: u64) -> Result<Self, StoreError> {
        let cluster = Self {
            store,
            name: name.to_owned(),
            id: AtomicU64::new(id),
            owned: AtomicU64::new(0),
            ids: Mutex::new(IdSource::new(SystemClock::default().now(), 0, id)),
            waiting: Mutex::default(),
            in_flight: Mutex::default(),
            outgoing: Mutex::default(),
            stopping: AtomicBool::new(false),
        };
        cluster.enter(id)?;
        Ok(cluster)
    }

    fn enter(&self, id: u64) -> Result<(), StoreError> {
        self.store.join(NodeInfo {
            id,
            name: self.name.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            engine: true,
        })?;
        self.id.store(id, Ordering::Relaxed);
        Ok(())
    }

    /// Starts the threads.
    ///
    /// # Errors
    /// The system gives none.
    pub(crate) fn start(
        self: &Arc<Self>,
        runner: Sender<Message>,
        definitions: Arc<Definitions>,
        lease: Duration,
    ) -> std::io::Result<Threads> {
        let (wake, woken) = mpsc::channel();
        let (first, second) = (self.clone(), self.clone());
        let to_runner = runner.clone();
        let beats = std::thread::Builder::new()
            .name("leases".to_owned())
            .spawn(move || first.keep_alive(&to_runner, &woken, lease / 4))?;
        let post = std::thread::Builder::new()
            .name("letters".to_owned())
            .spawn(move || second.carry_letters(&runner, &wake, &definitions))?;
        Ok(Threads(vec![beats, post]))
    }

    /// Ends the threads' work. The runner goes on until it is stopped.
    pub(crate) fn stop(&self, threads: Threads) {
        self.stopping.store(true, Ordering::Relaxed);
        for thread in threads.0 {
            if thread.join().is_err() {
                tracing::error!("a thread of the cluster ended with a panic");
            }
        }
    }

    /// Gives all away; for when the runner has ended.
    pub(crate) fn leave(&self) {
        if let Err(error) = self.store.leave() {
            tracing::warn!(%error, "the other nodes will find out that this one has stopped");
        }
    }

    /// Whether events for a tree go to this node's runner.
    pub(crate) fn owns(&self, root: ExecutionId) -> bool {
        ShardSet::from_bits(self.owned.load(Ordering::Relaxed)).contains(Shard::of(root))
    }

    /// The shards that this node has at present.
    pub(crate) fn shards(&self) -> ShardSet {
        ShardSet::from_bits(self.owned.load(Ordering::Relaxed))
    }

    /// The database, to ask it about the nodes.
    pub(crate) fn store(&self) -> &Arc<Postgres> {
        &self.store
    }

    /// Lets the owner of a tree apply an event.
    pub(crate) async fn ask(
        self: Arc<Self>,
        root: ExecutionId,
        event: &Event,
    ) -> Result<Answer, EngineUnavailable> {
        let text = letter::write(root, event).ok_or(EngineUnavailable)?;
        let letter = self.letter(text);
        let (sender, answer) = oneshot::channel();
        let id = letter.id;
        lock(&self.waiting).insert(id, sender);
        let this = self.clone();
        let posted =
            tokio::task::spawn_blocking(move || this.store.post(Shard::of(root), &letter)).await;
        if !matches!(posted, Ok(Ok(()))) {
            lock(&self.waiting).remove(&id);
            return Err(EngineUnavailable);
        }
        let answer = tokio::time::timeout(ANSWERING, answer).await;
        let text = answer
            .map_err(|_| EngineUnavailable)?
            .map_err(|_| EngineUnavailable)?;
        letter::read_answer(&text).ok_or(EngineUnavailable)
    }

    /// Sends an event to the owner of its tree, sooner or later.
    pub(crate) fn forward(&self, root: ExecutionId, event: Event) {
        lock(&self.outgoing).push_back(Outgoing::Event(root, event));
    }

    /// Has an action stopped by the node that runs it.
    pub(crate) fn abort(&self, node: u64, action: ActionId) {
        lock(&self.outgoing).push_back(Outgoing::Abort(node, action));
    }

    /// The runner is done with letters: a commit has taken them, or it could not.
    pub(crate) fn returned(&self, letters: impl Iterator<Item = Id>) {
        let mut in_flight = lock(&self.in_flight);
        for id in letters {
            in_flight.remove(&id);
        }
    }

    fn letter(&self, text: String) -> Letter {
        let mut ids = lock(&self.ids);
        let (sequence, seed) = (ids.sequence(), ids.next_random());
        *ids = IdSource::new(SystemClock::default().now(), sequence, seed);
        Letter {
            id: ids.next_id(),
            sender: self.id.load(Ordering::Relaxed),
            text,
        }
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}

/// The collections stay whole whatever panicked.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
