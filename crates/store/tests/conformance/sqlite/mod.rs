//! What only SQLite has.

pub(crate) mod cost;
mod file;
mod kill;
