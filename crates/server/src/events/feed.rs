//! The fan-out: committed entries to the queues of those who follow live.
//!
//! Invariant: the runner only hands entries over. A queue that is full is emptied and
//! marked; its follower then reads the journal from where it was.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::change::JournalEntry;
use engine::model::ExecutionId;
use store::{SHARDS, Shard};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{Cursor, Event, Filter, Scope};

/// The most entries on their way from the runner to the queues.
const MAX_IN_FLIGHT: usize = 100_000;

/// The most events that wait for a follower of some trees.
const QUEUE_OF_TREES: usize = 512;

/// The most events that wait for a follower of everything.
const QUEUE_OF_ALL: usize = 8_192;

/// The most events given to a follower at a time.
const TAKE: usize = 512;

/// Journal entries of one tree that a transaction wrote.
#[derive(Debug)]
pub(crate) struct News {
    /// The shard of the tree.
    pub(crate) shard: Shard,
    /// The number of the first entry.
    pub(crate) first: u64,
    /// The entries.
    pub(crate) entries: Vec<JournalEntry>,
    /// The tree's deletion, which has the number after the last entry.
    pub(crate) farewell: Option<Farewell>,
}

/// A tree that is deleted, or a single action.
#[derive(Clone, Debug)]
pub(crate) struct Farewell {
    /// An entry of how the top was last.
    pub(crate) entry: JournalEntry,
    /// The executions that go, the top among them.
    pub(crate) executions: Vec<ExecutionId>,
}

/// Takes what was committed and brings it to all who follow.
#[derive(Debug)]
pub struct Feed {
    inbox: UnboundedSender<Vec<News>>,
    in_flight: AtomicUsize,
    followers: AtomicUsize,
    routes: Mutex<Routes>,
}

#[derive(Debug)]
struct Routes {
    trees: HashMap<ExecutionId, Vec<Arc<Queue>>>,
    everything: Vec<Arc<Queue>>,
    /// For each shard, the last number that went to the queues.
    routed: [u64; SHARDS as usize],
}

impl News {
    /// How many events there are.
    pub(crate) fn count(&self) -> usize {
        self.entries.len() + usize::from(self.farewell.is_some())
    }

    fn root(&self) -> Option<ExecutionId> {
        let gone = self.farewell.as_ref().map(|gone| &gone.entry);
        self.entries.first().or(gone).map(|entry| entry.root)
    }
}

/// What waits for one follower.
#[derive(Debug)]
struct Queue {
    waiting: Mutex<Waiting>,
    wake: Notify,
    limit: usize,
    /// Of a follower of everything: it is not woken for what it does not want.
    filter: Option<Filter>,
}

#[derive(Debug, Default)]
struct Waiting {
    events: VecDeque<Arc<Event>>,
    has_lost: bool,
}

/// What a follower finds in its queue.
#[derive(Debug)]
pub(super) enum Taken {
    Events(Vec<Arc<Event>>),
    /// There were too many: read the journal.
    Lost,
}

/// A place in the feed, given up when dropped.
#[derive(Debug)]
pub(super) struct Subscription {
    feed: Arc<Feed>,
    queue: Arc<Queue>,
    roots: Option<Vec<ExecutionId>>,
}

impl Feed {
    /// A feed whose fan-out runs on `runtime`.
    pub fn start(runtime: &Handle) -> Arc<Self> {
        let (inbox, news) = unbounded_channel();
        let feed = Arc::new(Self {
            inbox,
            in_flight: AtomicUsize::new(0),
            followers: AtomicUsize::new(0),
            routes: Mutex::new(Routes {
                trees: HashMap::new(),
                everything: Vec::new(),
                routed: [0; SHARDS as usize],
            }),
        });
        runtime.spawn(distribute(Arc::downgrade(&feed), news));
        feed
    }

    /// How many follow.
    pub(crate) fn followers(&self) -> usize {
        self.followers.load(Ordering::Relaxed)
    }

    /// Takes over what a transaction wrote, in the order of the transactions.
    pub(crate) fn publish(&self, news: Vec<News>) {
        // Whoever starts to follow now reads the journal afterwards, which has the entries.
        if self.followers() == 0 {
            return;
        }
        let count: usize = news.iter().map(News::count).sum();
        if self.in_flight.fetch_add(count, Ordering::Relaxed) > MAX_IN_FLIGHT {
            self.in_flight.fetch_sub(count, Ordering::Relaxed);
            self.routes().lose();
            return;
        }
        // The fan-out ends only with the process.
        drop(self.inbox.send(news));
    }

    pub(super) fn subscribe(self: &Arc<Self>, filter: &Filter) -> Subscription {
        let (limit, roots) = match &filter.scope {
            Scope::Everything => (QUEUE_OF_ALL, None),
            Scope::Branches(branches) => {
                let mut roots: Vec<_> = branches.iter().map(super::Branch::root).collect();
                roots.sort();
                roots.dedup();
                (QUEUE_OF_TREES, Some(roots))
            }
        };
        let queue = Arc::new(Queue {
            waiting: Mutex::default(),
            wake: Notify::new(),
            limit,
            filter: roots.is_none().then(|| filter.clone()),
        });
        self.routes().add(&queue, roots.as_deref());
        self.followers.fetch_add(1, Ordering::SeqCst);
        let feed = self.clone();
        Subscription { feed, queue, roots }
    }

