//! Whatever the text: parsing does not panic, and spans are places in it.

use proptest::prelude::*;
use yaql::{Environment, Expression, Limits, Value};

/// Pieces from which expressions are made.
const PIECES: [&str; 48] = [
    "$", "$x", "$.a", "1", "2.5", "007", "'s'", "\"t\"", "`v`", "abc", "true", "null", "and", "or",
    "not", "in", "mod", "+", "-", "*", "/", "=", "!=", "<", ">=", "=~", "=>", "->", ".", "?.", "(",
    ")", "[", "]", "{", "}", ",", "len(", "let(", "select(", "where(", "dict(", " ", "\n", "é",
    "'\\x4'", "'", "@",
];

fn pieces() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(&PIECES[..]), 0..24)
        .prop_map(|pieces| pieces.concat())
}

/// Checks everything that must hold for any text.
fn check(text: &str) {
    let expression = match Expression::parse(text) {
        Ok(expression) => expression,
        Err(error) => {
            assert!(text.get(error.span.range()).is_some(), "{error:?}");
            assert!(!error.message.is_empty());
            return;
        }
    };
    for read in expression.reads() {
        assert!(text.get(read.span.range()).is_some(), "{read:?}");
    }
    for call in expression.calls() {
        assert!(text[call.span.range()].contains(&*call.name), "{call:?}");
    }
    let environment = Environment::new(Value::from(vec![1.into(), "a".into()])).limits(Limits {
        iterations: 20_000,
        memory: 1 << 20,
        ..Limits::default()
    });
    if let Err(error) = expression.evaluate(&environment) {
        let span = error.span().expect("errors have a place");
        assert!(text.get(span.range()).is_some(), "{error:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_handled(text in ".{0,40}") {
        check(&text);
    }

    #[test]
    fn any_sequence_of_tokens_is_handled(text in pieces()) {
        check(&text);
    }

    #[test]
    fn integers_obey_their_laws(a in any::<i64>(), b in any::<i64>()) {
        let environment = Environment::new(Value::Null).variable("a", a).variable("b", b);
        let holds = |text: &str| {
            Expression::parse(text).unwrap().evaluate(&environment).unwrap() == Value::from(true)
        };
        prop_assert!(holds("$a + $b - $b = $a"));
        prop_assert!(holds("$a * $b = $b * $a"));
        prop_assert!(holds("int(str($a * $b)) = $a * $b"));
        prop_assert!(b == 0 || holds("($a / $b) * $b + $a mod $b = $a"));
        prop_assert!(holds("[$a, $b].max() >= [$a, $b].min()"));
    }
}
