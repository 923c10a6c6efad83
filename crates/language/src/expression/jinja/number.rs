//! Python's numbers: integers without bounds (up to a limit of size), floor
//! division, exact comparison of integers with floats.

use std::cmp::Ordering;

use num_bigint::BigInt;
use num_traits::{FromPrimitive, Signed, ToPrimitive, Zero};
use yaql::Value as Plain;

use super::super::failure::{Failure, Outcome, overflow_error, raise};
use super::ast::Operator;

/// The greatest number of bits of an integer.
const MAX_BITS: u64 = 1 << 17;

/// A number of the two kinds there are; a bool is an integer.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Number {
    /// Of at most 64 bits.
    Small(i64),
    /// Beyond that.
    Big(BigInt),
    /// Not an integer.
    Float(f64),
}

impl Number {
    /// The number that a value is.
    pub(super) fn of(data: &Plain) -> Option<Self> {
        match data {
            Plain::Bool(b) => Some(Self::Small((*b).into())),
            Plain::Int(i) => Some(Self::Small(*i)),
            Plain::BigInt(b) => Some(Self::Big((**b).clone())),
            Plain::Float(f) => Some(Self::Float(*f)),
            _ => None,
        }
    }

    /// The integer, unless it is a float.
    pub(super) fn into_big(self) -> Option<BigInt> {
        match self {
            Self::Small(i) => Some(i.into()),
            Self::Big(b) => Some(b),
            Self::Float(_) => None,
        }
    }

    /// The nearest double, unless it is out of range.
    pub(super) fn to_float(&self) -> Outcome<f64> {
        match self {
            Self::Small(i) => Ok(*i as f64),
            Self::Float(f) => Ok(*f),
            Self::Big(b) => b
                .to_f64()
                .filter(|f| f.is_finite())
                .ok_or_else(|| overflow_error("int too large to convert to float")),
        }
    }
}

/// An integer in its one form.
pub(super) fn from_big(big: BigInt) -> Plain {
    Plain::from(big)
}

fn checked(big: BigInt) -> Outcome<Plain> {
    if big.bits() > MAX_BITS {
        return Err(too_large());
    }
    Ok(from_big(big))
}

fn too_large() -> Failure {
    overflow_error(format!(
        "an integer must not have more than {MAX_BITS} bits"
    ))
}

/// An arithmetic operation on two numbers.
pub(super) fn calculate(operator: Operator, a: Number, b: Number) -> Outcome<Plain> {
    if let (Number::Small(x), Number::Small(y)) = (&a, &b)
        && let Some(result) = small(operator, *x, *y)
    {
        return Ok(result.into());
    }
    if matches!(a, Number::Float(_)) || matches!(b, Number::Float(_)) {
        return float(operator, a.to_float()?, b.to_float()?).map(Plain::Float);
    }
    match (a.into_big(), b.into_big()) {
        (Some(a), Some(b)) => big(operator, &a, &b),
        _ => Err(raise("TypeError", "not a number")),
    }
}

/// The quick way; `None` if it overflows or gives no integer.
fn small(operator: Operator, a: i64, b: i64) -> Option<i64> {
    match operator {
        Operator::Add => a.checked_add(b),
        Operator::Subtract => a.checked_sub(b),
        Operator::Multiply => a.checked_mul(b),
        Operator::FloorDivide => {
            let quotient = a.checked_div(b)?;
            let rounds_up = a % b != 0 && (a < 0) != (b < 0);
            Some(quotient - i64::from(rounds_up))
        }
        Operator::Modulo => {
            let rest = a.checked_rem(b)?;
            Some(if rest != 0 && (rest < 0) != (b < 0) {
                rest + b
            } else {
                rest
            })
        }
        Operator::Power => a.checked_pow(u32::try_from(b).ok()?),
        Operator::Divide => None,
    }
}

fn big(operator: Operator, a: &BigInt, b: &BigInt) -> Outcome<Plain> {
    match operator {
        Operator::Add => checked(a + b),
        Operator::Subtract => checked(a - b),
        Operator::Multiply => checked(a * b),
        Operator::Divide => divide(a, b),
        Operator::FloorDivide => {
            not_zero(b, "integer division or modulo by zero")?;
            checked(floor(a, b).0)
        }
        Operator::Modulo => {
            not_zero(b, "integer modulo by zero")?;
            checked(floor(a, b).1)
        }
        Operator::Power => power(a, b),
    }
}

