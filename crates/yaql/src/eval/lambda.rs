//! Unevaluated expressions with the context they were written in.

use std::sync::Arc;

use smallvec::smallvec;

use super::context::{Context, Positional};
use super::{Result, Runtime};
use crate::Value;
use crate::syntax::ast::{Node, NodeKind, Variable};
use crate::value::{Object, ObjectKind};

/// An argument that is evaluated when, and as often as, a function wants.
#[derive(Clone)]
pub(crate) struct Lambda {
    body: Body,
    context: Context,
}

#[derive(Clone)]
enum Body {
    Code(Arc<Node>),
    Constant(Value),
}

impl Lambda {
    pub(crate) fn new(node: &Arc<Node>, context: &Context) -> Self {
        let body = match node.constant() {
            Some(value) => Body::Constant(value.clone()),
            None => Body::Code(node.clone()),
        };
        Lambda {
            body,
            context: context.clone(),
        }
    }

    pub(crate) fn constant(value: Value, context: &Context) -> Self {
        Lambda {
            body: Body::Constant(value),
            context: context.clone(),
        }
    }

    /// The code, if it is not constant; for `def`.
    pub(crate) fn node(&self) -> Arc<Node> {
        match &self.body {
            Body::Code(node) => node.clone(),
            Body::Constant(value) => {
                Node::new(NodeKind::Constant(value.clone()), crate::Span::default())
            }
        }
    }

    pub(crate) fn depth(&self) -> usize {
        match &self.body {
            Body::Code(_) => self.context.depth(),
            Body::Constant(value) => value.depth(),
        }
    }

    /// Evaluates where it was written, without arguments.
    pub(crate) fn evaluate(&self, runtime: &Runtime<'_>) -> Result<Value> {
        self.evaluate_in(runtime, &self.context)
    }

    /// Evaluates in another context.
    pub(crate) fn evaluate_in(&self, runtime: &Runtime<'_>, context: &Context) -> Result<Value> {
        match &self.body {
            Body::Code(node) => runtime.evaluate(node, context),
            Body::Constant(value) => match value {
                Value::Opaque(object) => match object.downcast::<Callable>() {
                    Some(callable) => callable.0.evaluate(runtime),
                    None => Ok(value.clone()),
                },
                _ => Ok(value.clone()),
            },
        }
    }

    /// Evaluates once with `$1`, `$2`, …
    pub(crate) fn call(&self, runtime: &Runtime<'_>, args: Positional) -> Result<Value> {
        self.call_with(runtime, args, Vec::new())
    }

    /// Evaluates once with `$1`, `$2`, … and named arguments.
    pub(crate) fn call_with(
        &self,
        runtime: &Runtime<'_>,
        args: Positional,
        named: Vec<(Arc<str>, Value)>,
    ) -> Result<Value> {
        match &self.body {
            Body::Code(node) => runtime.evaluate(node, &self.context.with_variables(args, named)),
            Body::Constant(Value::Opaque(object)) => match object.downcast::<Callable>() {
                Some(callable) => callable.0.call_with(runtime, args, named),
                None => Ok(Value::Opaque(object.clone())),
            },
            Body::Constant(value) => Ok(value.clone()),
        }
    }

    /// For calling it again and again with new arguments.
    pub(crate) fn repeated(self) -> Repeated {
        Repeated {
            lambda: self,
            frame: None,
        }
    }
}

/// A lambda that keeps its layer of arguments between calls.
pub(crate) struct Repeated {
    lambda: Lambda,
    frame: Option<Context>,
}

impl Repeated {
    /// Evaluates with one argument, `$`.
    pub(crate) fn call(&mut self, runtime: &Runtime<'_>, item: &Value) -> Result<Value> {
        match &self.lambda.body {
            Body::Code(node) => match &node.kind {
                NodeKind::Variable(Variable::Positional(1)) => Ok(item.clone()),
                _ => self.run(runtime, smallvec![item.clone()]),
            },
            Body::Constant(_) => self.lambda.call(runtime, smallvec![item.clone()]),
        }
    }

    /// Evaluates with two arguments, `$1` and `$2`.
    pub(crate) fn call2(&mut self, runtime: &Runtime<'_>, a: Value, b: Value) -> Result<Value> {
        self.run(runtime, smallvec![a, b])
    }

    fn run(&mut self, runtime: &Runtime<'_>, args: Positional) -> Result<Value> {
        let Body::Code(node) = &self.lambda.body else {
            return self.lambda.call(runtime, args);
        };
        let frame = match self.frame.take() {
            Some(mut frame) => {
                frame.reuse(args);
                frame
            }
            None => self.lambda.context.with_positional(args),
        };
        let result = runtime.evaluate(node, &frame);
        self.frame = Some(frame);
        result
    }
}

/// A lambda as a value; only `lambda(…)` makes these.
pub(crate) struct Callable(pub(crate) Lambda);

impl Object for Callable {
    fn kind(&self) -> ObjectKind {
        ObjectKind::Lambda
    }

    fn text(&self) -> String {
        "<lambda>".into()
    }

    fn depth(&self) -> usize {
        self.0.depth() + 1
    }
}
