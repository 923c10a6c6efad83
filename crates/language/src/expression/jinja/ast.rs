//! The syntax tree of a template.
//!
//! Invariant: no tree is higher than [`MAX_HEIGHT`] and no deeper in blocks than
//! [`MAX_NESTING`], so walking (and dropping) one needs a bounded stack.

use std::ops::Range;
use std::sync::Arc;

use super::attribute::Name;

/// The greatest height of an expression: `1 + 1 + 1` has 3.
pub(super) const MAX_HEIGHT: u16 = 150;

/// How deeply brackets and blocks may stand inside each other.
pub(super) const MAX_NESTING: u16 = 64;

/// Statements in order.
pub(super) type Body = Box<[Statement]>;

/// A part of a template.
#[derive(Debug)]
pub(super) enum Statement {
    /// Literal text.
    Data(Arc<str>),
    /// `{{ … }}`
    Print(Expression),
    /// `{% if %}`: the first branch whose condition holds, or the last part.
    If(Box<[(Expression, Body)]>, Body),
    /// `{% for %}`
    For(Arc<For>),
    /// `{% set a = … %}`
    Set(Target, Expression),
    /// `{% set a %}…{% endset %}`; the expression reads [`Node::Captured`].
    Capture(Target, Expression, Body),
    /// `{% with a = … %}`
    With(Box<[(Target, Expression)]>, Body),
    /// `{% macro %}`
    Macro(Arc<Macro>),
    /// `{% call %}`: a call, and what `caller()` renders.
    Call(Expression, Arc<Macro>),
    /// `{% filter %}…{% endfilter %}`; the expression reads [`Node::Captured`].
    Filter(Expression, Body),
    /// `{% autoescape %}`
    Autoescape(Expression, Body),
    /// `{% block %}`
    Block(Body),
    /// `{% include %}`, `{% import %}`, `{% extends %}`: there is nothing to load from.
    Load,
}

/// A loop.
#[derive(Debug)]
pub(super) struct For {
    /// What is bound per item.
    pub(super) target: Target,
    /// What is iterated.
    pub(super) items: Expression,
    /// Items that do not pass are left out.
    pub(super) test: Option<Expression>,
    /// Whether `loop(…)` runs the body again.
    pub(super) recursive: bool,
    /// Per item.
    pub(super) body: Body,
    /// If there was no item.
    pub(super) otherwise: Body,
}

/// A macro, or the body of a call block.
#[derive(Debug)]
pub(super) struct Macro {
    /// Its name; `caller` for a call block.
    pub(super) name: Arc<str>,
    /// Its parameters.
    pub(super) parameters: Box<[Parameter]>,
    /// What it renders.
    pub(super) body: Body,
    /// Which of the special names the body uses.
    pub(super) uses: Uses,
}

/// The special names that a macro's body uses.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Uses {
    /// `varargs`: it takes any further positional argument.
    pub(super) varargs: bool,
    /// `kwargs`: it takes any further keyword.
    pub(super) kwargs: bool,
    /// `caller`: it can be used by a call block.
    pub(super) caller: bool,
}

/// A parameter of a macro.
#[derive(Debug)]
pub(super) struct Parameter {
    /// Its name.
    pub(super) name: Arc<str>,
    /// The value if none is given.
    pub(super) default: Option<Expression>,
}

/// What is assigned to.
#[derive(Debug)]
pub(super) enum Target {
    /// A variable.
    Name(Arc<str>),
    /// `a, b`
    Unpack(Box<[Target]>),
    /// `namespace.attribute`
    Attribute(Arc<str>, Arc<str>),
}

/// An expression and its place.
#[derive(Debug)]
pub(super) struct Expression {
    /// What it is.
    pub(super) node: Box<Node>,
    /// Bytes of the source.
    pub(super) range: Range<usize>,
    height: u16,
}

