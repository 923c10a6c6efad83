//! What an expression reads and calls, without evaluating it.

use std::sync::Arc;

use crate::syntax::ast::{Arg, Call, Member, Node, NodeKind, Selector, Variable};
use crate::{Expression, Span, Value};

/// A part of `$` or of a variable that an expression reads: `$.a.b`, `$x.c`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// The variable's name without the dollar; `None` for `$` itself.
    pub variable: Option<Arc<str>>,
    /// The names that follow: `a`, `b` of `$.a.b`; also of `$[a]` and `$['a']`.
    pub path: Vec<Arc<str>>,
    /// Where it stands in the source.
    pub span: Span,
}

/// A call of a function or a method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallSite {
    /// The function's name.
    pub name: Arc<str>,
    /// Whether it is `receiver.name(…)`.
    pub is_method: bool,
    /// The arguments, without the receiver.
    pub arguments: Vec<ArgumentSite>,
    /// Where it stands in the source, arguments included.
    pub span: Span,
}

/// An argument of a [`CallSite`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgumentSite {
    /// The name in `name => value`.
    pub keyword: Option<Arc<str>>,
    /// The value, if it is a literal or a bare word.
    pub literal: Option<Value>,
    /// Where its value stands.
    pub span: Span,
}

/// Functions whose unevaluated arguments still see the caller's `$`.
const KEEPS_DOLLAR: [&str; 7] = [
    "switch",
    "coalesce",
    "selectCase",
    "selectAllCases",
    "examine",
    "#operator_and",
    "#operator_or",
];

impl Expression {
    /// The parts of `$` and of variables that this expression may read.
    ///
    /// Only a `$` which is that of the environment counts: not the items in
    /// `where($.a)`, nor `$` after `let(…) ->` with positional values.
    ///
    /// ```
    /// let expression = yaql::Expression::parse("$.a.b + $.list.select($.c)").unwrap();
    /// let paths: Vec<_> = expression.reads().iter().map(|r| r.path.join(".")).collect();
    /// assert_eq!(paths, ["a.b", "list"]);
    /// ```
    pub fn reads(&self) -> Vec<Read> {
        let mut walk = Walk::default();
        walk.node(self.root(), true);
        walk.reads
    }

    /// The calls of named functions and methods in this expression.
    ///
    /// ```
    /// let expression = yaql::Expression::parse("task(build).result").unwrap();
    /// let calls = expression.calls();
    /// assert_eq!(&*calls[0].name, "task");
    /// assert_eq!(calls[0].arguments[0].literal, Some("build".into()));
    /// ```
    pub fn calls(&self) -> Vec<CallSite> {
        let mut walk = Walk::default();
        walk.node(self.root(), true);
        walk.calls
    }
}

#[derive(Default)]
struct Walk {
    reads: Vec<Read>,
    calls: Vec<CallSite>,
    /// Names that `let` and its like bind at this place.
    bound: Vec<Arc<str>>,
}

impl Walk {
    /// `is_data`: whether `$` is the environment's data here.
    fn node(&mut self, node: &Node, is_data: bool) {
        if let Some(read) = self.read(node, is_data) {
            self.reads.push(read);
            return;
        }
        match &node.kind {
            NodeKind::Constant(_) | NodeKind::Word(_) | NodeKind::Variable(_) => {}
            NodeKind::Group(inner) => self.node(inner, is_data),
            NodeKind::Member(member) => self.member(member, is_data),
            NodeKind::Call(call) if &*call.name == "#operator_->" => self.context(call, is_data),
            NodeKind::Call(call) => self.call(call, node.span, false, is_data),
        }
    }

    fn member(&mut self, member: &Member, is_data: bool) {
        self.node(&member.left, is_data);
        match &member.right {
            Selector::Property(_) => {}
            Selector::Method(call, span) => self.call(call, *span, true, is_data),
            Selector::Other(node) => self.node(node, is_data),
        }
    }

