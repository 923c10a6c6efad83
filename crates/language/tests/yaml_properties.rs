//! Properties of the YAML reader: it never panics, spans nest, places are exact.

use language::source::Span;
use language::yaml::{self, Content, KeyOrder, Limits, Node, Style};
use proptest::prelude::*;

/// Pieces of YAML that mean something, in any order.
fn yaml_like() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "- ",
            "? ",
            ": ",
            "a: ",
            "b",
            "\n",
            "\n  ",
            "\n    ",
            " ",
            "[",
            "]",
            "{",
            "}",
            ", ",
            "'",
            "\"",
            "\\n",
            "\\u00e9",
            "|\n",
            ">-\n",
            "#",
            "!!str ",
            "!!set ",
            "&x",
            "*y",
            "@z",
            "%YAML 1.1\n",
            "---\n",
            "...\n",
            "\t",
            "é",
            "<<: ",
            "=",
            "1:30",
            "012",
            "~",
            "2001-01-01",
            "<% $.x %>",
            "{{ _.x }}",
            "\u{2028}",
            "\r\n",
            "\u{feff}",
            "\\\n",
            "text "
        ])
        .prop_map(str::to_owned),
        "[a-z:,\\[{} \n-]{0,6}",
    ];
    prop::collection::vec(piece, 0..16).prop_map(|pieces| pieces.concat())
}

/// 2,000, or as many as `PROPTEST_CASES` says.
fn cases() -> u32 {
    let asked = std::env::var("PROPTEST_CASES");
    asked.map_or(2000, |cases| {
        cases.parse().expect("PROPTEST_CASES is a number")
    })
}

/// The children of a node.
fn children(node: &Node) -> Vec<&Node> {
    match &node.content {
        Content::Scalar(_) => Vec::new(),
        Content::Sequence(sequence) => sequence.items.iter().collect(),
        Content::Set(members) => members.iter().collect(),
        Content::Mapping(mapping) => mapping.entries.iter().flat_map(|(k, v)| [k, v]).collect(),
    }
}

fn check_spans(node: &Node, text: &str) {
    assert!(text.get(node.span.range()).is_some(), "{:?}", node.span);
    for child in children(node) {
        assert!(
            node.span.contains(child.span),
            "{:?} {:?}",
            node.span,
            child.span
        );
        check_spans(child, text);
    }
    if let (Some(scalar), Some(value)) = (node.as_scalar(), node.as_str()) {
        for (offset, c) in value.char_indices() {
            let place = scalar.origins.locate(offset);
            assert!(
                node.span.contains(Span::at(place)),
                "{place} {:?}",
                node.span
            );
            // Letters are never escaped or folded here, so they stand where they say.
            if c.is_ascii_lowercase() {
                assert_eq!(text[place..].chars().next(), Some(c));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..Default::default() })]

    #[test]
    fn spans_nest_and_places_are_exact(text in yaml_like()) {
        if let Ok(Some(node)) = yaml::load(&text, &Limits::default()) {
            check_spans(&node, &text);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC*") {
        if let Err(error) = yaml::load(&text, &Limits::default()) {
            prop_assert!(error.span.start <= text.len());
            prop_assert!(!error.to_string().is_empty());
        }
    }

    #[test]
    fn what_is_written_is_read_back(texts in prop::collection::vec("[a-z:#'\"\\\\ \n\té漢-]{0,100}", 0..6)) {
        let value: yaql::Value = texts.iter().map(|text| yaql::Value::from(&**text)).collect();
        let written = yaml::dump(&value, KeyOrder::Kept).unwrap();
        let read = yaml::load(&written, &Limits::default()).unwrap().unwrap();
        prop_assert_eq!(yaml::to_value(&read), value);
    }
}

#[test]
fn a_key_written_twice_stands_where_the_last_one_does() {
    let text = "a: 1\n'a': 2\n";
    let root = yaml::load(text, &Limits::default()).unwrap().unwrap();
    check_spans(&root, text);
    let (key, value) = &root.as_mapping().unwrap().entries[0];
    assert_eq!(&text[key.span.range()], "'a'");
    assert_eq!(&text[value.span.range()], "2");
}

#[test]
fn limits_hold() {
    let limits = Limits {
        bytes: 1000,
        depth: 10,
        nodes: 20,
    };
    for (text, words) in [
        ("x".repeat(1001), "1001 bytes"),
        ("[".repeat(11), "10 levels"),
        ("- ".repeat(11) + "a", "10 levels"),
        ("a: b\n".repeat(11), "20 values"),
        ("-\n".repeat(21), "20 values"),
    ] {
        let error = yaml::load(&text, &limits).unwrap_err();
        assert!(error.problem.contains(words), "{error}");
    }
    assert!(yaml::load(&"[".repeat(100_000), &Limits::default()).is_err());
}

#[test]
fn an_expression_in_a_block_scalar_knows_its_place() {
    let text = "a:\n  b: |\n    one\n\n    two <% $.x %> é\n";
    let root = yaml::load(text, &Limits::default()).unwrap().unwrap();
    let inner = root
        .as_mapping()
        .and_then(|m| m.get("a"))
        .and_then(Node::as_mapping);
    let node = inner.and_then(|m| m.get("b")).unwrap();
    assert_eq!(node.as_scalar().unwrap().style, Style::Literal);
    let value = node.as_str().unwrap();
    let at = value.find("$.x").unwrap();
    assert_eq!(&text[node.locate(at..at + 3).range()], "$.x");
}
