//! The functions of yaql 0.2 (YAQL §15), in a layer of their own.

use smallvec::smallvec;

use super::dicts::pair;
use super::functions;
use super::queries::filter;
use crate::eval::context::Context;
use crate::eval::iterator::Iter;
use crate::eval::lambda::Lambda;
use crate::eval::parameter::{Case, Iterable, Rest};
use crate::eval::{Result, Runtime, Scope, check_hashable, raise};
use crate::{Dict, List, Value};

functions! {
    /// The item at an index, or the items for which an expression is true.
    function "#indexer"(collection, expr) = index;
    /// A tuple of the operands.
    function "#tuple"(args) = |args: Rest<Value>| args.0;
    /// A tuple of the arguments.
    function tuple(args) = |args: Rest<Value>| args.0;
    /// A dict of tuples of two.
    function "#map"(tuples) = dict;
    /// A dict of tuples of two.
    both dict(tuples) = dict;
    /// Integers from `start` up to `stop`, without it; without `stop` endless.
    both range(start, stop) = range;
    /// The value of the first condition, `condition => value`, that is true for
    /// the value, else null.
    function switch(value, conditions) = switch;
    /// A context with a variable for each `value => name`, which remembers the receiver.
    method as(receiver, mappings) = name_values;
    /// The items as a list.
    method toList(collection) = |scope: &Scope<'_>, items: Iterable| items.drain(scope).map(List::mutable);
}

/// Names which the modern library has as functions only, or as methods only,
/// and which are both here.
pub(super) const BOTH: [&str; 10] = [
    "get",
    "list",
    "bool",
    "int",
    "float",
    "select",
    "where",
    "join",
    "sum",
    "takeWhile",
];

/// Names whose modern functions are hidden.
pub(super) const HIDDEN: [&str; 2] = ["#indexer", "switch"];

fn index(scope: &Scope<'_>, collection: Iterable, expr: Lambda) -> Result<Value> {
    if let Value::List(list) = &collection.0 {
        match expr.evaluate(scope.runtime) {
            Ok(Value::Int(index)) => return super::lists::index(list.clone(), index),
            // An expression about items may fail for the whole list.
            Err(error) if !error.is_ordinary() => return Err(error),
            _ => {}
        }
    }
    Ok(filter(scope, collection, expr).into())
}

fn dict(scope: &Scope<'_>, tuples: Rest<List>) -> Result<Dict> {
    let pairs = match tuples.0.as_slice() {
        // As in the modern library: a list of pairs.
        [list] if list.iter().all(|item| item.as_list().is_some()) => list.to_vec(),
        _ => tuples.0.into_iter().map(Value::from).collect(),
    };
    let mut dict = Dict::with_capacity(pairs.len());
    for item in pairs {
        let (key, value) = pair(scope, item)?;
        check_hashable(&key)?;
        dict.insert(key, value);
    }
    Ok(dict)
}

fn range(start: i64, stop: Option<i64>) -> Iter {
    let mut next = Some(start);
    Iter::new(0, move |_: &Runtime<'_>| {
        let in_range = |i: &i64| stop.is_none_or(|stop| *i < stop);
        let Some(current) = next.filter(in_range) else {
            return Ok(None);
        };
        next = current.checked_add(1);
        Ok(Some(current.into()))
    })
}

fn not_a_pair() -> crate::EvalError {
    raise::value_error("a condition must be written as condition => value")
}

fn switch(scope: &Scope<'_>, value: Value, conditions: Rest<Case>) -> Result<Value> {
    for case in conditions.0 {
        let args = smallvec![value.clone()];
        match case {
            Case::Rule(condition, result) => {
                if condition.call(scope.runtime, args)?.is_truthy() {
                    return result.call(scope.runtime, smallvec![value]);
                }
            }
            Case::Expression(expression) => match expression.call(scope.runtime, args)? {
                Value::List(pair) if pair.len() == 2 => {
                    if pair[0].is_truthy() {
                        return Ok(pair[1].clone());
                    }
                }
                _ => return Err(not_a_pair()),
            },
        }
    }
    Ok(Value::Null)
}

fn name_values(scope: &Scope<'_>, receiver: Value, mappings: Rest<Case>) -> Result<Context> {
    let mut named = vec![("0".into(), receiver.clone())];
    for case in mappings.0 {
        let args = smallvec![receiver.clone()];
        let (value, name) = match case {
            Case::Rule(value, name) => {
                let value = value.call(scope.runtime, args)?;
                (
                    value,
                    name.call(scope.runtime, smallvec![receiver.clone()])?,
                )
            }
            Case::Expression(expression) => match expression.call(scope.runtime, args)? {
                Value::List(pair) if pair.len() == 2 => (pair[0].clone(), pair[1].clone()),
                _ => return Err(not_a_pair()),
            },
        };
        match name {
            Value::String(name) => named.push((name, value)),
            _ => return Err(raise::value_error("the name of a variable must be a word")),
        }
    }
    Ok(scope.context.with_variables(Default::default(), named))
}
