//! No expression runs without end, eats all memory or overflows the stack.

use std::cell::Cell;

use yaql::{Environment, EvalError, Expression, Legacy, Limit, Limits, ParseOptions, Value};

fn failure(text: &str) -> EvalError {
    let environment = Environment::new(Value::Null).limits(Limits {
        iterations: 200_000,
        memory: 2 << 20,
        ..Limits::default()
    });
    let expression = Expression::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
    match expression.evaluate(&environment) {
        Ok(value) => panic!("{text} gives {}", value.type_name()),
        Err(error) => error,
    }
}

#[test]
fn endless_sequences_end() {
    for text in [
        "sequence().len()",
        "sequence().where(false).first()",
        "sequence().any(false)",
        "a.repeat().count()",
        "[1].cycle().last()",
        "generate(1, true, $ + 1).count()",
        "range(1000000000).where($ < 0)",
        "let(x => sequence()) -> $x.zip($x).last()",
        "range(1000).select(range(1000).sum()).sum()",
    ] {
        assert_eq!(
            failure(text).reached_limit(),
            Some(Limit::Iterations),
            "{text}"
        );
    }
}

#[test]
fn memory_is_bounded() {
    for text in [
        "'a' * 100000000",
        "[0] * 10000000",
        "range(40).aggregate($1 + $1, 'ab')",
        "range(40).aggregate($1 + $1, [1])",
        "range(1000).select('a' * 1000000).toList()",
        "range(1000).select(['a' * 1000000]).toList()",
        "sequence().toList()",
        "sequence().memorize().last()",
        "range(40).aggregate($1.replace(a, aa), a)",
        "range(30).aggregate([$1, $1].join(''), ab)",
        "regex(a).replace('a' * 1000, 'b' * 10000)",
        "pow(2, 100000000)",
        "shiftBitsLeft(1, 100000000)",
        "range(100).aggregate($1 * $1, 3)",
        "sequence().orderBy($).first()",
        "sequence().groupBy($).first()",
        // What is shared is small, but not when it is compared, hashed or written.
        "range(60).aggregate([$1, $1], [1])",
        "range(60).aggregate({a => $1, b => $1}, 1).a.a",
        "range(60).aggregate([$1, $1], [1]).len()",
        "let(x => 'a' * 100000) -> range(1000).select($x).toList().len()",
    ] {
        assert_eq!(failure(text).reached_limit(), Some(Limit::Memory), "{text}");
    }
}

#[test]
fn what_is_dropped_does_not_count() {
    let environment = Environment::new(Value::Null).limits(Limits {
        memory: 4 << 20,
        ..Limits::default()
    });
    let text = "range(2000).select(([0] * 10000).len()).sum()";
    let expression = Expression::parse(text).unwrap();
    assert_eq!(
        expression.evaluate(&environment).unwrap(),
        Value::from(20_000_000)
    );
}

#[test]
fn depth_is_bounded() {
    for text in [
        "def(f, f($ + 1)) -> f(0)",
        "def(f, [1].select(f($)).first()) -> f(0)",
        "def(f, switch(true => f($))) -> f(0)",
        "def(f, let(x => $) -> [$x].where(f($)).any()) -> f(0)",
        "def(str, str($)) -> [1].join(',')",
        "range(5000).aggregate([$1], [])",
        "range(5000).aggregate({a => $1}, {})",
        "range(5000).aggregate($1.select($), [1])",
        "range(5000).aggregate($1.append($2), [])",
        "range(5000).aggregate(let(x => $1), 1)",
        "range(5000).aggregate({a => $1}.items(), 1)",
        "range(900).aggregate($1.select($), [1]).last()",
        "range(900).aggregate([$1], [])",
        "{a => {b => 1}}.mergeWith(range(900).aggregate({a => $1}, {}))",
    ] {
        assert_eq!(failure(text).reached_limit(), Some(Limit::Depth), "{text}");
    }
}

#[test]
fn deep_values_are_handled_up_to_the_limit() {
    let text = "let(x => range(900).aggregate([$1], []), y => range(900).aggregate([$1], [])) -> \
                [$x = $y, {$x => 1}.get($y), str($x).len()]";
    let value = Expression::parse(text)
        .unwrap()
        .evaluate(&Environment::new(Value::Null));
    let list = value.unwrap();
    assert_eq!(list.as_list().unwrap()[0], Value::from(true));
}

