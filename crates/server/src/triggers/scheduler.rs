//! The scheduler: one thread that looks at the triggers that are due.
//!
//! The store's index of due times is its heap, so no trigger needs to be in
//! memory. It never sleeps longer than a second: a clock that was set is noticed
//! by then.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use engine::model::IdSource;
use store::StoreError;
use store::trigger::{Fire, FireState};

use super::clock::WallClock;
use super::plan::plan;
use super::starter::{Order, Starter};
use super::sweep::Sweep;

/// Triggers looked at in one transaction.
const BATCH: usize = 500;

/// The longest sleep.
const LONGEST: Duration = Duration::from_secs(1);

/// How long the node that ordered a start has for it before others look after it, in
/// microseconds.
const GRACE: i64 = 3_000_000;

/// How long a store that failed is left alone.
const REST: Duration = Duration::from_millis(200);

/// Wakes and stops the scheduler. Cheap to clone.
#[derive(Clone)]
pub(crate) struct SchedulerHandle {
    wake: Sender<Wake>,
}

enum Wake {
    /// A trigger changed.
    Changed,
    /// The server stops.
    Stop,
}

/// The scheduler's own memory.
pub(crate) struct Scheduler {
    starter: Starter,
    clock: Arc<dyn WallClock>,
    ids: IdSource,
    sweep: Sweep,
    /// Other nodes order starts, too: what they leave behind is looked for, last at
    /// that time.
    others: Option<Instant>,
}

impl Scheduler {
    pub(crate) fn new(starter: Starter, clock: Arc<dyn WallClock>, seed: u64) -> Self {
        let ids = IdSource::new(clock.now(), 0, seed);
        Self {
            starter,
            clock,
            ids,
            sweep: Sweep::default(),
            others: None,
        }
    }

    /// The scheduler of one node of several.
    pub(crate) fn among_others(self) -> Self {
        Self {
            others: Some(Instant::now()),
            ..self
        }
    }

    /// Starts the thread. Without `enabled` it only takes up what was ordered.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(crate) fn spawn(self, enabled: bool) -> std::io::Result<(SchedulerHandle, JoinHandle<()>)> {
        let (wake, woken) = channel();
        let thread = std::thread::Builder::new()
            .name("scheduler".to_owned())
            .spawn(move || self.run(&woken, enabled))?;
        Ok((SchedulerHandle { wake }, thread))
    }

    fn run(mut self, woken: &Receiver<Wake>, enabled: bool) {
        let mut recovered = false;
        loop {
            recovered &= !self.is_time_to_look();
            let worked = match recovered {
                false => self.recover().map(|()| Duration::ZERO),
                true if enabled => self.tick(),
                true => Ok(LONGEST),
            };
            recovered |= worked.is_ok();
            let sleep = worked.unwrap_or_else(|error| {
                tracing::error!(%error, "due triggers can not be looked at");
                REST
            });
            match woken.recv_timeout(sleep) {
                Ok(Wake::Changed) | Err(RecvTimeoutError::Timeout) => {}
                Ok(Wake::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Fires what is due; tells how long nothing will be.
    pub(crate) fn tick(&mut self) -> Result<Duration, StoreError> {
        let now = self.clock.now();
        self.ids = IdSource::new(now, self.ids.sequence(), self.ids.next_random());
        let triggers = self.starter.triggers();
        let due = triggers.due(now, BATCH)?;
        if due.is_empty() {
            self.sweep.step(triggers, now);
            let next = triggers.next_due()?;
            return Ok(next.map_or(LONGEST, |next| next.since(now).min(LONGEST)));
        }
        let firings = due.iter().map(|trigger| plan(trigger, now, &mut self.ids));
        let fires = triggers.fire(now, firings.collect())?;
        self.starter.launch(fires, Order::New);
        Ok(Duration::ZERO)
    }

    fn is_time_to_look(&mut self) -> bool {
        let Some(looked) = &mut self.others else {
            return false;
        };
        let is_time = looked.elapsed() >= LONGEST;
        if is_time {
            *looked = Instant::now();
        }
        is_time
    }

    /// Whether a waiting fire is to be taken up here: who ordered it may be at it.
    fn is_left(&self, fire: &Fire) -> bool {
        let age = self.clock.now().micros() - fire.created_at.micros();
        self.others.is_none() || (age >= GRACE && self.starter.misses(fire.id))
    }

    /// Takes up what an earlier run of the server, or a node that is gone, ordered and
    /// did not start.
    ///
    /// # Errors
    /// The store failed; what was taken up already may be taken up again.
    pub(crate) fn recover(&self) -> Result<(), StoreError> {
        for state in [FireState::Pending, FireState::Buffered] {
            let mut after = None;
            loop {
                let fires = self.starter.triggers().waiting(state, after, BATCH)?;
                let Some(last) = fires.last() else { break };
                after = Some(last.id);
                let left = fires.into_iter().filter(|fire| self.is_left(fire));
                self.starter.launch(left.collect(), Order::Repeated);
            }
        }
        Ok(())
    }
}

impl SchedulerHandle {
    /// A handle to no scheduler.
    #[cfg(test)]
    pub(crate) fn nobody() -> Self {
        let (wake, _) = channel();
        Self { wake }
    }

    /// A trigger changed: the next due time may be another one.
    pub(crate) fn wake(&self) {
        // A scheduler that is gone needs no news.
        drop(self.wake.send(Wake::Changed));
    }

    /// Ends the thread.
    pub(crate) fn stop(&self) {
        drop(self.wake.send(Wake::Stop));
    }
}
