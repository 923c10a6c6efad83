//! Methods that change their receiver: where the receiver is kept.

use std::sync::Arc;

use super::super::super::failure::Outcome;
use super::super::arguments::Arguments;
use super::super::ast::{Expression, Node};
use super::super::run::Run;
use super::super::value::{Namespace, Step, Value};
use super::super::{attribute, methods};

/// Where a container is kept, and the way to it from there.
struct Place {
    root: Root,
    path: Vec<Step>,
}

enum Root {
    Variable(Arc<str>),
    Namespace(Namespace, Arc<str>),
}

impl Run<'_> {
    /// Calls a method that changes its receiver. What is kept in a variable of
    /// the template changes there; anything else changes as a copy.
    pub(super) fn change(
        &mut self,
        receiver: &Expression,
        mut value: Value,
        name: &str,
        arguments: Arguments,
    ) -> Outcome<Value> {
        let Some(place) = self.place(receiver)? else {
            return methods::change(self, &mut value, &[], name, arguments);
        };
        // The variable must be the only owner, or all items would be copied.
        drop(value);
        match place.root {
            Root::Variable(variable) => {
                let Some(slot) = self.variable_mut(&variable) else {
                    return Ok(Value::NONE);
                };
                let mut kept = std::mem::replace(slot, Value::NONE);
                let result = methods::change(self, &mut kept, &place.path, name, arguments);
                if let Some(slot) = self.variable_mut(&variable) {
                    *slot = kept;
                }
                result
            }
            Root::Namespace(attributes, attribute) => {
                let mut attributes = attributes.borrow_mut();
                match attributes.get_mut(&*attribute) {
                    Some(kept) => methods::change(self, kept, &place.path, name, arguments),
                    None => Ok(Value::NONE),
                }
            }
        }
    }

    fn place(&mut self, expression: &Expression) -> Outcome<Option<Place>> {
        match &*expression.node {
            Node::Name(name) => Ok(self.variable_mut(name).is_some().then(|| Place {
                root: Root::Variable(name.clone()),
                path: Vec::new(),
            })),
            Node::Attribute(inner, name) => {
                if let Value::Namespace(attributes) = self.evaluate(inner)? {
                    let root = Root::Namespace(attributes, name.text().clone());
                    return Ok(Some(Place {
                        root,
                        path: Vec::new(),
                    }));
                }
                self.step(inner, Step::Key((&**name.text()).into()))
            }
            Node::Item(inner, index) => {
                let container = self.evaluate(inner)?;
                let index = self.evaluate(index)?;
                let step = match (container.is_list(), &index) {
                    (true, Value::Data(yaql::Value::Int(i))) => {
                        match attribute::position(*i, container.len()?) {
                            Some(position) => Step::Index(position),
                            None => return Ok(None),
                        }
                    }
                    _ => Step::Key(index.as_key()?),
                };
                self.step(inner, step)
            }
            _ => Ok(None),
        }
    }

    fn step(&mut self, inner: &Expression, step: Step) -> Outcome<Option<Place>> {
        Ok(self.place(inner)?.map(|mut place| {
            place.path.push(step);
            place
        }))
    }
}
