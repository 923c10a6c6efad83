//! Numbers: conversion, rounding, bits, powers (YAQL §13.3).

use num_bigint::{BigInt, Sign};
use num_traits::{FromPrimitive, One, Signed, ToPrimitive, Zero};

use super::functions;
use super::numeric::{MAX_BITS, bounded, floor_divide_big};
use crate::eval::parameter::{Int, Number};
use crate::eval::{Result, Scope, raise};
use crate::syntax::chars::{ascii_digits, is_blank};
use crate::{EvalError, Value, python};

functions! {
    /// The number without its sign.
    function abs(op) = abs;
    /// An integer from a number, a text or null (0). Floats lose their fraction.
    function int(value) = int;
    /// A float from a number, a text or null (0.0).
    function float(value) = float;
    /// A random float from 0 up to 1, without 1.
    function random() = random;
    /// A random integer between two, both included.
    function random(from, to) = random_between;
    /// The bits that are set in both.
    function bitwiseAnd(left, right) = |a: Int, b: Int| a.0 & b.0;
    /// The bits that are set in either.
    function bitwiseOr(left, right) = |a: Int, b: Int| a.0 | b.0;
    /// The bits that are set in just one.
    function bitwiseXor(left, right) = |a: Int, b: Int| a.0 ^ b.0;
    /// All bits turned: `-arg - 1`.
    function bitwiseNot(arg) = |arg: Int| -arg.0 - 1;
    /// The integer times two to the power of `bitsNumber`.
    function shiftBitsLeft(value, bitsNumber) = shift_left;
    /// The integer divided by two to the power of `bitsNumber`, rounded down.
    function shiftBitsRight(value, bitsNumber) = shift_right;
    /// `a` to the power of `b`, and of that the remainder by `c`.
    function pow(a, b, c) = pow;
    /// -1, 0 or 1.
    function sign(num) = sign;
    /// The number rounded to so many digits after the point, halves to even.
    function round(number, ndigits = 0) = round;
    /// Whether a value is an integer; booleans are none.
    function isInteger(value) = |value: Value| matches!(value, Value::Int(_) | Value::BigInt(_));
    /// Whether a value is an integer or a float; booleans are none.
    function isNumber(value) = is_number;
    /// An integer as hexadecimal text: `0xff`.
    function hex(num) = hex;
}

fn is_number(value: Value) -> bool {
    matches!(value, Value::Int(_) | Value::BigInt(_) | Value::Float(_))
}

fn abs(op: Number) -> Value {
    match op {
        Number::Int(i) => i
            .checked_abs()
            .map_or_else(|| BigInt::from(i).abs().into(), Value::Int),
        Number::Big(b) => b.abs().into(),
        Number::Float(f) => f.abs().into(),
    }
}

/// The digits of a number as Python reads them: without blanks around and
/// without `_` between digits. None, if an underscore is elsewhere.
fn digits(text: &str) -> Option<String> {
    let text = ascii_digits(text.trim_matches(is_blank));
    let chars: Vec<char> = text.chars().collect();
    let is_digit = |i: usize| chars.get(i).is_some_and(char::is_ascii_digit);
    let misplaced = |i: usize| chars[i] == '_' && !(i > 0 && is_digit(i - 1) && is_digit(i + 1));
    if (0..chars.len()).any(misplaced) {
        return None;
    }
    Some(text.replace('_', ""))
}

fn int(value: Value) -> Result<Value> {
    match value {
        Value::Null => Ok(0.into()),
        Value::Bool(b) => Ok(i64::from(b).into()),
        Value::Int(_) | Value::BigInt(_) => Ok(value),
        Value::Float(f) => float_to_int(f),
        Value::String(text) => {
            let parsed = digits(&text).filter(|t| is_integer_text(t)).and_then(|t| {
                let magnitude = t.strip_prefix('+').unwrap_or(&t);
                magnitude.parse::<BigInt>().ok()
            });
            match parsed {
                Some(big) => bounded(big).map(Value::from),
                None => Err(raise::value_error(format!(
                    "invalid literal for int() with base 10: {}",
                    python::frozen_repr(&text.into())
                ))),
            }
        }
        other => Err(not_convertible("int", &other)),
    }
}

fn is_integer_text(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    !digits.is_empty() && digits.len() < 100_000 && digits.bytes().all(|b| b.is_ascii_digit())
}

fn float_to_int(f: f64) -> Result<Value> {
    if f.is_nan() {
        return Err(raise::value_error("cannot convert float NaN to integer"));
    }
    BigInt::from_f64(f.trunc())
        .map(Value::from)
        .ok_or_else(|| raise::overflow("cannot convert float infinity to integer"))
}

fn not_convertible(target: &str, value: &Value) -> EvalError {
    let found = raise::python_type(value);
    raise::type_error(match target {
        "int" => format!(
            "int() argument must be a string, a bytes-like object or a real number, not '{found}'"
        ),
        _ => format!("float() argument must be a string or a real number, not '{found}'"),
    })
}

