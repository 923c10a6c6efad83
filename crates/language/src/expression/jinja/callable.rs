//! What can be called.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use super::super::failure::{Failure, raise};
use super::super::functions::Function;
use super::ast::Macro;
use super::frame::Frame;
use super::globals::Global;
use super::value::Value;

/// Something that can be called.
#[derive(Debug)]
pub(super) enum Callable {
    /// A function that every template has.
    Global(Global),
    /// A function of the workflow language.
    Workflow(Function),
    /// A method and its receiver.
    Method(Value, Arc<str>),
    /// A macro.
    Macro(MacroValue),
    /// `joiner(separator)`: nothing at first, then the separator.
    Joiner {
        /// Between items.
        separator: Value,
        /// Whether it was called before.
        used: Cell<bool>,
    },
}

/// A macro with what it can see.
#[derive(Debug)]
pub(super) struct MacroValue {
    /// What it does.
    pub(super) definition: Arc<Macro>,
    /// The scopes around it.
    pub(super) visible: Visible,
    /// How deeply that nests other values.
    pub(super) depth: usize,
}

/// The scopes that a macro sees.
#[derive(Debug)]
pub(super) enum Visible {
    /// So many of the outermost ones, as they are when it is called.
    Outer(usize),
    /// Those at the place of a call block, as they were there.
    Snapshot(Rc<[Frame]>),
}

impl MacroValue {
    /// A macro.
    pub(super) fn new(definition: Arc<Macro>, visible: Visible) -> Self {
        let depth = match &visible {
            Visible::Outer(_) => 0,
            Visible::Snapshot(frames) => frames.iter().map(Frame::depth).max().unwrap_or(0),
        };
        Self {
            definition,
            visible,
            depth: depth + 1,
        }
    }
}

impl Callable {
    /// The name of the type in Python.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Global(_) | Self::Workflow(_) => "function",
            Self::Method(..) => "builtin_function_or_method",
            Self::Macro(_) => "Macro",
            Self::Joiner { .. } => "Joiner",
        }
    }

    /// How deeply it nests other values.
    pub(super) fn depth(&self) -> usize {
        match self {
            Self::Method(receiver, _) => 1 + receiver.depth(),
            Self::Joiner { separator, .. } => 1 + separator.depth(),
            Self::Macro(value) => value.depth,
            Self::Global(_) | Self::Workflow(_) => 0,
        }
    }

    /// The error if it is a result.
    pub(super) fn not_storable(&self) -> Failure {
        let message = match self {
            Self::Method(receiver, name) if receiver.is_dict() => format!(
                "'{name}' is a method of a dict and can't be a result; write {name}() to call it, \
                 or ['{name}'] for the entry of that name"
            ),
            other => format!("{other} can't be a result; call it with parentheses"),
        };
        raise("TypeError", message)
    }
}

impl fmt::Display for Callable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Global(global) => write!(f, "<function {}>", global.name()),
            Self::Workflow(function) => write!(f, "<function {}>", function.name()),
            Self::Method(receiver, name) => {
                write!(
                    f,
                    "<built-in method {name} of {} object>",
                    receiver.type_name()
                )
            }
            Self::Macro(value) => write!(f, "<Macro '{}'>", value.definition.name),
            Self::Joiner { .. } => f.write_str("<Joiner>"),
        }
    }
}
