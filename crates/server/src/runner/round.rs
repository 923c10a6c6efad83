//! One round: events in, one transaction, effects out.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use engine::Effects;
use engine::event::{Answer, Command, Event};
use engine::model::{ActionId, ExecutionId, IdSource};
use engine::tree::Tree;
use engine::world::Unavailable;
use store::cluster::{Offer, Settled};
use store::{Batch, Committed, Shard, StoreError, TreeChanges};

use super::farewell::Doomed;
use super::recovery::LoadError;
use super::{Pending, Reply, Runner, Unanswered};
use crate::cluster::write_answer;
use crate::events::News;

/// What a round holds back until it is committed.
#[derive(Default)]
pub(super) struct Held {
    applied: Vec<(Pending, Answer)>,
    /// Trees that changed, in order of first change.
    touched: Vec<ExecutionId>,
    pub(super) runs: Vec<(ExecutionId, ActionId)>,
    /// Actions that other nodes may run.
    pub(super) offers: Vec<Offer>,
    aborts: Vec<ActionId>,
    continued: Vec<ExecutionId>,
    /// What is deleted.
    deleted: Vec<Doomed>,
    /// A tree could not be read: the events that are left come later.
    is_store_away: bool,
}

impl Runner {
    /// Applies what is queued and commits it.
    pub(super) fn round(&mut self) {
        let limit = match self.suspects {
            0 => super::ROUND_LIMIT,
            _ => 1,
        };
        let count = self.queue.len().min(limit);
        let events: Vec<_> = self.queue.drain(..count).collect();
        self.suspects = self.suspects.saturating_sub(count);
        if events.is_empty() && !self.has_runs_to_place() {
            return;
        }
        let mut held = Held::default();
        for pending in events {
            match held.is_store_away {
                true => self.postpone(pending, Unanswered::Unavailable),
                false => self.apply(pending, &mut held),
            }
        }
        if held.is_store_away {
            self.pause_after_failure();
        }
        self.place_runs(&mut held);
        let (mut batch, mut news) = self.collect(&held);
        batch.settled = held.settled();
        batch.offers = std::mem::take(&mut held.offers);
        let tells = batch
            .trees
            .iter()
            .any(|tree| !tree.notifications.is_empty());
        match self.commit(batch, held.applied.len()) {
            Ok(committed) => {
                for (tree, first) in news.iter_mut().zip(committed.first_seqs) {
                    tree.first = first;
                }
                news.retain(|tree| tree.count() > 0);
                self.release(held, news);
                if tells {
                    self.courier.wake();
                }
            }
            Err(error) => self.give_up(held, &error),
        }
    }

    fn commit(&self, batch: Batch, events: usize) -> Result<Committed, StoreError> {
        if batch.is_empty() {
            return Ok(Committed::default());
        }
        let began = Instant::now();
        let committed = self.store.commit(batch);
        let trouble = committed.as_ref().err().and_then(StoreError::trouble);
        self.hub.note_trouble(trouble);
        let committed = committed?;
        self.metrics.stored(events, began.elapsed());
        Ok(committed)
    }

    fn apply(&mut self, pending: Pending, held: &mut Held) {
        let root = pending.root;
        if !self.owns(root) {
            self.turn_away(pending);
            return;
        }
        if let Err(error) = self.make_hot(root, &pending.event) {
            tracing::error!(%root, %error, "a tree can not be loaded");
            if let LoadError::Store(error) = &error {
                self.hub.note_trouble(error.trouble());
            }
            match error.is_passing() {
                true => {
                    held.is_store_away = true;
                    self.postpone(pending, Unanswered::Unavailable);
                }
                false => self.refuse(pending),
            }
            return;
        }
        let doomed = self.doomed(root, &pending.event);
        match self.step(root, &pending.event) {
            Ok(effects) => {
                if !matches!(effects.answer, Answer::Refused(_)) {
                    held.deleted.extend(doomed);
                }
                hold(held, root, pending, effects);
            }
            Err(error) => {
                tracing::error!(%root, %error, "a step could not read what it needs");
                self.trees.remove(&root);
                self.lost_trees.insert(root);
                held.is_store_away = true;
                for earlier in held.take_back(root) {
                    self.postpone(earlier, Unanswered::Unavailable);
                }
                self.postpone(pending, Unanswered::Unavailable);
            }
        }
    }

