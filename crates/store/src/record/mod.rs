//! What reads give back: rows joined with what the API shows beside them.

mod action;
mod execution;
mod journal;
mod task;

pub use action::ActionRecord;
pub use execution::{ExecutionRecord, ExecutionRef};
pub use journal::{JournalPage, JournalRecord};
pub use task::TaskRecord;
