//! Truth: `and`, `or`, `not`, `bool` (YAQL §13.2).

use super::functions;
use crate::Value;
use crate::eval::lambda::Lambda;
use crate::eval::{Result, Scope};

functions! {
    /// The left operand if it is false, else the right one.
    function "#operator_and"(left, right) = and;
    /// The left operand if it is true, else the right one.
    function "#operator_or"(left, right) = or;
    /// Whether the operand is false.
    function "#unary_operator_not"(arg) = |arg: Value| !arg.is_truthy();
    /// Whether a value is true: not null, zero or empty.
    function bool(value) = |value: Value| value.is_truthy();
    /// Whether a value is `true` or `false`.
    function isBoolean(value) = |value: Value| matches!(value, Value::Bool(_));
}

fn and(scope: &Scope<'_>, left: Lambda, right: Lambda) -> Result<Value> {
    let left = left.evaluate(scope.runtime)?;
    match left.is_truthy() {
        true => right.evaluate(scope.runtime),
        false => Ok(left),
    }
}

fn or(scope: &Scope<'_>, left: Lambda, right: Lambda) -> Result<Value> {
    let left = left.evaluate(scope.runtime)?;
    match left.is_truthy() {
        true => Ok(left),
        false => right.evaluate(scope.runtime),
    }
}
