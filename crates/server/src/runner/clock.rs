//! Where the runner reads the time.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use engine::model::Timestamp;

/// A source of time.
pub(crate) trait Clock: Send + Sync {
    /// The present, never earlier than what it said before.
    fn now(&self) -> Timestamp;
}

/// The system's clock, held back from going backwards.
#[derive(Debug, Default)]
pub(crate) struct SystemClock {
    latest: AtomicI64,
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let micros = since.map_or(0, |since| since.as_micros());
        let micros = i64::try_from(micros).unwrap_or(i64::MAX);
        let before = self.latest.fetch_max(micros, Ordering::Relaxed);
        Timestamp::from_micros(micros.max(before))
    }
}
