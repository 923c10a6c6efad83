//! The workflow engine's pure core: states, events, changes and commands. No I/O, no clock, no randomness.

pub mod change;
pub mod model;
pub mod signature;
