//! What comes from outside when nothing is queued: results, timers, operators.

use engine::event::Event;

use super::{Simulation, Violation};

impl Simulation {
    /// Queues the next event; false if nothing is left that could happen.
    pub(super) fn next_happening(&mut self) -> Result<bool, Violation> {
        self.make_hot()?;
        if !self.queue.is_empty() {
            return Ok(true);
        }
        if let Some(tree) = &self.tree {
            super::check::reasons(tree)?;
        }
        if !self.quiet && self.random.below(5) == 0 && self.operator() {
            return Ok(true);
        }
        if let Some(late) = self.executor.late_result(&mut self.random, self.quiet) {
            self.queue.push_back(late);
            return Ok(true);
        }
        let results = self.executor.pending();
        let tree = self.tree.as_ref();
        let timers = tree.is_some_and(|tree| tree.timers().next().is_some());
        Ok(match (results, timers) {
            (true, true) if self.random.below(2) == 0 => self.fire_timers(),
            (true, _) => self.deliver(),
            (false, true) => self.fire_timers(),
            (false, false) => self.help(),
        })
    }

    fn deliver(&mut self) -> bool {
        let duplicates = !self.quiet;
        let events = self.executor.deliver(&mut self.random, duplicates);
        self.queue.extend(events);
        true
    }

    /// The clock moves to the next timer or beyond; others fire early, late or twice,
    /// and must be ignored.
    fn fire_timers(&mut self) -> bool {
        let Some(tree) = &self.tree else { return false };
        let mut timers: Vec<_> = tree.timers().copied().collect();
        timers.sort_by_key(|timer| (timer.due_at, timer.key));
        let Some(first) = timers.first() else {
            return false;
        };
        let late = match self.quiet || self.random.below(4) > 0 {
            true => 1,
            false => 3_000_000,
        };
        self.now = self.now.max(first.due_at).plus_micros(late);
        let early = !self.quiet && self.random.below(4) == 0;
        let twice = !self.quiet && self.random.below(8) == 0;
        for timer in timers {
            if timer.due_at <= self.now || early {
                let (key, run) = (timer.key, timer.run);
                let copies = if twice { 2 } else { 1 };
                let event = Event::TimerFired { key, run };
                self.queue.extend(std::iter::repeat_n(event, copies));
            }
        }
        true
    }
}
