//! Mistral's workflow language, version 2: from text to programs and expressions.
//!
//! - [`yaml`] reads a document into a tree in which everything knows its place;
//! - [`parse_workflows`], [`parse_workbook`] and [`parse_actions`] make [`spec`]s of it
//!   and collect every problem as a [`diagnostic`];
//! - [`lint()`] does this for a file of any kind and adds warnings;
//! - [`compile()`] turns a specification into a [`program`] with dense indices and parsed
//!   [`expression`]s, which the engine runs;
//! - [`graph`] gives the parts of a workflow their places in a picture, and draws it.
//!
//! Nothing in here does input or output, knows a clock or keeps state.

pub mod compile;
pub mod diagnostic;
pub mod expression;
pub mod graph;
mod lint;
mod parse;
pub mod program;
mod schema;
pub mod source;
pub mod spec;
pub mod yaml;

pub use compile::{CompileError, compile};
pub use diagnostic::{Diagnostic, api_error};
pub use lint::{DocumentKind, KnownActions, lint, lint_with};
pub use parse::{Options, Parsed, parse_actions, parse_workbook, parse_workflows};
pub use schema::schema;
pub use source::{Source, Span};
