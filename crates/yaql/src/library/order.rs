//! Comparison: `= != < <= > >=`, `in` strings, `max` and `min` (YAQL §3.1).

use std::cmp::Ordering;

use super::functions;
use crate::eval::parameter::{AnySet, Nothing, Number, Text};
use crate::eval::{Result, Scope};
use crate::value::equality::loosely_equal;
use crate::value::number::{compare_big_float, compare_int_float};
use crate::{DateTime, Set, Timespan, Value};

functions! {
    /// Whether both are equal; never fails.
    function "*equal"(left, right) = equal;
    /// Whether both differ; never fails.
    function "*not_equal"(left, right) = not_equal;

    /// Null is not less than null.
    function "#operator_<"(left, right) = |_: Nothing, _: Nothing| false;
    /// Null is less than everything else.
    function "#operator_<"(left, right) = |_: Nothing, _: Value| true;
    /// Nothing is less than null.
    function "#operator_<"(left, right) = |_: Value, _: Nothing| false;
    /// Whether a number is smaller than another, exactly.
    function "#operator_<"(left, right) = |a: Number, b: Number| numbers(&a, &b) == Some(Ordering::Less);
    /// Whether a text comes before another, by code points.
    function "#operator_<"(left, right) = |a: Text, b: Text| a < b;
    /// Whether an instant is before another.
    function "#operator_<"(left, right) = |a: DateTime, b: DateTime| a < b;
    /// Whether a timespan is shorter than another.
    function "#operator_<"(left, right) = |a: Timespan, b: Timespan| a < b;
    /// Whether a set is a proper subset of another.
    function "#operator_<"(left, right) = |a: AnySet, b: AnySet| proper_subset(a, b);

    /// Null is at most null.
    function "#operator_<="(left, right) = |_: Nothing, _: Nothing| true;
    /// Null is at most everything.
    function "#operator_<="(left, right) = |_: Nothing, _: Value| true;
    /// Only null is at most null.
    function "#operator_<="(left, right) = |_: Value, _: Nothing| false;
    /// Whether a number is at most another, exactly.
    function "#operator_<="(left, right) = |a: Number, b: Number| numbers(&a, &b).is_some_and(Ordering::is_le);
    /// Whether a text does not come after another, by code points.
    function "#operator_<="(left, right) = |a: Text, b: Text| a <= b;
    /// Whether an instant is not after another.
    function "#operator_<="(left, right) = |a: DateTime, b: DateTime| a <= b;
    /// Whether a timespan is not longer than another.
    function "#operator_<="(left, right) = |a: Timespan, b: Timespan| a <= b;
    /// Whether a set is a subset of another.
    function "#operator_<="(left, right) = |a: AnySet, b: AnySet| subset(a, b);

    /// Null is not greater than null.
    function "#operator_>"(left, right) = |_: Nothing, _: Nothing| false;
    /// Null is not greater than anything.
    function "#operator_>"(left, right) = |_: Nothing, _: Value| false;
    /// Everything else is greater than null.
    function "#operator_>"(left, right) = |_: Value, _: Nothing| true;
    /// Whether a number is greater than another, exactly.
    function "#operator_>"(left, right) = |a: Number, b: Number| numbers(&a, &b) == Some(Ordering::Greater);
    /// Whether a text comes after another, by code points.
    function "#operator_>"(left, right) = |a: Text, b: Text| a > b;
    /// Whether an instant is after another.
    function "#operator_>"(left, right) = |a: DateTime, b: DateTime| a > b;
    /// Whether a timespan is longer than another.
    function "#operator_>"(left, right) = |a: Timespan, b: Timespan| a > b;
    /// Whether a set is a proper superset of another.
    function "#operator_>"(left, right) = |a: AnySet, b: AnySet| proper_subset(b, a);

    /// Null is at least null.
    function "#operator_>="(left, right) = |_: Nothing, _: Nothing| true;
    /// Only null is at most null.
    function "#operator_>="(left, right) = |_: Nothing, _: Value| false;
    /// Everything is at least null.
    function "#operator_>="(left, right) = |_: Value, _: Nothing| true;
    /// Whether a number is at least another, exactly.
    function "#operator_>="(left, right) = |a: Number, b: Number| numbers(&a, &b).is_some_and(Ordering::is_ge);
    /// Whether a text does not come before another, by code points.
    function "#operator_>="(left, right) = |a: Text, b: Text| a >= b;
    /// Whether an instant is not before another.
    function "#operator_>="(left, right) = |a: DateTime, b: DateTime| a >= b;
    /// Whether a timespan is not shorter than another.
    function "#operator_>="(left, right) = |a: Timespan, b: Timespan| a >= b;
    /// Whether a set is a superset of another.
    function "#operator_>="(left, right) = |a: AnySet, b: AnySet| subset(b, a);

    /// The greater of two values, by the operator `>`; the first, if neither is.
    function max(a, b) = max;
    /// The smaller of two values, by the operator `>`; the second, if neither is.
    function min(a, b) = min;
}

