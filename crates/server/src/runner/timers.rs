//! The timers of all hot trees, ordered by due time.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use engine::model::{ExecutionId, Timer, TimerKey, Timestamp};

/// A heap whose outdated entries are skipped when they come up.
#[derive(Debug, Default)]
pub(super) struct Timers {
    current: HashMap<TimerKey, Timer>,
    heap: BinaryHeap<Reverse<(Timestamp, TimerKey)>>,
}

impl Timers {
    /// Sets, moves or removes a timer.
    pub(super) fn replace(&mut self, key: TimerKey, timer: Option<Timer>) {
        match timer {
            Some(timer) => {
                self.current.insert(key, timer);
                self.heap.push(Reverse((timer.due_at, key)));
            }
            None => {
                self.current.remove(&key);
            }
        }
        self.compact();
    }

    /// Forgets timers, but for those of trees to keep.
    pub(super) fn retain(&mut self, keep: impl Fn(&ExecutionId) -> bool) {
        self.current.retain(|_, timer| keep(&timer.root));
        self.compact();
    }

    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.heap.peek().map(|Reverse((due, _))| *due)
    }

    /// The next timer that is due.
    pub(super) fn pop_due(&mut self, now: Timestamp) -> Option<Timer> {
        while self.next_due().is_some_and(|due| due <= now) {
            let Reverse((due, key)) = self.heap.pop()?;
            let current = self.current.get(&key).copied();
            if let Some(timer) = current.filter(|timer| timer.due_at == due) {
                self.current.remove(&key);
                return Some(timer);
            }
        }
        None
    }

    /// Cleared timers must not pile up in the heap.
    fn compact(&mut self) {
        if self.heap.len() > 64 && self.heap.len() > 2 * self.current.len() {
            let entries = self.current.values();
            self.heap = entries
                .map(|timer| Reverse((timer.due_at, timer.key)))
                .collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use engine::model::{ActionId, Id};

    use super::*;

    fn timer(number: u8, due: i64) -> Timer {
        let id = Id::from_bytes([number; 16]);
        Timer {
            key: TimerKey::Sleep(ActionId(id)),
            root: ExecutionId(id),
            due_at: Timestamp::from_micros(due),
            run: 0,
        }
    }

    #[test]
    fn timers_come_in_order_and_only_when_due() {
        let mut timers = Timers::default();
        for timer in [timer(1, 30), timer(2, 10), timer(3, 20)] {
            timers.replace(timer.key, Some(timer));
        }
        timers.replace(timer(3, 20).key, None);
        let now = Timestamp::from_micros(20);
        assert_eq!(timers.pop_due(now), Some(timer(2, 10)));
        assert_eq!(timers.pop_due(now), None);
        assert_eq!(
            timers.pop_due(Timestamp::from_micros(30)),
            Some(timer(1, 30))
        );
    }

    #[test]
    fn a_moved_timer_fires_once() {
        let mut timers = Timers::default();
        timers.replace(timer(1, 10).key, Some(timer(1, 10)));
        timers.replace(timer(1, 20).key, Some(timer(1, 20)));
        let now = Timestamp::from_micros(25);
        assert_eq!(timers.pop_due(now), Some(timer(1, 20)));
        assert_eq!(timers.pop_due(now), None);
    }
}