fn float(value: Value) -> Result<f64> {
    match &value {
        Value::Null => Ok(0.0),
        Value::Bool(b) => Ok(f64::from(u8::from(*b))),
        Value::Int(i) => Ok(*i as f64),
        Value::BigInt(b) => Number::Big(b.clone()).operand(),
        Value::Float(f) => Ok(*f),
        Value::String(text) => parse_float(text).ok_or_else(|| {
            raise::value_error(format!(
                "could not convert string to float: {}",
                python::frozen_repr(&value)
            ))
        }),
        other => Err(not_convertible("float", other)),
    }
}

fn parse_float(text: &str) -> Option<f64> {
    let text = digits(text)?;
    // Rust reads the same texts as Python, "inf", "infinity" and "nan" included.
    text.parse().ok()
}

fn random(scope: &Scope<'_>) -> f64 {
    // The 53 highest bits make a double in [0, 1).
    (scope.runtime.random() >> 11) as f64 / (1u64 << 53) as f64
}

fn random_between(scope: &Scope<'_>, from: Value, to: Value) -> Result<Value> {
    let (low, high) = (whole(&from)?, whole(&to)?);
    let width: BigInt = &high - &low + 1;
    if !width.is_positive() {
        return Err(raise::value_error(format!(
            "empty range for randrange() ({low}, {}, {width})",
            high + 1
        )));
    }
    // Enough bits that the remainder is practically even.
    let words = width.bits().min(MAX_BITS) / 32 + 4;
    let bits: Vec<u32> = (0..words)
        .map(|_| (scope.runtime.random() >> 32) as u32)
        .collect();
    let big = BigInt::from_slice(Sign::Plus, &bits);
    Ok((low + big % width).into())
}

fn whole(value: &Value) -> Result<BigInt> {
    match value {
        Value::Bool(b) => Ok(BigInt::from(u8::from(*b))),
        Value::Int(i) => Ok(BigInt::from(*i)),
        Value::BigInt(b) => Ok((**b).clone()),
        Value::Float(f) if f.fract() != 0.0 => {
            Err(raise::value_error("non-integer arg 1 for randrange()"))
        }
        Value::Float(f) => BigInt::from_f64(*f)
            .ok_or_else(|| raise::overflow("cannot convert float infinity to integer")),
        other => Err(raise::type_error(format!(
            "can only concatenate {0} (not \"int\") to {0}",
            raise::python_type(other)
        ))),
    }
}

/// A count of bits to shift by.
fn shift(bits: &Int) -> Result<u64> {
    match bits.0.sign() {
        Sign::Minus => Err(raise::value_error("negative shift count")),
        _ => Ok(bits.0.to_u64().unwrap_or(u64::MAX)),
    }
}

fn shift_left(value: Int, bits: Int) -> Result<Value> {
    let bits = shift(&bits)?;
    if value.0.is_zero() {
        return Ok(0.into());
    }
    match bits.saturating_add(value.0.bits()) {
        total if total > MAX_BITS => Err(raise::out_of_memory()),
        _ => Ok((value.0 << bits).into()),
    }
}

fn shift_right(value: Int, bits: Int) -> Result<Value> {
    let bits = shift(&bits)?.min(value.0.bits() + 1);
    // BigInt shifts round down, as Python does.
    Ok((value.0 >> bits).into())
}

fn pow(a: Number, b: Number, c: Option<Number>) -> Result<Value> {
    let modulus = match c {
        None => return power(&a, &b),
        Some(c) => c.to_big(),
    };
    match (a.to_big(), b.to_big(), modulus) {
        (Some(a), Some(b), Some(c)) => modular_power(&a, &b, &c),
        _ => Err(raise::type_error(
            "pow() 3rd argument not allowed unless all arguments are integers",
        )),
    }
}

fn power(a: &Number, b: &Number) -> Result<Value> {
    if let (Some(base), Some(exponent)) = (a.to_big(), b.to_big())
        && !exponent.is_negative()
    {
        return integer_power(&base, &exponent);
    }
    let (x, y) = (a.operand()?, b.operand()?);
    if x == 0.0 && y < 0.0 {
        return Err(raise::division_by_zero(
            "0.0 cannot be raised to a negative power",
        ));
    }
    if x < 0.0 && x.is_finite() && y.is_finite() && y.fract() != 0.0 {
        return Err(raise::value_error("the power is a complex number"));
    }
    let result = x.powf(y);
    match result.is_infinite() && x.is_finite() && y.is_finite() {
        true => Err(raise::overflow("(34, 'Numerical result out of range')")),
        false => Ok(result.into()),
    }
}