    fn call(&mut self, call: &Call, span: Span, is_method: bool, is_data: bool) {
        if !call.name.starts_with(['#', '*']) {
            self.calls.push(CallSite {
                name: call.name.clone(),
                is_method,
                arguments: call.args.iter().filter_map(argument).collect(),
                span,
            });
        }
        for (index, arg) in call.args.iter().enumerate() {
            let lazy = crate::library::rebinds_dollar(&call.name, is_method, index, arg);
            let inner = is_data && (!lazy || KEEPS_DOLLAR.contains(&&*call.name));
            match arg {
                Arg::Positional(node) => self.node(node, inner),
                Arg::Skipped => {}
                Arg::Mapping(key, value) => {
                    self.node(key, inner);
                    self.node(value, inner);
                }
            }
        }
    }

    /// `left -> right`: what `left` binds hides `$` and variables in `right`.
    fn context(&mut self, call: &Call, is_data: bool) {
        let [Arg::Positional(left), Arg::Positional(right)] = &*call.args else {
            return;
        };
        self.node(left, is_data);
        let outer = self.bound.len();
        let hides = self.bind(left);
        self.node(right, is_data && !hides);
        self.bound.truncate(outer);
    }

    /// Notes the names that a context binds; true if it binds `$`, too.
    fn bind(&mut self, context: &Node) -> bool {
        let (call, is_method) = match &context.kind {
            NodeKind::Call(call) => (call, false),
            NodeKind::Member(Member {
                right: Selector::Method(call, _),
                ..
            }) => (call, true),
            NodeKind::Group(inner) => return self.bind(inner),
            _ => return true,
        };
        let mut hides = false;
        for arg in &call.args {
            match arg {
                Arg::Mapping(key, _) => self.bound.extend(text(key.word())),
                Arg::Positional(node) if is_method => self.bound.extend(text(node.constant())),
                Arg::Positional(_) => hides |= &*call.name != "def",
                Arg::Skipped => {}
            }
        }
        hides || is_method && call.args.is_empty()
    }

    /// `$.a.b`, `$x.c`, `$[a]`: a path from a variable.
    fn read(&self, node: &Node, is_data: bool) -> Option<Read> {
        let mut read = match &node.kind {
            NodeKind::Variable(variable) => self.variable(variable, is_data)?,
            NodeKind::Member(member) => {
                let mut read = self.read(&member.left, is_data)?;
                let Selector::Property(name) = &member.right else {
                    return None;
                };
                read.path.extend(text(Some(name)));
                read
            }
            NodeKind::Call(call) if &*call.name == "#indexer" => {
                let [Arg::Positional(left), Arg::Positional(key)] = &*call.args else {
                    return None;
                };
                let mut read = self.read(left, is_data)?;
                read.path.push(text(key.constant())?);
                read
            }
            _ => return None,
        };
        read.span = node.span;
        Some(read)
    }

    fn variable(&self, variable: &Variable, is_data: bool) -> Option<Read> {
        let variable = match variable {
            Variable::Positional(1) if is_data => None,
            Variable::Positional(_) => return None,
            Variable::Named(name) if self.bound.contains(name) => return None,
            Variable::Named(name) => Some(name.clone()),
        };
        Some(Read {
            variable,
            path: Vec::new(),
            span: Span::default(),
        })
    }
}

fn text(value: Option<&Value>) -> Option<Arc<str>> {
    match value {
        Some(Value::String(text)) => Some(text.clone()),
        _ => None,
    }
}

fn argument(arg: &Arg) -> Option<ArgumentSite> {
    let (keyword, value) = match arg {
        Arg::Skipped => return None,
        Arg::Positional(value) => (None, value),
        Arg::Mapping(key, value) => (text(key.word()), value),
    };
    Some(ArgumentSite {
        keyword,
        literal: value.constant().cloned(),
        span: value.span,
    })
}
