//! Regular expressions with the syntax and the semantics of Python's `re`.
//!
//! Owns the translation to the engine below and the ways to go through matches.
//! Invariant: a pattern is accepted exactly if Python would accept it (as far
//! as the engine can), offsets are code points, and the searches of an
//! evaluation end within a bounded time.

mod class;
mod parser;
mod pattern;
mod search;
pub(crate) mod template;
#[cfg(test)]
mod tests;

pub(crate) use self::pattern::{Flags, Match, Regex};
pub(crate) use self::search::Patience;

/// A pattern or a template that Python would refuse: its text, position included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Python's class `error`.
    Syntax(String),
    /// Python's `IndexError`: a group that does not exist.
    UnknownGroup(String),
    /// A search that takes too many steps.
    TooComplex,
}

impl Fault {
    pub(crate) fn at(message: impl std::fmt::Display, position: usize) -> Self {
        Fault::Syntax(format!("{message} at position {position}"))
    }
}
