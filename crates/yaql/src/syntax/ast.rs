//! The syntax tree.
//!
//! Invariant: the tree is immutable and its height is limited by the parser,
//! so recursion over it is safe.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::Value;
use crate::eval::Plan;

/// Byte offsets into the source of the expression.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// Where it starts.
    pub start: u32,
    /// Where it ends (exclusive).
    pub end: u32,
}

impl Span {
    pub(crate) fn new(range: Range<usize>) -> Self {
        // Sources are limited to less than 4 GiB by the lexer.
        let offset = |i| u32::try_from(i).unwrap_or(u32::MAX);
        Span {
            start: offset(range.start),
            end: offset(range.end),
        }
    }

    /// The smallest span that holds both.
    pub(crate) fn to(self, other: Span) -> Span {
        Span {
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }

    /// As a range for slicing the source.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A part of an expression.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) kind: NodeKind,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) enum NodeKind {
    /// A literal: number, string, `true`, `false`, `null`.
    Constant(Value),
    /// A bare word, which evaluates to its own text.
    Word(Value),
    /// `$name`.
    Variable(Variable),
    /// A call of a function, an operator or an internal function.
    Call(Call),
    /// `left.right` or `left?.right`.
    Member(Member),
    /// An expression in parentheses.
    Group(Arc<Node>),
}

/// The name of a variable. `$` and `$1` are the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Variable {
    Positional(u32),
    Named(Arc<str>),
}

impl Variable {
    /// From the text after the `$`.
    pub(crate) fn from_name(name: &str) -> Self {
        let canonical = !name.starts_with('0') && name.bytes().all(|b| b.is_ascii_digit());
        match name.parse() {
            _ if name.is_empty() => Variable::Positional(1),
            Ok(index) if canonical => Variable::Positional(index),
            _ => Variable::Named(name.into()),
        }
    }
}

/// A call `name(args)`.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) name: Arc<str>,
    pub(crate) args: Box<[Arg]>,
    /// How this call's arguments fit the overloads of the library; found at
    /// the first evaluation. One for the call as a function, one as a method.
    pub(crate) plan: OnceLock<Plan>,
}

impl Call {
    pub(crate) fn new(name: impl Into<Arc<str>>, args: Vec<Arg>) -> Self {
        Call {
            name: name.into(),
            args: args.into(),
            plan: OnceLock::new(),
        }
    }
}

/// An argument of a call.
#[derive(Clone, Debug)]
pub(crate) enum Arg {
    Positional(Arc<Node>),
    /// Left empty: `f(1,,2)`.
    Skipped,
    /// `key => value`.
    Mapping(Arc<Node>, Arc<Node>),
}

/// Access to a part of `left`.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) left: Arc<Node>,
    pub(crate) right: Selector,
    /// `?.`: null on the left gives null.
    pub(crate) safe: bool,
}

#[derive(Debug)]
pub(crate) enum Selector {
    /// `.name`
    Property(Value),
    /// `.name(args)`
    Method(Call, Span),
    /// Anything else parses, but never works.
    Other(Arc<Node>),
}

impl Node {
    pub(crate) fn new(kind: NodeKind, span: Span) -> Arc<Self> {
        Arc::new(Node { kind, span })
    }

    /// The value, if it needs no evaluation.
    pub(crate) fn constant(&self) -> Option<&Value> {
        match &self.kind {
            NodeKind::Constant(value) | NodeKind::Word(value) => Some(value),
            _ => None,
        }
    }

    /// The text, if it is a bare word.
    pub(crate) fn word(&self) -> Option<&Value> {
        match &self.kind {
            NodeKind::Word(value) => Some(value),
            _ => None,
        }
    }
}
