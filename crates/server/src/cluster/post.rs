//! Carries letters, orders and answers.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use engine::model::Id;
use store::cluster::Letter;
use store::postgres::{Addressee, Hint, Listener};
use store::{Shard, StoreError};

use super::{Cluster, Outgoing, letter, lock};
use crate::definitions::Definitions;
use crate::runner::{Message, Slip};

/// How long one waits for a hint: rows are looked at anyway. With hints lost, this
/// is what an event for another node's shard takes.
const POLL: Duration = Duration::from_millis(250);

/// How often it is looked for rows that nobody comes for.
const TIDY: Duration = Duration::from_secs(600);

/// The most letters of one transaction.
const PORTION: usize = 100;

/// The same while somebody waits for an answer.
const WAITING: Duration = Duration::from_millis(50);

impl Cluster {
    pub(super) fn carry_letters(
        &self,
        runner: &Sender<Message>,
        leases: &Sender<()>,
        definitions: &Arc<Definitions>,
    ) {
        let mut listener: Option<Listener> = None;
        let mut tidied = Instant::now();
        while !self.is_stopping() {
            for hint in self.wait(&mut listener) {
                match hint {
                    Hint::Leases => drop(leases.send(())),
                    Hint::Offers => self.places.ring(),
                    Hint::Deaf => listener = None,
                    Hint::Letters => {}
                }
            }
            if let Err(error) = self.carry(runner, definitions) {
                tracing::warn!(%error, "letters wait");
                std::thread::sleep(POLL);
            }
            if tidied.elapsed() > TIDY {
                tidied = Instant::now();
                self.tidy();
            }
        }
    }

    /// Rows for nodes that are gone; one node looks for them.
    fn tidy(&self) {
        let first = Shard::all().next();
        if !first.is_some_and(|first| self.shards().contains(first)) {
            return;
        }
        if let Err(error) = self.store.expire_post() {
            tracing::warn!(%error, "letters to nodes that are gone stay for now");
        }
    }

    fn wait(&self, listener: &mut Option<Listener>) -> Vec<Hint> {
        let is_idle = lock(&self.waiting).is_empty() && lock(&self.outgoing).is_empty();
        let limit = if is_idle { POLL } else { WAITING };
        if listener.is_none() {
            *listener = self.store.listen().ok();
            *lock(&self.bell) = listener.as_ref().map(Listener::bell);
        }
        match listener {
            Some(listener) => listener.wait(limit),
            None => {
                std::thread::sleep(limit);
                Vec::new()
            }
        }
    }

    fn carry(&self, runner: &Sender<Message>, definitions: &Definitions) -> Result<(), StoreError> {
        self.send_outgoing()?;
        let me = self.id.load(Ordering::Relaxed);
        let orders = self.store.take_orders(me)?;
        if !orders.is_empty() {
            // What was claimed before the order was given is with the runner by then.
            drop(lock(&self.handing));
        }
        for order in orders {
            if let Some(action) = letter::read_abort(&order.text) {
                drop(runner.send(Message::Abort(action)));
            }
        }
        if !self.shards().is_empty() {
            self.take_letters(runner, definitions)?;
        }
        if !lock(&self.waiting).is_empty() {
            self.take_answers(me)?;
        }
        Ok(())
    }

    /// What cannot be sent stays the first to be.
    fn send_outgoing(&self) -> Result<(), StoreError> {
        loop {
            let outgoing: Vec<_> = lock(&self.outgoing).iter().take(PORTION).cloned().collect();
            if outgoing.is_empty() {
                return Ok(());
            }
            let letters: Vec<_> = outgoing.iter().filter_map(|one| self.put(one)).collect();
            self.store.post(&letters)?;
            // Nobody else takes from the front.
            lock(&self.outgoing).drain(..outgoing.len());
        }
    }

    fn put(&self, outgoing: &Outgoing) -> Option<(Addressee, Letter)> {
        Some(match outgoing {
            Outgoing::Event(root, event) => {
                let text = letter::write(*root, event)?;
                (Addressee::Shard(Shard::of(*root)), self.letter(text, None))
            }
            Outgoing::Abort(node, action) => {
                let text = letter::write_abort(*action);
                (Addressee::Node(*node), self.letter(text, None))
            }
        })
    }

    fn take_letters(
        &self,
        runner: &Sender<Message>,
        definitions: &Definitions,
    ) -> Result<(), StoreError> {
        for received in self.store.letters(self.shards())? {
            if !lock(&self.in_flight).insert(received.id) {
                continue;
            }
            let slip = Slip {
                id: received.id,
                sender: received.sender,
            };
            match letter::read(&received.text, definitions) {
                Ok(Some((root, event))) => {
                    drop(runner.send(Message::Letter { root, event, slip }));
                }
                Ok(None) => tracing::error!(id = %slip.id, "a letter can not be read; it stays"),
                Err(error) => {
                    lock(&self.in_flight).remove(&slip.id);
                    tracing::warn!(id = %slip.id, %error, "a letter waits");
                }
            }
        }
        Ok(())
    }

    fn take_answers(&self, me: u64) -> Result<(), StoreError> {
        let answers: Vec<(Id, String)> = self.store.take_answers(me)?;
        let mut waiting = lock(&self.waiting);
        for (id, text) in answers {
            if let Some(sender) = waiting.remove(&id) {
                // Whoever waited may have gone.
                drop(sender.send(text));
            }
        }
        waiting.retain(|_, sender| !sender.is_closed());
        Ok(())
    }
}
