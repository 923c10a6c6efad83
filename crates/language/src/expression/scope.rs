//! What an evaluation reads: the view, the host's functions, time, randomness
//! and limits.

use std::cell::Cell;
use std::fmt;

use yaql::{DateTime, Limits, Value};

/// A reason to stop an evaluation, for example data that must be loaded first.
///
/// It passes through both languages unchanged and comes out as
/// [`ExpressionError::Interrupted`](super::ExpressionError::Interrupted);
/// only a [`FunctionError`] is an error of the expression itself.
pub type Interrupt = Box<dyn std::error::Error + Send + Sync>;

/// An error that a host function wants to give to the expression, for example
/// because an argument makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FunctionError {
    /// The error text.
    pub message: String,
}

/// The functions that need the engine (workflow language §7.3).
pub trait Functions {
    /// The environment of the root execution, a dict.
    ///
    /// # Errors
    /// See [`Interrupt`]; likewise for all other functions.
    fn env(&self) -> Result<Value, Interrupt>;

    /// The current workflow execution.
    ///
    /// # Errors
    /// See [`Interrupt`].
    fn execution(&self) -> Result<Value, Interrupt>;

    /// The executions that a filter lets pass, a list.
    ///
    /// # Errors
    /// See [`Interrupt`].
    fn executions(&self, filter: ExecutionsFilter) -> Result<Value, Interrupt>;

    /// A global variable, or null.
    ///
    /// # Errors
    /// See [`Interrupt`].
    fn global(&self, name: &str) -> Result<Value, Interrupt>;

    /// A task of the current execution, or null; without a name the current one.
    ///
    /// # Errors
    /// See [`Interrupt`].
    fn task(&self, name: Option<&str>) -> Result<Value, Interrupt>;

    /// The tasks that a filter lets pass, a list.
    ///
    /// # Errors
    /// See [`Interrupt`].
    fn tasks(&self, filter: TasksFilter) -> Result<Value, Interrupt>;
}

/// The arguments of `executions()`; conditions are ANDed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ExecutionsFilter {
    /// Its id.
    pub id: Option<String>,
    /// The id of the root of its tree.
    pub root_execution_id: Option<String>,
    /// Its state.
    pub state: Option<String>,
    /// Created then or later.
    pub from_time: Option<String>,
    /// Created before.
    pub to_time: Option<String>,
}

/// The arguments of `tasks()`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TasksFilter {
    /// Tasks of this execution only.
    pub workflow_execution_id: Option<String>,
    /// Tasks of its sub-workflows too.
    pub recursive: bool,
    /// Their state.
    pub state: Option<String>,
    /// Only actions, and workflows whose executions all have another state than the task.
    pub flat: bool,
}

/// Everything one evaluation reads.
pub struct Scope<'a> {
    /// `$` in YAQL and `_` in Jinja: a dict. Its keys `__env`, `__execution` and
    /// `__task_execution` are variables too (workflow language §7.2).
    pub view: Value,
    /// What needs the engine.
    pub functions: &'a dyn Functions,
    /// What `now()` gives.
    pub now: DateTime,
    /// Where random numbers and UUIDs come from.
    pub random: &'a Random,
    /// How much an evaluation may use; beyond that it is an evaluation error.
    pub limits: &'a Limits,
    /// Tells that the time for evaluations is over; asked now and then.
    pub expired: Option<&'a dyn Fn() -> bool>,
}

impl fmt::Debug for Scope<'_> {
    /// The view may hold secrets, so it is not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope")
            .field("now", &self.now)
            .field("limits", self.limits)
            .finish_non_exhaustive()
    }
}

/// Deterministic random numbers: the same seed gives the same sequence.
///
/// The generator is SplitMix64. It is for identifiers and dice, not for secrets.
#[derive(Debug)]
pub struct Random {
    state: Cell<u64>,
}

impl Random {
    /// A sequence of its own.
    pub fn seeded(seed: u64) -> Self {
        Self {
            state: Cell::new(seed),
        }
    }

    /// The next 64 bits.
    pub fn next_u64(&self) -> u64 {
        let state = self.state.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.state.set(state);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`; 0 if `end` is 0.
    pub fn below(&self, end: u64) -> u64 {
        let wide = u128::from(self.next_u64()) * u128::from(end);
        // The high half is always below `end`.
        (wide >> 64) as u64
    }

    /// A random UUID (version 4).
    pub fn uuid(&self) -> String {
        let (high, low) = (self.next_u64(), self.next_u64());
        let third = (high & 0x0fff) | 0x4000;
        let fourth = ((low >> 48) & 0x3fff) | 0x8000;
        format!(
            "{:08x}-{:04x}-{third:04x}-{fourth:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            low & 0xffff_ffff_ffff
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_itself() {
        let take = |seed| {
            let random = Random::seeded(seed);
            (random.uuid(), random.below(10))
        };
        assert_eq!(take(7), take(7));
        assert_ne!(take(7).0, take(8).0);
    }

    #[test]
    fn uuids_have_the_bits_of_version_4() {
        let random = Random::seeded(1);
        for _ in 0..100 {
            let uuid = random.uuid();
            assert_eq!(uuid.len(), 36);
            assert_eq!(uuid.as_bytes()[14], b'4');
            assert!(matches!(uuid.as_bytes()[19], b'8' | b'9' | b'a' | b'b'));
        }
    }
}
