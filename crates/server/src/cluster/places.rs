//! How many actions this node has places for, between the runner, which counts them,
//! and the thread that takes offers.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Shared by the two.
#[derive(Default)]
pub(super) struct Places {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// As the runner said last.
    taken: usize,
    free: usize,
    /// Taken, and not with the runner yet.
    on_the_way: usize,
    /// There may be offers for which there was no place: new actions go behind them.
    has_backlog: bool,
    is_rung: bool,
}

impl Places {
    /// So many places are taken, and so many are free.
    pub(super) fn are(&self, taken: usize, free: usize) {
        let mut state = self.lock();
        let more = free > state.free;
        (state.taken, state.free) = (taken, free);
        if more && state.has_backlog {
            state.is_rung = true;
            self.changed.notify_one();
        }
    }

    /// So many actions have arrived at the runner.
    pub(super) fn arrived(&self, count: usize) {
        let mut state = self.lock();
        state.on_the_way = state.on_the_way.saturating_sub(count);
    }

    /// Nothing runs, or is about to.
    pub(super) fn are_all_free(&self) -> bool {
        let state = self.lock();
        state.taken + state.on_the_way == 0
    }

    pub(super) fn has_backlog(&self) -> bool {
        self.lock().has_backlog
    }

    /// An action found no place.
    pub(super) fn note_backlog(&self) {
        self.lock().has_backlog = true;
    }

    /// There may be offers.
    pub(super) fn ring(&self) {
        self.lock().is_rung = true;
        self.changed.notify_one();
    }

    /// Waits until somebody rings, or for `limit`; gives the number of free places.
    pub(super) fn wait(&self, limit: Duration) -> usize {
        let quiet = |state: &mut State| !state.is_rung;
        let waited = self.changed.wait_timeout_while(self.lock(), limit, quiet);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let free = state.free.saturating_sub(state.on_the_way);
        if std::mem::take(&mut state.is_rung) && free == 0 {
            state.has_backlog = true;
        }
        free
    }

    /// Of `limit` offers that were asked for there were so many.
    pub(super) fn took(&self, count: usize, limit: usize) {
        let mut state = self.lock();
        state.has_backlog = count == limit;
        state.is_rung |= count == limit;
    }

    /// So many actions go to the runner.
    pub(super) fn leave(&self, count: usize) {
        self.lock().on_the_way += count;
    }

    /// The numbers stay whole whatever panicked.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::ZERO;

    #[test]
    fn who_waits_hears_of_places_as_long_as_there_is_a_backlog() {
        let places = Places::default();
        places.ring();
        assert_eq!(places.wait(NOW), 0);
        assert!(places.has_backlog());
        places.are(0, 3);
        // It returns at once: somebody rang.
        assert_eq!(places.wait(Duration::from_secs(60)), 3);
        places.took(2, 3);
        places.leave(2);
        assert!(!places.has_backlog());
        assert_eq!(places.wait(NOW), 1);
        assert!(!places.are_all_free());
        places.arrived(2);
        places.are(2, 1);
        assert_eq!(places.wait(NOW), 1);
        assert!(!places.are_all_free());
    }
}
