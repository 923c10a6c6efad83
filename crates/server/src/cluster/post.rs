//! Carries letters, orders and answers.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Sender;
use std::time::Duration;

use engine::model::Id;
use store::postgres::{Hint, Listener};
use store::{Shard, StoreError};

use super::{Cluster, Outgoing, letter, lock};
use crate::definitions::Definitions;
use crate::runner::{Message, Slip};

/// How long one waits for a hint: rows are looked at anyway. With hints lost, this
/// is what an event for another node's shard takes.
const POLL: Duration = Duration::from_millis(250);

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
        while !self.is_stopping() {
            match self.wait(&mut listener) {
                Hint::Leases => drop(leases.send(())),
                Hint::Deaf => listener = None,
                Hint::Letters | Hint::Nothing => {}
            }
            if let Err(error) = self.carry(runner, definitions) {
                tracing::warn!(%error, "letters wait");
                std::thread::sleep(POLL);
            }
        }
    }

    fn wait(&self, listener: &mut Option<Listener>) -> Hint {
        let is_idle = lock(&self.waiting).is_empty() && lock(&self.outgoing).is_empty();
        let limit = if is_idle { POLL } else { WAITING };
        if listener.is_none() {
            *listener = self.store.listen().ok();
        }
        match listener {
            Some(listener) => listener.wait(limit),
            None => {
                std::thread::sleep(limit);
                Hint::Nothing
            }
        }
    }

    fn carry(&self, runner: &Sender<Message>, definitions: &Definitions) -> Result<(), StoreError> {
        self.send_outgoing()?;
        let me = self.id.load(Ordering::Relaxed);
        for order in self.store.take_orders(me)? {
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
            let Some(outgoing) = lock(&self.outgoing).pop_front() else {
                return Ok(());
            };
            if let Err(error) = self.send(&outgoing) {
                lock(&self.outgoing).push_front(outgoing);
                return Err(error);
            }
        }
    }

    fn send(&self, outgoing: &Outgoing) -> Result<(), StoreError> {
        match outgoing {
            Outgoing::Event(root, event) => match letter::write(*root, event) {
                Some(text) => self.store.post(Shard::of(*root), &self.letter(text)),
                None => Ok(()),
            },
            Outgoing::Abort(node, action) => {
                let text = letter::write_abort(*action);
                self.store.order(*node, &self.letter(text))
            }
        }
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
