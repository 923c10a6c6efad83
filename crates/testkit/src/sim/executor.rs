//! Scripted executors: they answer in any order, twice, much later, or never because
//! they died.

use std::collections::{BTreeMap, VecDeque};

use engine::event::{Event, Outcome, Run};
use engine::model::{ActionId, Claim};
use engine::pure;
use yaql::{Dict, Value};

use super::check::Violation;
use super::random::Random;

/// Actions that run outside.
#[derive(Debug, Default)]
pub(super) struct Executor {
    running: BTreeMap<ActionId, Outcome>,
    /// Runs whose executor was given up: their results come late, if at all.
    late: VecDeque<(ActionId, Outcome)>,
    /// How often each was started, and whether it may be started again.
    started: BTreeMap<ActionId, Starts>,
}

#[derive(Debug, Default)]
struct Starts {
    count: u32,
    is_safe: bool,
    claims: Vec<Claim>,
}

impl Executor {
    /// Starts what is still wanted; tells of an asynchronous action that it was started.
    pub(super) fn extend(&mut self, run: Option<Run>, random: &mut Random) -> Option<Event> {
        let run = run?;
        self.start(&run, random);
        let action = run.action.id;
        (!run.action.is_sync).then_some(Event::ActionStarted { action })
    }

    fn start(&mut self, run: &Run, random: &mut Random) {
        let id = run.action.id;
        let starts = self.started.entry(id).or_default();
        starts.count += 1;
        starts.is_safe = run.action.safe_rerun || pure::has_no_effect(&run.name);
        starts.claims.extend(run.action.claim);
        if !run.action.is_sync {
            return;
        }
        self.running.insert(id, scripted(random));
    }

    pub(super) fn abort(&mut self, action: ActionId) {
        self.running.remove(&action);
    }

    /// Some of what ran is gone, some was only cut off.
    pub(super) fn die(&mut self, random: &mut Random) {
        let running = std::mem::take(&mut self.running);
        self.late
            .extend(running.into_iter().filter(|_| random.chance(40)));
    }

    pub(super) fn pending(&self) -> bool {
        !self.running.is_empty()
    }

    /// A result that nobody waits for any more; once the faults stopped all of them come.
    pub(super) fn late_result(&mut self, random: &mut Random, all: bool) -> Option<Event> {
        if !all && random.chance(80) {
            return None;
        }
        let (action, outcome) = self.late.pop_front()?;
        Some(Event::ActionCompleted { action, outcome })
    }

    /// One result, sometimes twice.
    pub(super) fn deliver(&mut self, random: &mut Random, duplicates: bool) -> Vec<Event> {
        let ids: Vec<_> = self.running.keys().copied().collect();
        let action = *random.pick(&ids);
        let outcome = self.running.remove(&action);
        let twice = duplicates && random.chance(15);
        let event = outcome.map(|outcome| Event::ActionCompleted { action, outcome });
        let copies = if twice { 2 } else { 1 };
        event.into_iter().cycle().take(copies).collect()
    }

    /// Results whose delivery failed with the process: executors in it died too, so only
    /// what came from elsewhere (asynchronous actions) is told again.
    pub(super) fn report_again(&self, events: &[Event], queue: &mut VecDeque<Event>) {
        let outside = |event: &&Event| match event {
            Event::ActionCompleted { action, .. } => !self.started.contains_key(action),
            _ => false,
        };
        queue.extend(events.iter().filter(outside).cloned());
    }

    /// Nothing ran twice that must not, and nothing twice for one claim.
    pub(super) fn check(&self) -> Result<(), Violation> {
        for (id, starts) in &self.started {
            if starts.count > 1 && !starts.is_safe {
                let count = starts.count;
                return Err(Violation(format!("action {id} was started {count} times")));
            }
            let mut claims = starts.claims.clone();
            claims.dedup();
            if claims.len() < starts.claims.len() {
                return Err(Violation(format!(
                    "action {id} was started twice for a claim: {:?}",
                    starts.claims
                )));
            }
        }
        Ok(())
    }
}

fn scripted(random: &mut Random) -> Outcome {
    let number = i64::try_from(random.below(10)).unwrap_or(0);
    match random.below(20) {
        0..4 => Outcome::Error("scripted error".into()),
        4 => Outcome::Error(Value::Null),
        5 => Outcome::Success("long ".repeat(500).into()),
        6 => {
            let inner: Dict = [("a", number)].into_iter().collect();
            Outcome::Success(
                [("d", Value::from(inner))]
                    .into_iter()
                    .collect::<Dict>()
                    .into(),
            )
        }
        _ => Outcome::Success(number.into()),
    }
}
