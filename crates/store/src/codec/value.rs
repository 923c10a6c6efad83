//! The stored form of wide columns: JSON, large ones by their hash.

use std::sync::Arc;

use engine::model::{Base, ItemLists};
use yaql::{Dict, List, Value, json};

use super::damaged;
use crate::StoreError;

/// The longest JSON text, in bytes, that stays in its row.
pub(crate) const INLINE_LIMIT: usize = 4096;

/// A wide column as it is written: the text if it is short; the key in the blob
/// table and the text otherwise.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Encoded {
    Inline(String),
    Blob([u8; 32], String),
}

pub(crate) fn encode(value: &Value) -> Encoded {
    let text = json::to_string(value);
    if text.len() <= INLINE_LIMIT {
        return Encoded::Inline(text);
    }
    Encoded::Blob(blake3::hash(text.as_bytes()).into(), text)
}

pub(crate) fn encode_dict(dict: &Dict) -> Encoded {
    encode(&Value::Dict(dict.clone()))
}

pub(crate) fn read_value(text: &str) -> Result<Value, StoreError> {
    json::parse(text).map_err(|error| damaged(&format!("value: {error}")))
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
        let Encoded::Blob(hash, stored) = encode(&format!("{text}x").into()) else {
            panic!("inline");
        };
        assert_eq!(hash, *blake3::hash(stored.as_bytes()).as_bytes());
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