    fn bring(&self, news: Vec<News>) {
        let mut routes = self.routes();
        for tree in news {
            routes.bring(tree);
        }
    }

    fn routes(&self) -> MutexGuard<'_, Routes> {
        self.routes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Brings news to the queues for as long as there is a feed.
async fn distribute(feed: std::sync::Weak<Feed>, mut inbox: UnboundedReceiver<Vec<News>>) {
    while let Some(news) = inbox.recv().await {
        let Some(feed) = feed.upgrade() else { return };
        let count: usize = news.iter().map(News::count).sum();
        feed.in_flight.fetch_sub(count, Ordering::Relaxed);
        feed.bring(news);
        tokio::task::yield_now().await;
    }
}

impl Routes {
    fn add(&mut self, queue: &Arc<Queue>, roots: Option<&[ExecutionId]>) {
        let Some(roots) = roots else {
            self.everything.push(queue.clone());
            return;
        };
        for root in roots {
            self.trees.entry(*root).or_default().push(queue.clone());
        }
    }

    fn remove(&mut self, queue: &Arc<Queue>, roots: Option<&[ExecutionId]>) {
        let others = |other: &Arc<Queue>| !Arc::ptr_eq(other, queue);
        let Some(roots) = roots else {
            self.everything.retain(others);
            return;
        };
        for root in roots {
            if let Some(queues) = self.trees.get_mut(root) {
                queues.retain(others);
                if queues.is_empty() {
                    self.trees.remove(root);
                }
            }
        }
    }

    fn bring(&mut self, news: News) {
        let Some(root) = news.root() else { return };
        let last = news.first + news.count() as u64 - 1;
        let routed = &mut self.routed[usize::from(news.shard.number())];
        *routed = last.max(*routed);
        let queues = self.trees.get(&root);
        if queues.is_none() && self.everything.is_empty() {
            return;
        }
        let farewell = news
            .farewell
            .map(|gone| Event::deleted(news.shard, last, gone.entry));
        let numbered = (news.first..).zip(news.entries);
        let events: Vec<_> = numbered
            .map(|(seq, entry)| Event::new(news.shard, seq, entry))
            .chain(farewell)
            .map(Arc::new)
            .collect();
        for queue in queues.into_iter().flatten().chain(&self.everything) {
            queue.push(&events);
        }
    }

    /// Entries were left out: everybody reads the journal.
    fn lose(&self) {
        let queues = self.trees.values().flatten().chain(&self.everything);
        queues.for_each(|queue| queue.lose());
    }
}

impl Queue {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, events: &[Arc<Event>]) {
        let mut waiting = self.waiting();
        if waiting.has_lost {
            return;
        }
        let wanted = |event: &&Arc<Event>| match &self.filter {
            None => true,
            Some(filter) => filter.admits(&event.entry),
        };
        let before = waiting.events.len();
        waiting.events.extend(events.iter().filter(wanted).cloned());
        if waiting.events.len() > self.limit {
            waiting.lose();
        }
        let has_news = waiting.has_lost || waiting.events.len() > before;
        drop(waiting);
        if has_news {
            self.wake.notify_one();
        }
    }

    fn lose(&self) {
        self.waiting().lose();
        self.wake.notify_one();
    }
}

impl Waiting {
    fn lose(&mut self) {
        self.events = VecDeque::new();
        self.has_lost = true;
    }
}

impl Subscription {
    /// What waits, as soon as something does. Nothing is lost if the future is dropped.
    pub(super) async fn take(&self) -> Taken {
        loop {
            if let Some(taken) = self.try_take() {
                return taken;
            }
            self.queue.wake.notified().await;
        }
    }

    fn try_take(&self) -> Option<Taken> {
        let mut waiting = self.queue.waiting();
        if waiting.has_lost {
            return Some(Taken::Lost);
        }
        let count = waiting.events.len().min(TAKE);
        (count > 0).then(|| Taken::Events(waiting.events.drain(..count).collect()))
    }

    /// From now on events are queued again. Read the journal after this call.
    pub(super) fn resume(&self) {
        *self.queue.waiting() = Waiting::default();
    }

    /// If nothing waits: everything that was routed so far is seen.
    pub(super) fn mark_seen(&self, cursor: &mut Cursor) {
        let routes = self.feed.routes();
        let waiting = self.queue.waiting();
        if waiting.events.is_empty() && !waiting.has_lost {
            for shard in Shard::all() {
                cursor.advance(shard, routes.routed[usize::from(shard.number())]);
            }
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.feed.followers.fetch_sub(1, Ordering::SeqCst);
        let mut routes = self.feed.routes();
        routes.remove(&self.queue, self.roots.as_deref());
    }
}
