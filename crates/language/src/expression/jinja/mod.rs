//! Jinja2 as Mistral sets it up: sandboxed, strict about undefined values, with
//! `trim_blocks` and `lstrip_blocks`.
//!
//! This is an implementation of its own, because what users see of Jinja2 is
//! Python: its operators, methods, texts of values and errors. It works on
//! [`yaql::Value`] as it is, so an evaluation converts nothing.
//!
//! `lexer` → `parser` → `ast`, which `evaluate` walks with a `run`. Built-in
//! names are in `globals`, `filters`, `predicates` and `methods`.
//!
//! Invariants: evaluating is total (every loop counts steps, everything that is
//! allocated is counted before, recursion is bounded), and it never changes
//! what it was given.

mod arguments;
mod ast;
mod attribute;
mod callable;
mod evaluate;
mod filters;
mod format;
mod frame;
mod globals;
mod inline;
mod lexer;
mod literal;
mod looping;
mod methods;
mod number;
mod operators;
mod parser;
mod predicates;
mod run;
mod syntax_error;
mod text;
mod token;
mod value;

pub(super) use self::inline::{Inline, check};
pub(super) use self::lexer::template as tokenize;
pub(super) use self::token::{Kind, Token};
