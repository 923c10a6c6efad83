//! Simulator, virtual clock, scripted executor and throw-away servers for tests and the demo.

pub mod servers;
pub mod sim;
