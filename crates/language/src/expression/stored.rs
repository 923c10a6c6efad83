//! The stored form of results: what JSON holds (YAQL §4.3).

use yaql::{Value, json};

/// The stored form of a value: sets become lists, times become text, keys
/// become text.
///
/// # Errors
/// The error text, if there is no such form.
pub(super) fn stored(value: Value) -> Result<Value, String> {
    if is_stored(&value) {
        return Ok(value);
    }
    json::check_storable(&value).map_err(|error| error.to_string())?;
    json::parse(&json::to_string(&value)).map_err(|error| error.to_string())
}

/// Values nest at most [`yaql::MAX_DEPTH`] deep, so the recursion is bounded.
fn is_stored(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::BigInt(_) => true,
        Value::Float(_) | Value::String(_) => true,
        Value::List(list) => !list.is_mutable() && list.iter().all(is_stored),
        Value::Dict(dict) => {
            let entry = |(key, value): (&Value, &Value)| key.as_str().is_some() && is_stored(value);
            !dict.is_mutable() && dict.iter().all(entry)
        }
        Value::Set(_) | Value::DateTime(_) | Value::Timespan(_) | Value::Opaque(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_already_is_not_copied() {
        let value = Value::from(vec![1.into(), "a".into()]);
        assert!(Value::ptr_eq(&value, &stored(value.clone()).unwrap()));
    }

    #[test]
    fn keys_and_sets_change() {
        let mut dict = yaql::Dict::new();
        dict.insert(1, yaql::Set::from_iter([true]));
        let stored = stored(dict.into()).unwrap();
        assert_eq!(json::to_string(&stored), r#"{"1":[true]}"#);
    }

    #[test]
    fn a_timespan_has_no_stored_form() {
        assert!(stored(yaql::Timespan::ZERO.into()).is_err());
    }
}
