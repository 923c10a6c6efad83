//! This node among others that share the database.
//!
//! Three threads: one says that the node is alive and tells the runner which shards it
//! has; one carries letters: events for shards of other nodes, and answers; where
//! actions run, one takes those that are offered. What they tell the runner are facts of
//! the database; the fence of each commit is what makes them safe when they are outdated.

mod beats;
mod letter;
mod offers;
mod places;
mod post;
mod reasons;

pub(crate) use letter::write_answer;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use engine::event::{Answer, Event};
use engine::model::{ActionId, ExecutionId, Id, IdSource};
use store::cluster::{Letter, LostOffer, ShardSet};
use store::postgres::{Addressee, Bell, NodeInfo, Postgres};
use store::{Roles, Shard, StoreError};
use tokio::sync::oneshot;

use crate::definitions::Definitions;
use crate::engine_port::EngineUnavailable;
use crate::runner::{Clock, Message, SystemClock};
use places::Places;

/// How long an answer is waited for: it may be lost with a connection.
const ANSWERING: Duration = Duration::from_secs(60);

/// How often a node that ends looks whether it has come to rest.
const RESTING: Duration = Duration::from_millis(20);

/// The node, as far as others concern it. Shared by the runner, the API and the threads.
pub(crate) struct Cluster {
    store: Arc<Postgres>,
    member: Membership,
    /// The targets whose actions run here: the node's name is one.
    targets: Vec<String>,
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
    /// Wakes the thread that carries letters.
    bell: Mutex<Option<Bell>>,
    places: Places,
    /// Held while offers are taken, until they are with the runner.
    handing: Mutex<()>,
    /// It takes nothing any more.
    retired: AtomicBool,
    stopping: AtomicBool,
}

/// What the node is among the others.
#[derive(Clone, Debug)]
pub(crate) struct Membership {
    pub(crate) name: String,
    pub(crate) roles: Roles,
    /// Targets of actions, beside its name.
    pub(crate) targets: Vec<String>,
}

/// What the runner wants to be sent, until it is.
#[derive(Clone)]
enum Outgoing {
    /// An event nobody waits for, to the owner of its tree.
    Event(ExecutionId, Event),
    /// Stop running an action, to the node that runs it.
    Abort(u64, ActionId),
}

/// What the runner learns of the cluster.
pub(crate) enum Tidings {
    /// The incarnations that nobody gave up, and whether others than this one run
    /// actions.
    Nodes {
        alive: HashSet<u64>,
        other_executors: bool,
    },
    /// Offers of this node's shards: those whose executors are gone, and how many nobody
    /// took yet.
    Offers {
        lost: Vec<LostOffer>,
        waiting: usize,
    },
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
    pub(crate) fn join(
        store: Arc<Postgres>,
        member: Membership,
        id: u64,
    ) -> Result<Self, StoreError> {
        let name = std::iter::once(&member.name);
        let cluster = Self {
            store,
            targets: name.chain(&member.targets).cloned().collect(),
            member,
            id: AtomicU64::new(id),
            owned: AtomicU64::new(0),
            ids: Mutex::new(IdSource::new(SystemClock::default().now(), 0, id)),
            waiting: Mutex::default(),
            in_flight: Mutex::default(),
            outgoing: Mutex::default(),
            bell: Mutex::default(),
            places: Places::default(),
            handing: Mutex::default(),
            retired: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
        };
        cluster.enter(id)?;
        Ok(cluster)
    }

    fn enter(&self, id: u64) -> Result<(), StoreError> {
        self.store.join(NodeInfo {
            id,
            name: self.member.name.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            roles: self.roles(),
            targets: self.member.targets.clone(),
        })?;
        self.id.store(id, Ordering::Relaxed);
        Ok(())
    }

