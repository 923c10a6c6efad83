//! Exit codes.

use std::process::ExitCode;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// 0: as wanted; a workflow ended in SUCCESS.
    Success = 0,
    /// 1: a workflow ended in ERROR, or a definition has errors.
    Failure = 1,
    /// 2: the command cannot be carried out: bad usage, bad definition, bad settings.
    Usage = 2,
    /// 3: a workflow was cancelled or is paused.
    Interrupted = 3,
    /// 4: it goes on: the time to wait is over, or nobody watches any longer.
    Unfinished = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
