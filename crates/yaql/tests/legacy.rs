//! The dialects of yaql 0.2 (YAQL §15) and delegates.

use yaql::{Delegates, Environment, Expression, Legacy, ParseOptions, json};

fn evaluate(text: &str, options: ParseOptions, data: &str) -> String {
    let data = json::parse(data).expect("JSON");
    let expression = Expression::parse_with(text, options).expect(text);
    match expression.evaluate(&Environment::new(data)) {
        Ok(value) => json::to_string(&value),
        Err(error) => error.class().to_string(),
    }
}

fn legacy(text: &str, legacy: Legacy, data: &str) -> String {
    let options = ParseOptions {
        legacy,
        ..ParseOptions::default()
    };
    evaluate(text, options, data)
}

#[test]
fn the_legacy_library_is_a_nearer_layer() {
    for (text, data, result) in [
        ("$.a.b", r#"{"a":{}}"#, "null"),
        ("$[1]", "[5,6]", "6"),
        ("$[$.a > 1]", r#"[{"a":1},{"a":2}]"#, r#"[{"a":2}]"#),
        ("list()[$ > 0]", "null", "[]"),
        ("{a => 1}[a]", "null", "NoMatchingFunctionException"),
        ("dict(tuple(a, 1), tuple(b, 2))", "null", r#"{"a":1,"b":2}"#),
        ("dict(a => 1)", "null", r#"{"a":1}"#),
        ("range(2).take(3)", "null", "[2,3,4]"),
        ("5.range(7)", "null", "[5,6]"),
        ("range(1, 7, 3)", "null", "[1,4]"),
        ("switch($, $ > 10 => 1, $ <= 10 => -1)", "11", "1"),
        ("switch($, $ > 10 => 1)", "3", "null"),
        ("switch($, 5)", "3", "ValueError"),
        ("[1, 2].as(sum($) => a) -> $a", "null", "3"),
        ("[1, 2].as(len($) => n).select($ * $n)", "null", "[2,4]"),
        ("'5'.int() + 1", "null", "6"),
        ("sum([1, 2])", "null", "3"),
        ("takeWhile([1, 2], $ < 2)", "null", "[1]"),
        ("get($, 'a b')", r#"{"a b":1}"#, "1"),
        ("[1].toList() = [1]", "null", "false"),
    ] {
        assert_eq!(legacy(text, Legacy::Library, data), result, "{text}");
    }
}

#[test]
fn the_legacy_grammar_builds_tuples() {
    for (text, data, result) in [
        ("1 => 2 => 3", "null", "[1,2,3]"),
        ("(1 => 2) => 3", "null", "[[1,2],3]"),
        ("1 + 1 => 2 or 3", "null", "[2,2]"),
        ("{a => 1, b => 2}", "null", r#"{"a":1,"b":2}"#),
        ("let(a => 1) -> $a", "null", "null"),
        ("$.select($)", r#"{"a":1}"#, r#"["a"]"#),
        ("switch($, $ > 10 => 1, $ <= 10 => -1)", "3", "-1"),
        ("[1, 2].as(sum($) => a) -> $a", "null", "3"),
    ] {
        assert_eq!(legacy(text, Legacy::Full, data), result, "{text}");
    }
}

#[test]
fn delegates_are_called_when_registered() {
    let with = |delegates| ParseOptions {
        delegates,
        ..ParseOptions::default()
    };
    let call = "let(f => lambda($ + 1)) -> $f(2)";
    assert_eq!(evaluate(call, with(Delegates::On), "null"), "3");
    assert_eq!(
        evaluate("lambda($x)(x => 5)", with(Delegates::On), "null"),
        "5"
    );
    assert_eq!(
        evaluate("5(1)", with(Delegates::On), "null"),
        "NoMatchingFunctionException"
    );
    assert_eq!(
        evaluate("$(1)", with(Delegates::ParseOnly), "null"),
        "NoFunctionRegisteredException"
    );
    assert!(Expression::parse("$(1)").is_err());
}
