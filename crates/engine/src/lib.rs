//! The workflow engine's pure core: states, events, changes and commands. No I/O, no clock, no randomness.
//!
//! A [`tree::Tree`] holds one root execution in memory. [`tree::Tree::step`] applies an
//! [`event::Event`] to it; what must be stored is taken with
//! [`tree::Tree::take_changes`], what the outside must do comes back as
//! [`event::Command`]s. What the engine can't know by itself it asks of a
//! [`world::World`]. Given the same tree, event, world, time and ids, a step always
//! does the same.

pub mod change;
pub mod context;
pub mod event;
pub mod graph;
pub mod model;
pub mod pure;
pub mod signature;
mod step;
pub mod tree;
pub mod why;
pub mod world;

pub use step::{Effects, check_input};