fn equal(left: Value, right: Value) -> bool {
    loosely_equal(&left, &right)
}

fn not_equal(left: Value, right: Value) -> bool {
    !loosely_equal(&left, &right)
}

fn subset(a: AnySet, b: AnySet) -> Result<bool> {
    Ok(a.into_set()?.is_subset(&b.into_set()?))
}

fn proper_subset(a: AnySet, b: AnySet) -> Result<bool> {
    let (a, b): (Set, Set) = (a.into_set()?, b.into_set()?);
    Ok(a.len() < b.len() && a.is_subset(&b))
}

/// Compares without rounding; none with NaN.
fn numbers(a: &Number, b: &Number) -> Option<Ordering> {
    match (a, b) {
        (Number::Int(a), Number::Int(b)) => Some(a.cmp(b)),
        (Number::Float(a), Number::Float(b)) => a.partial_cmp(b),
        (Number::Int(a), Number::Float(b)) => compare_int_float(*a, *b),
        (Number::Big(a), Number::Float(b)) => compare_big_float(a, *b),
        (Number::Float(_), _) => numbers(b, a).map(Ordering::reverse),
        _ => Some(a.to_big()?.cmp(&b.to_big()?)),
    }
}

/// The order of two values of the commonest types, without a look at the table
/// of functions; none, if that must decide.
fn quick(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        // A NaN is neither less nor greater.
        (Value::Float(a), Value::Float(b)) => Some(a.partial_cmp(b).unwrap_or(Ordering::Equal)),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        (Value::DateTime(a), Value::DateTime(b)) => Some(a.cmp(b)),
        (Value::Null, Value::Null) => Some(Ordering::Equal),
        (Value::Null, _) => Some(Ordering::Less),
        (_, Value::Null) => Some(Ordering::Greater),
        _ => None,
    }
}

/// The order of two values by the operators `<` and `>` of the context.
pub(crate) fn compare(scope: &Scope<'_>, a: &Value, b: &Value) -> Result<Ordering> {
    if !scope.context.has_functions()
        && let Some(order) = quick(a, b)
    {
        return Ok(order);
    }
    if operator(scope, "#operator_<", a, b)? {
        Ok(Ordering::Less)
    } else if operator(scope, "#operator_>", a, b)? {
        Ok(Ordering::Greater)
    } else {
        Ok(Ordering::Equal)
    }
}

fn operator(scope: &Scope<'_>, name: &str, a: &Value, b: &Value) -> Result<bool> {
    Ok(scope.call(name, vec![a.clone(), b.clone()])?.is_truthy())
}

fn is_greater(scope: &Scope<'_>, a: &Value, b: &Value) -> Result<bool> {
    match quick(a, b) {
        Some(order) if !scope.context.has_functions() => Ok(order.is_gt()),
        _ => operator(scope, "#operator_>", a, b),
    }
}

pub(super) fn max(scope: &Scope<'_>, a: Value, b: Value) -> Result<Value> {
    Ok(if is_greater(scope, &b, &a)? { b } else { a })
}

pub(super) fn min(scope: &Scope<'_>, a: Value, b: Value) -> Result<Value> {
    Ok(if is_greater(scope, &b, &a)? { a } else { b })
}
