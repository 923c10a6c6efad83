//! Expressions in workflow text: YAQL between `<%` and `%>`, Jinja between
//! `{{` and `}}` (workflow language §7).
//!
//! A [`Template`] is compiled once from a YAML value and evaluated many times
//! against a [`Scope`]. Compiling and evaluating are pure: time, random numbers
//! and everything that is not in the view come from the scope.
//!
//! Invariant: what an evaluation gives is in stored form (what JSON can hold),
//! so a value is the same before and after it went through a database.
//!
//! Jinja is this crate's own implementation and works on [`yaql::Value`]
//! directly: Mistral's users see Python's operators, methods, texts and errors,
//! and no conversion of a context is ever needed.

mod check;
mod error;
mod failure;
mod functions;
mod jinja;
mod reference;
mod references;
mod scope;
mod setup;
mod split;
mod standalone;
mod stored;
mod template;
#[cfg(test)]
mod tests;
mod text;
mod yaql_host;

pub use self::check::{Languages, syntax_check};
pub use self::error::{ExpressionError, GrammarClass, GrammarError, Language};
pub use self::reference::{Chapter, Described, jinja_reference, workflow_functions};
pub use self::references::{NameKind, Reference, References, Unknown, names, references};
pub use self::scope::{
    ExecutionsFilter, FunctionError, Functions, Interrupt, Random, Scope, TasksFilter,
};
pub use self::setup::YaqlSetup;
pub use self::standalone::{Fault, Standalone};
pub use self::template::Template;
pub use yaql::Limits;