    /// What the node takes; nothing if it is about to end.
    fn roles(&self) -> Roles {
        match self.is_retired() {
            true => Roles {
                engine: false,
                executor: false,
                ..self.member.roles
            },
            false => self.member.roles,
        }
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
        let (this, to_runner) = (self.clone(), runner.clone());
        let beats = spawn("leases", move || {
            this.keep_alive(&to_runner, &woken, lease / 4);
        })?;
        let (this, to_runner) = (self.clone(), runner.clone());
        let post = spawn("letters", move || {
            this.carry_letters(&to_runner, &wake, &definitions);
        })?;
        let mut threads = vec![beats, post];
        if self.member.roles.executor {
            let this = self.clone();
            threads.push(spawn("offers", move || this.take_offers(&runner))?);
        }
        Ok(Threads(threads))
    }

    /// Hands all shards over, and gives the actions that run here time to end; their
    /// results go to the new owners, or wait for one.
    pub(crate) fn retire(&self, limit: Duration) {
        self.retired.store(true, Ordering::Relaxed);
        if let Err(error) = self.store.retire() {
            tracing::warn!(%error, "the node stops without a farewell");
            return;
        }
        let end = Instant::now() + limit;
        while !self.is_at_rest() {
            if Instant::now() > end {
                tracing::warn!(?limit, "actions were cut off by the stop");
                return;
            }
            std::thread::sleep(RESTING);
        }
    }

    fn is_at_rest(&self) -> bool {
        self.shards().is_empty() && self.places.are_all_free() && lock(&self.outgoing).is_empty()
    }

    /// Ends the threads' work. The runner goes on until it is stopped.
    pub(crate) fn stop(&self, threads: Threads) {
        self.stopping.store(true, Ordering::Relaxed);
        self.places.ring();
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
        let letter = self.letter(text, Some(self.id.load(Ordering::Relaxed)));
        let (sender, answer) = oneshot::channel();
        let id = letter.id;
        lock(&self.waiting).insert(id, sender);
        let this = self.clone();
        let owner = Addressee::Shard(Shard::of(root));
        let posted = tokio::task::spawn_blocking(move || this.store.post(&[(owner, letter)])).await;
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
        self.send_soon(Outgoing::Event(root, event));
    }

    /// Has an action stopped by the node that runs it.
    pub(crate) fn abort(&self, node: u64, action: ActionId) {
        self.send_soon(Outgoing::Abort(node, action));
    }

    fn send_soon(&self, outgoing: Outgoing) {
        lock(&self.outgoing).push_back(outgoing);
        if let Some(bell) = &*lock(&self.bell) {
            bell.ring();
        }
    }

    /// Whether actions run on this node.
    pub(crate) fn is_executor(&self) -> bool {
        self.member.roles.executor
    }

    /// Whether actions for that target run on this node.
    pub(crate) fn has_target(&self, target: &str) -> bool {
        self.is_executor() && self.targets.iter().any(|known| known == target)
    }

    /// So many actions run on this node, and so many more may.
    pub(crate) fn places_are(&self, taken: usize, free: usize) {
        self.places.are(taken, free);
    }

    /// The runner has so many actions that were taken.
    pub(crate) fn arrived(&self, count: usize) {
        self.places.arrived(count);
    }

    /// Whether new actions have to go behind those that found no place.
    pub(crate) fn has_backlog(&self) -> bool {
        self.places.has_backlog()
    }

    /// An action found no place here.
    pub(crate) fn note_backlog(&self) {
        self.places.note_backlog();
    }

    /// The runner is done with letters: a commit has taken them, or it could not.
    pub(crate) fn returned(&self, letters: impl Iterator<Item = Id>) {
        let mut in_flight = lock(&self.in_flight);
        for id in letters {
            in_flight.remove(&id);
        }
    }

    fn letter(&self, text: String, sender: Option<u64>) -> Letter {
        let mut ids = lock(&self.ids);
        let (sequence, seed) = (ids.sequence(), ids.next_random());
        *ids = IdSource::new(SystemClock::default().now(), sequence, seed);
        Letter {
            id: ids.next_id(),
            sender,
            text,
        }
    }

    fn is_retired(&self) -> bool {
        self.retired.load(Ordering::Relaxed)
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> std::io::Result<JoinHandle<()>> {
    let thread = std::thread::Builder::new();
    thread.name(name.to_owned()).spawn(work)
}

/// The collections stay whole whatever panicked.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
