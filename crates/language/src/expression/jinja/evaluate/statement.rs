//! Statements.

use std::rc::Rc;
use std::sync::Arc;

use super::super::super::failure::{Failure, Outcome, type_error, value_error};
use super::super::ast::{Expression, For, Statement, Target};
use super::super::attribute;
use super::super::callable::Visible;
use super::super::frame::Frame;
use super::super::looping::Loop;
use super::super::run::Run;
use super::super::value::{Items, Value, check_depth};
use super::macros::macro_value;

impl Run<'_> {
    /// Renders statements.
    pub(in super::super) fn body(&mut self, body: &[Statement]) -> Outcome<()> {
        self.nested(|run| {
            body.iter()
                .try_for_each(|statement| run.statement(statement))
        })
    }

    fn statement(&mut self, statement: &Statement) -> Outcome<()> {
        self.steps(1)?;
        match statement {
            Statement::Data(text) => self.write(text),
            Statement::Print(expression) => {
                let value = self.evaluate(expression)?;
                let printed = self.print(&value);
                if printed.is_err() {
                    self.fail_at(&expression.range);
                }
                printed
            }
            Statement::If(branches, otherwise) => self.branch(branches, otherwise),
            Statement::For(body) => {
                let items = self.evaluate(&body.items)?;
                self.iterate(body, &items, 0)
            }
            Statement::Set(target, expression) => {
                let value = self.evaluate(expression)?;
                self.assign(target, value)
            }
            Statement::Capture(target, expression, body) => {
                let value = self.captured(expression, body)?;
                self.assign(target, value)
            }
            Statement::With(bindings, body) => self.with(bindings, body),
            Statement::Macro(definition) => {
                let visible = Visible::Outer(self.frames.len());
                self.set(definition.name.clone(), macro_value(definition, visible)?);
                Ok(())
            }
            Statement::Call(call, caller) => {
                let value = self.call_block(call, caller)?;
                self.print(&value)
            }
            Statement::Filter(expression, body) => {
                let value = self.captured(expression, body)?;
                self.print(&value)
            }
            Statement::Autoescape(enabled, body) => self.autoescape(enabled, body),
            Statement::Block(body) => self.scoped(Frame::default(), |run| run.body(body)),
            Statement::Load => Err(type_error("no loader for this environment specified")),
        }
    }

    fn branch(
        &mut self,
        branches: &[(Expression, Box<[Statement]>)],
        otherwise: &[Statement],
    ) -> Outcome<()> {
        for (condition, body) in branches {
            if self.evaluate(condition)?.is_truthy()? {
                return self.body(body);
            }
        }
        self.body(otherwise)
    }

    /// Renders a body, and evaluates an expression that reads the text.
    fn captured(&mut self, expression: &Expression, body: &[Statement]) -> Outcome<Value> {
        let text = self.scoped(Frame::default(), |run| run.capture(|run| run.body(body)))?;
        self.captured.push(text);
        let value = self.evaluate(expression);
        self.captured.pop();
        value
    }

    /// All values are evaluated before any of them is bound.
    fn with(&mut self, bindings: &[(Target, Expression)], body: &[Statement]) -> Outcome<()> {
        let values = bindings
            .iter()
            .map(|(_, expression)| self.evaluate(expression));
        let values = values.collect::<Outcome<Vec<_>>>()?;
        self.scoped(Frame::default(), |run| {
            for ((target, _), value) in bindings.iter().zip(values) {
                run.assign(target, value)?;
            }
            run.body(body)
        })
    }

    fn autoescape(&mut self, enabled: &Expression, body: &[Statement]) -> Outcome<()> {
        let enabled = self.evaluate(enabled)?.is_truthy()?;
        let before = std::mem::replace(&mut self.escape, enabled);
        let result = self.scoped(Frame::default(), |run| run.body(body));
        self.escape = before;
        result
    }

    fn assign(&mut self, target: &Target, value: Value) -> Outcome<()> {
        match target {
            Target::Name(name) => self.set(name.clone(), value),
            Target::Attribute(namespace, name) => {
                let namespace = self.resolve(namespace);
                namespace.defined()?;
                attribute::assign(&namespace, name, value)?;
            }
            Target::Unpack(targets) => {
                let items = value
                    .items()
                    .map_err(|error| cannot_unpack(&value, error))?;
                check_count(targets.len(), items.len())?;
                for (target, item) in targets.iter().zip(items) {
                    self.assign(target, item)?;
                }
            }
        }
        Ok(())
    }

    /// Renders the body of a loop for each item.
    pub(super) fn iterate(&mut self, body: &Arc<For>, items: &Value, level: usize) -> Outcome<()> {
        let items = items.each()?;
        self.steps(items.len())?;
        let items: Rc<[Value]> = match &body.test {
            Some(test) => self.passing(&body.target, test, items)?.into(),
            None => items.collect(),
        };
        if items.is_empty() {
            return self.scoped(Frame::default(), |run| run.body(&body.otherwise));
        }
        let depth = 1 + items.iter().map(Value::depth).max().unwrap_or(0);
        check_depth(depth)?;
        let state = Loop {
            at: 0,
            items,
            level,
            seen: Rc::default(),
            depth,
            recursive: body.recursive.then(|| body.clone()),
        };
        let seen = state.seen.clone();
        let result = self.repeat(body, state);
        // It may hold the loop itself.
        seen.take();
        result
    }

    fn repeat(&mut self, body: &For, state: Loop) -> Outcome<()> {
        let name: Arc<str> = "loop".into();
        let mut state = Rc::new(state);
        let mut frame = Frame::default();
        for at in 0..state.len() {
            // Nearly always nobody has kept the loop of the item before.
            Rc::make_mut(&mut state).at = at;
            frame.clear();
            frame.set(name.clone(), Value::Loop(state.clone()));
            self.frames.push(frame);
            let result = self
                .assign(&body.target, state.item())
                .and_then(|()| self.body(&body.body));
            frame = self.frames.pop().unwrap_or_default();
            result?;
            frame.clear();
        }
        Ok(())
    }

    /// The items that pass the loop's own test.
    fn passing(
        &mut self,
        target: &Target,
        test: &Expression,
        items: Items<'_>,
    ) -> Outcome<Vec<Value>> {
        let mut passing = Vec::new();
        let mut frame = Frame::default();
        for item in items {
            self.frames.push(frame);
            let passes = self
                .assign(target, item.clone())
                .and_then(|()| self.evaluate(test)?.is_truthy());
            frame = self.frames.pop().unwrap_or_default();
            if passes? {
                passing.push(item);
            }
            frame.clear();
        }
        Ok(passing)
    }
}

fn cannot_unpack(value: &Value, error: Failure) -> Failure {
    match value.is_undefined() {
        true => error,
        false => type_error(format!(
            "cannot unpack non-iterable {} object",
            value.type_name()
        )),
    }
}

fn check_count(wanted: usize, found: usize) -> Outcome<()> {
    match found.cmp(&wanted) {
        std::cmp::Ordering::Less => Err(value_error(format!(
            "not enough values to unpack (expected {wanted}, got {found})"
        ))),
        std::cmp::Ordering::Greater => Err(value_error(format!(
            "too many values to unpack (expected {wanted})"
        ))),
        std::cmp::Ordering::Equal => Ok(()),
    }
}
