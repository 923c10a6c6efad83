//! The data model: one immutable, cheaply shared [`Value`] for everything.
//!
//! Invariant: cloning a value is at most one reference count increment, and
//! equality, hashing and truth follow Python, because YAQL shows them to its
//! users (`1 = 1.0 = true`, one dict key for all three).

mod convert;
pub(crate) mod datetime;
mod dict;
mod entries;
pub(crate) mod equality;
pub mod json;
mod list;
pub(crate) mod meter;
pub(crate) mod number;
mod object;
pub mod python;
mod serde;
mod set;
pub(crate) mod shape;
mod teardown;
#[cfg(test)]
mod tests;
mod timespan;

use std::fmt;
use std::sync::Arc;

use num_bigint::BigInt;
use num_traits::Zero;

pub use self::datetime::DateTime;
pub use self::dict::{Dict, Iter as DictIter};
pub use self::list::List;
pub use self::object::Opaque;
pub(crate) use self::object::{Object, ObjectKind};
pub use self::set::Set;
pub use self::timespan::Timespan;

/// How deeply values may nest.
///
/// Everything that makes values from text of users (JSON, expressions) refuses
/// to nest deeper; so recursion over a value is bounded.
pub const MAX_DEPTH: usize = 400;

/// A value of an expression, of an input or of a result.
///
/// Values are immutable and shared. Containers are changed by copy on write
/// ([`List::make_mut`], [`Dict::insert`]).
///
/// Equality and hashing are Python's (YAQL §3.1 and §4), with one exception
/// which the Rust traits ask for: NaN equals itself here.
#[derive(Clone, Default)]
pub enum Value {
    /// Nothing; the result of unknown variables.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// An integer of 64 bits.
    Int(i64),
    /// An integer that does not fit [`Value::Int`]; never a small one.
    BigInt(Arc<BigInt>),
    /// An IEEE double, NaN and infinities included.
    Float(f64),
    /// Text; its length and its indices are counted in code points.
    String(Arc<str>),
    /// An ordered sequence.
    List(List),
    /// A mapping that keeps the order of insertion.
    Dict(Dict),
    /// Distinct hashable members.
    Set(Set),
    /// A point in time with an offset from UTC.
    DateTime(DateTime),
    /// A length of time.
    Timespan(Timespan),
    /// What lives only inside of the evaluator: iterators, views of dicts,
    /// regular expressions, contexts.
    Opaque(Opaque),
}

