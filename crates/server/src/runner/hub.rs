//! Who waits for the end of something, and who wants all news.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use engine::change::{JournalEntry, JournalKind};
use engine::model::Id;
use tokio::sync::{broadcast, oneshot};

/// Committed state changes, as one transaction made them.
pub type News = Arc<[JournalEntry]>;

/// How many transactions a slow listener may lag behind before it misses some.
const BACKLOG: usize = 1_024;

/// Tells listeners what was committed.
#[derive(Debug)]
pub struct Hub {
    ends: Mutex<HashMap<Id, Vec<oneshot::Sender<()>>>>,
    news: broadcast::Sender<News>,
}

impl Default for Hub {
    fn default() -> Self {
        Self {
            ends: Mutex::default(),
            news: broadcast::channel(BACKLOG).0,
        }
    }
}

impl Hub {
    /// Resolves when the execution or action of that id ends after this call.
    pub fn end_of(&self, id: Id) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = ends.entry(id).or_default();
        waiting.retain(|sender| !sender.is_closed());
        waiting.push(sender);
        receiver
    }

    /// All news from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<News> {
        self.news.subscribe()
    }

    pub(super) fn publish(&self, journal: &[JournalEntry]) {
        self.wake(journal);
        if self.news.receiver_count() > 0 && !journal.is_empty() {
            // Nobody listening any more is no error.
            drop(self.news.send(journal.into()));
        }
    }

    fn wake(&self, journal: &[JournalEntry]) {
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        if ends.is_empty() {
            return;
        }
        let ended = journal
            .iter()
            .filter(|entry| entry.kind != JournalKind::Task && entry.state.is_completed());
        for entry in ended {
            for sender in ends.remove(&entry.id).into_iter().flatten() {
                drop(sender.send(()));
            }
        }
        ends.retain(|_, waiting| {
            waiting.retain(|sender| !sender.is_closed());
            !waiting.is_empty()
        });
    }
}
