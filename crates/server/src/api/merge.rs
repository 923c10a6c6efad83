//! Merging of JSON objects as the original does it: deeply, the overlay wins.

use yaql::{Dict, Value};

/// Lays `overlay` over `base`. Only objects under the same key are merged;
/// everything else is replaced. The depth is that of the overlay, which a parser
/// has bounded.
pub(crate) fn merge(mut base: Dict, overlay: &Dict) -> Dict {
    for (key, value) in overlay {
        let merged = match (base.get_value(key), value) {
            (Some(Value::Dict(below)), Value::Dict(above)) => merge(below.clone(), above).into(),
            _ => value.clone(),
        };
        base.insert(key.clone(), merged);
    }
    base
}

#[cfg(test)]
mod tests {
    use super::*;
    use yaql::json;

    #[test]
    fn objects_merge_and_the_rest_is_replaced() {
        let parse = |text: &str| json::parse(text).unwrap().as_dict().unwrap().clone();
        let base = parse(r#"{"a": {"x": 1, "y": [1]}, "b": 1}"#);
        let overlay = parse(r#"{"a": {"y": [2], "z": 3}, "b": {"c": 1}}"#);
        assert_eq!(
            json::to_python_string(&merge(base, &overlay).into()),
            r#"{"a": {"x": 1, "y": [2], "z": 3}, "b": {"c": 1}}"#
        );
    }
}
