//! Signs of life, and what they bring: shards gained, lost and given away.

use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use store::StoreError;
use store::cluster::{Beat, ShardSet};

use super::{Cluster, Tidings, lock};
use crate::runner::Message;

impl Cluster {
    /// Says that the node is alive until it stops: every `pause`, and when there is
    /// a hint that shards are free.
    pub(super) fn keep_alive(
        &self,
        runner: &Sender<Message>,
        hints: &Receiver<()>,
        pause: Duration,
    ) {
        let mut owned = ShardSet::default();
        while !self.is_stopping() {
            match self.store.beat() {
                Ok(beat) => {
                    self.tell(runner, &mut owned, &beat);
                    self.look_for_offers(runner, beat.owned);
                    self.give_surplus(runner, &mut owned, beat.surplus, pause);
                }
                Err(StoreError::Dead) => self.come_back(runner, &mut owned),
                Err(error) => tracing::warn!(%error, "no sign of life could be given"),
            }
            // Whoever hints may be gone; the pause remains.
            if hints.recv_timeout(pause) == Err(mpsc::RecvTimeoutError::Disconnected) {
                std::thread::sleep(pause.min(Duration::from_millis(50)));
            }
        }
    }

    fn tell(&self, runner: &Sender<Message>, owned: &mut ShardSet, beat: &Beat) {
        send(
            runner,
            Tidings::Nodes {
                alive: beat.alive.clone(),
                other_executors: beat.other_executors,
            },
        );
        let (gained, lost) = (beat.owned.without(*owned), owned.without(beat.owned));
        *owned = beat.owned;
        if !lost.is_empty() {
            tracing::warn!(?lost, "other nodes have taken shards");
            send(runner, Tidings::Lost(lost));
        }
        if !gained.is_empty() {
            tracing::info!(shards = gained.len(), in_all = owned.len(), "shards taken");
            send(runner, Tidings::Gained(gained));
        }
        self.owned.store(owned.bits(), Ordering::Relaxed);
    }

    /// Lost ones come again with the next sign of life, until the owner has dealt with them.
    fn look_for_offers(&self, runner: &Sender<Message>, owned: ShardSet) {
        let look = || {
            let lost = self.store.lost_offers(owned)?;
            let waiting = self.store.waiting_offers(owned)?;
            Ok::<_, StoreError>(Tidings::Offers { lost, waiting })
        };
        match look() {
            Ok(offers) => send(runner, offers),
            Err(error) => tracing::warn!(%error, "actions of nodes that are gone wait"),
        }
    }

    /// Hands over what others have too few of, as soon as the runner let go.
    /// A runner that has no time for that within `limit` gets them back with the
    /// next sign of life, which may not wait for it.
    fn give_surplus(
        &self,
        runner: &Sender<Message>,
        owned: &mut ShardSet,
        count: usize,
        limit: Duration,
    ) {
        if count == 0 {
            return;
        }
        let given = owned.take(count);
        let (done, is_done) = mpsc::channel();
        send(runner, Tidings::Release(given, done));
        // The sender is dropped when the runner came to it.
        let is_late = is_done.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Timeout);
        *owned = owned.without(given);
        self.owned.store(owned.bits(), Ordering::Relaxed);
        if is_late {
            return;
        }
        tracing::info!(
            shards = given.len(),
            left = owned.len(),
            "shards handed over"
        );
        if let Err(error) = self.store.release(given) {
            tracing::warn!(%error, "shards could not be handed over");
        }
    }

    fn come_back(&self, runner: &Sender<Message>, owned: &mut ShardSet) {
        use std::hash::{BuildHasher, Hasher, RandomState};
        tracing::warn!("the other nodes gave this one up; it begins anew");
        *owned = ShardSet::default();
        self.owned.store(0, Ordering::Relaxed);
        let id = RandomState::new().build_hasher().finish() >> 1;
        send(runner, Tidings::Reborn(id));
        // Answers to the old id are nobody's.
        lock(&self.waiting).clear();
        if let Err(error) = self.enter(id) {
            tracing::warn!(%error, "the node could not come back yet");
        }
    }
}

/// A runner that is gone needs no tidings.
fn send(runner: &Sender<Message>, tidings: Tidings) {
    drop(runner.send(Message::Tidings(tidings)));
}
