//! Which finished executions are to go.

use engine::model::{State, Timestamp};

/// Root executions in one of `states` that did not change since `before`, or that are
/// beyond the newest `keep`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expiry {
    /// Those that changed last before this are too old.
    pub before: Option<Timestamp>,
    /// More than so many are too many.
    pub keep: Option<u32>,
    /// Only executions in these states.
    pub states: Vec<State>,
}
