//! Where the runner reads the time.
//!
//! Invariant: the engine's time never goes back and never stands still. It is the
//! system's clock as long as that runs forward; when that is set back, the engine's
//! time goes on from where it was at the pace of the monotonic clock, until the
//! system's clock has caught up. So a delay is never longer than it was meant to be
//! (docs/time.md).

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use engine::model::Timestamp;

/// A source of time.
pub(crate) trait Clock: Send + Sync {
    /// The present, never earlier than what it said before.
    fn now(&self) -> Timestamp;
}

/// What a clock is made of.
pub(crate) trait Source: Send + Sync {
    /// The system's clock, in microseconds since 1970. It may be set.
    fn wall(&self) -> i64;

    /// Time since some point. Nobody can set it.
    fn elapsed(&self) -> Duration;
}

/// The time of a source, without its steps back.
#[derive(Debug)]
pub(crate) struct SteadyClock<S> {
    source: S,
    /// What it said last, and when that was.
    last: Mutex<Option<(i64, Duration)>>,
}

/// The system's clocks.
pub(crate) type SystemClock = SteadyClock<System>;

/// Both clocks of the system.
#[derive(Debug)]
pub(crate) struct System {
    began: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::of(System {
            began: Instant::now(),
        })
    }
}

impl<S: Source> SteadyClock<S> {
    fn of(source: S) -> Self {
        Self {
            source,
            last: Mutex::new(None),
        }
    }
}

impl<S: Source> Clock for SteadyClock<S> {
    fn now(&self) -> Timestamp {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        // The wall comes first: a thread that is held up in between then finds the
        // pace a little behind it, never ahead.
        let wall = self.source.wall();
        let elapsed = self.source.elapsed();
        let pace = last.map(|(said, at)| {
            let since = elapsed.saturating_sub(at).as_micros();
            said.saturating_add(i64::try_from(since).unwrap_or(i64::MAX))
        });
        let now = pace.map_or(wall, |pace| pace.max(wall));
        *last = Some((now, elapsed));
        Timestamp::from_micros(now)
    }
}

impl Source for System {
    fn wall(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let micros = since.map_or(0, |since| since.as_micros());
        i64::try_from(micros).unwrap_or(i64::MAX)
    }

    fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

    use engine::model::{ActionId, ExecutionId, Id, Timer, TimerKey};

    use super::super::timers::Timers;
    use super::*;

    const HOUR: i64 = 3_600_000_000;
    const SECOND: i64 = 1_000_000;

    /// A clock that stands until it is moved.
    #[derive(Default)]
    struct Virtual {
        wall: AtomicI64,
        elapsed: AtomicI64,
    }

    impl Source for Virtual {
        fn wall(&self) -> i64 {
            self.wall.load(Relaxed)
        }

        fn elapsed(&self) -> Duration {
            Duration::from_micros(self.elapsed.load(Relaxed).unsigned_abs())
        }
    }

    type Virtually = SteadyClock<Virtual>;

    fn clock() -> Virtually {
        let source = Virtual::default();
        source.wall.store(100 * HOUR, Relaxed);
        SteadyClock::of(source)
    }

    impl Virtually {
        fn pass(&self, micros: i64) {
            self.source.wall.fetch_add(micros, Relaxed);
            self.source.elapsed.fetch_add(micros, Relaxed);
        }

        fn set(&self, by: i64) {
            self.source.wall.fetch_add(by, Relaxed);
        }

        fn micros(&self) -> i64 {
            self.now().micros()
        }
    }

    #[test]
    fn set_back_it_goes_on_and_set_forward_it_follows() {
        let clock = clock();
        assert_eq!(clock.micros(), 100 * HOUR);
        clock.pass(SECOND);
        assert_eq!(clock.micros(), 100 * HOUR + SECOND);
        clock.set(-HOUR);
        assert_eq!(clock.micros(), 100 * HOUR + SECOND);
        for second in 2..=100 {
            clock.pass(SECOND);
            assert_eq!(clock.micros(), 100 * HOUR + second * SECOND);
        }
        // The wall is put right: nothing happens twice, nothing stands.
        clock.set(HOUR);
        assert_eq!(clock.micros(), 100 * HOUR + 100 * SECOND);
        clock.set(HOUR);
        assert_eq!(clock.micros(), 101 * HOUR + 100 * SECOND);
        clock.set(-2 * HOUR);
        clock.pass(HOUR);
        assert_eq!(clock.micros(), 102 * HOUR + 100 * SECOND);
    }

    /// Seconds until a delay of ten minutes is over whose clock is set by `by` after
    /// one minute.
    fn delay_with_a_jump(by: i64) -> i64 {
        let (clock, mut timers) = (clock(), Timers::default());
        let root = ExecutionId(Id::from_bytes([1; 16]));
        let key = TimerKey::Sleep(ActionId(root.0));
        let due_at = clock.now().plus_seconds(600);
        let timer = Timer {
            key,
            root,
            run: 1,
            due_at,
        };
        timers.replace(key, Some(timer));
        for second in 0..10_000 {
            if timers.pop_due(clock.now()).is_some() {
                return second;
            }
            clock.pass(SECOND);
            if second == 59 {
                clock.set(by);
            }
        }
        panic!("the timer stands still");
    }

    #[test]
    fn delays_over_jumps_of_an_hour() {
        assert_eq!(delay_with_a_jump(0), 600);
        assert_eq!(delay_with_a_jump(-HOUR), 600);
        assert_eq!(delay_with_a_jump(HOUR), 60);
        assert_eq!(delay_with_a_jump(300 * SECOND), 300);
    }
}