#[test]
fn the_deadline_is_asked() {
    let asked = Cell::new(0);
    let expired = || {
        asked.set(asked.get() + 1);
        asked.get() > 3
    };
    let environment = Environment::new(Value::Null).deadline(&expired);
    let error = Expression::parse("sequence().len()")
        .unwrap()
        .evaluate(&environment);
    assert_eq!(error.unwrap_err().reached_limit(), Some(Limit::Time));
    assert_eq!(asked.get(), 4);
}

#[test]
fn the_deadline_is_asked_during_long_work() {
    for text in [
        "let(d => range(3000).toDict(str($), x)) -> ('b' * 1000000).replace($d).len()",
        "let(d => range(2000).toDict($, 1)) -> range(3000).select($d.set(x, 1).len()).sum()",
        "let(t => 'a' * 100000) -> range(3000).select($t.toUpper().len()).sum()",
    ] {
        let asked = Cell::new(0);
        let expired = || {
            asked.set(asked.get() + 1);
            asked.get() > 30
        };
        let environment = Environment::new(Value::Null).deadline(&expired);
        let result = Expression::parse(text).unwrap().evaluate(&environment);
        let limit = result.unwrap_err().reached_limit();
        assert_eq!(limit, Some(Limit::Time), "{text}");
    }
}

#[test]
fn looking_around_is_bounded_in_long_texts() {
    let evaluate = |text: &str| {
        let environment = Environment::new(Value::Null);
        Expression::parse(text).unwrap().evaluate(&environment)
    };
    for (text, result) in [
        ("('a' * 100000).matches('(?<=b)c')", false),
        ("('ab' * 500000 + 'c').matches('(?<=b)c')", true),
        ("('a' * 1000000).matches('(?<=b)c')", false),
        ("('a' * 1000000).matches('b|c+')", false),
        ("('a' * 1000000).matches('(?=b+)c')", false),
    ] {
        assert_eq!(evaluate(text).unwrap(), Value::from(result), "{text}");
    }
    let endless = r"('a' * 100000).matches('(?:(?=(a*))\\1)*b')";
    let error = evaluate(endless).unwrap_err();
    assert_eq!(error.reached_limit(), Some(Limit::Iterations));
}

#[test]
fn texts_nested_too_deeply_are_refused() {
    for text in [
        "(".repeat(100_000),
        "[".repeat(100_000),
        "-".repeat(100_000) + "1",
        "not ".repeat(100_000) + "1",
        "1".to_string() + &" + 1".repeat(100_000),
        "$".to_string() + &".a".repeat(100_000),
        "f(".repeat(100_000),
        "$".to_string() + &"[0]".repeat(100_000),
        "1".to_string() + &" -> 1".repeat(100_000),
    ] {
        let error = Expression::parse(&text).unwrap_err();
        assert_eq!(error.class(), "RecursionError", "{}", &text[..8]);
    }
}

#[test]
fn common_idioms_take_linear_time() {
    for (text, result) in [
        ("range(60000).select(str($)).sum().len()", 288_890),
        ("range(5000).select([$, $]).sum().len()", 10_000),
        ("range(5000).select({$ => 1}).sum().len()", 5_000),
        ("regex('a').searchAll('a' * 20000, $.start).last()", 19_999),
        ("range(5000).orderByDescending($ mod 7).first()", 6),
        ("range(5000).select($ mod 1000).distinct().len()", 1_000),
        (
            "('a' * 1000000).trim(range(5000).select(hex($)).sum() + 'a').len()",
            0,
        ),
        (
            "let(d => range(50000).toDict($, 1)) -> $d.deleteAll(range(25000)).len()",
            25_000,
        ),
    ] {
        let value = Expression::parse(text)
            .unwrap()
            .evaluate(&Environment::new(Value::Null));
        assert_eq!(value.unwrap(), Value::from(result), "{text}");
    }
}

#[test]
fn long_legacy_tuples_are_read_in_linear_time() {
    let options = ParseOptions {
        legacy: Legacy::Full,
        ..ParseOptions::default()
    };
    let text = "1".to_owned() + &" => 1".repeat(200_000);
    let tuple = Expression::parse_with(&format!("({text}).len()"), options).unwrap();
    let length = tuple.evaluate(&Environment::new(Value::Null)).unwrap();
    assert_eq!(length, Value::from(200_001));
}
