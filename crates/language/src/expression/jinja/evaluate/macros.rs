//! Calls of macros and of call blocks.

use std::sync::Arc;

use indexmap::IndexMap;
use yaql::Value as Plain;

use super::super::super::failure::{Failure, Outcome, type_error};
use super::super::arguments::Arguments;
use super::super::ast::{self, Expression, Macro, Node};
use super::super::callable::{Callable, MacroValue, Visible};
use super::super::frame::Frame;
use super::super::run::Run;
use super::super::value::Value;

impl Run<'_> {
    /// Renders a macro; it sees the scopes around its definition only.
    pub(super) fn call_macro(
        &mut self,
        value: &MacroValue,
        arguments: Arguments,
    ) -> Outcome<Value> {
        match &value.visible {
            Visible::Outer(count) => {
                let hidden = self.frames.split_off(*count);
                let result = self.render_macro(&value.definition, arguments);
                self.frames.extend(hidden);
                result
            }
            Visible::Snapshot(frames) => {
                let current = std::mem::replace(&mut self.frames, frames.to_vec());
                let result = self.render_macro(&value.definition, arguments);
                self.frames = current;
                result
            }
        }
    }

    fn render_macro(&mut self, definition: &Macro, arguments: Arguments) -> Outcome<Value> {
        self.nested(|run| {
            run.scoped(Frame::default(), |run| {
                run.bind_parameters(definition, arguments)?;
                run.capture(|run| run.body(&definition.body))
            })
        })
    }

    fn bind_parameters(&mut self, definition: &Macro, arguments: Arguments) -> Outcome<()> {
        let Arguments {
            mut positional,
            mut keywords,
        } = arguments;
        let count = definition.parameters.len().min(positional.len());
        let extra = positional.split_off(count);
        let mut given = positional.into_iter();
        for parameter in &definition.parameters {
            let named = keywords
                .iter()
                .position(|(name, _)| *name == parameter.name);
            let value = match (given.next(), named) {
                (Some(_), Some(_)) => return Err(twice(definition, &parameter.name)),
                (Some(value), None) => value,
                (None, Some(index)) => keywords.remove(index).1,
                (None, None) => match &parameter.default {
                    Some(default) => self.evaluate(default)?,
                    None => not_provided(&parameter.name),
                },
            };
            self.set(parameter.name.clone(), value);
        }
        self.bind_special(definition, extra, keywords)
    }

    fn bind_special(
        &mut self,
        definition: &Macro,
        extra: Vec<Value>,
        mut keywords: Vec<(Arc<str>, Value)>,
    ) -> Outcome<()> {
        let (name, uses) = (&definition.name, definition.uses);
        if uses.caller {
            let caller = keywords.iter().position(|(name, _)| **name == *"caller");
            let caller = caller.map(|index| keywords.remove(index).1);
            let caller = caller.unwrap_or_else(|| Value::undefined("No caller defined"));
            self.set("caller".into(), caller);
        }
        if uses.kwargs {
            let entries = keywords
                .drain(..)
                .map(|(name, value)| (Plain::from(name), value));
            let kwargs = Value::dict(entries.collect::<IndexMap<_, _>>())?;
            self.set("kwargs".into(), kwargs);
        }
        if let Some((keyword, _)) = keywords.first() {
            let message = format!("macro '{name}' takes no keyword argument '{keyword}'");
            return Err(type_error(message));
        }
        if uses.varargs {
            let varargs = Value::tuple(extra)?;
            self.set("varargs".into(), varargs);
        } else if !extra.is_empty() {
            let most = definition.parameters.len();
            let message = format!("macro '{name}' takes not more than {most} argument(s)");
            return Err(type_error(message));
        }
        Ok(())
    }

    /// A call block: the call gets `caller`, which renders the block's body.
    pub(super) fn call_block(&mut self, call: &Expression, caller: &Arc<Macro>) -> Outcome<Value> {
        let Node::Call(callee, arguments) = &*call.node else {
            return self.evaluate(call);
        };
        let callee = self.evaluate(callee)?;
        let mut arguments = self.arguments(arguments)?;
        let visible = Visible::Snapshot(self.frames.as_slice().into());
        arguments
            .keywords
            .push(("caller".into(), macro_value(caller, visible)?));
        self.call(&callee, arguments)
    }
}

/// A macro as a value.
pub(super) fn macro_value(definition: &Arc<Macro>, visible: Visible) -> Outcome<Value> {
    let value = MacroValue::new(definition.clone(), visible);
    Value::callable(Callable::Macro(value))
}

fn not_provided(name: &str) -> Value {
    Value::undefined(format!("parameter '{name}' was not provided"))
}

fn twice(definition: &ast::Macro, name: &str) -> Failure {
    let macro_name = &definition.name;
    type_error(format!(
        "macro '{macro_name}' got multiple values for argument '{name}'"
    ))
}
