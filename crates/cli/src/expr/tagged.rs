//! Values as JSON and back (YAQL §16): plain, or with tags for what JSON lacks.
//!
//! Invariant: what is made here holds only what strict JSON can hold, so
//! answers can be read by every JSON parser.

use yaql::{DateTime, Dict, Environment, Expression, List, Opaque, Set, Timespan, Value, json};

use super::evaluator::datetime;

/// How results are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As they are stored (YAQL §4.3). NaN and infinities are tagged; what
    /// cannot be stored shows as text.
    Stored,
    /// Everything that JSON lacks is tagged.
    Typed {
        /// Whether frozen lists are tuples; if results were converted, they are not.
        tuples: bool,
    },
}

/// A tagged value that makes no sense.
#[derive(Debug, thiserror::Error)]
#[error("bad value of {tag}: {value}")]
pub(super) struct TagError {
    tag: String,
    value: String,
}

/// The value as JSON data.
pub(super) fn encode(value: &Value, form: Form) -> Value {
    match (value, form) {
        (Value::Float(f), _) if !f.is_finite() => tag("$float", yaql::python::str(value)),
        (Value::List(list), Form::Typed { tuples: true }) if !list.is_mutable() => {
            tag("$tuple", items(list.iter(), form))
        }
        (Value::List(list), _) => items(list.iter(), form),
        (Value::Set(set), Form::Typed { .. }) => tag("$set", items(set.iter(), form)),
        (Value::Set(set), Form::Stored) => items(set.iter(), form),
        (Value::Dict(dict), Form::Typed { .. }) if !has_plain_keys(dict) => {
            let pairs = dict.iter().map(|(key, value)| items([key, value], form));
            tag("$dict", pairs.collect::<List>())
        }
        (Value::Dict(dict), _) => {
            let entries = dict.iter();
            let entries = entries.map(|(key, value)| (key, encode(value, form)));
            Value::from(entries.collect::<Dict>())
        }
        (Value::DateTime(time), Form::Typed { .. }) => tag("$datetime", iso(*time)),
        (Value::Timespan(span), Form::Typed { .. }) => tag("$timespan", micros(*span)),
        (Value::Opaque(object), Form::Typed { .. }) => opaque(value, object),
        _ => value.clone(),
    }
}

/// The value for people.
pub(super) fn pretty(value: &Value) -> String {
    json::to_readable_string(&encode(value, Form::Stored))
}

fn tag(name: &str, value: impl Into<Value>) -> Value {
    [(name, value.into())].into_iter().collect::<Dict>().into()
}

fn items<'v>(values: impl IntoIterator<Item = &'v Value>, form: Form) -> Value {
    let items = values.into_iter().map(|value| encode(value, form));
    items.collect::<List>().into()
}

fn has_plain_keys(dict: &Dict) -> bool {
    dict.keys()
        .all(|key| key.as_str().is_some_and(|key| !key.starts_with('$')))
}

/// Python's `isoformat(timespec='microseconds')`.
fn iso(time: DateTime) -> String {
    let offset = time.offset().total_micros();
    let (sign, offset) = match offset < 0 {
        true => ('-', -offset),
        false => ('+', offset),
    };
    let (seconds, micros) = (offset / 1_000_000, offset % 1_000_000);
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    let mut text = format!("{:0>26}{sign}{hours:02}:{minutes:02}", time.to_stored());
    if seconds % 60 != 0 || micros != 0 {
        text.push_str(&format!(":{:02}", seconds % 60));
    }
    if micros != 0 {
        text.push_str(&format!(".{micros:06}"));
    }
    text
}

fn micros(span: Timespan) -> Value {
    // The text of an integer is JSON.
    json::parse(&span.total_micros().to_string()).unwrap_or_default()
}

fn opaque(value: &Value, object: &Opaque) -> Value {
    match object.pattern() {
        Some(pattern) => tag("$regex", pattern),
        None => tag("$opaque", value.type_name()),
    }
}

/// The value that tagged JSON stands for.
pub(super) fn decode(value: &Value) -> Result<Value, TagError> {
    match value {
        Value::List(list) => Ok(decode_items(list)?.into()),
        Value::Dict(dict) => match dict.iter().next() {
            Some((Value::String(name), inner)) if dict.len() == 1 && name.starts_with('$') => {
                decode_tag(name, inner)
            }
            _ => {
                let entry = |(key, value): (&Value, &Value)| Ok((key.clone(), decode(value)?));
                let entries = dict.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
                Ok(entries.into_iter().collect::<Dict>().into())
            }
        },
        scalar => Ok(scalar.clone()),
    }
}

