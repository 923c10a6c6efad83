//! How many actions run at once, and which wait for a place.

use std::collections::{HashSet, VecDeque};

use engine::model::{ActionId, ExecutionId};

/// Places for running actions.
#[derive(Debug)]
pub(super) struct Slots {
    places: usize,
    taken: HashSet<ActionId>,
    waiting: VecDeque<(ExecutionId, ActionId)>,
}

impl Slots {
    pub(super) fn new(places: usize) -> Self {
        Self {
            places,
            taken: HashSet::new(),
            waiting: VecDeque::new(),
        }
    }

    /// An action is to be run as soon as there is a place.
    pub(super) fn wait(&mut self, root: ExecutionId, action: ActionId) {
        self.waiting.push_back((root, action));
    }

    /// The next one to run, if a place is free.
    pub(super) fn next(&mut self) -> Option<(ExecutionId, ActionId)> {
        if self.free_places() == 0 {
            return None;
        }
        self.waiting.pop_front()
    }

    /// The next one to run, wherever there is a place.
    pub(super) fn pass_on(&mut self) -> Option<(ExecutionId, ActionId)> {
        self.waiting.pop_front()
    }

    /// Forgets who waits, but for those to keep.
    pub(super) fn retain(&mut self, keep: impl Fn(&ExecutionId) -> bool) {
        self.waiting.retain(|(root, _)| keep(root));
    }

    /// All places are free: nothing runs any more.
    pub(super) fn clear(&mut self) {
        self.taken.clear();
        self.waiting.clear();
    }

    pub(super) fn take(&mut self, action: ActionId) {
        self.taken.insert(action);
    }

    pub(super) fn free(&mut self, action: ActionId) {
        self.taken.remove(&action);
    }

    /// How many more may run.
    pub(super) fn free_places(&self) -> usize {
        self.places.saturating_sub(self.taken.len())
    }

    /// Whether somebody waits.
    pub(super) fn is_anybody_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// How many run, and how many wait.
    pub(super) fn depths(&self) -> (usize, usize) {
        (self.taken.len(), self.waiting.len())
    }

    /// Whether somebody waits and there is a place.
    pub(super) fn has_work(&self) -> bool {
        self.is_anybody_waiting() && self.free_places() > 0
    }
}
