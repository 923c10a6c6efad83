//! How much an evaluation may use.

/// What an evaluation may use at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Calls and items of collections together. Default: 10 million.
    pub iterations: u64,
    /// Bytes of values that an evaluation makes and keeps, estimated.
    /// Default: 256 MiB.
    pub memory: u64,
    /// Calls within calls. Default: 200.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            iterations: 10_000_000,
            memory: 256 << 20,
            depth: 200,
        }
    }
}

/// A limit that an evaluation reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// The deadline of the environment passed.
    Time,
    /// [`Limits::iterations`].
    Iterations,
    /// [`Limits::memory`].
    Memory,
    /// [`Limits::depth`], or values nested too deeply.
    Depth,
}

impl Limit {
    pub(crate) fn class(self) -> &'static str {
        match self {
            Limit::Time => "TimeLimitExceededException",
            Limit::Iterations => "IterationLimitExceededException",
            Limit::Memory => "MemoryQuotaExceededException",
            Limit::Depth => "RecursionError",
        }
    }

    pub(crate) fn message(self) -> &'static str {
        match self {
            Limit::Time => "Expression took too much time",
            Limit::Iterations => "Expression took too many iterations",
            Limit::Memory => "Expression consumed too much memory",
            Limit::Depth => "maximum recursion depth exceeded",
        }
    }
}
