//! Values in serde: JSON's data model, order of entries kept.
//!
//! Integers are exact up to 128 bits here, as far as the format hands them
//! over; [`super::json`] reads and writes any size.

use std::fmt;

use num_traits::ToPrimitive;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::ser::{Error, SerializeMap};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::json::{self, Keys};
use super::{Dict, List, Set, Value};

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(b) => serializer.serialize_bool(*b),
            Value::Int(i) => serializer.serialize_i64(*i),
            Value::BigInt(b) => match b.to_i128() {
                Some(i) => serializer.serialize_i128(i),
                None => serializer.serialize_f64(super::number::big_to_f64(b)),
            },
            Value::Float(f) => serializer.serialize_f64(*f),
            Value::String(s) => serializer.serialize_str(s),
            Value::List(l) => l.serialize(serializer),
            Value::Dict(d) => d.serialize(serializer),
            Value::Set(s) => s.serialize(serializer),
            Value::DateTime(d) => serializer.serialize_str(&d.to_stored()),
            Value::Timespan(_) | Value::Opaque(_) => {
                Err(S::Error::custom(json::Unstorable::of(self)))
            }
        }
    }
}

impl Serialize for List {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl Serialize for Set {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

/// Keys become text as [`json::to_string`] writes them.
impl Serialize for Dict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (key, value) in self {
            match key {
                Value::String(key) => map.serialize_entry(&**key, value)?,
                other => map.serialize_entry(&json::key_text(other), value)?,
            }
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        AnyValue::below(&Keys::default()).deserialize(deserializer)
    }
}

impl<'de> Deserialize<'de> for Dict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Entries(&Keys::default()))
    }
}

impl<'de> Deserialize<'de> for List {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Items(&Keys::default()))
    }
}

#[derive(Clone, Copy)]
struct AnyValue<'k> {
    keys: &'k Keys,
    /// Whether it is a key itself.
    is_key: bool,
}

impl<'k> AnyValue<'k> {
    fn below(keys: &'k Keys) -> Self {
        AnyValue {
            keys,
            is_key: false,
        }
    }
}

macro_rules! visit {
    ($($method:ident($source:ty);)*) => {
        $(fn $method<E>(self, value: $source) -> Result<Value, E> {
            Ok(value.into())
        })*
    };
}

impl<'de> DeserializeSeed<'de> for AnyValue<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AnyValue<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    visit! {
        visit_bool(bool);
        visit_i64(i64);
        visit_i128(i128);
        visit_u64(u64);
        visit_f64(f64);
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(match self.is_key {
            true => self.keys.intern(text).into(),
            false => text.into(),
        })
    }

    fn visit_u128<E>(self, value: u128) -> Result<Value, E> {
        Ok(num_bigint::BigInt::from(value).into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Value, A::Error> {
        Items(self.keys).visit_seq(seq).map(Value::List)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Value, A::Error> {
        Entries(self.keys).visit_map(map).map(Value::Dict)
    }
}

struct Items<'k>(&'k Keys);

impl<'de> Visitor<'de> for Items<'_> {
    type Value = List;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<List, A::Error> {
        let mut items = Vec::with_capacity(seq.size_hint().unwrap_or(0).min(1024));
        while let Some(item) = seq.next_element_seed(AnyValue::below(self.0))? {
            items.push(item);
        }
        Ok(items.into())
    }
}

struct Entries<'k>(&'k Keys);

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = Dict;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Dict, A::Error> {
        let mut dict = Dict::with_capacity(map.size_hint().unwrap_or(0).min(1024));
        let key = AnyValue {
            keys: self.0,
            is_key: true,
        };
        while let Some(key) = map.next_key_seed(key)? {
            dict.insert(key, map.next_value_seed(AnyValue::below(self.0))?);
        }
        Ok(dict)
    }
}
