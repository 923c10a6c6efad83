//! What starts workflows by itself: triggers, and the starts that they ordered.

mod cron;
mod event;
mod fire;
mod port;

pub use cron::{CatchUp, CronTrigger, Overlap, Schedule};
pub use event::{Arrival, Arrived, EventTrigger, Place};
pub use fire::{Fire, FireKind, FirePlace, FireState, Firing, NewFire, StartRequest};
pub use port::Triggers;