fn not_zero(divisor: &BigInt, message: &str) -> Outcome<()> {
    match divisor.is_zero() {
        true => Err(raise("ZeroDivisionError", message)),
        false => Ok(()),
    }
}

fn divide(a: &BigInt, b: &BigInt) -> Outcome<Plain> {
    not_zero(b, "division by zero")?;
    let quotient = match (a.to_f64(), b.to_f64()) {
        (Some(x), Some(y)) if x.is_finite() && y.is_finite() => x / y,
        // Both shortened by the same power of two.
        _ => {
            let shift = a.bits().max(b.bits()).saturating_sub(1000);
            let shorten = |n: &BigInt| (n >> shift).to_f64().unwrap_or(f64::NAN);
            shorten(a) / shorten(b)
        }
    };
    match quotient.is_finite() {
        true => Ok(Plain::Float(quotient)),
        false => Err(overflow_error(
            "integer division result too large for a float",
        )),
    }
}

fn floor(a: &BigInt, b: &BigInt) -> (BigInt, BigInt) {
    let (quotient, rest) = (a / b, a % b);
    match !rest.is_zero() && rest.is_negative() != b.is_negative() {
        true => (quotient - 1, rest + b),
        false => (quotient, rest),
    }
}

fn power(base: &BigInt, exponent: &BigInt) -> Outcome<Plain> {
    if exponent.is_negative() {
        let base = Number::Big(base.clone()).to_float()?;
        let exponent = Number::Big(exponent.clone()).to_float()?;
        return float(Operator::Power, base, exponent).map(Plain::Float);
    }
    let exponent = match exponent.to_u32() {
        Some(exponent) => exponent,
        None if base.magnitude().to_u32().is_some_and(|b| b < 2) => {
            // 0, 1 and -1 only need to know whether the exponent is even.
            2 + u32::from(exponent.bit(0))
        }
        None => return Err(too_large()),
    };
    if base
        .bits()
        .saturating_sub(1)
        .saturating_mul(exponent.into())
        > MAX_BITS
    {
        return Err(too_large());
    }
    checked(base.pow(exponent))
}

fn float(operator: Operator, a: f64, b: f64) -> Outcome<f64> {
    let zero = |message| raise("ZeroDivisionError", message);
    match operator {
        Operator::Add => Ok(a + b),
        Operator::Subtract => Ok(a - b),
        Operator::Multiply => Ok(a * b),
        Operator::Divide if b == 0.0 => Err(zero("float division by zero")),
        Operator::Divide => Ok(a / b),
        Operator::FloorDivide if b == 0.0 => Err(zero("float floor division by zero")),
        Operator::FloorDivide => Ok(floor_floats(a, b).0),
        Operator::Modulo if b == 0.0 => Err(zero("float modulo")),
        Operator::Modulo => Ok(floor_floats(a, b).1),
        Operator::Power if a == 0.0 && b < 0.0 => {
            Err(zero("0.0 cannot be raised to a negative power"))
        }
        Operator::Power => power_of_floats(a, b),
    }
}

fn power_of_floats(a: f64, b: f64) -> Outcome<f64> {
    let result = a.powf(b);
    if result.is_nan() && !a.is_nan() && !b.is_nan() {
        let message = "a negative number can't be raised to a fractional power";
        return Err(raise("ValueError", message));
    }
    if result.is_infinite() && a.is_finite() && b.is_finite() {
        return Err(overflow_error("(34, 'Numerical result out of range')"));
    }
    Ok(result)
}

/// Floor division and the rest that has the sign of the divisor.
fn floor_floats(a: f64, b: f64) -> (f64, f64) {
    let mut rest = a % b;
    let mut quotient = (a - rest) / b;
    if rest == 0.0 {
        rest = 0.0_f64.copysign(b);
    } else if (rest < 0.0) != (b < 0.0) {
        rest += b;
        quotient -= 1.0;
    }
    let floored = quotient.floor();
    let result = if quotient - floored > 0.5 {
        floored + 1.0
    } else {
        floored
    };
    (
        if result == 0.0 {
            0.0_f64.copysign(a / b)
        } else {
            result
        },
        rest,
    )
}

