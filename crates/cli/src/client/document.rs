//! Documents of the API as they are shown: JSON in texts becomes JSON.

use serde_json::Value;

use super::resource::Resource;

/// Reads the fields whose text is JSON; a text that is none stays as it is.
pub(crate) fn decoded(resource: &Resource, mut document: Value) -> Value {
    if let Some(object) = document.as_object_mut() {
        for field in resource.json {
            if let Some(value) = object.get_mut(*field)
                && let Some(text) = value.as_str()
                && let Ok(inner) = serde_json::from_str(text)
            {
                *value = inner;
            }
        }
    }
    document
}

/// The entries of a list.
pub(crate) fn entries(resource: &Resource, mut list: Value) -> Vec<Value> {
    match list.get_mut(resource.collection).map(Value::take) {
        Some(Value::Array(entries)) => entries
            .into_iter()
            .map(|entry| decoded(resource, entry))
            .collect(),
        _ => Vec::new(),
    }
}

/// A field's text; empty if it has none.
pub(crate) fn text<'a>(document: &'a Value, field: &str) -> &'a str {
    document
        .get(field)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::resource::{EXECUTIONS, WORKFLOWS};
    use super::*;

    #[test]
    fn json_in_texts_is_read_where_the_contract_has_it() {
        let given =
            json!({"input": "{\"a\": 1}", "output": null, "params": "no JSON", "state_info": "{}"});
        let expected =
            json!({"input": {"a": 1}, "output": null, "params": "no JSON", "state_info": "{}"});
        assert_eq!(decoded(&EXECUTIONS, given), expected);
        // A workflow's input is a signature, not a document.
        let given = json!({"input": "5", "interface": "{}"});
        assert_eq!(
            decoded(&WORKFLOWS, given),
            json!({"input": "5", "interface": {}})
        );
    }

    #[test]
    fn a_list_has_entries() {
        let list = json!({"executions": [{"input": "{}"}], "next": "…"});
        assert_eq!(entries(&EXECUTIONS, list), [json!({"input": {}})]);
        assert_eq!(entries(&EXECUTIONS, json!({})), [] as [Value; 0]);
    }
}
