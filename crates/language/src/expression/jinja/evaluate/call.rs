//! Calls of functions, methods and macros.

use std::sync::Arc;

use super::super::super::failure::{Outcome, type_error};
use super::super::super::functions::Function;
use super::super::arguments::Arguments;
use super::super::ast::{self, Expression, For, Node};
use super::super::callable::Callable;
use super::super::run::Run;
use super::super::value::Value;
use super::super::{attribute, methods};

impl Run<'_> {
    pub(super) fn call_expression(
        &mut self,
        callee: &Expression,
        arguments: &ast::Arguments,
    ) -> Outcome<Value> {
        let Node::Attribute(receiver, name) = &*callee.node else {
            let callee = self.evaluate(callee)?;
            let arguments = self.arguments(arguments)?;
            return self.call(&callee, arguments);
        };
        let value = self.evaluate(receiver)?;
        if methods::changes(&value, name.text()) {
            let arguments = self.arguments(arguments)?;
            return self.change(receiver, value, name.text(), arguments);
        }
        let callee = attribute::attribute(&value, name)?;
        let arguments = self.arguments(arguments)?;
        self.call(&callee, arguments)
    }

    /// Calls a value.
    pub(in super::super) fn call(
        &mut self,
        callee: &Value,
        arguments: Arguments,
    ) -> Outcome<Value> {
        callee.defined()?;
        let result = match callee {
            Value::Callable(callable) => self.call_callable(callable, arguments)?,
            Value::Loop(state) => {
                let Some(body) = state.recursive.clone() else {
                    let message =
                        "The loop must have the 'recursive' marker to be called recursively.";
                    return Err(type_error(message));
                };
                self.call_loop(&body, state.level + 1, arguments)?
            }
            other => {
                let name = other.type_name();
                return Err(type_error(format!("'{name}' object is not callable")));
            }
        };
        self.reserve(result.weight())?;
        Ok(result)
    }

    fn call_callable(&mut self, callable: &Callable, arguments: Arguments) -> Outcome<Value> {
        match callable {
            Callable::Global(global) => global.call(self, arguments),
            Callable::Workflow(function) => self.call_workflow(*function, arguments),
            Callable::Method(receiver, name) => {
                methods::call(self, receiver.clone(), name, arguments)
            }
            Callable::Macro(value) => self.call_macro(value, arguments),
            Callable::Joiner { separator, used } => {
                arguments.none("joiner")?;
                match used.replace(true) {
                    true => Ok(separator.clone()),
                    false => Ok("".into()),
                }
            }
        }
    }

    /// Calls a function of the workflow language.
    pub(in super::super) fn call_workflow(
        &mut self,
        function: Function,
        arguments: Arguments,
    ) -> Outcome<Value> {
        let parameters = function.parameters();
        let names: Vec<_> = parameters.iter().map(|parameter| parameter.jinja).collect();
        let required = parameters
            .iter()
            .take_while(|parameter| parameter.required)
            .count();
        let mut bound = vec![None; names.len()];
        arguments.bind_into(function.name(), &names, required, &mut bound)?;
        let data = |value: Option<Value>| value.map(|value| value.to_data()).transpose();
        let arguments = bound.into_iter().map(data).collect::<Outcome<Vec<_>>>()?;
        function.call(&arguments, self.scope).map(Value::Data)
    }

    fn call_loop(&mut self, body: &Arc<For>, level: usize, arguments: Arguments) -> Outcome<Value> {
        let items = arguments.one("loop", "iterable")?;
        self.nested(|run| run.capture(|run| run.iterate(body, &items, level)))
    }
}
