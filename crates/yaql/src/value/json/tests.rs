use super::*;
use crate::Dict;

#[test]
fn compact_text_keeps_order_and_big_integers() {
    let text = r#"{"z":1,"a":[true,null,-2.5,123456789012345678901234567890],"ž":"日"}"#;
    assert_eq!(to_string(&parse(text).unwrap()), text);
}

#[test]
fn python_texts_escape_and_space() {
    let value = parse(r#"{"a":[1,"é😀\u0001"],"e":[],"o":{}}"#).unwrap();
    assert_eq!(
        to_python_string(&value),
        r#"{"a": [1, "\u00e9\ud83d\ude00\u0001"], "e": [], "o": {}}"#
    );
    assert_eq!(
        to_pretty_string(&parse(r#"{"a":[1,{"b":[]}]}"#).unwrap()),
        "{\n    \"a\": [\n        1,\n        {\n            \"b\": []\n        }\n    ]\n}"
    );
}

#[test]
fn python_accepts_more_than_json() {
    assert!(matches!(parse("NaN"), Ok(Value::Float(f)) if f.is_nan()));
    assert_eq!(
        parse(" -Infinity ").unwrap(),
        Value::Float(f64::NEG_INFINITY)
    );
    assert_eq!(
        parse(r#"{"a":1,"a":2}"#).unwrap(),
        Value::from(Dict::from_iter([("a", 2)]))
    );
    assert_eq!(
        parse(r#""\ud83d\ude00\ud83d""#).unwrap(),
        Value::from("😀\u{fffd}")
    );
}

#[test]
fn faults_have_python_texts() {
    for (text, message) in [
        ("", "Expecting value: line 1 column 1 (char 0)"),
        ("[1, 2", "Expecting ',' delimiter: line 1 column 6 (char 5)"),
        (
            "{a: 1}",
            "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
        ),
        (
            "{\"a\"}",
            "Expecting ':' delimiter: line 1 column 5 (char 4)",
        ),
        ("1 2", "Extra data: line 1 column 3 (char 2)"),
        (
            "\"é",
            "Unterminated string starting at: line 1 column 1 (char 0)",
        ),
        (
            "[\n\"é\n\"]",
            "Invalid control character at: line 2 column 3 (char 4)",
        ),
        (r#""\x""#, "Invalid \\escape: line 1 column 2 (char 1)"),
        (
            r#""\u12é""#,
            "Invalid \\uXXXX escape: line 1 column 4 (char 3)",
        ),
        ("-", "Expecting value: line 1 column 1 (char 0)"),
        ("01", "Extra data: line 1 column 2 (char 1)"),
    ] {
        assert_eq!(parse(text).unwrap_err().to_string(), message, "{text}");
    }
}

#[test]
fn nesting_is_limited() {
    assert!(parse(&"[".repeat(1_000_000)).is_err());
    let deepest = format!(
        "{}{}",
        "[".repeat(crate::MAX_DEPTH),
        "]".repeat(crate::MAX_DEPTH)
    );
    assert_eq!(parse(&deepest).unwrap().depth(), crate::MAX_DEPTH);
}

#[test]
fn what_cannot_be_stored_is_told() {
    let span = crate::Timespan::from_micros(86_400_000_000).unwrap();
    let error = check_storable(&vec![span.into()].into()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Cannot convert datetime.timedelta(days=1) to primitive"
    );
    assert_eq!(check_storable(&parse("{\"a\":[1]}").unwrap()), Ok(()));
}

#[test]
fn dicts_of_a_document_share_their_keys() {
    let text = r#"[{"name": 1, "\u006eame": 2}, {"name": 3}]"#;
    let read: Value = serde_json::from_str(text).unwrap();
    for value in [parse(text).unwrap(), read] {
        assert_eq!(to_string(&value), r#"[{"name":2},{"name":3}]"#);
        let list = value.as_list().unwrap();
        let keys = list.iter().flat_map(|dict| dict.as_dict().unwrap().keys());
        let places: Vec<_> = keys.map(|key| key.as_str().unwrap().as_ptr()).collect();
        assert_eq!(places[0], places[1]);
    }
}
