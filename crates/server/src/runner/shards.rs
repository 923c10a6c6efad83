//! Shards that come and go, and actions that run on other nodes.
//!
//! A tree is handled where its shard is. Its actions may run elsewhere: those that
//! ran when the shard moved go on, and their results are sent after it.

use engine::event::{Answer, Event};
use engine::model::{Claim, ExecutionId};
use store::Shard;
use store::cluster::ShardSet;

use super::{Pending, Runner, Unanswered};
use crate::cluster::Tidings;

impl Runner {
    /// Whether a tree is handled here.
    pub(super) fn owns(&self, root: ExecutionId) -> bool {
        self.owned.contains(Shard::of(root))
    }

    pub(super) fn hear(&mut self, tidings: Tidings) {
        match tidings {
            Tidings::Nodes {
                alive,
                other_executors,
            } => {
                self.alive = alive;
                self.other_executors = other_executors;
                self.interrupt_the_dead();
            }
            Tidings::Offers { lost, waiting } => {
                self.interrupt_lost(&lost);
                self.offers.are_waiting(waiting);
                self.show_depths();
            }
            Tidings::Gained(shards) => {
                shards.iter().for_each(|shard| self.owned.insert(shard));
                // Whoever had them may have left rows of deleted trees.
                self.sweeping = true;
                self.recover(shards);
            }
            Tidings::Lost(shards) => self.let_go(shards),
            // What is queued for them is sent after them; dropping the sender tells.
            Tidings::Release(shards, _done) => self.let_go(shards),
            Tidings::Reborn(claim) => self.begin_anew(claim),
        }
    }

    /// Forgets the trees of shards: their rows have everything.
    fn let_go(&mut self, shards: ShardSet) {
        self.owned = self.owned.without(shards);
        self.unrecovered = self.unrecovered.without(shards);
        let gone = |root: &ExecutionId| shards.contains(Shard::of(*root));
        self.trees.retain(|root, _| !gone(root));
        self.idle.retain(|root| !gone(root));
        self.lost_trees.retain(|root| !gone(root));
        self.foreign.retain(|_, (root, _)| !gone(root));
        self.slots.retain(|root| !gone(root));
        self.offers.retain(|root| !gone(root));
        self.timers.retain(|root| !gone(root));
        self.hub.forget(|root| gone(&root));
    }

    /// Nothing that this node had is its own, neither trees nor actions.
    fn begin_anew(&mut self, claim: u64) {
        self.executor.stop();
        self.slots.clear();
        self.unstarted.clear();
        self.let_go(ShardSet::ALL);
        self.claim = Claim(claim);
    }

    /// Actions that ran elsewhere and have come to their end, or do without an executor.
    pub(super) fn forget_ended(&mut self, applied: &[(Pending, Answer)]) {
        if self.foreign.is_empty() {
            return;
        }
        for (pending, _) in applied {
            if let Event::ActionCompleted { action, .. } | Event::ActionStarted { action } =
                &pending.event
            {
                self.foreign.remove(action);
            }
        }
    }

    /// Actions whose executor is gone.
    fn interrupt_the_dead(&mut self) {
        let dead: Vec<_> = self
            .foreign
            .iter()
            .filter(|(_, (_, claim))| !self.alive.contains(&claim.0))
            .map(|(action, (root, claim))| (*action, *root, *claim))
            .collect();
        for (action, root, claim) in dead {
            self.foreign.remove(&action);
            self.enqueue(root, Event::ActionInterrupted { action, claim });
        }
    }

    /// An event for a tree of another node. Whoever waits sends it there himself; a
    /// letter is found by the owner; results are sent; all else is in the rows.
    pub(super) fn turn_away(&mut self, pending: Pending) {
        if let Some(reply) = pending.reply {
            drop(reply.send(Err(Unanswered::Elsewhere)));
        } else if let Some(cluster) = &self.cluster {
            match pending.slip {
                Some(slip) => cluster.returned(std::iter::once(slip.id)),
                None if is_of_executor(&pending.event) => {
                    cluster.forward(pending.root, pending.event);
                }
                None => {}
            }
        }
    }

    /// Tries again what could not be loaded.
    pub(super) fn recover_the_rest(&mut self) {
        if !self.unrecovered.is_empty() {
            let shards = std::mem::take(&mut self.unrecovered);
            self.recover(shards);
        }
        let roots: Vec<_> = self.lost_trees.drain().collect();
        self.reload_lost_work(&roots);
    }
}

/// What only the executor knows: it is in no row.
fn is_of_executor(event: &Event) -> bool {
    matches!(
        event,
        Event::ActionCompleted { .. } | Event::ActionStarted { .. }
    )
}
