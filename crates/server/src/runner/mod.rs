//! The runner: one thread that owns the hot trees, applies events to them and
//! commits what they changed, many events per transaction.
//!
//! Invariant: nothing leaves this thread before the transaction that made it true
//! is committed: no answer, no order to an executor, no news. If a commit fails,
//! the trees it concerned are thrown away and loaded again from the store.

mod clock;
mod farewell;
mod handle;
mod hub;
mod offers;
mod queries;
mod recovery;
mod round;
mod shards;
mod slots;
mod timers;
mod world;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use engine::event::{Answer, Event, Outcome, Run};
use engine::model::{ActionId, Claim, ExecutionId, Id, IdSource, Timestamp};
use engine::tree::Tree;
use store::Store;
use store::cluster::ShardSet;
use tokio::sync::oneshot;

pub(crate) use clock::{Clock, SystemClock};
pub(crate) use handle::{EngineHandle, Inbox};
pub(crate) use hub::{Hub, Live};
pub(crate) use world::RunnerWorld;

use crate::cluster::{Cluster, Tidings};
use crate::executor::Executor;
use crate::metrics::Shared;
use crate::notifications::{CourierHandle, News};
use offers::Offers;
use slots::Slots;
use timers::Timers;

/// The most events of one transaction.
const ROUND_LIMIT: usize = 1_024;

/// The most timers of one transaction: so many find a place in each, however many
/// messages wait.
const TIMER_LIMIT: usize = ROUND_LIMIT / 2;

/// Trees without work that stay in memory in case that more events come for them.
const IDLE_TREES: usize = 64;

/// What reaches the runner.
pub(crate) enum Message {
    /// An event for a tree.
    Event {
        root: ExecutionId,
        event: Event,
        reply: Option<oneshot::Sender<Reply>>,
    },
    /// An executor is done with an action; an asynchronous one that started has no outcome yet.
    Executed {
        root: ExecutionId,
        action: ActionId,
        outcome: Option<Outcome>,
    },
    /// Somebody asks whether the runner works.
    Ping(oneshot::Sender<()>),
    /// An event from another node.
    Letter {
        root: ExecutionId,
        event: Event,
        slip: Slip,
    },
    /// The owner of its tree wants an action stopped that runs here.
    Abort(ActionId),
    /// Actions that this node claimed, for trees of any node.
    Taken { claim: Claim, runs: Vec<Run> },
    /// News of the cluster.
    Tidings(Tidings),
    /// No more events are taken; what is in flight is committed.
    Stop,
}

pub(crate) type Reply = Result<Answer, Unanswered>;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unanswered {
    /// The runner stops, or the store failed.
    Unavailable,
    /// The tree is another node's: the event was not looked at.
    Elsewhere,
}

/// Which letter an event came with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slip {
    pub(crate) id: Id,
    /// The incarnation that waits for an answer, if one does.
    pub(crate) sender: Option<u64>,
}

/// An event on its way through a round.
struct Pending {
    root: ExecutionId,
    event: Event,
    reply: Option<oneshot::Sender<Reply>>,
    /// When a timer was due that is the event.
    due: Option<Timestamp>,
    /// It is settled in the transaction that applies the event.
    slip: Option<Slip>,
}

/// The runner's own memory.
pub(crate) struct Runner {
    store: Arc<dyn Store>,
    world: RunnerWorld,
    executor: Executor,
    clock: Arc<dyn Clock>,
    hub: Arc<Hub>,
    metrics: Shared,
    claim: Claim,
    trees: HashMap<ExecutionId, Tree>,
    idle: VecDeque<ExecutionId>,
    timers: Timers,
    slots: Slots,
    ids: IdSource,
    queue: VecDeque<Pending>,
    inbox: Receiver<Message>,
    stopping: bool,
    /// Rows of deleted trees may be left in the store.
    sweeping: bool,
    news: News,
    courier: CourierHandle,
    /// So many queued events are applied one by one: a commit of all of them failed,
    /// and one may be at fault.
    suspects: usize,
    /// The other nodes; `None` if the store has only one.
    cluster: Option<Arc<Cluster>>,
    /// Whose trees are handled here.
    owned: ShardSet,
    /// Shards whose trees could not be taken up yet.
    unrecovered: ShardSet,
    /// Trees that were thrown away and could not be loaded again yet.
    lost_trees: HashSet<ExecutionId>,
    /// Incarnations that nobody gave up: their actions run.
    alive: HashSet<u64>,
    /// Actions that run elsewhere, and by whom.
    foreign: HashMap<ActionId, (ExecutionId, Claim)>,
    /// Actions of trees here that any node may run.
    offers: Offers,
    /// Others than this node run actions, too.
    other_executors: bool,
    /// Claimed by a commit of which it is not known whether it was; never started.
    unstarted: HashSet<ActionId>,
}