fn integer_power(base: &BigInt, exponent: &BigInt) -> Result<Value> {
    if base.is_zero() || base.abs().is_one() {
        let odd = exponent.bit(0);
        let result = if exponent.is_zero() {
            BigInt::one()
        } else if odd {
            base.clone()
        } else {
            base.abs()
        };
        return Ok(result.into());
    }
    let exponent = exponent.to_u32().unwrap_or(u32::MAX);
    match base.bits().saturating_mul(exponent.into()) {
        bits if bits > MAX_BITS => Err(raise::out_of_memory()),
        _ => Ok(base.pow(exponent).into()),
    }
}

fn modular_power(base: &BigInt, exponent: &BigInt, modulus: &BigInt) -> Result<Value> {
    if modulus.is_zero() {
        return Err(raise::value_error("pow() 3rd argument cannot be 0"));
    }
    let size = modulus.abs();
    let (base, exponent) = match exponent.is_negative() {
        false => (base.clone(), exponent.clone()),
        true => {
            let inverse = base.modinv(&size).ok_or_else(|| {
                raise::value_error("base is not invertible for the given modulus")
            })?;
            (inverse, -exponent)
        }
    };
    // Reduce first: modpow's result has the sign of the modulus.
    let base = floor_divide_big(&base, &size).1;
    let result = base.modpow(&exponent, &size);
    Ok(floor_divide_big(&result, modulus).1.into())
}

fn sign(num: Number) -> i64 {
    match num {
        Number::Int(i) => i.signum(),
        Number::Big(b) => {
            if b.is_negative() {
                -1
            } else {
                1
            }
        }
        Number::Float(f) if f > 0.0 => 1,
        Number::Float(f) if f < 0.0 => -1,
        Number::Float(_) => 0,
    }
}

fn round(number: Number, ndigits: i64) -> Result<Value> {
    match number {
        Number::Float(f) => round_float(f, ndigits),
        integer if ndigits >= 0 => Ok(integer.into()),
        integer => Ok(round_integer(
            &integer.to_big().unwrap_or_default(),
            ndigits.unsigned_abs(),
        )),
    }
}

/// Rounds to a multiple of ten to the power of `digits`, halves to even.
fn round_integer(big: &BigInt, digits: u64) -> Value {
    let Some(digits) = u32::try_from(digits)
        .ok()
        .filter(|d| u64::from(*d) <= big.bits())
    else {
        return 0.into();
    };
    let unit = BigInt::from(10).pow(digits);
    let (quotient, remainder) = floor_divide_big(big, &unit);
    let twice: BigInt = remainder * 2;
    let up = match twice.cmp(&unit) {
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal => quotient.bit(0),
        std::cmp::Ordering::Less => false,
    };
    ((quotient + i32::from(up)) * unit).into()
}

fn round_float(f: f64, ndigits: i64) -> Result<Value> {
    if !f.is_finite() || ndigits > 323 {
        return Ok(f.into());
    }
    if ndigits < -308 {
        return Ok(0.0_f64.copysign(f).into());
    }
    if ndigits >= 0 {
        // Formatting rounds the exact binary value, halves to even.
        let places = usize::try_from(ndigits).unwrap_or(0);
        return Ok(format!("{f:.places$}").parse().unwrap_or(f).into());
    }
    let digits = i32::try_from(-ndigits).unwrap_or(0);
    let scientific = format!("{f:e}");
    let exponent: i32 = scientific
        .split_once('e')
        .and_then(|(_, e)| e.parse().ok())
        .unwrap_or(0);
    if exponent < digits - 1 {
        return Ok(0.0_f64.copysign(f).into());
    }
    let rounded = round_big_float(f, digits);
    match rounded.is_infinite() {
        true => Err(raise::overflow("rounded value too large to represent")),
        false => Ok(rounded.into()),
    }
}

/// Rounds a float to tens, hundreds…, exactly.
fn round_big_float(f: f64, digits: i32) -> f64 {
    let unit = BigInt::from(10).pow(digits.unsigned_abs());
    let whole = BigInt::from_f64(f.trunc()).unwrap_or_default();
    let (quotient, remainder) = floor_divide_big(&whole, &unit);
    let twice: BigInt = remainder * 2;
    let fraction = f.fract();
    let up = match twice.cmp(&unit) {
        std::cmp::Ordering::Equal if fraction == 0.0 => quotient.bit(0),
        std::cmp::Ordering::Equal => fraction > 0.0,
        order => order.is_gt(),
    };
    let result: BigInt = (quotient + i32::from(up)) * unit;
    crate::value::number::big_to_f64(&result)
}

fn hex(num: Option<Number>) -> Result<String> {
    let num = num.map_or(Value::Null, Value::from);
    let big = match &num {
        Value::Bool(b) => BigInt::from(u8::from(*b)),
        Value::Int(i) => BigInt::from(*i),
        Value::BigInt(b) => (**b).clone(),
        other => {
            return Err(raise::type_error(format!(
                "'{}' object cannot be interpreted as an integer",
                raise::python_type(other)
            )));
        }
    };
    let sign = if big.is_negative() { "-" } else { "" };
    Ok(format!("{sign}0x{:x}", big.abs()))
}
