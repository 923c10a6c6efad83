//! Timespans: making, arithmetic, parts.

use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive, Zero};

use super::super::functions;
use super::super::numeric::floor_divide_big;
use crate::eval::parameter::{Int, Integer, Number};
use crate::eval::{Result, raise};
use crate::{EvalError, Timespan, Value};

functions! {
    /// A length of time from its parts.
    function timespan(days = 0, hours = 0, minutes = 0, seconds = 0, milliseconds = 0, microseconds = 0) = from_parts;
    /// Whether a value is a length of time.
    function isTimespan(value) = |value: Value| matches!(value, Value::Timespan(_));
    /// Two lengths of time together.
    function "#operator_+"(left, right) = |a: Timespan, b: Timespan| sum(a.total_micros() + b.total_micros());
    /// The difference of two lengths of time.
    function "#operator_-"(left, right) = |a: Timespan, b: Timespan| sum(a.total_micros() - b.total_micros());
    /// A length of time so many times, rounded to a microsecond, halves to even.
    function "#operator_*"(left, right) = multiply;
    /// A length of time so many times, rounded to a microsecond, halves to even.
    function "#operator_*"(left, right) = |n: Number, span: Timespan| multiply(span, n);
    /// How many times one length of time is in another.
    function "#operator_/"(left, right) = ratio;
    /// A part of a length of time, rounded to a microsecond, halves to even.
    function "#operator_/"(left, right) = divide;
    /// The length of time itself.
    function "#unary_operator_+"(op) = |span: Timespan| span;
    /// The length of time backwards.
    function "#unary_operator_-"(op) = |span: Timespan| sum(-span.total_micros());
    /// The length in days.
    function "#property#days"(span) = |span: Timespan| span.total_seconds() / 86_400.0;
    /// The length in hours.
    function "#property#hours"(span) = |span: Timespan| span.total_seconds() / 3_600.0;
    /// The length in minutes.
    function "#property#minutes"(span) = |span: Timespan| span.total_seconds() / 60.0;
    /// The length in seconds.
    function "#property#seconds"(span) = |span: Timespan| span.total_seconds();
    /// The length in milliseconds.
    function "#property#milliseconds"(span) = |span: Timespan| span.total_seconds() * 1_000.0;
    /// The length in microseconds, an integer.
    function "#property#microseconds"(span) = |span: Timespan| Value::from(span.total_micros());
}

fn from_parts(
    days: Int,
    hours: Int,
    minutes: Int,
    seconds: Integer,
    milliseconds: Integer,
    microseconds: Integer,
) -> Result<Timespan> {
    let total: BigInt = days.0 * 86_400_000_000_i64
        + hours.0 * 3_600_000_000_i64
        + minutes.0 * 60_000_000_i64
        + seconds.0 * 1_000_000_i64
        + milliseconds.0 * 1_000_i64
        + microseconds.0;
    from_big(&total)
}

fn from_big(micros: &BigInt) -> Result<Timespan> {
    let span = micros.to_i128().and_then(Timespan::from_micros);
    span.ok_or_else(|| too_long(micros))
}

fn too_long(micros: &BigInt) -> EvalError {
    let (days, _) = floor_divide_big(micros, &BigInt::from(86_400_000_000_i64));
    match days.to_i32() {
        Some(days) => raise::overflow(format!("days={days}; must have magnitude <= 999999999")),
        None => raise::overflow("Python int too large to convert to C int"),
    }
}

fn sum(micros: i128) -> Result<Timespan> {
    from_big(&BigInt::from(micros))
}

/// The fraction that a float is, exactly.
fn fraction(f: f64) -> Option<(BigInt, BigInt)> {
    if !f.is_finite() {
        return None;
    }
    let (mantissa, exponent, sign) = num_traits::float::FloatCore::integer_decode(f);
    let mantissa = BigInt::from(mantissa) * sign;
    let scale = BigInt::from(1) << exponent.unsigned_abs();
    Some(match exponent < 0 {
        true => (mantissa, scale),
        false => (mantissa * scale, BigInt::from(1)),
    })
}

/// `a / b`, rounded, halves to even.
fn round(a: &BigInt, b: &BigInt) -> BigInt {
    let (a, b) = if b.is_negative() {
        (-a, -b)
    } else {
        (a.clone(), b.clone())
    };
    let (quotient, remainder) = floor_divide_big(&a, &b);
    let twice: BigInt = remainder * 2;
    let up = match twice.cmp(&b) {
        std::cmp::Ordering::Equal => quotient.bit(0),
        order => order.is_gt(),
    };
    quotient + i32::from(up)
}

fn parts(number: &Number) -> Result<(BigInt, BigInt)> {
    match number {
        Number::Float(f) => fraction(*f).ok_or_else(|| match f.is_nan() {
            true => raise::value_error("cannot convert NaN to integer ratio"),
            false => raise::overflow("cannot convert Infinity to integer ratio"),
        }),
        integer => Ok((integer.to_big().unwrap_or_default(), BigInt::from(1))),
    }
}

fn multiply(span: Timespan, by: Number) -> Result<Timespan> {
    let (numerator, denominator) = parts(&by)?;
    let total = BigInt::from(span.total_micros()) * numerator;
    from_big(&round(&total, &denominator))
}

fn divide(span: Timespan, by: Number) -> Result<Timespan> {
    let (numerator, denominator) = parts(&by)?;
    if numerator.is_zero() {
        return Err(raise::division_by_zero("division by zero"));
    }
    let total = BigInt::from(span.total_micros()) * denominator;
    from_big(&round(&total, &numerator))
}

fn ratio(left: Timespan, right: Timespan) -> Result<f64> {
    match right.is_zero() {
        true => Err(raise::division_by_zero("float division by zero")),
        false => Ok(left.total_seconds() / right.total_seconds()),
    }
}
