//! Rust values into [`Value`]s.

use std::sync::Arc;

use num_bigint::BigInt;
use num_traits::ToPrimitive;

use super::{DateTime, Dict, List, Opaque, Set, Timespan, Value};

macro_rules! from {
    ($($source:ty => |$name:ident| $made:expr;)*) => {
        $(impl From<$source> for Value {
            fn from($name: $source) -> Self {
                $made
            }
        })*
    };
}

from! {
    bool => |b| Value::Bool(b);
    i32 => |i| Value::Int(i.into());
    i64 => |i| Value::Int(i);
    u8 => |i| Value::Int(i.into());
    u32 => |i| Value::Int(i.into());
    u64 => |i| i64::try_from(i).map_or_else(|_| BigInt::from(i).into(), Value::Int);
    usize => |i| (i as u64).into();
    i128 => |i| i64::try_from(i).map_or_else(|_| BigInt::from(i).into(), Value::Int);
    f64 => |f| Value::Float(f);
    &str => |s| Value::String(s.into());
    String => |s| Value::String(s.into());
    Arc<str> => |s| Value::String(s);
    char => |c| Value::String(c.encode_utf8(&mut [0; 4]).into());
    Vec<Value> => |items| Value::List(items.into());
    List => |l| Value::List(l);
    Dict => |d| Value::Dict(d);
    Set => |s| Value::Set(s);
    DateTime => |d| Value::DateTime(d);
    Timespan => |t| Value::Timespan(t);
    Opaque => |o| Value::Opaque(o);
    &Value => |v| v.clone();
}

/// Small integers become [`Value::Int`], so every integer has one form.
impl From<BigInt> for Value {
    fn from(big: BigInt) -> Self {
        big.to_i64()
            .map_or_else(|| Value::BigInt(Arc::new(big)), Value::Int)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

impl FromIterator<Value> for Value {
    fn from_iter<I: IntoIterator<Item = Value>>(items: I) -> Self {
        Value::List(items.into_iter().collect())
    }
}
