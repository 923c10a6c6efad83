//! Which actions run here, and which are offered to all nodes.
//!
//! An action that finds a place here is claimed by the commit that creates it. One that
//! does not, or that is for a target elsewhere, is *offered*: whoever takes it claims the
//! row of the offer. The tree does not hear of that; it keeps the action as unclaimed
//! until its result comes or its executor is gone.
//!
//! Invariant: an action is claimed here or offered, never both.

use std::collections::{HashMap, HashSet};

use engine::change::Changes;
use engine::event::{Event, Run};
use engine::model::{ActionId, Claim, ExecutionId};
use engine::tree::Tree;
use store::StoreError;
use store::cluster::{LostOffer, Offer, Withdrawal};

use super::Runner;
use super::round::Held;

/// The offers of the trees that are handled here, as they are in the store.
#[derive(Default)]
pub(super) struct Offers {
    known: HashMap<ActionId, Offered>,
    /// So many nobody took when it was last looked.
    waiting: usize,
}

struct Offered {
    root: ExecutionId,
    /// Anybody may take it, or has.
    is_open: bool,
    /// A dead taker that was dealt with.
    lost: Option<Claim>,
}

impl Offers {
    /// Whether it is somebody else's to start an action.
    pub(super) fn is_open(&self, action: ActionId) -> bool {
        self.known
            .get(&action)
            .is_some_and(|offered| offered.is_open)
    }

    /// Forgets those of other trees.
    pub(super) fn retain(&mut self, keep: impl Fn(&ExecutionId) -> bool) {
        self.known.retain(|_, offered| keep(&offered.root));
    }

    /// So many nobody took yet.
    pub(super) fn are_waiting(&mut self, count: usize) {
        self.waiting = count;
    }

    /// How many wait for an executor.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    fn open(&mut self, action: ActionId, root: ExecutionId) {
        let offered = self.known.entry(action).or_insert(Offered {
            root,
            is_open: true,
            lost: None,
        });
        offered.is_open = true;
    }

    /// What the store has, of an action whose tree was loaded.
    fn restore(&mut self, action: ActionId, root: ExecutionId, claim: Option<Claim>) {
        self.open(action, root);
        if let Some(offered) = self.known.get_mut(&action) {
            offered.is_open = claim.is_none();
            offered.lost = claim.or(offered.lost);
        }
    }

    /// Those that end with changes of a tree: the actions ended, or are run here.
    pub(super) fn withdraw(
        &mut self,
        root: ExecutionId,
        changes: &Changes,
        aborts: &HashSet<ActionId>,
    ) -> Vec<Withdrawal> {
        if self.known.is_empty() {
            return Vec::new();
        }
        let mut ended: Vec<_> = changes
            .actions
            .iter()
            .filter(|(image, _)| {
                let lost = self.known.get(&image.id).and_then(|offered| offered.lost);
                image.state.is_completed() || (image.claim.is_some() && image.claim != lost)
            })
            .map(|(image, _)| image.id)
            .collect();
        if !changes.deleted.is_empty() {
            let of_tree = self
                .known
                .iter()
                .filter(|(_, offered)| offered.root == root);
            ended.extend(of_tree.map(|(action, _)| *action));
        }
        let withdrawn = ended.into_iter().filter_map(|action| {
            self.known.remove(&action)?;
            let abort = aborts.contains(&action);
            Some(Withdrawal { action, abort })
        });
        withdrawn.collect()
    }
}

impl Runner {
    /// The claims of the runs that start with this commit: new ones as long as places
    /// are free, then those that waited. The others are offered, if there are others.
    pub(super) fn place_runs(&mut self, held: &mut Held) {
        for (root, action) in std::mem::take(&mut held.runs) {
            self.slots.wait(root, action);
        }
        loop {
            let run_here = self.slots.next();
            if let Some((root, action)) = run_here
                && self.is_for_here(root, action)
            {
                self.claim_run(root, action, held);
                continue;
            }
            let passes_on = self.passes_on();
            let run_there = run_here.or_else(|| passes_on.then(|| self.slots.pass_on()).flatten());
            let Some((root, action)) = run_there else {
                return;
            };
            self.offer_run(root, action, held);
        }
    }

    /// Whether there may be something to place without an event.
    pub(super) fn has_runs_to_place(&self) -> bool {
        self.slots.has_work() || (self.passes_on() && self.slots.is_anybody_waiting())
    }

    /// Whether actions without a place here have one elsewhere.
    fn passes_on(&self) -> bool {
        let cluster = self.cluster.as_ref();
        cluster.is_some_and(|cluster| self.other_executors || !cluster.is_executor())
    }

    /// Whether an action that could start runs on this node.
    fn is_for_here(&self, root: ExecutionId, action: ActionId) -> bool {
        let Some(cluster) = &self.cluster else {
            // Nobody else could.
            return true;
        };
        let action = self.trees.get(&root).and_then(|tree| tree.action(action));
        match action.and_then(|action| action.target.as_deref()) {
            Some(target) => cluster.has_target(target),
            None => !cluster.has_backlog(),
        }
    }

    fn claim_run(&mut self, root: ExecutionId, action: ActionId, held: &mut Held) {
        if self.offers.is_open(action) {
            return;
        }
        let Some(tree) = self.trees.get_mut(&root) else {
            return;
        };
        // It may wait twice, since before its tree was loaded again.
        let is_free = tree.action(action).is_some_and(|it| it.claim.is_none());
        if is_free && tree.claim(action, Some(self.claim)) {
            self.slots.take(action);
            held.runs.push((root, action));
            held.touch(root);
        }
    }