impl Value {
    /// The boolean, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(b) => Some(*b),
            _ => None,
        }
    }

    /// The integer, if it is one of at most 64 bits; a bool is none.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Value::Int(i) => Some(*i),
            _ => None,
        }
    }

    /// The number as a double, if it is an integer or a float.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Value::Int(i) => Some(*i as f64),
            Value::BigInt(b) => Some(number::big_to_f64(b)),
            Value::Float(f) => Some(*f),
            _ => None,
        }
    }

    /// The text, if it is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(s) => Some(s),
            _ => None,
        }
    }

    /// The list, if it is one.
    pub fn as_list(&self) -> Option<&List> {
        match self {
            Value::List(l) => Some(l),
            _ => None,
        }
    }

    /// The dict, if it is one.
    pub fn as_dict(&self) -> Option<&Dict> {
        match self {
            Value::Dict(d) => Some(d),
            _ => None,
        }
    }

    /// Whether this is [`Value::Null`].
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// Python's truth: null, false, zero and everything empty are false.
    pub fn is_truthy(&self) -> bool {
        match self {
            Value::Null => false,
            Value::Bool(b) => *b,
            Value::Int(i) => *i != 0,
            Value::BigInt(b) => !b.is_zero(),
            Value::Float(f) => *f != 0.0,
            Value::String(s) => !s.is_empty(),
            Value::List(l) => !l.is_empty(),
            Value::Dict(d) => !d.is_empty(),
            Value::Set(s) => !s.is_empty(),
            Value::DateTime(_) => true,
            Value::Timespan(t) => !t.is_zero(),
            Value::Opaque(o) => o.object().is_truthy(),
        }
    }

    /// The name of the type in the words of users: `int`, `list`, `dict`, …
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Int(_) | Value::BigInt(_) => "int",
            Value::Float(_) => "float",
            Value::String(_) => "string",
            Value::List(_) => "list",
            Value::Dict(_) => "dict",
            Value::Set(_) => "set",
            Value::DateTime(_) => "datetime",
            Value::Timespan(_) => "timespan",
            Value::Opaque(o) => o.object().kind().name(),
        }
    }

    /// Whether both are the same shared allocation; for values without one
    /// (numbers, booleans…), whether they are the same.
    pub fn ptr_eq(a: &Value, b: &Value) -> bool {
        match (a, b) {
            (Value::BigInt(a), Value::BigInt(b)) => Arc::ptr_eq(a, b),
            (Value::String(a), Value::String(b)) => Arc::ptr_eq(a, b),
            (Value::List(a), Value::List(b)) => List::ptr_eq(a, b),
            (Value::Dict(a), Value::Dict(b)) => Dict::ptr_eq(a, b),
            (Value::Set(a), Value::Set(b)) => Set::ptr_eq(a, b),
            (Value::Opaque(a), Value::Opaque(b)) => Opaque::ptr_eq(a, b),
            (Value::Null, Value::Null) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
            (Value::DateTime(a), Value::DateTime(b)) => a == b && a.offset() == b.offset(),
            (Value::Timespan(a), Value::Timespan(b)) => a == b,
            _ => false,
        }
    }

    /// How deeply containers nest: 0 for a scalar, 1 for a flat list.
    pub fn depth(&self) -> usize {
        shape::of(self).depth()
    }

    /// About how many bytes this value takes if nothing in it is shared; the size
    /// of its text form is of the same order. What is shared counts each time,
    /// so a few containers can have a huge size.
    ///
    /// ```
    /// let pair = |value: &yaql::Value| yaql::Value::from(vec![value.clone(), value.clone()]);
    /// let deep = (0..40).fold(yaql::Value::from(1), |value, _| pair(&value));
    /// assert!(deep.expanded_size() > 1 << 40);
    /// ```
    pub fn expanded_size(&self) -> u64 {
        shape::of(self).size()
    }

    /// This value with all its lists and dicts of the *mutable* kind, for what
    /// functions like `json_parse` give (see [`List::mutable`]).
    #[must_use]
    pub fn into_mutable(self) -> Value {
        match self {
            Value::List(list) => {
                let items = list.into_vec().into_iter().map(Value::into_mutable);
                List::mutable(items.collect()).into()
            }
            Value::Dict(dict) => {
                let entries = dict.iter().map(|(k, v)| (k, v.clone().into_mutable()));
                entries.collect::<Dict>().into_mutable().into()
            }
            scalar => scalar,
        }
    }

    /// This value with all its lists and dicts frozen; shared, if they are.
    #[must_use]
    pub fn into_frozen(self) -> Value {
        match self {
            plain if plain.is_plain() => plain,
            Value::List(list) => {
                let items = list.into_vec().into_iter().map(Value::into_frozen);
                items.collect()
            }
            Value::Dict(dict) => {
                let entries = dict.iter().map(|(k, v)| (k, v.clone().into_frozen()));
                entries.collect::<Dict>().into()
            }
            other => other,
        }
    }

    /// Whether this is data all the way down: scalars, frozen lists, and dicts
    /// with scalar keys. Such a value passes conversions as it is.
    pub fn is_plain(&self) -> bool {
        shape::of(self).is_plain()
    }
}

/// Python's `str()`, see [`python::str`].
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&python::str(self))
    }
}

/// Python's `repr()` within an expression, where frozen lists are tuples.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&python::frozen_repr(self))
    }
}
