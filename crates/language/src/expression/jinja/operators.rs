//! Operators with Python's rules for types, and its error texts.

use std::cmp::Ordering;

use yaql::{Limit, Value as Plain};

use super::super::failure::{Failure, Outcome, limit_error, type_error};
use super::ast::{Comparison, Operator};
use super::format;
use super::number::{self, Number};
use super::run::Run;
use super::text::escape;
use super::value::{Kind, Value};

/// `a + b` and the like.
pub(super) fn binary(
    run: &mut Run<'_>,
    operator: Operator,
    a: &Value,
    b: &Value,
) -> Outcome<Value> {
    a.defined()?;
    b.defined()?;
    if let (Some(x), Some(y)) = (number_of(a), number_of(b)) {
        return number::calculate(operator, x, y).map(Value::Data);
    }
    match operator {
        Operator::Add => add(run, a, b),
        Operator::Multiply => multiply(run, a, b),
        Operator::Modulo if a.as_str().is_some() => format::percent(run, a, b),
        _ => Err(unsupported(operator.symbol(), a, b)),
    }
}

fn number_of(value: &Value) -> Option<Number> {
    match value {
        Value::Data(data) => Number::of(data),
        _ => None,
    }
}

fn unsupported(symbol: &str, a: &Value, b: &Value) -> Failure {
    let symbol = if symbol == "**" {
        "** or pow()"
    } else {
        symbol
    };
    type_error(format!(
        "unsupported operand type(s) for {symbol}: '{}' and '{}'",
        a.type_name(),
        b.type_name()
    ))
}

fn add(run: &mut Run<'_>, a: &Value, b: &Value) -> Outcome<Value> {
    if let (Some(x), Some(y)) = (a.as_str(), b.as_str()) {
        run.reserve(x.len() + y.len())?;
        return Ok(join_texts(a, x, b, y));
    }
    let kind = match (a, b) {
        _ if a.is_list() && b.is_list() => Kind::List,
        _ if a.is_tuple() && b.is_tuple() => Kind::Tuple,
        _ if a.as_str().is_some() => return Err(cannot_concatenate("str", b)),
        _ if a.is_list() => return Err(cannot_concatenate("list", b)),
        _ if a.is_tuple() => return Err(cannot_concatenate("tuple", b)),
        _ => return Err(unsupported("+", a, b)),
    };
    let mut items = a.items()?;
    items.extend(b.items()?);
    run.reserve(items.len() * size_of::<Value>())?;
    Value::sequence(kind, items)
}

/// Markup escapes what is joined to it.
fn join_texts(a: &Value, x: &str, b: &Value, y: &str) -> Value {
    match (a, b) {
        (Value::Markup(_), Value::Markup(_)) => Value::Markup([x, y].concat().into()),
        (Value::Markup(_), _) => Value::Markup([x, &escape(y)].concat().into()),
        (_, Value::Markup(_)) => Value::Markup([&escape(x), y].concat().into()),
        _ => [x, y].concat().into(),
    }
}

fn cannot_concatenate(name: &str, other: &Value) -> Failure {
    let found = other.type_name();
    type_error(format!(
        "can only concatenate {name} (not \"{found}\") to {name}"
    ))
}

fn multiply(run: &mut Run<'_>, a: &Value, b: &Value) -> Outcome<Value> {
    let (sequence, count) = match (repeat_count(a), repeat_count(b)) {
        (_, Some(count)) => (a, count),
        (Some(count), _) => (b, count),
        _ => return Err(cannot_multiply(a, b)),
    };
    if let Some(text) = sequence.as_str() {
        run.reserve(text.len().saturating_mul(count))?;
        return Ok(text.repeat(count).into());
    }
    let kind = match sequence {
        _ if sequence.is_list() => Kind::List,
        _ if sequence.is_tuple() => Kind::Tuple,
        _ => return Err(unsupported("*", a, b)),
    };
    let items = sequence.items()?;
    let length = items.len().saturating_mul(count);
    run.reserve(length.saturating_mul(size_of::<Value>()))?;
    Value::sequence(kind, items.into_iter().cycle().take(length).collect())
}