/// Compares exactly; `None` if one is NaN.
pub(super) fn compare(a: &Number, b: &Number) -> Option<Ordering> {
    match (a, b) {
        (Number::Small(a), Number::Small(b)) => Some(a.cmp(b)),
        (Number::Float(a), Number::Float(b)) => a.partial_cmp(b),
        (Number::Float(f), other) => Some(compare_with_float(other, *f)?.reverse()),
        (other, Number::Float(f)) => compare_with_float(other, *f),
        (a, b) => Some(a.clone().into_big().cmp(&b.clone().into_big())),
    }
}

fn compare_with_float(integer: &Number, f: f64) -> Option<Ordering> {
    if f.is_nan() {
        return None;
    }
    let Some(whole) = BigInt::from_f64(f.trunc()) else {
        return 0.0.partial_cmp(&f);
    };
    let integer = integer.clone().into_big()?;
    Some(integer.cmp(&whole).then(0.0.partial_cmp(&f.fract())?))
}

/// Rounds half to even on the exact binary value, like Python's `round`.
pub(super) fn round(value: f64, digits: i32) -> f64 {
    if !value.is_finite() || digits > 300 {
        return value;
    }
    if digits < 0 {
        let scale = 10f64.powi(-digits);
        return (value / scale).round_ties_even() * scale;
    }
    let digits = usize::try_from(digits).unwrap_or(0);
    format!("{value:.digits$}").parse().unwrap_or(value)
}

/// Rounds an integer half to even to a multiple of `10 ** digits`.
pub(super) fn round_integer(value: &BigInt, digits: u32) -> BigInt {
    let unit = BigInt::from(10u8).pow(digits);
    let (down, rest) = floor(value, &unit);
    let up = match (rest * 2u8).cmp(&unit) {
        Ordering::Less => false,
        Ordering::Equal => down.bit(0),
        Ordering::Greater => true,
    };
    (down + u8::from(up)) * unit
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(operator: Operator, a: impl Into<Plain>, b: impl Into<Plain>) -> String {
        let number = |data: Plain| Number::of(&data).unwrap();
        match calculate(operator, number(a.into()), number(b.into())) {
            Ok(value) => yaql::python::repr(&value),
            Err(Failure::Raised { message, .. }) => message,
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn division_rounds_down() {
        assert_eq!(run(Operator::FloorDivide, -7, 2), "-4");
        assert_eq!(run(Operator::Modulo, -7, 2), "1");
        assert_eq!(run(Operator::Modulo, 7, -2), "-1");
        assert_eq!(run(Operator::FloorDivide, 7.0, -2), "-4.0");
        assert_eq!(run(Operator::Modulo, -0.5, 2), "1.5");
        assert_eq!(
            run(Operator::FloorDivide, i64::MIN, -1),
            "9223372036854775808"
        );
        assert_eq!(run(Operator::Divide, 7, 2), "3.5");
        assert_eq!(run(Operator::Divide, 1, 0), "division by zero");
    }

    #[test]
    fn integers_grow_up_to_a_limit() {
        assert_eq!(
            run(Operator::Power, 2, 100),
            "1267650600228229401496703205376"
        );
        assert_eq!(run(Operator::Power, 2, -1), "0.5");
        assert_eq!(run(Operator::Power, -1, 1i64 << 40), "1");
        assert!(run(Operator::Power, 10, 1 << 20).contains("bits"));
        assert!(run(Operator::Power, 10.0, 400).contains("out of range"));
    }

    #[test]
    fn comparison_is_exact() {
        let big = Number::Small((1 << 53) + 1);
        assert_eq!(
            compare(&big, &Number::Float(9_007_199_254_740_992.0)),
            Some(Ordering::Greater)
        );
        assert_eq!(compare(&big, &Number::Float(f64::NAN)), None);
    }

    #[test]
    fn rounding_is_to_even_on_the_binary_value() {
        assert_eq!(round(2.5, 0), 2.0);
        assert_eq!(round(2.567, 2), 2.57);
        assert_eq!(round(2.675, 2), 2.67);
        assert_eq!(round(1250.0, -2), 1200.0);
    }
}
