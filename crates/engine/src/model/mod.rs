//! The durable things: executions, tasks, action executions and timers.
//!
//! Each struct is the image of one row (with its wide columns). Images are
//! cheap to clone: everything wide is shared. The store writes them as they are
//! and gives them back the same.

mod action;
mod execution;
mod id;
mod state;
mod task;
mod time;
mod timer;

pub use action::{Action, Base, Claim};
pub use execution::{Backlog, Counters, Execution, Origin, Parent};
pub use id::{ActionId, ExecutionId, Id, IdSource, ParseIdError, TaskId};
pub use state::State;
pub use task::{ItemLists, Items, Retrying, Runtime, Task, TaskKind, Wait};
pub use time::Timestamp;
pub use timer::{Timer, TimerKey, TimerKind};