    fn step(&mut self, root: ExecutionId, event: &Event) -> Result<Effects, Unavailable> {
        let now = self.clock.now();
        self.ids = IdSource::new(now, self.ids.sequence(), self.ids.next_random());
        let tree = self.trees.entry(root).or_insert_with(|| Tree::new(root));
        let began = Instant::now();
        let effects = tree.step(event, &self.world, now, &mut self.ids);
        self.metrics.stepped(began.elapsed());
        effects
    }

    fn collect(&mut self, held: &Held) -> (Batch, Vec<News>) {
        let mut batch = Batch::default();
        let mut news = Vec::with_capacity(held.touched.len());
        let aborts: HashSet<_> = held.aborts.iter().copied().collect();
        for root in &held.touched {
            let Some(tree) = self.trees.get_mut(root) else {
                continue;
            };
            let changes = tree.take_changes();
            let withdrawn = self.offers.withdraw(*root, &changes, &aborts);
            batch.withdrawn.extend(withdrawn);
            self.sweeping |= !changes.deleted.is_empty();
            for (key, timer) in &changes.timers {
                self.timers.replace(*key, *timer);
            }
            let notifications = self.news.of(tree, &changes, &mut self.ids);
            let farewell = held.deleted.iter().find(|doomed| doomed.root == *root);
            news.push(News {
                shard: Shard::of(*root),
                first: 0,
                entries: changes.journal.clone(),
                farewell: farewell.map(|doomed| doomed.farewell.clone()),
            });
            batch.trees.push(TreeChanges {
                root: *root,
                changes,
                notifications,
            });
        }
        (batch, news)
    }

    /// The transaction is durable: act on it.
    fn release(&mut self, held: Held, news: Vec<News>) {
        for action in held.aborts {
            self.executor.abort(action);
            self.slots.free(action);
            if let (Some((_, claim)), Some(cluster)) = (self.foreign.remove(&action), &self.cluster)
            {
                cluster.abort(claim.0, action);
            }
        }
        self.forget_ended(&held.applied);
        for (root, action) in held.runs {
            self.unstarted.remove(&action);
            match self.trees.get(&root).and_then(|tree| tree.run_of(action)) {
                Some(run) => self.executor.start(root, run),
                None => self.slots.free(action),
            }
        }
        let now = self.clock.now();
        if let Some(cluster) = &self.cluster {
            let slips = held.applied.iter().filter_map(|(pending, _)| pending.slip);
            cluster.returned(slips.map(|slip| slip.id));
        }
        // Whoever is answered finds it in the metrics.
        let entries = news.iter().flat_map(|tree| &tree.entries);
        entries.for_each(|entry| self.metrics.committed(entry));
        for state in held.deleted.iter().flat_map(|doomed| &doomed.states) {
            self.metrics.deleted(*state);
        }
        for (pending, result) in held.applied {
            if let Some(due) = pending.due {
                self.metrics.timer_fired(now.since(due));
            }
            answer(pending, Ok(result));
        }
        for root in held.continued {
            self.enqueue(root, Event::Continued);
        }
        self.show_depths();
        self.hub.publish(news);
        for root in held.touched {
            self.rest(root);
        }
    }

    pub(super) fn show_depths(&self) {
        let (running, waiting) = self.slots.depths();
        let waiting = waiting + self.offers.waiting();
        self.metrics.running_actions.set(running as i64);
        self.metrics.waiting_actions.set(waiting as i64);
        self.metrics.waiting_events.set(self.queue.len() as i64);
    }

    /// A finished tree may leave memory, but not at once: results of what still runs
    /// and questions of callers come soon after.
    fn rest(&mut self, root: ExecutionId) {
        if !self.trees.get(&root).is_some_and(Tree::is_finished) {
            return;
        }
        self.idle.push_back(root);
        while self.idle.len() > super::IDLE_TREES {
            let Some(oldest) = self.idle.pop_front() else {
                return;
            };
            let finished = self.trees.get(&oldest).is_some_and(Tree::is_finished);
            if finished && !self.idle.contains(&oldest) {
                self.trees.remove(&oldest);
            }
        }
    }

