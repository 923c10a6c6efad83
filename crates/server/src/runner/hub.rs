//! Who waits for the end of something.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use engine::change::JournalKind;
use engine::model::Id;
use store::Trouble;
use tokio::sync::oneshot;

use crate::events::{Feed, News, Tail};

/// How committed entries come to those who follow them.
#[derive(Debug)]
pub(crate) enum Live {
    /// At once: nobody else writes.
    Feed(Arc<Feed>),
    /// With those of other nodes, from the journal.
    Tail(Arc<Tail>),
}

/// Tells those who wait what was committed.
#[derive(Debug)]
pub(crate) struct Hub {
    live: Live,
    ends: Mutex<HashMap<Id, Vec<oneshot::Sender<()>>>>,
    trouble: Mutex<Option<Trouble>>,
}

impl Hub {
    /// A hub before the live events.
    pub(crate) fn new(live: Live) -> Self {
        Self {
            live,
            ends: Mutex::default(),
            trouble: Mutex::default(),
        }
    }

    /// What became of the latest attempt to use the store.
    pub(super) fn note_trouble(&self, trouble: Option<Trouble>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }

    /// Why the store takes no changes at present.
    pub(crate) fn trouble(&self) -> Option<Trouble> {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Resolves when the execution or action of that id ends or is deleted after this call.
    pub(crate) fn end_of(&self, id: Id) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = ends.entry(id).or_default();
        waiting.retain(|sender| !sender.is_closed());
        waiting.push(sender);
        receiver
    }

    /// The entries of a transaction that is committed.
    pub(super) fn publish(&self, news: Vec<News>) {
        self.tell_ends(&news);
        match &self.live {
            Live::Feed(feed) => feed.publish(news),
            Live::Tail(tail) => tail.wake(news),
        }
    }

    fn tell_ends(&self, news: &[News]) {
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        if ends.is_empty() {
            return;
        }
        let ended = news
            .iter()
            .flat_map(|tree| &tree.entries)
            .filter(|entry| entry.kind != JournalKind::Task && entry.state.is_completed())
            .map(|entry| entry.id);
        let farewells = news.iter().filter_map(|tree| tree.farewell.as_ref());
        let gone = farewells.flat_map(|gone| {
            let below = gone.executions.iter().map(|execution| execution.0);
            below.chain([gone.entry.id])
        });
        for id in ended.chain(gone) {
            for sender in ends.remove(&id).into_iter().flatten() {
                // Whoever waited may have gone.
                let _ = sender.send(());
            }
        }
        ends.retain(|_, waiting| {
            waiting.retain(|sender| !sender.is_closed());
            !waiting.is_empty()
        });
    }
}
