//! Orders to wake later.

use super::{ActionId, ExecutionId, TaskId, Timestamp};

/// A timer row. It is removed by the transaction that applies its firing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timer {
    /// What it is for; at most one timer per key.
    pub key: TimerKey,
    /// Top of the tree it belongs to.
    pub root: ExecutionId,
    /// When it fires.
    pub due_at: Timestamp,
    /// The task's run that set it; a later run ignores it.
    pub run: u32,
}

/// Identifies a timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TimerKey {
    /// Of a task.
    Task(TaskId, TimerKind),
    /// The end of `std.sleep` or of a delayed `std.echo`.
    Sleep(ActionId),
}

/// What a task's timer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TimerKind {
    /// Ends a delay: `wait-before`, `wait-after` or between retries.
    Delay,
    /// Ends the task.
    Timeout,
}