fn cannot_multiply(a: &Value, b: &Value) -> Failure {
    let sequence = |value: &Value| value.as_str().is_some() || value.is_list() || value.is_tuple();
    let other = match (sequence(a), sequence(b)) {
        (true, _) => b,
        (_, true) => a,
        _ => return unsupported("*", a, b),
    };
    let name = other.type_name();
    type_error(format!(
        "can't multiply sequence by non-int of type '{name}'"
    ))
}

/// How often something is repeated; negative numbers are 0.
fn repeat_count(value: &Value) -> Option<usize> {
    match value {
        Value::Data(Plain::Int(i)) => Some(usize::try_from(*i).unwrap_or(0)),
        Value::Data(Plain::Bool(b)) => Some((*b).into()),
        Value::Data(Plain::BigInt(b)) if b.sign() == num_bigint::Sign::Minus => Some(0),
        Value::Data(Plain::BigInt(_)) => Some(usize::MAX),
        _ => None,
    }
}

/// `-a`
pub(super) fn negative(value: &Value) -> Outcome<Value> {
    value.defined()?;
    match number_of(value) {
        Some(Number::Float(f)) => Ok((-f).into()),
        Some(operand) => {
            let minus = number::calculate(Operator::Subtract, Number::Small(0), operand);
            minus.map(Value::Data)
        }
        None => Err(bad_operand("-", value)),
    }
}

/// `+a`
pub(super) fn positive(value: &Value) -> Outcome<Value> {
    value.defined()?;
    match number_of(value) {
        Some(operand) => {
            number::calculate(Operator::Add, operand, Number::Small(0)).map(Value::Data)
        }
        None => Err(bad_operand("+", value)),
    }
}

fn bad_operand(symbol: &str, value: &Value) -> Failure {
    type_error(format!(
        "bad operand type for unary {symbol}: '{}'",
        value.type_name()
    ))
}

/// `a < b` and the like.
pub(super) fn compare(operator: Comparison, a: &Value, b: &Value) -> Outcome<bool> {
    match operator {
        Comparison::Equal => equal(a, b),
        Comparison::NotEqual => equal(a, b).map(|same| !same),
        Comparison::Less => Ok(order(a, b, "<")?.is_some_and(Ordering::is_lt)),
        Comparison::LessOrEqual => Ok(order(a, b, "<=")?.is_some_and(Ordering::is_le)),
        Comparison::Greater => Ok(order(a, b, ">")?.is_some_and(Ordering::is_gt)),
        Comparison::GreaterOrEqual => Ok(order(a, b, ">=")?.is_some_and(Ordering::is_ge)),
        Comparison::In => contains(b, a),
        Comparison::NotIn => contains(b, a).map(|found| !found),
    }
}

/// `a < b`, for sorting.
pub(super) fn less(a: &Value, b: &Value) -> Outcome<bool> {
    compare(Comparison::Less, a, b)
}

/// The order of two values; `None` if one of them is NaN.
fn order(a: &Value, b: &Value, symbol: &str) -> Outcome<Option<Ordering>> {
    a.defined()?;
    b.defined()?;
    if let (Some(x), Some(y)) = (number_of(a), number_of(b)) {
        return Ok(number::compare(&x, &y));
    }
    if let (Some(x), Some(y)) = (a.as_str(), b.as_str()) {
        return Ok(Some(x.cmp(y)));
    }
    if let (Value::Data(x), Value::Data(y)) = (a, b)
        && let Some(order) = order_of_times(x, y)
    {
        return Ok(Some(order));
    }
    if (a.is_list() && b.is_list()) || (a.is_tuple() && b.is_tuple()) {
        return order_of_items(&a.items()?, &b.items()?, symbol);
    }
    let (a, b) = (a.type_name(), b.type_name());
    let message = format!("'{symbol}' not supported between instances of '{a}' and '{b}'");
    Err(type_error(message))
}

fn order_of_times(a: &Plain, b: &Plain) -> Option<Ordering> {
    match (a, b) {
        (Plain::DateTime(a), Plain::DateTime(b)) => Some(a.cmp(b)),
        (Plain::Timespan(a), Plain::Timespan(b)) => Some(a.total_micros().cmp(&b.total_micros())),
        _ => None,
    }
}

