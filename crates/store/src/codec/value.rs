//! The stored form of wide columns: JSON, large ones by their hash.

use std::sync::Arc;

use engine::model::{Base, ItemLists};
use yaql::{Dict, List, Value, json};

use super::damaged;
use super::large::{Large, PART_LIMIT};
use crate::StoreError;

/// The longest JSON text, in bytes, that stays in its row.
pub(crate) const INLINE_LIMIT: usize = 4096;

/// A wide column as it is written: the text if it is short; what belongs into the
/// blob table otherwise.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Encoded {
    Inline(String),
    Large(Large),
}

pub(crate) fn encode(value: &Value) -> Encoded {
    let (text, spans) = json::to_string_with_spans(value, PART_LIMIT);
    if text.len() <= INLINE_LIMIT {
        return Encoded::Inline(text);
    }
    Encoded::Large(Large::new(text, spans))
}

pub(crate) fn encode_dict(dict: &Dict) -> Encoded {
    encode(&Value::Dict(dict.clone()))
}

pub(crate) fn read_value(text: &str) -> Result<Value, StoreError> {
    read_with_holes(text, &[])
}

/// The same for the text of a large value in which `#` stands for a part.
pub(crate) fn read_with_holes(text: &str, parts: &[Value]) -> Result<Value, StoreError> {
    json::parse_with_holes(text, parts).map_err(|error| damaged(&format!("value: {error}")))
}

pub(crate) fn read_dict(value: Value) -> Result<Dict, StoreError> {
    match value {
        Value::Dict(dict) => Ok(dict),
        other => Err(damaged(&format!(
            "a {} where a dict must be",
            other.type_name()
        ))),
    }
}

/// The lists of a with-items task, as pairs: the order of variables counts.
pub(crate) fn write_items(lists: &ItemLists) -> Value {
    let pairs = lists
        .iter()
        .map(|(name, list)| Value::from(vec![Value::from(name.clone()), list.clone()]));
    Value::from(pairs.collect::<Vec<_>>())
}

pub(crate) fn read_items(value: &Value) -> Result<ItemLists, StoreError> {
    let pairs = value
        .as_list()
        .ok_or_else(|| damaged("items are no list"))?;
    let pair = |pair: &Value| match pair.as_list().map(|pair| &**pair) {
        Some([Value::String(name), list]) => Ok((name.clone(), list.clone())),
        _ => Err(damaged("an item list without a name")),
    };
    pairs.iter().map(pair).collect()
}

/// What an ad-hoc action runs.
pub(crate) fn write_base(base: &Base) -> Value {
    let transformers: List = base.transformers.iter().cloned().map(Value::from).collect();
    Value::from(vec![
        base.name.clone().into(),
        base.input.clone().into(),
        transformers.into(),
    ])
}

pub(crate) fn read_base(value: &Value) -> Result<Base, StoreError> {
    let wrong = || damaged("the base of an action is no triple");
    let Some([Value::String(name), Value::Dict(input), Value::List(names)]) =
        value.as_list().map(|parts| &**parts)
    else {
        return Err(wrong());
    };
    let names = names.iter().map(|name| name.as_str().map(Arc::from));
    Ok(Base {
        name: name.clone(),
        input: input.clone(),
        transformers: names.collect::<Option<_>>().ok_or_else(wrong)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_become_blobs() {
        let text = "x".repeat(INLINE_LIMIT - 2);
        assert!(matches!(encode(&text.clone().into()), Encoded::Inline(_)));
        let Encoded::Large(large) = encode(&format!("{text}x").into()) else {
            panic!("inline");
        };
        let (stored, rows) = large.rows();
        assert_eq!(large.hash, *blake3::hash(stored.as_bytes()).as_bytes());
        assert!(rows.is_empty());
    }

    #[test]
    fn structures_round_trip() {
        let lists: ItemLists = [
            ("b".into(), Value::from(vec![1.into()])),
            ("a".into(), Value::Null),
        ]
        .into();
        assert_eq!(read_items(&write_items(&lists)).unwrap(), lists);
        let base = Base {
            name: "std.echo".into(),
            input: [("output", 1)].into_iter().collect(),
            transformers: vec!["a".into(), "b".into()],
        };
        assert_eq!(read_base(&write_base(&base)).unwrap(), base);
        assert!(read_base(&Value::Null).is_err());
    }
}