/// What an expression is.
#[derive(Debug)]
pub(super) enum Node {
    /// A literal scalar.
    Constant(yaql::Value),
    /// A variable.
    Name(Arc<str>),
    /// The text a block has just rendered.
    Captured,
    /// `[a, b]`
    List(Box<[Expression]>),
    /// `(a, b)`
    Tuple(Box<[Expression]>),
    /// `{a: b}`
    Dict(Box<[(Expression, Expression)]>),
    /// `a + b`
    Binary(Operator, Expression, Expression),
    /// `a < b < c`
    Compare(Expression, Box<[(Comparison, Expression)]>),
    /// `a and b`
    And(Expression, Expression),
    /// `a or b`
    Or(Expression, Expression),
    /// `not a`
    Not(Expression),
    /// `-a`
    Negative(Expression),
    /// `+a`
    Positive(Expression),
    /// `a ~ b ~ c`
    Concat(Box<[Expression]>),
    /// `a if b else c`
    Conditional(Expression, Expression, Option<Expression>),
    /// `a.b`
    Attribute(Expression, Name),
    /// `a[b]`
    Item(Expression, Expression),
    /// `a[b:c:d]`
    Slice(Expression, [Option<Expression>; 3]),
    /// `a(…)`
    Call(Expression, Arguments),
    /// `a | name(…)`
    Filter(Expression, Arc<str>, Arguments),
    /// `a is name(…)`
    Test(Expression, Arc<str>, Arguments),
}

/// What stands in the parentheses of a call.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    /// By position.
    pub(super) positional: Box<[Expression]>,
    /// By name.
    pub(super) keywords: Box<[(Arc<str>, Expression)]>,
    /// `*args`
    pub(super) star: Option<Expression>,
    /// `**kwargs`
    pub(super) double_star: Option<Expression>,
}

/// Arithmetic operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `//`
    FloorDivide,
    /// `%`
    Modulo,
    /// `**`
    Power,
}

/// Comparison operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `in`
    In,
    /// `not in`
    NotIn,
}

impl Operator {
    /// Its symbol.
    pub(super) fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::FloorDivide => "//",
            Self::Modulo => "%",
            Self::Power => "**",
        }
    }
}

impl Expression {
    /// An expression, or `None` if it would be too high.
    pub(super) fn new(node: Node, range: Range<usize>) -> Option<Self> {
        let height = node.height() + 1;
        (height <= MAX_HEIGHT).then(|| Self {
            node: Box::new(node),
            range,
            height,
        })
    }
}

impl Node {
    fn height(&self) -> u16 {
        fn of<'a>(parts: impl IntoIterator<Item = &'a Expression>) -> u16 {
            parts.into_iter().map(|e| e.height).max().unwrap_or(0)
        }
        match self {
            Self::Constant(_) | Self::Name(_) | Self::Captured => 0,
            Self::List(items) | Self::Tuple(items) | Self::Concat(items) => of(items),
            Self::Dict(entries) => of(entries.iter().flat_map(|(k, v)| [k, v])),
            Self::Compare(first, rest) => of(rest.iter().map(|(_, e)| e)).max(first.height),
            Self::Binary(_, a, b) | Self::And(a, b) | Self::Or(a, b) | Self::Item(a, b) => {
                of([a, b])
            }
            Self::Not(a) | Self::Negative(a) | Self::Positive(a) | Self::Attribute(a, _) => {
                a.height
            }
            Self::Conditional(a, b, c) => of([a, b].into_iter().chain(c)),
            Self::Slice(a, parts) => of(parts.iter().flatten()).max(a.height),
            Self::Call(a, arguments)
            | Self::Filter(a, _, arguments)
            | Self::Test(a, _, arguments) => arguments.height().max(a.height),
        }
    }
}

impl Arguments {
    fn height(&self) -> u16 {
        let named = self.keywords.iter().map(|(_, e)| e);
        let all = self
            .positional
            .iter()
            .chain(named)
            .chain(&self.star)
            .chain(&self.double_star);
        all.map(|e| e.height).max().unwrap_or(0)
    }
}
