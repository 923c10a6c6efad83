//! The time that schedules go by: the system's clock as it is, jumps and all.

use std::time::{SystemTime, UNIX_EPOCH};

use engine::model::Timestamp;

/// A wall clock.
pub(crate) trait WallClock: Send + Sync {
    /// What it shows. It may be set back.
    fn now(&self) -> Timestamp;
}

/// The system's.
#[derive(Debug, Default)]
pub(crate) struct SystemWallClock;

impl WallClock for SystemWallClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let micros = since.map_or(0, |since| since.as_micros());
        Timestamp::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
    }
}
