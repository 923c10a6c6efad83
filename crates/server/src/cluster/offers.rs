//! Takes offered actions, as many as there are places for.
//!
//! Invariant: what this node claimed goes to the runner once. A claim that the database
//! has and that never went there was lost on the way here, with a connection.

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use engine::model::{ActionId, Claim};
use store::StoreError;
use store::postgres::Place;

use super::{Cluster, lock};
use crate::runner::Message;

/// How long one waits for a hint. With hints lost, this is what an offer takes.
const POLL: Duration = Duration::from_millis(250);

/// The most actions that are taken at a time.
const PORTION: usize = 100;

/// A claim whose answer was lost is made by then, or never.
const DOUBT: Duration = Duration::from_secs(15);

/// So many claims are remembered before it is looked which of them have ended.
const MANY: usize = 10_000;

/// What this node claimed and handed to the runner.
struct Hands {
    /// The incarnation.
    me: u64,
    known: HashSet<ActionId>,
    /// Until then there may be claims of which nobody knows.
    doubt: Option<Instant>,
    /// How many may be known before they are compared with the rows.
    limit: usize,
}

impl Cluster {
    pub(super) fn take_offers(&self, runner: &Sender<Message>) {
        let mut hands = Hands {
            me: 0,
            known: HashSet::new(),
            doubt: None,
            limit: MANY,
        };
        while !self.is_stopping() && !self.is_retired() {
            let free = self.places.wait(POLL);
            if let Err(error) = self.take(runner, &mut hands, free) {
                tracing::warn!(%error, "offered actions wait");
                hands.doubt = Some(Instant::now() + DOUBT);
                std::thread::sleep(POLL);
            }
        }
    }

    fn take(
        &self,
        runner: &Sender<Message>,
        hands: &mut Hands,
        free: usize,
    ) -> Result<(), StoreError> {
        // An order to stop an action waits until the action is on its way.
        let _handing = lock(&self.handing);
        hands.are_of(self.id.load(Ordering::Relaxed));
        if hands.should_compare() {
            let missing = hands.compare(&self.store.taken(hands.me)?);
            self.hand_over(runner, hands, &missing)?;
        }
        if free > 0 {
            let limit = free.min(PORTION);
            let taken = self.store.take(hands.me, &self.targets, limit)?;
            self.hand_over(runner, hands, &taken)?;
            self.places.took(taken.len(), limit);
        }
        Ok(())
    }

    fn hand_over(
        &self,
        runner: &Sender<Message>,
        hands: &mut Hands,
        actions: &[Place],
    ) -> Result<(), StoreError> {
        if actions.is_empty() {
            return Ok(());
        }
        let runs = self.store.runs(actions)?;
        hands.known.extend(actions.iter().map(|(action, _)| action));
        self.places.leave(runs.len());
        let claim = Claim(hands.me);
        // A runner that is gone runs nothing: this incarnation ends with it.
        drop(runner.send(Message::Taken { claim, runs }));
        Ok(())
    }
}

impl Hands {
    /// Another incarnation has claimed nothing.
    fn are_of(&mut self, me: u64) {
        if self.me != me {
            self.me = me;
            self.known.clear();
        }
    }

    fn should_compare(&mut self) -> bool {
        let doubts = self.doubt.is_some();
        if self.doubt.is_some_and(|end| end <= Instant::now()) {
            self.doubt = None;
        }
        doubts || self.known.len() >= self.limit
    }

    /// Forgets what has ended; gives what never went to the runner.
    fn compare(&mut self, claimed: &[Place]) -> Vec<Place> {
        let actions: HashSet<_> = claimed.iter().map(|(action, _)| *action).collect();
        self.known.retain(|action| actions.contains(action));
        self.limit = MANY.max(2 * self.known.len());
        let missing = claimed
            .iter()
            .filter(|(action, _)| !self.known.contains(action));
        missing.copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use engine::model::{ExecutionId, Id};

    use super::*;

    fn place(number: u8) -> Place {
        let id = Id::from_bytes([number; 16]);
        (ActionId(id), ExecutionId(id))
    }

    #[test]
    fn a_claim_that_was_lost_on_the_way_is_found_once() {
        let mut hands = Hands {
            me: 1,
            known: [place(1).0, place(2).0].into(),
            doubt: Some(Instant::now()),
            limit: MANY,
        };
        // Long ago, but looked at once more.
        assert!(hands.should_compare());
        assert!(!hands.should_compare());
        // The first one has ended since.
        let claimed = [place(2), place(3)];
        assert_eq!(hands.compare(&claimed), [place(3)]);
        assert_eq!(hands.known, [place(2).0].into());
        hands.known.insert(place(3).0);
        assert_eq!(hands.compare(&claimed), []);
        hands.are_of(2);
        assert!(hands.known.is_empty());
    }

    #[test]
    fn what_has_ended_is_forgotten_now_and_then() {
        let mut hands = Hands {
            me: 1,
            known: [place(1).0, place(2).0].into(),
            doubt: None,
            limit: 2,
        };
        assert!(hands.should_compare());
        assert_eq!(hands.compare(&[]), []);
        assert!(!hands.should_compare());
    }
}
