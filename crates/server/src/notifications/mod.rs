//! Notifications: who is told of changes of states (REST API §18, docs/notifications.md).
//!
//! A notification is a row that the transaction of the change writes; the courier brings
//! it to its receiver, however often that takes. Receivers never hold up the engine.

mod courier;
mod news;
mod publisher;
mod send;
#[cfg(test)]
mod tests;
mod verdict;

pub(crate) use courier::{Courier, CourierHandle, CourierParts, Keep};
pub(crate) use news::News;
pub(crate) use publisher::shown;