/// What a runner is made of.
pub(crate) struct RunnerParts {
    /// The durable truth.
    pub(crate) store: Arc<dyn Store>,
    /// Definitions and data.
    pub(crate) world: RunnerWorld,
    /// Runs actions.
    pub(crate) executor: Executor,
    /// The time.
    pub(crate) clock: Arc<dyn Clock>,
    /// Tells who waits.
    pub(crate) hub: Arc<Hub>,
    /// What is counted and measured.
    pub(crate) metrics: Shared,
    /// The other nodes; `None` if the store has only one.
    pub(crate) cluster: Option<Arc<Cluster>>,
    /// Actions that may run at once.
    pub(crate) action_slots: usize,
    /// Makes notifications.
    pub(crate) news: News,
    /// Brings them.
    pub(crate) courier: CourierHandle,
    /// Seeds ids and random numbers; differs between starts.
    pub(crate) seed: u64,
    /// The incarnation of the executor.
    pub(crate) claim: u64,
}

impl Runner {
    pub(crate) fn new(parts: RunnerParts, inbox: Receiver<Message>) -> Self {
        let now = parts.clock.now();
        let owned = match parts.cluster {
            None => ShardSet::ALL,
            Some(_) => ShardSet::default(),
        };
        Self {
            store: parts.store,
            world: parts.world,
            executor: parts.executor,
            hub: parts.hub,
            metrics: parts.metrics,
            claim: Claim(parts.claim),
            trees: HashMap::new(),
            idle: VecDeque::new(),
            timers: Timers::default(),
            slots: Slots::new(parts.action_slots),
            ids: IdSource::new(now, 0, parts.seed),
            clock: parts.clock,
            queue: VecDeque::new(),
            inbox,
            stopping: false,
            sweeping: true,
            news: parts.news,
            courier: parts.courier,
            cluster: parts.cluster,
            owned,
            suspects: 0,
            unrecovered: ShardSet::default(),
            lost_trees: HashSet::new(),
            alive: HashSet::new(),
            foreign: HashMap::new(),
            offers: Offers::default(),
            other_executors: false,
            unstarted: HashSet::new(),
        }
    }

    /// Works until it is told to stop.
    pub(crate) fn run(mut self) {
        self.recover(self.owned);
        while !self.stopping || !self.queue.is_empty() {
            self.wait();
            self.recover_the_rest();
            self.take_due_timers();
            self.take_messages();
            self.round();
            self.tell_places();
        }
        self.executor.stop();
    }

    /// Waits for the next message or timer.
    fn wait(&mut self) {
        if self.sweeping && self.queue.is_empty() {
            self.sweep();
        } else if self.queue.is_empty() && !self.stopping {
            match self.inbox.recv_timeout(self.until_next_timer()) {
                Ok(message) => self.accept(message),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => self.stopping = true,
            }
        }
    }

    /// Takes what else has arrived.
    fn take_messages(&mut self) {
        while self.queue.len() < ROUND_LIMIT
            && let Ok(message) = self.inbox.try_recv()
        {
            self.accept(message);
        }
    }

    /// Deletes a slice of what deleted trees left behind.
    fn sweep(&mut self) {
        self.sweeping = match self.store.sweep() {
            Ok(more) => more,
            Err(error) => {
                tracing::warn!(%error, "rows of deleted executions stay for now");
                false
            }
        };
    }

    fn accept(&mut self, message: Message) {
        match message {
            Message::Event { root, event, reply } => {
                self.queue.push_back(Pending {
                    root,
                    event,
                    reply,
                    due: None,
                    slip: None,
                });
            }
            Message::Letter { root, event, slip } => self.queue.push_back(Pending {
                root,
                event,
                reply: None,
                due: None,
                slip: Some(slip),
            }),
            Message::Abort(action) => {
                self.executor.abort(action);
                self.slots.free(action);
            }
            Message::Taken { claim, runs } => self.run_taken(claim, runs),
            Message::Tidings(tidings) => self.hear(tidings),
            Message::Executed {
                root,
                action,
                outcome,
            } => {
                self.slots.free(action);
                let event = match outcome {
                    Some(outcome) => Event::ActionCompleted { action, outcome },
                    None => Event::ActionStarted { action },
                };
                self.enqueue(root, event);
            }
            // Whoever asked may have gone.
            Message::Ping(reply) => drop(reply.send(())),
            Message::Stop => self.stopping = true,
        }
    }

    fn enqueue(&mut self, root: ExecutionId, event: Event) {
        self.queue.push_back(Pending {
            root,
            event,
            reply: None,
            due: None,
            slip: None,
        });
    }

    fn until_next_timer(&self) -> Duration {
        const IDLE: Duration = Duration::from_secs(60);
        // A clock that was set forward is noticed by then.
        const LONGEST: Duration = Duration::from_secs(1);
        const AGAIN: Duration = Duration::from_millis(100);
        if !self.unrecovered.is_empty() || !self.lost_trees.is_empty() {
            return AGAIN;
        }
        let Some(due) = self.timers.next_due() else {
            return IDLE;
        };
        due.since(self.clock.now()).min(LONGEST)
    }

    fn take_due_timers(&mut self) {
        let now = self.clock.now();
        for _ in 0..TIMER_LIMIT {
            let Some(timer) = self.timers.pop_due(now) else {
                return;
            };
            let (key, run) = (timer.key, timer.run);
            self.queue.push_back(Pending {
                root: timer.root,
                event: Event::TimerFired { key, run },
                reply: None,
                due: Some(timer.due_at),
                slip: None,
            });
        }
    }
}