/// As [`less`], for two lists.
pub(super) fn less_items(a: &[Value], b: &[Value]) -> Outcome<bool> {
    Ok(order_of_items(a, b, "<")?.is_some_and(Ordering::is_lt))
}

/// The first difference decides.
fn order_of_items(a: &[Value], b: &[Value], symbol: &str) -> Outcome<Option<Ordering>> {
    for (x, y) in a.iter().zip(b) {
        if !equal(x, y)? {
            return order(x, y, symbol);
        }
    }
    Ok(Some(a.len().cmp(&b.len())))
}

/// `a == b`
pub(super) fn equal(a: &Value, b: &Value) -> Outcome<bool> {
    a.defined()?;
    b.defined()?;
    if let (Some(x), Some(y)) = (number_of(a), number_of(b)) {
        return Ok(number::compare(&x, &y) == Some(Ordering::Equal));
    }
    if let (Some(x), Some(y)) = (a.as_str(), b.as_str()) {
        return Ok(x == y);
    }
    if a.is_dict() && b.is_dict() {
        return equal_dicts(a, b);
    }
    let sequences = (a.is_list() && b.is_list()) || (a.is_tuple() && b.is_tuple());
    match (a, b) {
        _ if sequences => equal_items(&a.items()?, &b.items()?),
        (Value::Data(x), Value::Data(y)) => Ok(x == y),
        (Value::Bytes(x), Value::Bytes(y)) => Ok(x == y),
        (Value::Sequence(x), Value::Sequence(y)) if x.kind() == y.kind() => {
            equal_items(x.as_slice(), y.as_slice())
        }
        (Value::Undefined(_), Value::Undefined(_)) => Ok(true),
        _ => Ok(same(a, b)),
    }
}

fn equal_items(a: &[Value], b: &[Value]) -> Outcome<bool> {
    if a.len() != b.len() {
        return Ok(false);
    }
    for (x, y) in a.iter().zip(b) {
        if !equal(x, y)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn equal_dicts(a: &Value, b: &Value) -> Outcome<bool> {
    if let (Value::Data(x), Value::Data(y)) = (a, b)
        && Plain::ptr_eq(x, y)
    {
        return Ok(true);
    }
    let entries = a.entries().unwrap_or_default();
    if entries.len() != b.len()? {
        return Ok(false);
    }
    for (key, value) in entries {
        match b.entry(&key.as_key()?) {
            Some(other) if equal(&value, &other)? => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}

/// `a is b`
pub(super) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Data(a), Value::Data(b)) => {
            let small = |value: &Plain| matches!(value, Plain::String(_) | Plain::Int(_));
            Plain::ptr_eq(a, b)
                || (small(a) && small(b) && a == b && a.type_name() == b.type_name())
        }
        (Value::Sequence(a), Value::Sequence(b)) => std::rc::Rc::ptr_eq(a, b),
        (Value::Dict(a), Value::Dict(b)) => std::rc::Rc::ptr_eq(a, b),
        (Value::Namespace(a), Value::Namespace(b)) => std::rc::Rc::ptr_eq(a, b),
        (Value::Callable(a), Value::Callable(b)) => std::rc::Rc::ptr_eq(a, b),
        _ => false,
    }
}

/// `item in container`
pub(super) fn contains(container: &Value, item: &Value) -> Outcome<bool> {
    container.defined()?;
    if let Some(text) = container.as_str() {
        item.defined()?;
        return match item.as_str() {
            Some(part) => Ok(text.contains(part)),
            None => Err(type_error(format!(
                "'in <string>' requires string as left operand, not {}",
                item.type_name()
            ))),
        };
    }
    if container.is_dict() {
        return Ok(container.entry(&item.as_key()?).is_some());
    }
    if !container.is_iterable()? {
        let name = container.type_name();
        return Err(type_error(format!(
            "argument of type '{name}' is not iterable"
        )));
    }
    for other in container.each()? {
        if equal(&other, item)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Refuses texts longer than memory allows, before they are made.
pub(super) fn check_length(length: usize, limit: usize) -> Outcome<()> {
    match length > limit {
        true => Err(limit_error(Limit::Memory)),
        false => Ok(()),
    }
}
