//! Who waits for the end of something.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::change::JournalKind;
use engine::model::{ExecutionId, Id};
use engine::tree::Tree;
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
    watched: Mutex<Watched>,
    trouble: Mutex<Option<Trouble>>,
}

#[derive(Debug, Default)]
struct Watched {
    waiting: HashMap<Id, Vec<oneshot::Sender<()>>>,
    /// Executions that have not ended, each with the top of its tree: those of the trees that
    /// this node has.
    running: HashMap<Id, ExecutionId>,
    /// When there are so many, those who gave up waiting are looked for.
    crowd: usize,
}

/// Somebody waits for an end.
#[derive(Debug)]
pub(crate) struct Watch {
    /// It had not ended when the watch began, and ends on this node: no other tells. If
    /// false, it may have ended.
    pub(crate) is_running: bool,
    /// Told of the end or the deletion; dropped if the tree is another node's from now on.
    pub(crate) end: oneshot::Receiver<()>,
}

impl Hub {
    /// A hub before the live events.
    pub(crate) fn new(live: Live) -> Self {
        Self {
            live,
            watched: Mutex::default(),
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

    /// Watches for the end or deletion of the execution or action of that id after this call.
    pub(crate) fn watch(&self, id: Id) -> Watch {
        let (sender, end) = oneshot::channel();
        let mut watched = self.watched();
        watched.add(id, sender);
        Watch {
            is_running: watched.running.contains_key(&id),
            end,
        }
    }

    /// A tree as the store has it: this node speaks for it from now on.
    pub(super) fn adopt(&self, tree: &Tree) {
        let running = tree
            .executions()
            .filter(|execution| !execution.state.is_completed());
        let running = running.map(|execution| (execution.id.0, tree.root()));
        self.watched().running.extend(running);
    }

    /// Trees that this node does not speak for any more.
    pub(super) fn forget(&self, gone: impl Fn(ExecutionId) -> bool) {
        let mut watched = self.watched();
        let Watched {
            waiting, running, ..
        } = &mut *watched;
        for (id, _) in running.extract_if(|_, root| gone(*root)) {
            waiting.remove(&id);
        }
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
        let mut watched = self.watched();
        for tree in news {
            for entry in &tree.entries {
                match (entry.kind, entry.state.is_completed()) {
                    (JournalKind::Task, _) | (JournalKind::Action, false) => {}
                    (JournalKind::Execution, false) => {
                        watched.running.insert(entry.id, entry.root);
                    }
                    (_, true) => watched.tell(entry.id),
                }
            }
            if let Some(farewell) = &tree.farewell {
                let below = farewell.executions.iter().map(|execution| execution.0);
                for id in below.chain([farewell.entry.id]) {
                    watched.tell(id);
                }
            }
        }
    }

    fn watched(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watched {
    fn add(&mut self, id: Id, sender: oneshot::Sender<()>) {
        const FEW: usize = 64;
        if self.waiting.len() >= self.crowd {
            self.waiting.retain(|_, waiting| {
                waiting.retain(|sender| !sender.is_closed());
                !waiting.is_empty()
            });
            self.crowd = FEW + 2 * self.waiting.len();
        }
        let waiting = self.waiting.entry(id).or_default();
        waiting.retain(|sender| !sender.is_closed());
        waiting.push(sender);
    }

    fn tell(&mut self, id: Id) {
        self.running.remove(&id);
        for sender in self.waiting.remove(&id).into_iter().flatten() {
            // Whoever waited may have gone.
            let _ = sender.send(());
        }
    }
}

#[cfg(test)]
mod tests {
    use engine::change::JournalEntry;
    use engine::model::{IdSource, State, Timestamp};
    use store::Shard;
    use tokio::sync::oneshot::error::TryRecvError;

    use super::*;

    struct World {
        hub: Hub,
        ids: IdSource,
        _runtime: tokio::runtime::Runtime,
    }

    impl World {
        fn new() -> Self {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let feed = Feed::start(runtime.handle());
            Self {
                hub: Hub::new(Live::Feed(feed)),
                ids: IdSource::new(Timestamp::from_micros(1), 0, 1),
                _runtime: runtime,
            }
        }

        fn id(&mut self) -> Id {
            self.ids.next_id()
        }

        fn commit(&self, root: Id, id: Id, state: State) {
            let root = ExecutionId(root);
            let entry = JournalEntry {
                root,
                at: Timestamp::from_micros(1),
                kind: JournalKind::Execution,
                id,
                execution: Some(ExecutionId(id)),
                task: None,
                name: "w".into(),
                previous: None,
                state,
                progress: None,
                project_id: "p".into(),
                workflow_name: None,
                external_root: None,
                parent: None,
            };
            self.hub.publish(vec![News {
                shard: Shard::of(root),
                first: 1,
                entries: vec![entry],
                farewell: None,
            }]);
        }
    }

    #[test]
    fn an_end_is_told_to_all_who_wait() {
        let mut world = World::new();
        let id = world.id();
        let early = world.hub.watch(id);
        assert!(!early.is_running);
        world.commit(id, id, State::Running);
        let mut late = world.hub.watch(id);
        assert!(late.is_running);
        assert_eq!(late.end.try_recv(), Err(TryRecvError::Empty));
        world.commit(id, id, State::Success);
        for watch in [early, late] {
            assert_eq!(watch.end.blocking_recv(), Ok(()));
        }
        assert!(!world.hub.watch(id).is_running);
    }

    #[test]
    fn who_waits_for_a_tree_that_goes_elsewhere_looks_there() {
        let mut world = World::new();
        let [top, below, other] = [world.id(), world.id(), world.id()];
        world.commit(top, top, State::Running);
        world.commit(top, below, State::Running);
        world.commit(other, other, State::Running);
        let mut watches = [top, below, other].map(|id| world.hub.watch(id));
        world.hub.forget(|root| root.0 == top);
        let seen = watches.each_mut().map(|watch| watch.end.try_recv());
        let gone = Err(TryRecvError::Closed);
        assert_eq!(seen, [gone.clone(), gone, Err(TryRecvError::Empty)]);
        assert!(!world.hub.watch(below).is_running);
        assert!(world.hub.watch(other).is_running);
    }

    #[test]
    fn those_who_gave_up_are_forgotten() {
        let mut world = World::new();
        for _ in 0..1_000 {
            let id = world.id();
            drop(world.hub.watch(id));
        }
        assert!(world.hub.watched().waiting.len() <= 65);
    }
}
