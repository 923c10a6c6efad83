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
mod reference;
mod run;
mod sorting;
mod syntax_error;
mod text;
mod token;
mod value;

pub(super) use self::inline::{Inline, check};
pub(super) use self::lexer::template as tokenize;
pub(super) use self::token::{Kind, Token};
use super::functions::Function;
use super::references::NameKind;

/// Signatures and descriptions by kind.
type Table = &'static [(&'static str, &'static str)];

/// All that templates can use besides the workflow language's functions.
pub(super) fn reference() -> Vec<(String, Table)> {
    let tables: [(&str, Table); 3] = [
        ("filters", &reference::FILTERS),
        ("tests", &reference::TESTS),
        ("functions", &reference::GLOBALS),
    ];
    let methods = reference::METHODS.iter();
    let methods = methods.map(|(ty, table)| (format!("methods of {ty} values"), *table));
    let tables = tables
        .into_iter()
        .map(|(title, table)| (title.to_owned(), table));
    tables.chain(methods).collect()
}

/// The names that a template can use.
pub(super) fn names(kind: NameKind) -> Vec<&'static str> {
    let workflow = Function::ALL.into_iter().map(Function::name);
    match kind {
        NameKind::Function => {
            let globals = globals::Global::ALL.into_iter();
            globals.map(globals::Global::name).chain(workflow).collect()
        }
        NameKind::Filter => filters::names().chain(workflow).collect(),
        NameKind::Test => predicates::NAMES.to_vec(),
        // They belong to the types of values, which are not known before.
        NameKind::Method => Vec::new(),
    }
}
