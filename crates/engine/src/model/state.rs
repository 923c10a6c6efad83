//! The states of executions, tasks and action executions (workflow language §8.1).

use std::fmt;

/// A state. Which ones occur depends on the kind of thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Created, not started.
    Idle,
    /// A join that waits for its inbound tasks.
    Waiting,
    /// At work.
    Running,
    /// Waits for a timer of a policy.
    Delayed,
    /// Paused by a user, a policy or a command.
    Paused,
    /// Ended well.
    Success,
    /// Ended by a user.
    Cancelled,
    /// Ended badly.
    Error,
    /// Failed and then skipped by a user.
    Skipped,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 9] = [
        Self::Idle,
        Self::Waiting,
        Self::Running,
        Self::Delayed,
        Self::Paused,
        Self::Success,
        Self::Cancelled,
        Self::Error,
        Self::Skipped,
    ];

    /// SUCCESS, ERROR, CANCELLED or SKIPPED.
    pub fn is_completed(self) -> bool {
        matches!(
            self,
            Self::Success | Self::Error | Self::Cancelled | Self::Skipped
        )
    }

    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "IDLE",
            Self::Waiting => "WAITING",
            Self::Running => "RUNNING",
            Self::Delayed => "DELAYED",
            Self::Paused => "PAUSED",
            Self::Success => "SUCCESS",
            Self::Cancelled => "CANCELLED",
            Self::Error => "ERROR",
            Self::Skipped => "SKIPPED",
        }
    }

    /// The state of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Whether a workflow execution may go from this state to another
    /// (workflow language §8.1; staying is always allowed).
    pub fn may_become(self, next: Self) -> bool {
        use State::{Cancelled, Delayed, Error, Idle, Paused, Running, Skipped, Success, Waiting};
        self == next
            || match self {
                Idle | Paused | Delayed => matches!(next, Running | Error | Cancelled),
                Waiting | Cancelled => next == Running,
                Running => matches!(next, Paused | Delayed | Success | Error | Cancelled),
                Error => matches!(next, Running | Skipped),
                Success | Skipped => false,
            }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
