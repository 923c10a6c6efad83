//! The standard actions against real servers on loopback.

mod email;
mod http;
mod simple;
mod ssh;
mod support;
