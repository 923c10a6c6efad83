//! The evaluator.
//!
//! Owns contexts, lambdas, iterators, overload resolution and the limits.
//! Invariant: every call, every item and every nested level goes through the
//! [`Runtime`], so no expression runs without end, and none overflows the stack.

mod advice;
mod call;
pub(crate) mod context;
mod convert;
pub(crate) mod gauge;
pub(crate) mod iterator;
pub(crate) mod lambda;
mod member;
pub(crate) mod memo;
pub(crate) mod ordering;
pub(crate) mod overload;
pub(crate) mod parameter;
mod plan;
pub(crate) mod raise;
mod runtime;
pub(crate) mod types;
pub(crate) mod views;

use std::sync::Arc;

pub(crate) use self::call::plain;
use self::context::Context;
pub(crate) use self::convert::to_output;
pub(crate) use self::plan::{Layers, Plan};
pub(crate) use self::runtime::Runtime;
use crate::syntax::ast::{Node, NodeKind};
use crate::{Environment, EvalError, ParseOptions, Value};

pub(crate) type Result<T> = std::result::Result<T, EvalError>;

/// What a built-in function sees: the running evaluation and the context of
/// its caller.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) runtime: &'a Runtime<'a>,
    pub(crate) context: &'a Context,
}

impl Scope<'_> {
    /// Calls a function by name, as the context knows it.
    pub(crate) fn call(&self, name: &str, args: Vec<Value>) -> Result<Value> {
        self.runtime
            .call_named(name, None, args, Vec::new(), self.context)
    }
}

/// Evaluates a whole expression.
pub(crate) fn evaluate(
    root: &Arc<Node>,
    syntax: &ParseOptions,
    environment: &Environment<'_>,
) -> Result<Value> {
    let runtime = Runtime::new(environment, syntax);
    let options = runtime.options();
    let data = convert::to_input(&environment.data, options);
    let variables = environment.variables.iter();
    let variables =
        variables.map(|(name, value)| (name.clone(), convert::to_input(value, options)));
    let context = Context::root(data, variables.collect());
    let value = runtime.evaluate(root, &context)?;
    let scope = Scope {
        runtime: &runtime,
        context: &context,
    };
    to_output(&scope, value).map_err(|error| error.at(root.span))
}

impl Runtime<'_> {
    /// Evaluates a part of an expression.
    pub(crate) fn evaluate(&self, node: &Arc<Node>, context: &Context) -> Result<Value> {
        match &node.kind {
            NodeKind::Constant(value) | NodeKind::Word(value) => Ok(value.clone()),
            NodeKind::Variable(variable) => Ok(context.variable(variable)),
            NodeKind::Group(inner) => self.evaluate(inner, context),
            NodeKind::Member(member) => self
                .nested(|| self.member(member, context))
                .map_err(|error| error.at(node.span)),
            NodeKind::Call(call) => self
                .nested(|| self.call(call, context))
                .map_err(|error| error.at(node.span)),
        }
    }
}

/// Fails for values that cannot be in a set or a key of a dict.
pub(crate) fn check_hashable(value: &Value) -> Result<()> {
    match crate::value::equality::unhashable(value) {
        Some(type_name) => Err(raise::unhashable(type_name)),
        None => Ok(()),
    }
}