    fn offer_run(&mut self, root: ExecutionId, action: ActionId, held: &mut Held) {
        let image = self.trees.get(&root).and_then(|tree| tree.action(action));
        let Some(image) = image.filter(|it| it.claim.is_none() && !it.state.is_completed()) else {
            return;
        };
        if self.offers.is_open(action) {
            return;
        }
        let target = image.target.clone();
        if let (None, Some(cluster)) = (&target, &self.cluster) {
            cluster.note_backlog();
        }
        self.offers.open(action, root);
        held.offers.push(Offer {
            action,
            root,
            target,
        });
        held.touch(root);
    }

    /// Actions of any tree, which this node has claimed.
    pub(super) fn run_taken(&mut self, claim: Claim, runs: Vec<Run>) {
        if let Some(cluster) = &self.cluster {
            cluster.arrived(runs.len());
        }
        // An incarnation that is dead starts nothing.
        if claim != self.claim {
            return;
        }
        for run in runs {
            self.slots.take(run.action.id);
            self.executor.start(run.action.root, run);
        }
    }

    /// Whoever takes offers must know for how many there are places.
    pub(super) fn tell_places(&self) {
        if let Some(cluster) = &self.cluster {
            let (taken, _) = self.slots.depths();
            cluster.places_are(taken, self.slots.free_places());
        }
    }

    /// Which actions of a tree that was loaded are offered.
    pub(super) fn find_offers(&mut self, tree: &Tree) -> Result<(), StoreError> {
        let Some(cluster) = &self.cluster else {
            return Ok(());
        };
        for action in cluster.store().offered(tree.root())? {
            if let Some(image) = tree.action(action) {
                self.offers.restore(action, tree.root(), image.claim);
            }
        }
        Ok(())
    }

    /// Offered actions whose executor is gone: now their trees hear of it. What was
    /// started and reports by itself goes on.
    pub(super) fn interrupt_lost(&mut self, lost: &[LostOffer]) {
        for &LostOffer {
            action,
            root,
            claim,
        } in lost
        {
            let tree = self.trees.get_mut(&root);
            let (Some(tree), Some(offered)) = (tree, self.offers.known.get_mut(&action)) else {
                continue;
            };
            if !offered.is_open || offered.lost == Some(claim) || !tree.claim(action, Some(claim)) {
                continue;
            }
            offered.is_open = false;
            offered.lost = Some(claim);
            let is_started = tree.action(action).is_some_and(|action| action.is_started);
            self.enqueue(
                root,
                match is_started {
                    false => Event::ActionInterrupted { action, claim },
                    true => Event::Continued,
                },
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use engine::change::ActionParts;
    use engine::model::{Action, Id, State, Timestamp};
    use yaql::Dict;

    use super::*;

    fn id(number: u8) -> ActionId {
        ActionId(Id::from_bytes([number; 16]))
    }

    fn root() -> ExecutionId {
        ExecutionId(Id::from_bytes([9; 16]))
    }

    fn change(number: u8, state: State, claim: Option<Claim>) -> Changes {
        let image = Action {
            id: id(number),
            task: None,
            execution: None,
            root: root(),
            index: 0,
            run: 0,
            name: "std.http".into(),
            input: Dict::new(),
            base: None,
            state,
            state_info: None,
            output: None,
            accepted: false,
            is_sync: true,
            safe_rerun: true,
            target: None,
            timeout: None,
            claim,
            is_started: false,
            description: "".into(),
            project_id: "".into(),
            created_at: Timestamp::from_micros(0),
            updated_at: Timestamp::from_micros(0),
        };
        Changes {
            actions: vec![(image, ActionParts::default())],
            ..Changes::default()
        }
    }

    fn withdrawn(offers: &mut Offers, changes: &Changes) -> Vec<(ActionId, bool)> {
        let aborts = HashSet::from([id(2)]);
        let withdrawn = offers.withdraw(root(), changes, &aborts).into_iter();
        withdrawn.map(|one| (one.action, one.abort)).collect()
    }

    #[test]
    fn an_offer_ends_with_its_action_or_when_it_is_run_here() {
        let mut offers = Offers::default();
        (1..=4).for_each(|number| offers.open(id(number), root()));
        let paused = change(1, State::Paused, None);
        assert_eq!(withdrawn(&mut offers, &paused), []);
        let ended = change(1, State::Success, None);
        assert_eq!(withdrawn(&mut offers, &ended), [(id(1), false)]);
        assert_eq!(withdrawn(&mut offers, &ended), []);
        let stopped = change(2, State::Cancelled, None);
        assert_eq!(withdrawn(&mut offers, &stopped), [(id(2), true)]);
        let claimed = change(3, State::Running, Some(Claim(1)));
        assert_eq!(withdrawn(&mut offers, &claimed), [(id(3), false)]);
        let deleted = Changes {
            deleted: vec![root()],
            ..Changes::default()
        };
        assert_eq!(withdrawn(&mut offers, &deleted), [(id(4), false)]);
    }

    #[test]
    fn a_dead_claim_leaves_the_offer_to_be_made_again() {
        let mut offers = Offers::default();
        offers.restore(id(1), root(), Some(Claim(7)));
        assert!(!offers.is_open(id(1)));
        let dead = change(1, State::Running, Some(Claim(7)));
        assert_eq!(withdrawn(&mut offers, &dead), []);
        offers.open(id(1), root());
        assert!(offers.is_open(id(1)));
        // It is remembered who is dead: late news of it are no news.
        assert_eq!(offers.known[&id(1)].lost, Some(Claim(7)));
        offers.retain(|of| *of != root());
        assert!(!offers.is_open(id(1)));
    }
}
