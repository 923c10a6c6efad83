//! The state of one evaluation, and its limits.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use indexmap::IndexMap;
use yaql::{Limit, Value as Plain};

use super::super::failure::{Outcome, limit_error};
use super::super::functions::Function;
use super::super::scope::Scope;
use super::callable::Callable;
use super::frame::Frame;
use super::globals::Global;
use super::text;
use super::value::{Namespace, Value};

/// How many steps pass between two looks at the clock.
const STEPS_PER_LOOK: u64 = 1024;

/// The deepest recursion, whatever the limits say; it fits the stack of any thread.
const MAX_LEVELS: usize = 240;

/// One evaluation.
pub(super) struct Run<'a> {
    /// What it reads.
    pub(super) scope: &'a Scope<'a>,
    /// Scopes of variables, the outermost first.
    pub(super) frames: Vec<Frame>,
    /// What was rendered so far.
    pub(super) out: String,
    /// What blocks captured, for [`super::ast::Node::Captured`].
    pub(super) captured: Vec<Value>,
    /// Whether printed text is escaped for HTML.
    pub(super) escape: bool,
    /// All namespaces that were made; they may hold each other, so the end of the
    /// run empties them one by one.
    namespaces: Vec<Namespace>,
    steps: u64,
    memory: usize,
    depth: usize,
    /// The innermost expression that failed.
    failed_at: Option<Range<usize>>,
}

impl<'a> Run<'a> {
    /// A run that has not started.
    pub(super) fn new(scope: &'a Scope<'a>) -> Self {
        Self {
            scope,
            frames: vec![Frame::default()],
            out: String::new(),
            captured: Vec::new(),
            escape: false,
            namespaces: Vec::new(),
            steps: 0,
            memory: 0,
            depth: 0,
            failed_at: None,
        }
    }

    /// Notes the place of a failure; of those around each other the innermost counts.
    pub(super) fn fail_at(&mut self, range: &Range<usize>) {
        self.failed_at.get_or_insert_with(|| range.clone());
    }

    /// The innermost expression that failed, in bytes of the source.
    pub(super) fn failed_at(&self) -> Option<Range<usize>> {
        self.failed_at.clone()
    }

    /// Counts steps.
    pub(super) fn steps(&mut self, count: usize) -> Outcome<()> {
        let before = self.steps / STEPS_PER_LOOK;
        self.steps = self.steps.saturating_add(count as u64);
        if self.steps > self.scope.limits.iterations {
            return Err(limit_error(Limit::Iterations));
        }
        let look = self.steps / STEPS_PER_LOOK != before;
        match self.scope.expired {
            Some(expired) if look && expired() => Err(limit_error(Limit::Time)),
            _ => Ok(()),
        }
    }

    /// Counts bytes that are about to be allocated.
    pub(super) fn reserve(&mut self, bytes: usize) -> Outcome<()> {
        self.memory = self.memory.saturating_add(bytes);
        match self.memory > self.limit() {
            true => Err(limit_error(Limit::Memory)),
            false => Ok(()),
        }
    }

    /// Bytes of all texts and containers that a run may make.
    pub(super) fn limit(&self) -> usize {
        usize::try_from(self.scope.limits.memory).unwrap_or(usize::MAX)
    }

    /// Runs a part of the evaluation one level deeper.
    pub(super) fn nested<T>(&mut self, part: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<T> {
        if self.depth >= self.scope.limits.depth.min(MAX_LEVELS) {
            return Err(limit_error(Limit::Depth));
        }
        self.depth += 1;
        let result = part(self);
        self.depth -= 1;
        result
    }

    /// Runs a part in a new scope of variables.
    pub(super) fn scoped<T>(
        &mut self,
        frame: Frame,
        part: impl FnOnce(&mut Self) -> Outcome<T>,
    ) -> Outcome<T> {
        self.frames.push(frame);
        let result = part(self);
        self.frames.pop();
        result
    }

    /// What a part renders.
    pub(super) fn capture(
        &mut self,
        part: impl FnOnce(&mut Self) -> Outcome<()>,
    ) -> Outcome<Value> {
        let outer = std::mem::take(&mut self.out);
        let result = part(self);
        let text = std::mem::replace(&mut self.out, outer);
        result?;
        self.reserve(text.len())?;
        Ok(match self.escape {
            true => Value::Markup(text.into()),
            false => text.into(),
        })
    }

    /// Appends to what is rendered.
    pub(super) fn write(&mut self, text: &str) -> Outcome<()> {
        super::operators::check_length(self.out.len() + text.len(), self.limit())?;
        self.out.push_str(text);
        Ok(())
    }

    /// Appends a value as `{{ … }}` does.
    pub(super) fn print(&mut self, value: &Value) -> Outcome<()> {
        value.defined()?;
        if self.escape && !matches!(value, Value::Markup(_)) {
            let text = self.str(value)?;
            return self.write(&text::escape(&text));
        }
        let limit = self.limit();
        match value {
            Value::Undefined(_) => Ok(()),
            _ => text::write_str(&mut self.out, value, limit),
        }
    }

    /// Python's `str()` of a value.
    pub(super) fn str(&mut self, value: &Value) -> Outcome<String> {
        value.defined()?;
        if value.is_undefined() {
            return Ok(String::new());
        }
        let text = text::str(value, self.limit())?;
        self.reserve(text.len())?;
        Ok(text)
    }

    /// A new namespace.
    pub(super) fn namespace(&mut self, attributes: IndexMap<Rc<str>, Value>) -> Outcome<Namespace> {
        self.reserve((attributes.len() + 1) * size_of::<(Namespace, Value)>())?;
        let namespace = Rc::new(RefCell::new(attributes));
        self.namespaces.push(namespace.clone());
        Ok(namespace)
    }

    /// A random number below `end`.
    pub(super) fn below(&self, end: usize) -> usize {
        usize::try_from(self.scope.random.below(end as u64)).unwrap_or(0)
    }

    /// The value of a name: a variable, a root, or a function.
    pub(super) fn resolve(&self, name: &str) -> Value {
        if let Some(value) = self.frames.iter().rev().find_map(|frame| frame.get(name)) {
            return value.clone();
        }
        match name {
            "_" => Value::Data(self.scope.view.clone()),
            "__env" | "__execution" | "__task_execution" => self.hidden(name),
            _ => {
                function(name).unwrap_or_else(|| Value::undefined(format!("'{name}' is undefined")))
            }
        }
    }

    fn hidden(&self, name: &str) -> Value {
        let view = self.scope.view.as_dict();
        Value::Data(
            view.and_then(|view| view.get(name))
                .cloned()
                .unwrap_or(Plain::Null),
        )
    }

    /// Sets a variable of the innermost scope.
    pub(super) fn set(&mut self, name: Arc<str>, value: Value) {
        if let Some(frame) = self.frames.last_mut() {
            frame.set(name, value);
        }
    }

    /// The variable of a name, for changing it.
    pub(super) fn variable_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.frames
            .iter_mut()
            .rev()
            .find_map(|frame| frame.get_mut(name))
    }
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        for namespace in &self.namespaces {
            let attributes = std::mem::take(&mut *namespace.borrow_mut());
            drop(attributes);
        }
    }
}

fn function(name: &str) -> Option<Value> {
    let callable = match Function::by_name(name) {
        Some(function) => Callable::Workflow(function),
        None => Callable::Global(Global::by_name(name)?),
    };
    Some(Value::Callable(Rc::new(callable)))
}
