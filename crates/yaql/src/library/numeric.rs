//! Arithmetic: `+ - * / mod` on numbers, and signs (YAQL §3.1).

use std::sync::Arc;

use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive, Zero};

use super::functions;
use crate::Value;
use crate::eval::parameter::Number;
use crate::eval::{Result, raise};
use crate::value::number::big_to_f64;

functions! {
    /// The sum of two numbers.
    function "#operator_+"(left, right) = add;
    /// The difference of two numbers.
    function "#operator_-"(left, right) = subtract;
    /// The product of two numbers.
    function "#operator_*"(left, right) = multiply;
    /// The quotient: of two integers rounded down, else a float.
    function "#operator_/"(left, right) = divide;
    /// The remainder, with the sign of the divisor.
    function "#operator_mod"(left, right) = modulo;
    /// The number itself.
    function "#unary_operator_+"(op) = positive;
    /// The number with the other sign.
    function "#unary_operator_-"(op) = negative;
}

/// The largest integers that are computed with, in bits.
pub(super) const MAX_BITS: u64 = 1 << 18;

impl Number {
    pub(crate) fn to_f64(&self) -> f64 {
        match self {
            Number::Int(i) => *i as f64,
            Number::Big(b) => big_to_f64(b),
            Number::Float(f) => *f,
        }
    }

    /// The integer, unless it is a float.
    pub(crate) fn to_big(&self) -> Option<BigInt> {
        match self {
            Number::Int(i) => Some(BigInt::from(*i)),
            Number::Big(b) => Some((**b).clone()),
            Number::Float(_) => None,
        }
    }

    /// As a float for arithmetic with a float; integers beyond all floats fail.
    pub(crate) fn operand(&self) -> Result<f64> {
        match self.to_f64() {
            f if f.is_infinite() && !matches!(self, Number::Float(_)) => {
                Err(raise::overflow("int too large to convert to float"))
            }
            f => Ok(f),
        }
    }
}

/// Small integers in their own form.
impl From<BigInt> for Number {
    fn from(big: BigInt) -> Self {
        big.to_i64()
            .map_or_else(|| Number::Big(Arc::new(big)), Number::Int)
    }
}

/// An integer within the limit of size.
pub(super) fn bounded(big: BigInt) -> Result<BigInt> {
    match big.bits() > MAX_BITS {
        true => Err(raise::out_of_memory()),
        false => Ok(big),
    }
}

/// Applies an operation to small integers, big ones or floats.
fn combine(
    a: &Number,
    b: &Number,
    small: fn(i64, i64) -> Option<i64>,
    big: fn(BigInt, BigInt) -> BigInt,
    float: fn(f64, f64) -> f64,
) -> Result<Number> {
    if let (Number::Int(x), Number::Int(y)) = (a, b)
        && let Some(result) = small(*x, *y)
    {
        return Ok(Number::Int(result));
    }
    match (a.to_big(), b.to_big()) {
        (Some(x), Some(y)) => bounded(big(x, y)).map(Number::from),
        _ => Ok(Number::Float(float(a.operand()?, b.operand()?))),
    }
}

fn add(left: Number, right: Number) -> Result<Value> {
    sum(&left, &right).map(Value::from)
}

/// The sum of two numbers.
pub(super) fn sum(left: &Number, right: &Number) -> Result<Number> {
    combine(left, right, i64::checked_add, |x, y| x + y, |x, y| x + y)
}

fn subtract(left: Number, right: Number) -> Result<Value> {
    combine(&left, &right, i64::checked_sub, |x, y| x - y, |x, y| x - y).map(Value::from)
}

fn multiply(left: Number, right: Number) -> Result<Value> {
    combine(&left, &right, i64::checked_mul, |x, y| x * y, |x, y| x * y).map(Value::from)
}

fn divide(left: Number, right: Number) -> Result<Value> {
    if let (Some(x), Some(y)) = (left.to_big(), right.to_big()) {
        if y.is_zero() {
            return Err(raise::division_by_zero(
                "integer division or modulo by zero",
            ));
        }
        if let (Number::Int(x), Number::Int(y)) = (&left, &right)
            && let Some(result) = floor_divide(*x, *y)
        {
            return Ok(Value::Int(result));
        }
        return Ok(floor_divide_big(&x, &y).0.into());
    }
    let (x, y) = (left.operand()?, right.operand()?);
    match y == 0.0 {
        true => Err(raise::division_by_zero("float division by zero")),
        false => Ok((x / y).into()),
    }
}

fn floor_divide(x: i64, y: i64) -> Option<i64> {
    let quotient = x.checked_div(y)?;
    let inexact = x % y != 0 && (x < 0) != (y < 0);
    Some(quotient - i64::from(inexact))
}

/// Quotient rounded down, and the remainder with the sign of `y`.
pub(super) fn floor_divide_big(x: &BigInt, y: &BigInt) -> (BigInt, BigInt) {
    let (quotient, remainder) = (x / y, x % y);
    if !remainder.is_zero() && remainder.is_negative() != y.is_negative() {
        (quotient - 1, remainder + y)
    } else {
        (quotient, remainder)
    }
}

fn modulo(left: Number, right: Number) -> Result<Value> {
    if let (Some(x), Some(y)) = (left.to_big(), right.to_big()) {
        if y.is_zero() {
            return Err(raise::division_by_zero("integer modulo by zero"));
        }
        return Ok(floor_divide_big(&x, &y).1.into());
    }
    let (x, y) = (left.operand()?, right.operand()?);
    match y == 0.0 {
        true => Err(raise::division_by_zero("float modulo")),
        false => Ok(float_modulo(x, y).into()),
    }
}

fn float_modulo(x: f64, y: f64) -> f64 {
    let remainder = x % y;
    if remainder == 0.0 {
        0.0_f64.copysign(y)
    } else if (remainder < 0.0) != (y < 0.0) {
        remainder + y
    } else {
        remainder
    }
}

fn positive(op: Number) -> Number {
    op
}

fn negative(op: Number) -> Value {
    match op {
        Number::Int(i) => i
            .checked_neg()
            .map_or_else(|| (-BigInt::from(i)).into(), Value::Int),
        Number::Big(b) => (-(*b).clone()).into(),
        Number::Float(f) => (-f).into(),
    }
}
