//! What a round of attempts at a receiver leads to: a pure function of their results and
//! the time.
//!
//! A receiver that does not answer at all is left alone at growing distances, and so is a
//! notification that it refuses, until the notification is too old.

use std::time::Duration;

use engine::model::Timestamp;
use store::notification::{Attempt, Attempted, Notification};

use super::send::Trouble;

/// The shortest and the longest distance between attempts at a receiver that is away.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(300);

/// The longest distance between attempts of a notification that is refused.
const LONGEST_REFUSED: Duration = Duration::from_secs(3_600);

/// Where notifications and their receiver go from here.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) attempts: Vec<Attempt>,
    /// Until when the receiver is left alone.
    pub(super) blocked: Option<Timestamp>,
}

/// What is known when the results are there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) now: Timestamp,
    /// The receiver's failures since its last success.
    pub(super) failures: u32,
    /// A notification that is older is given up.
    pub(super) give_up_after: Duration,
}

impl Verdict {
    pub(super) fn of(
        due: &[Notification],
        results: Vec<Result<(), Trouble>>,
        moment: Moment,
    ) -> Self {
        let away = |result: &Result<(), Trouble>| matches!(result, Err(Trouble::Away(_)));
        let is_away = !results.is_empty() && results.iter().all(away);
        let attempts = due.iter().zip(results).map(|(one, result)| Attempt {
            id: one.id,
            outcome: judge(one, result, moment, is_away),
        });
        Self {
            attempts: attempts.collect(),
            blocked: is_away.then(|| later(moment.now, moment.failures, LONGEST)),
        }
    }
}

fn judge(
    one: &Notification,
    result: Result<(), Trouble>,
    moment: Moment,
    is_away: bool,
) -> Attempted {
    let Err(trouble) = result else {
        return Attempted::Delivered;
    };
    let now = moment.now;
    let reason = trouble.reason().into();
    let is_old = now.since(one.created_at) >= moment.give_up_after;
    match trouble {
        Trouble::ForEver(_) => Attempted::GivenUp { reason },
        _ if is_old => Attempted::GivenUp { reason },
        // The receiver is left alone, and then gets them in their order.
        Trouble::Away(_) if is_away => Attempted::Again { at: now, reason },
        Trouble::Away(_) => Attempted::Again {
            at: later(now, one.attempts, LONGEST),
            reason,
        },
        Trouble::Refused(_) => Attempted::Again {
            at: later(now, one.attempts, LONGEST_REFUSED),
            reason,
        },
    }
}

/// The next attempt after some that failed: at doubling distances.
fn later(now: Timestamp, failures: u32, longest: Duration) -> Timestamp {
    let distance = FIRST
        .saturating_mul(2_u32.saturating_pow(failures.min(20)))
        .min(longest);
    now.plus_micros(i64::try_from(distance.as_micros()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_grow_up_to_a_bound() {
        let now = Timestamp::from_micros(0);
        let seconds = |failures| later(now, failures, LONGEST).micros() / 1_000_000;
        assert_eq!(
            [0, 1, 2, 3, 8, 9, 1_000].map(seconds),
            [1, 2, 4, 8, 256, 300, 300]
        );
    }
}
