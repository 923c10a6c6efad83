//! Workflows that start by themselves.
//!
//! A trigger's new time and the starts it orders are written in one transaction
//! (store, `fires`); the engine's commit that creates the execution ends the order.
//! So whenever the process dies, a start is either still ordered or done: never
//! twice, never lost.

mod clock;
pub(crate) mod incoming;
mod pattern;
mod plan;
mod scheduler;
mod starter;
mod sweep;
#[cfg(test)]
mod tests;
mod timetable;

pub(crate) use clock::SystemWallClock;
pub(crate) use plan::request;
pub(crate) use scheduler::{Scheduler, SchedulerHandle};
pub(crate) use starter::{Started, Starter};
pub(crate) use timetable::Timetable;

/// What the API needs of triggers. Cheap to clone.
#[derive(Clone)]
pub struct Triggering {
    /// Starts what triggers order.
    pub(crate) starter: Starter,
    /// Looks at the triggers that are due.
    pub(crate) scheduler: SchedulerHandle,
    /// Takes events in.
    pub(crate) receiver: incoming::Receiver,
}
