//! Scripted executors: they answer in any order, twice, or never because they died.

use std::collections::{BTreeMap, VecDeque};

use engine::event::{Event, Outcome, Run};
use engine::model::ActionId;

use super::Started;
use super::check::Violation;
use super::random::Random;

/// Actions that run outside.
#[derive(Debug, Default)]
pub(super) struct Executor {
    running: BTreeMap<ActionId, Outcome>,
    started: Started,
    safe: BTreeMap<ActionId, bool>,
}

impl Executor {
    pub(super) fn start(&mut self, run: &Run, random: &mut Random) {
        let id = run.action.id;
        *self.started.entry(id).or_default() += 1;
        self.safe.insert(id, run.action.safe_rerun);
        if !run.action.is_sync {
            return;
        }
        let outcome = match random.below(4) {
            0 => Outcome::Error("scripted error".into()),
            _ => Outcome::Success(i64::try_from(random.below(100)).unwrap_or(0).into()),
        };
        self.running.insert(id, outcome);
    }

    pub(super) fn extend(&mut self, run: Option<Run>, random: &mut Random) {
        if let Some(run) = run {
            self.start(&run, random);
        }
    }

    pub(super) fn abort(&mut self, action: ActionId) {
        self.running.remove(&action);
    }

    pub(super) fn die(&mut self) {
        self.running.clear();
    }

    pub(super) fn pending(&self) -> bool {
        !self.running.is_empty()
    }

    /// One result, sometimes twice.
    pub(super) fn deliver(&mut self, random: &mut Random, duplicates: bool) -> Vec<Event> {
        let ids: Vec<_> = self.running.keys().copied().collect();
        let action = *random.pick(&ids);
        let outcome = self.running.remove(&action);
        let copies = if duplicates && random.chance(15) {
            2
        } else {
            1
        };
        let event = outcome.map(|outcome| Event::ActionCompleted { action, outcome });
        event.into_iter().cycle().take(copies).collect()
    }

    /// Results whose delivery failed with the process: executors in it died too, so only
    /// what came from elsewhere (asynchronous actions) is told again.
    pub(super) fn report_again(&self, events: &[Event], queue: &mut VecDeque<Event>) {
        let outside = |event: &&Event| match event {
            Event::ActionCompleted { action, .. } => !self.safe.contains_key(action),
            _ => false,
        };
        queue.extend(events.iter().filter(outside).cloned());
    }

    /// Nothing ran twice that must not.
    pub(super) fn check(&self) -> Result<(), Violation> {
        let twice = self
            .started
            .iter()
            .find(|(id, count)| **count > 1 && !self.safe[id]);
        match twice {
            None => Ok(()),
            Some((id, count)) => Err(Violation(format!("action {id} was started {count} times"))),
        }
    }
}