    /// The transaction failed: memory is ahead of the truth and must go. Events with
    /// a caller are refused, the others tried again, one by one if one of them is at fault.
    fn give_up(&mut self, held: Held, error: &StoreError) {
        tracing::error!(%error, events = held.applied.len(), "a commit failed");
        for root in &held.touched {
            self.trees.remove(root);
        }
        let lost: HashSet<_> = held.touched.iter().collect();
        self.offers.retain(|root| !lost.contains(root));
        if self.cluster.is_some() {
            // Another node may have them.
            self.hub.forget(|root| lost.contains(&root));
        }
        for (_, action) in &held.runs {
            self.slots.free(*action);
            self.unstarted.insert(*action);
        }
        let why = match error {
            StoreError::NotOwner => Unanswered::Elsewhere,
            _ => Unanswered::Unavailable,
        };
        if held.applied.len() > 1 {
            self.suspects = held.applied.len();
        }
        for (pending, _) in held.applied {
            self.postpone(pending, why);
        }
        self.reload_lost_work(&held.touched);
        self.pause_after_failure();
    }

    /// The rows of its tree make no sense, and will not.
    fn refuse(&self, pending: Pending) {
        if let (Some(slip), Some(cluster)) = (pending.slip, &self.cluster) {
            cluster.returned(std::iter::once(slip.id));
        }
        answer(pending, Err(Unanswered::Unavailable));
    }

    /// Tries an event again later, unless somebody waits and can decide himself.
    fn postpone(&mut self, pending: Pending, why: Unanswered) {
        match (pending.reply, pending.slip, &self.cluster) {
            (Some(reply), ..) => drop(reply.send(Err(why))),
            // The letter is still there.
            (None, Some(slip), Some(cluster)) => cluster.returned(std::iter::once(slip.id)),
            (reply, ..) => self.queue.push_back(Pending { reply, ..pending }),
        }
    }

    /// A store that fails is not asked again at once.
    fn pause_after_failure(&self) {
        std::thread::sleep(std::time::Duration::from_millis(200));
    }

    /// Timers and unclaimed actions of trees that were thrown away. A store that fails
    /// is asked again later, for all that are left.
    pub(super) fn reload_lost_work(&mut self, roots: &[ExecutionId]) {
        for (at, &root) in roots.iter().enumerate() {
            if self.trees.contains_key(&root) || !self.owns(root) {
                continue;
            }
            let Err(error) = self.revive(root, &mut HashMap::new()) else {
                continue;
            };
            tracing::error!(%root, %error, "a tree could not be loaded again");
            if error.is_passing() {
                self.lost_trees.extend(&roots[at..]);
                return;
            }
        }
    }
}

fn hold(held: &mut Held, root: ExecutionId, pending: Pending, effects: Effects) {
    for command in effects.commands {
        match command {
            Command::RunAction(run) => held.runs.push((root, run.action.id)),
            Command::AbortAction(action) => held.aborts.push(action),
            Command::Continue => held.continued.push(root),
        }
    }
    held.touch(root);
    held.applied.push((pending, effects.answer));
}

impl Held {
    /// The letters whose events were applied, with what their senders learn.
    fn settled(&self) -> Vec<Settled> {
        let letters = self.applied.iter().filter_map(|(pending, answer)| {
            let slip = pending.slip?;
            Some(Settled {
                id: slip.id,
                shard: Shard::of(pending.root),
                sender: slip.sender,
                answer: write_answer(answer),
            })
        });
        letters.collect()
    }

    /// What earlier events did to a tree is gone with it.
    fn take_back(&mut self, root: ExecutionId) -> Vec<Pending> {
        self.runs.retain(|(of, _)| *of != root);
        self.continued.retain(|of| *of != root);
        let applied = std::mem::take(&mut self.applied);
        let (gone, kept): (Vec<_>, Vec<_>) = applied
            .into_iter()
            .partition(|(pending, _)| pending.root == root);
        self.applied = kept;
        gone.into_iter().map(|(pending, _)| pending).collect()
    }

    pub(super) fn touch(&mut self, root: ExecutionId) {
        if self.touched.last() != Some(&root) && !self.touched.contains(&root) {
            self.touched.push(root);
        }
    }
}

fn answer(pending: Pending, reply: Reply) {
    if let Some(sender) = pending.reply {
        // The caller may have gone; what it asked for is done all the same.
        drop(sender.send(reply));
    }
}