fn decode_items(list: &[Value]) -> Result<Vec<Value>, TagError> {
    list.iter().map(decode).collect()
}

fn decode_tag(name: &str, inner: &Value) -> Result<Value, TagError> {
    let decoded = match name {
        "$dict" => decode_pairs(inner)?.map(Value::from),
        "$tuple" => decode_list(inner)?.map(Value::from),
        "$set" => decode_list(inner)?.map(|items| items.into_iter().collect::<Set>().into()),
        "$float" => inner.as_str().and_then(float).map(Value::from),
        "$datetime" => inner.as_str().and_then(datetime).map(Value::DateTime),
        "$timespan" => timespan(inner).map(Value::Timespan),
        "$regex" => inner.as_str().and_then(regex),
        _ => None,
    };
    decoded.ok_or_else(|| TagError {
        tag: name.to_owned(),
        value: json::to_string(inner),
    })
}

fn decode_list(inner: &Value) -> Result<Option<Vec<Value>>, TagError> {
    inner.as_list().map(|list| decode_items(list)).transpose()
}

fn decode_pairs(inner: &Value) -> Result<Option<Dict>, TagError> {
    let Some(list) = inner.as_list() else {
        return Ok(None);
    };
    let mut dict = Dict::with_capacity(list.len());
    for pair in list {
        match pair.as_list().map(|pair| &**pair) {
            Some([key, value]) => dict.insert(decode(key)?, decode(value)?),
            _ => return Ok(None),
        };
    }
    Ok(Some(dict))
}

fn float(text: &str) -> Option<f64> {
    match text {
        "nan" => Some(f64::NAN),
        "inf" => Some(f64::INFINITY),
        "-inf" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

fn timespan(inner: &Value) -> Option<Timespan> {
    let micros = matches!(inner, Value::Int(_) | Value::BigInt(_)).then(|| inner.to_string())?;
    Timespan::from_micros(micros.parse().ok()?)
}

fn regex(pattern: &str) -> Option<Value> {
    let expression = Expression::parse("regex($)").ok()?;
    expression.evaluate(&Environment::new(pattern)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPED: Form = Form::Typed { tuples: false };

    fn round_trip(text: &str) {
        let value = decode(&json::parse(text).unwrap()).unwrap();
        assert_eq!(json::to_string(&encode(&value, TYPED)), text);
    }

    #[test]
    fn tags_go_both_ways() {
        round_trip(r#"{"a":[1,2.5,null,"x"]}"#);
        round_trip(r#"{"$dict":[[1,"a"],["$b",{"$set":[1]}]]}"#);
        round_trip(r#"[{"$float":"nan"},{"$float":"-inf"}]"#);
        round_trip(r#"{"$datetime":"2020-01-02T03:04:05.000006+02:30"}"#);
        round_trip(r#"{"$datetime":"0020-01-02T03:04:05.000000-01:00"}"#);
        round_trip(r#"{"$timespan":-86399999913600000000}"#);
        round_trip(r#"{"$regex":"a+"}"#);
    }

    #[test]
    fn tuples_show_when_they_can_be_told_apart() {
        let value = decode(&json::parse(r#"{"$tuple":[1,[2]]}"#).unwrap()).unwrap();
        let shown = encode(&value, Form::Typed { tuples: true });
        assert_eq!(json::to_string(&shown), r#"{"$tuple":[1,{"$tuple":[2]}]}"#);
        assert_eq!(json::to_string(&encode(&value, TYPED)), "[1,[2]]");
    }

    #[test]
    fn what_no_tag_can_mean_is_refused() {
        for text in [
            r#"{"$dict":[[1]]}"#,
            r#"{"$timespan":"1"}"#,
            r#"{"$regex":"("}"#,
            r#"{"$opaque":"context"}"#,
            r#"[{"$float":"1"}]"#,
        ] {
            assert!(decode(&json::parse(text).unwrap()).is_err(), "{text}");
        }
    }

    #[test]
    fn the_stored_form_is_strict_json() {
        let value = json::parse(r#"[NaN, 123456789012345678901234567890]"#).unwrap();
        assert_eq!(
            pretty(&value),
            "[\n  {\n    \"$float\": \"nan\"\n  },\n  123456789012345678901234567890\n]"
        );
    }
}
