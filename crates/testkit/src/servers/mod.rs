//! Throw-away servers for tests and the demo: HTTP, mail and SSH.
//!
//! Each listens on a free port of 127.0.0.1, records what it is sent, and stops
//! with all of its connections when its handle is dropped.

pub mod http;
mod listener;
pub mod smtp;
pub mod ssh;
pub mod tls;
