//! Exact comparison of integers with floats, as Python does it.

use std::cmp::Ordering;

use num_bigint::BigInt;
use num_traits::{FromPrimitive, Signed, ToPrimitive};

/// The nearest double; infinite beyond the range of doubles.
pub(crate) fn big_to_f64(big: &BigInt) -> f64 {
    big.to_f64().unwrap_or(if big.is_negative() {
        f64::NEG_INFINITY
    } else {
        f64::INFINITY
    })
}

/// The integer that equals `f`, if it has at most 64 bits.
pub(crate) fn float_as_i64(f: f64) -> Option<i64> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    (f.fract() == 0.0 && (-LIMIT..LIMIT).contains(&f)).then_some(f as i64)
}

/// Compares without rounding the integer; `None` for NaN.
pub(crate) fn compare_int_float(i: i64, f: f64) -> Option<Ordering> {
    match float_as_i64(f.trunc()) {
        Some(whole) => Some(i.cmp(&whole).then(0.0.partial_cmp(&f.fract())?)),
        None => 0.0.partial_cmp(&f),
    }
}

/// Compares without rounding the integer; `None` for NaN.
pub(crate) fn compare_big_float(big: &BigInt, f: f64) -> Option<Ordering> {
    match BigInt::from_f64(f.trunc()) {
        Some(whole) => Some(big.cmp(&whole).then(0.0.partial_cmp(&f.fract())?)),
        None => 0.0.partial_cmp(&f),
    }
}
