//! Contexts: variables and user-defined functions, innermost first (YAQL §7).
//!
//! Invariant: a context never changes once it is shared, so contexts cannot
//! form cycles. Its depth bounds the recursion of dropping it.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::Value;
use crate::syntax::ast::{Node, Variable};
use crate::value::{Object, ObjectKind};

/// Positional arguments `$1`, `$2`, …
pub(crate) type Positional = SmallVec<[Value; 2]>;

/// A layer of variables and functions over the layers outside of it.
#[derive(Clone)]
pub(crate) struct Context(Arc<Frame>);

#[derive(Default)]
struct Frame {
    parent: Option<Context>,
    positional: Positional,
    named: Vec<(Arc<str>, Value)>,
    /// A function made by `def`; its body sees this context.
    function: Option<(Arc<str>, Arc<Node>)>,
    /// Whether this or an outer layer has a function.
    has_functions: bool,
    depth: u32,
}

impl Context {
    /// The outermost layer.
    pub(crate) fn root(data: Value, named: Vec<(Arc<str>, Value)>) -> Self {
        let frame = Frame {
            positional: [data].into_iter().collect(),
            named,
            ..Frame::default()
        };
        Context(Arc::new(frame.measured()))
    }

    fn child(&self) -> Frame {
        Frame {
            parent: Some(self.clone()),
            has_functions: self.0.has_functions,
            ..Frame::default()
        }
    }

    /// A layer with `$1`, `$2`, … and named variables.
    pub(crate) fn with_variables(
        &self,
        positional: Positional,
        named: Vec<(Arc<str>, Value)>,
    ) -> Self {
        let frame = Frame {
            positional,
            named,
            ..self.child()
        };
        Context(Arc::new(frame.measured()))
    }

    pub(crate) fn with_positional(&self, positional: Positional) -> Self {
        self.with_variables(positional, Vec::new())
    }

    /// A layer with a function.
    pub(crate) fn with_function(&self, name: Arc<str>, body: Arc<Node>) -> Self {
        let frame = Frame {
            function: Some((name, body)),
            ..self.child()
        };
        let frame = Frame {
            has_functions: true,
            ..frame.measured()
        };
        Context(Arc::new(frame))
    }

    /// The same layer with other positional arguments: in place, if nobody
    /// else holds it.
    pub(crate) fn reuse(&mut self, positional: Positional) {
        let outer = self.0.parent.as_ref().map_or(0, Context::depth);
        match Arc::get_mut(&mut self.0) {
            Some(frame) => {
                let inner = positional.iter().map(Value::depth).max().unwrap_or(0);
                frame.depth = level(outer.max(inner));
                frame.positional = positional;
            }
            None => {
                if let Some(parent) = &self.0.parent {
                    *self = parent.with_positional(positional);
                }
            }
        }
    }

    fn layers(&self) -> impl Iterator<Item = &Frame> {
        std::iter::successors(Some(&*self.0), |frame| {
            frame.parent.as_ref().map(|parent| &*parent.0)
        })
    }

    /// The value of a variable; unknown ones are null.
    pub(crate) fn variable(&self, variable: &Variable) -> Value {
        match variable {
            Variable::Positional(index) => self.positional(*index as usize),
            Variable::Named(name) => self.named(name),
        }
    }

    fn positional(&self, index: usize) -> Value {
        self.layers()
            .find_map(|frame| frame.positional.get(index.wrapping_sub(1)))
            .cloned()
            .unwrap_or_default()
    }

    fn named(&self, name: &str) -> Value {
        self.layers()
            .flat_map(|frame| frame.named.iter().rev())
            .find(|(known, _)| **known == *name)
            .map(|(_, value)| value.clone())
            .unwrap_or_default()
    }

    pub(crate) fn has_functions(&self) -> bool {
        self.0.has_functions
    }

    /// The body of a user-defined function and the context that it sees.
    pub(crate) fn function(&self, name: &str) -> Option<(Arc<Node>, Context)> {
        let mut layer = Some(self);
        while let Some(context) = layer.filter(|context| context.has_functions()) {
            match &context.0.function {
                Some((known, body)) if **known == *name => {
                    return Some((body.clone(), context.clone()));
                }
                _ => layer = context.0.parent.as_ref(),
            }
        }
        None
    }

    pub(crate) fn depth(&self) -> usize {
        self.0.depth as usize
    }
}

fn level(inner: usize) -> u32 {
    u32::try_from(inner).unwrap_or(u32::MAX).saturating_add(1)
}

impl Frame {
    fn measured(mut self) -> Self {
        let values = self.positional.iter();
        let values = values.chain(self.named.iter().map(|(_, value)| value));
        let inner = values.map(Value::depth).max();
        let outer = self.parent.as_ref().map_or(0, Context::depth);
        self.depth = level(outer.max(inner.unwrap_or(0)));
        self
    }
}

impl Object for Context {
    fn kind(&self) -> ObjectKind {
        ObjectKind::Context
    }

    fn text(&self) -> String {
        "<yaql.language.contexts.Context object>".into()
    }

    fn depth(&self) -> usize {
        self.depth()
    }
}
