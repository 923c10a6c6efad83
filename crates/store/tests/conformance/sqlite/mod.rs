//! What only SQLite has.

mod cost;
mod file;
mod kill;
