use yaql::{Value, json};

use super::*;
use crate::yaml::{Limits, load, to_value};

fn dumped(json: &str, order: KeyOrder) -> String {
    dump(&json::parse(json).unwrap(), order).unwrap()
}

#[test]
fn block_style_with_sorted_keys() {
    assert_eq!(
        dumped(
            r#"{"b": "x", "a": [1, null, {"c": [], "d": [2.0]}]}"#,
            KeyOrder::Sorted
        ),
        "a:\n- 1\n- null\n- c: []\n  d:\n  - 2.0\nb: x\n"
    );
    assert_eq!(
        dumped(r#"{"b": 1, "a": 2}"#, KeyOrder::Kept),
        "b: 1\na: 2\n"
    );
}

#[test]
fn texts_that_look_like_something_else_are_quoted() {
    let text = r#"["yes", "", "1", "a: b", "it's #1", " x", "<% $.a %>", "é", "a\nb\n", "- a"]"#;
    assert_eq!(
        dumped(text, KeyOrder::Kept),
        "- 'yes'\n- ''\n- '1'\n- 'a: b'\n- 'it''s #1'\n- ' x'\n- <% $.a %>\n- \"\\xE9\"\n\
         - 'a\n\n  b\n\n  '\n- '- a'\n"
    );
}

#[test]
fn a_plain_scalar_alone_is_closed() {
    assert_eq!(dumped("1", KeyOrder::Kept), "1\n...\n");
    assert_eq!(dumped(r#""a b""#, KeyOrder::Kept), "a b\n...\n");
    assert_eq!(dumped(r#""""#, KeyOrder::Kept), "''\n");
}

#[test]
fn long_lines_are_folded_and_come_back() {
    let words = "word ".repeat(40);
    for text in [
        words.trim_end(),
        &words,
        &format!("{words}\t"),
        &format!("\n {words}"),
    ] {
        let value = Value::from(vec![Value::from(text)]);
        let yaml = dump(&value, KeyOrder::Kept).unwrap();
        assert!(yaml.lines().all(|line| line.len() < 90), "{yaml}");
        let read = load(&yaml, &Limits::default()).unwrap().unwrap();
        assert_eq!(to_value(&read), value);
    }
}
