//! Entries of all nodes for the feed of this one, while somebody follows.
//!
//! Where several nodes write, no runner publishes: the journal is read as it grows,
//! and gives each entry once and in order, whoever wrote it and whoever has the shard
//! by now. A commit of this node hastens the look; those of others are seen a little
//! later.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use store::StoreError;
use store::postgres::Postgres;
use store::record::JournalRecord;

use super::{Feed, News};

/// The longest time between looks.
const PAUSE: Duration = Duration::from_millis(200);

/// The shortest: commits in a burst share one.
const PACE: Duration = Duration::from_millis(10);

/// Reads the journal for the feed.
#[derive(Debug)]
pub(crate) struct Tail {
    store: Arc<Postgres>,
    feed: Arc<Feed>,
    /// Looks take turns.
    turn: Mutex<()>,
    followers: AtomicUsize,
    /// Deletions that followers were not told of yet.
    gone: Mutex<Vec<News>>,
    has_news: Mutex<bool>,
    woken: Condvar,
    stopping: AtomicBool,
}

/// As long as there is one, the feed has the entries of all nodes.
#[derive(Debug)]
pub(crate) struct Interest(Arc<Tail>);

impl Tail {
    pub(crate) fn new(store: Arc<Postgres>, feed: Arc<Feed>) -> Arc<Self> {
        Arc::new(Self {
            store,
            feed,
            turn: Mutex::default(),
            followers: AtomicUsize::new(0),
            gone: Mutex::default(),
            has_news: Mutex::default(),
            woken: Condvar::new(),
            stopping: AtomicBool::new(false),
        })
    }

    /// Starts the thread that looks.
    ///
    /// # Errors
    /// The system gives none.
    pub(crate) fn start(self: &Arc<Self>) -> std::io::Result<JoinHandle<()>> {
        let this = self.clone();
        std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || this.run())
    }

    /// There are new entries. Deletions are in no row: they are handed on from here, and
    /// nodes that did not do them do not know of them.
    pub(crate) fn wake(&self, news: Vec<News>) {
        if self.followers.load(Ordering::SeqCst) == 0 {
            return;
        }
        let gone = news.into_iter().filter(|tree| tree.farewell.is_some());
        lock(&self.gone).extend(gone.map(News::without_entries));
        *lock(&self.has_news) = true;
        self.woken.notify_one();
    }

    /// Ends the thread.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.woken.notify_one();
    }

    /// Somebody is about to follow: whatever is committed by now is in the journal up to
    /// the ends that the store tells, all else will be in the feed. Blocks.
    ///
    /// # Errors
    /// The journal can not be read.
    pub(crate) fn interest(self: &Arc<Self>) -> Result<Interest, StoreError> {
        self.followers.fetch_add(1, Ordering::SeqCst);
        let interest = Interest(self.clone());
        self.look()?;
        Ok(interest)
    }

    fn run(&self) {
        while !self.stopping.load(Ordering::Relaxed) {
            self.wait();
            if let Err(error) = self.look() {
                tracing::warn!(%error, "the journal can not be followed for now");
            }
            std::thread::sleep(PACE);
        }
    }

    fn wait(&self) {
        let has_news = lock(&self.has_news);
        let waited = self.woken.wait_timeout_while(has_news, PAUSE, |has_news| {
            !*has_news && !self.stopping.load(Ordering::Relaxed)
        });
        let (mut has_news, _) = waited.unwrap_or_else(PoisonError::into_inner);
        *has_news = false;
    }

    fn look(&self) -> Result<(), StoreError> {
        let _turn = lock(&self.turn);
        if self.followers.load(Ordering::SeqCst) == 0 {
            self.store.rest();
            return Ok(());
        }
        loop {
            // What was written before a deletion is in the journal by now.
            let gone = std::mem::take(&mut *lock(&self.gone));
            let records = match self.store.follow() {
                Ok(records) => records,
                Err(error) => {
                    lock(&self.gone).extend(gone);
                    return Err(error);
                }
            };
            if records.is_empty() && gone.is_empty() {
                return Ok(());
            }
            let mut news = news(records);
            news.extend(gone);
            news.sort_by_key(|tree| (tree.shard, tree.first));
            self.feed.publish(news);
        }
    }
}

/// Entries of the same tree that follow each other, together.
fn news(records: Vec<JournalRecord>) -> Vec<News> {
    let mut news: Vec<News> = Vec::new();
    for record in records {
        match news.last_mut() {
            Some(last) if last.is_before(&record) => last.entries.push(record.entry),
            _ => news.push(News {
                shard: record.shard,
                first: record.seq,
                entries: vec![record.entry],
                farewell: None,
            }),
        }
    }
    news
}

impl News {
    /// The farewell alone, with its number.
    fn without_entries(self) -> Self {
        Self {
            first: self.first + self.entries.len() as u64,
            entries: Vec::new(),
            ..self
        }
    }

    fn is_before(&self, record: &JournalRecord) -> bool {
        self.shard == record.shard
            && self.first + self.entries.len() as u64 == record.seq
            && self.entries.first().map(|entry| entry.root) == Some(record.entry.root)
    }
}

impl Drop for Interest {
    fn drop(&mut self) {
        self.0.followers.fetch_sub(1, Ordering::SeqCst);
    }
}

/// What it guards stays whole whatever panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
