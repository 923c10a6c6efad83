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
mod queries;
mod recovery;
mod round;
mod slots;
mod timers;
mod world;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use engine::event::{Answer, Event, Outcome};
use engine::model::{ActionId, Claim, ExecutionId, IdSource, Timestamp};
use engine::tree::Tree;
use store::Store;
use tokio::sync::oneshot;

pub(crate) use clock::{Clock, SystemClock};
pub(crate) use handle::{EngineHandle, Inbox};
pub(crate) use hub::Hub;
pub(crate) use world::RunnerWorld;

use crate::engine_port::EngineUnavailable;
use crate::executor::Executor;
use crate::metrics::Shared;
use crate::notifications::{CourierHandle, News};
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
    /// An executor is done with an action; an asynchronous one has no outcome yet.
    Executed {
        root: ExecutionId,
        action: ActionId,
        outcome: Option<Outcome>,
    },
    /// Somebody asks whether the runner works.
    Ping(oneshot::Sender<()>),
    /// No more events are taken; what is in flight is committed.
    Stop,
}

pub(crate) type Reply = Result<Answer, EngineUnavailable>;

/// An event on its way through a round.
struct Pending {
    root: ExecutionId,
    event: Event,
    reply: Option<oneshot::Sender<Reply>>,
    /// When a timer was due that is the event.
    due: Option<Timestamp>,
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
    /// Actions that may run at once.
    pub(crate) action_slots: usize,
    /// Makes notifications.
    pub(crate) news: News,
    /// Brings them.
    pub(crate) courier: CourierHandle,
    /// Seeds ids and random numbers; differs between starts.
    pub(crate) seed: u64,
}

impl Runner {
    pub(crate) fn new(parts: RunnerParts, inbox: Receiver<Message>) -> Self {
        let now = parts.clock.now();
        Self {
            store: parts.store,
            world: parts.world,
            executor: parts.executor,
            hub: parts.hub,
            metrics: parts.metrics,
            claim: Claim(parts.seed >> 1),
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
        }
    }

    /// Works until it is told to stop.
    pub(crate) fn run(mut self) {
        self.recover();
        while !self.stopping || !self.queue.is_empty() {
            self.wait();
            self.take_due_timers();
            self.take_messages();
            self.round();
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
                let due = None;
                self.queue.push_back(Pending {
                    root,
                    event,
                    reply,
                    due,
                });
            }
            Message::Executed {
                root,
                action,
                outcome,
            } => {
                self.slots.free(action);
                if let Some(outcome) = outcome {
                    let event = Event::ActionCompleted { action, outcome };
                    self.enqueue(root, event);
                }
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
        });
    }

    fn until_next_timer(&self) -> Duration {
        const IDLE: Duration = Duration::from_secs(60);
        // A clock that was set forward is noticed by then.
        const LONGEST: Duration = Duration::from_secs(1);
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
            });
        }
    }
}
