//! Histories of triggers that are gone: they are forgotten a day later, a slice of all
//! fires at a time, so that nothing waits for it.

use std::time::Duration;

use engine::model::Timestamp;
use store::trigger::{FirePlace, Triggers};

/// How long such a history is kept.
const KEEP: Duration = Duration::from_secs(86_400);

/// From the end of one walk through the fires to the beginning of the next.
const REST: u64 = 3_600;

/// A walk through all fires, again and again.
#[derive(Debug, Default)]
pub(super) struct Sweep {
    after: Option<FirePlace>,
    rests_until: Option<Timestamp>,
}

impl Sweep {
    /// Looks at the next slice, if it is time.
    pub(super) fn step(&mut self, triggers: &dyn Triggers, now: Timestamp) {
        if self.rests_until.is_some_and(|until| now < until) {
            return;
        }
        self.after = match triggers.forget_fires(self.after, now.minus(KEEP)) {
            Ok(after) => after,
            Err(error) => {
                tracing::warn!(%error, "histories of triggers that are gone stay for now");
                None
            }
        };
        self.rests_until = self.after.is_none().then(|| now.plus_seconds(REST));
    }
}
