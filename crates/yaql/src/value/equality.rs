//! Equality and hashing as in Python.
//!
//! Invariant: equal values hash equally, across int, float and bool.

use std::hash::{Hash, Hasher};

use num_bigint::BigInt;
use num_traits::FromPrimitive;

use super::{Value, number};

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        if let (Value::Float(a), Value::Float(b)) = (self, other)
            && a.is_nan()
        {
            return b.is_nan();
        }
        loosely_equal(self, other)
    }
}

impl Eq for Value {}

/// What `=` tells: as `==`, but a NaN differs from everything.
pub(crate) fn loosely_equal(a: &Value, b: &Value) -> bool {
    use Value::{BigInt, Bool, DateTime, Dict, Float, Int, List, Null, Opaque, Set, String};
    match (a, b) {
        (Null, Null) => true,
        (Bool(a), Bool(b)) => a == b,
        (Int(a), Int(b)) => a == b,
        (Bool(a), Int(b)) | (Int(b), Bool(a)) => i64::from(*a) == *b,
        (BigInt(a), BigInt(b)) => a == b,
        (Float(a), Float(b)) => a == b,
        (Float(f), Int(i)) | (Int(i), Float(f)) => number::float_as_i64(*f) == Some(*i),
        (Float(f), Bool(b)) | (Bool(b), Float(f)) => *f == f64::from(u8::from(*b)),
        (Float(f), BigInt(b)) | (BigInt(b), Float(f)) => {
            number::compare_big_float(b, *f).is_some_and(std::cmp::Ordering::is_eq)
        }
        (String(a), String(b)) => a == b,
        (List(a), List(b)) => a == b,
        (Dict(a), Dict(b)) => a == b,
        (Set(a), Set(b)) => a == b,
        (DateTime(a), DateTime(b)) => a == b,
        (Value::Timespan(a), Value::Timespan(b)) => a == b,
        (Opaque(a), Opaque(b)) if super::Opaque::ptr_eq(a, b) => true,
        (Opaque(o), other) | (other, Opaque(o)) => o.object().equals(other),
        _ => false,
    }
}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Value::Null => state.write_u8(0xfe),
            Value::Bool(b) => state.write_i64(i64::from(*b)),
            Value::Int(i) => state.write_i64(*i),
            Value::BigInt(b) => b.hash(state),
            Value::Float(f) => hash_float(*f, state),
            Value::String(s) => s.hash(state),
            Value::List(l) => l.hash(state),
            Value::Dict(d) => d.hash(state),
            Value::Set(s) => s.hash(state),
            Value::DateTime(d) => d.hash(state),
            Value::Timespan(t) => t.hash(state),
            Value::Opaque(o) => state.write_u64(o.object().hash()),
        }
    }
}

fn hash_float<H: Hasher>(f: f64, state: &mut H) {
    if let Some(i) = number::float_as_i64(f) {
        state.write_i64(i);
    } else if f.is_nan() {
        state.write_u64(f64::NAN.to_bits());
    } else if let Some(big) = BigInt::from_f64(f).filter(|_| f.fract() == 0.0) {
        big.hash(state);
    } else {
        state.write_u64(f.to_bits());
    }
}

/// The type which keeps `value` from being a member of a set or a key of a
/// dict, in Python's name (YAQL §4).
pub(crate) fn unhashable(value: &Value) -> Option<&'static str> {
    match value {
        Value::List(l) if l.is_mutable() => Some("list"),
        Value::List(l) => l.iter().find_map(unhashable),
        Value::Dict(d) if d.is_mutable() => Some("dict"),
        Value::Dict(d) => d.values().find_map(unhashable),
        _ => None,
    }
}
