//! What embedding programs rely on: hosts, errors for humans, inspection.

use yaql::{
    Accepts, ArgumentSite, CallSite, DateTime, Environment, EvalError, Evaluation, Expression,
    Host, HostFunction, HostParameter, Read, Timespan, Value, json,
};

/// A host with one function that works and one whose data is not there yet.
struct Tasks;

#[derive(Debug, thiserror::Error)]
#[error("task {0} is not loaded")]
struct NotLoaded(String);

const FUNCTIONS: [HostFunction; 2] = [
    HostFunction {
        name: "task",
        parameters: &[HostParameter {
            name: "taskName",
            accepts: Accepts::String,
            optional: true,
        }],
    },
    HostFunction {
        name: "load_task",
        parameters: &[
            HostParameter {
                name: "name",
                accepts: Accepts::String,
                optional: false,
            },
            HostParameter {
                name: "flat",
                accepts: Accepts::Bool,
                optional: true,
            },
        ],
    },
];

impl Host for Tasks {
    fn functions(&self) -> &[HostFunction] {
        &FUNCTIONS
    }

    fn call(
        &self,
        function: &HostFunction,
        args: &[Option<Value>],
        _: &Evaluation<'_>,
    ) -> Result<Value, EvalError> {
        let name = args[0].as_ref().and_then(Value::as_str).unwrap_or("none");
        match function.name {
            "task" => Ok(name.into()),
            _ => Err(EvalError::host(NotLoaded(name.into()))),
        }
    }
}

fn evaluate(text: &str) -> Result<Value, EvalError> {
    let data = json::parse(r#"{"a": {"b": 1}, "list": [1, 2]}"#).expect("it is valid");
    let now =
        DateTime::from_unix_micros(1_700_000_000_000_000, Timespan::ZERO).expect("it is valid");
    let environment = Environment::new(data).host(&Tasks).seed(1).now(now);
    Expression::parse(text)
        .expect("it is valid")
        .evaluate(&environment)
}

#[test]
fn host_functions_are_called_like_others() {
    for (text, result) in [
        ("task(x)", "\"x\""),
        ("task(taskName => 'y z')", "\"y z\""),
        ("task()", "\"none\""),
        ("task(null)", "\"none\""),
        ("[a, b].select(task($))", r#"["a","b"]"#),
        ("call(task, [x], {})", "\"x\""),
        ("def(task, 1) -> task(x)", "1"),
    ] {
        assert_eq!(json::to_string(&evaluate(text).unwrap()), result, "{text}");
    }
    for text in [
        "task(1)",
        "task(a, b)",
        "task(a, taskName => b)",
        "load_task()",
        "task(name => a)",
    ] {
        assert_eq!(
            evaluate(text).unwrap_err().class(),
            "NoMatchingFunctionException",
            "{text}"
        );
    }
    assert_eq!(
        evaluate("x.task()").unwrap_err().class(),
        "NoMethodRegisteredException"
    );
}

#[test]
fn errors_of_the_host_pass_through_everything() {
    for text in [
        "load_task(x)",
        "coalesce(load_task(x), 1)",
        "switch(load_task(x) => 1, true => 2)",
        "[1].select(load_task(x))",
        "[1, 2].groupBy(1, $, load_task(x))",
        "[3, 1].orderBy(load_task(x))",
        "def(f, load_task(x)) -> f() or true",
    ] {
        let error = evaluate(text).unwrap_err();
        assert!(error.span().is_some());
        let inner = error.into_host_error().expect(text);
        assert!(inner.downcast_ref::<NotLoaded>().is_some(), "{text}");
    }
    assert!(evaluate("1 / 0").unwrap_err().into_host_error().is_err());
}

#[test]
fn errors_tell_the_place_and_what_to_write() {
    for (text, place, help) in [
        ("1 + len(5)", "len(5)", "found int; expected len("),
        ("$.a.c", "$.a.c", "the dict has the keys b"),
        ("[1].selct($)", "selct($)", "did you mean `select`?"),
        ("lenn(x)", "lenn(x)", "did you mean `len`?"),
        ("tsk(x)", "tsk(x)", "did you mean `task`?"),
        (
            "group_by($)",
            "group_by($)",
            "did you mean value.groupBy(…)?",
        ),
        (
            "toUpper(x)",
            "toUpper(x)",
            "`toUpper` is a method: write value.toUpper(…)",
        ),
        ("x.str()", "str()", "`str` is a function: write str(…)"),
        ("not(true)", "not(true)", "`not` is an operator"),
        ("1 + x", "1 + x", "found int, string; expected"),
        (
            "$.list[7]",
            "$.list[7]",
            "the list has 2 items, counted from 0",
        ),
        (
            "$.a.b.c",
            "$.a.b.c",
            "`.c` needs a dict or a list of dicts on its left",
        ),
        ("[].first()", "first()", "give a default"),
        ("true and (1 + (2 / 0))", "2 / 0", ""),
    ] {
        let error = evaluate(text).unwrap_err();
        let span = error.span().expect("a place");
        assert_eq!(&text[span.range()], place, "{text}: {error:?}");
        let found = error.help().unwrap_or_default();
        assert!(found.contains(help), "{text}: {found}");
    }
}

#[test]
fn faults_of_syntax_tell_what_to_write() {
    for (text, place, help) in [
        ("1 == 2", "=", "write a single `=` to compare"),
        (
            "len ('a')",
            "(",
            "no blank between a function's name and its `(`",
        ),
        ("[1, 2,]", "]", "remove the last comma"),
        (
            "$.and",
            "and",
            "this word is an operator; write get('name')",
        ),
        ("a && b", "&", "write `and`"),
        (
            "(a => 1)",
            "=>",
            "`=>` belongs directly into an argument list",
        ),
        ("'abc", "'", "the string is not closed"),
        ("1 +", "", "the expression is not finished"),
    ] {
        let error = Expression::parse(text).unwrap_err();
        assert_eq!(&text[error.span.range()], place, "{text}");
        assert_eq!(error.help.as_deref(), Some(help), "{text}");
    }
}

#[test]
fn evaluations_repeat() {
    let text = "[random(), random(1, 1000000), now(), set(3, 1, 2).toList()]";
    assert_eq!(evaluate(text).unwrap(), evaluate(text).unwrap());
}

fn read(variable: Option<&str>, path: &[&str], text: &str, shown: &str) -> Read {
    let start = u32::try_from(text.find(shown).expect("it is valid")).expect("it is valid");
    Read {
        variable: variable.map(Into::into),
        path: path.iter().map(|name| (*name).into()).collect(),
        span: yaql::Span {
            start,
            end: start + u32::try_from(shown.len()).expect("it is valid"),
        },
    }
}

#[test]
fn reads_are_those_of_the_data() {
    for (text, reads) in [
        (
            "$.a.b + $[c]",
            vec![(None, vec!["a", "b"], "$.a.b"), (None, vec!["c"], "$[c]")],
        ),
        (
            "$.l.where($.x > $y.z)",
            vec![(None, vec!["l"], "$.l"), (Some("y"), vec!["z"], "$y.z")],
        ),
        (
            "switch($.a => $.b)",
            vec![(None, vec!["a"], "$.a"), (None, vec!["b"], "$.b")],
        ),
        (
            "let(x => $.a) -> $.b + $x",
            vec![(None, vec!["a"], "$.a"), (None, vec!["b"], "$.b")],
        ),
        ("let($.a) -> $.b", vec![(None, vec!["a"], "$.a")]),
        ("$.a.keys()", vec![(None, vec!["a"], "$.a")]),
        ("def(f, $.x) -> f($.y)", vec![(None, vec!["y"], "$.y")]),
    ] {
        let expected: Vec<Read> = reads
            .into_iter()
            .map(|(name, path, shown)| read(name, &path, text, shown))
            .collect();
        assert_eq!(Expression::parse(text).unwrap().reads(), expected, "{text}");
    }
}

#[test]
fn calls_have_literal_arguments() {
    let text = "task(build).result + $.l.join(',', separator => 5)";
    let calls = Expression::parse(text).unwrap().calls();
    let span = |start, end| yaql::Span { start, end };
    let task = CallSite {
        name: "task".into(),
        is_method: false,
        arguments: vec![ArgumentSite {
            keyword: None,
            literal: Some("build".into()),
            span: span(5, 10),
        }],
        span: span(0, 11),
    };
    assert_eq!(calls[0], task);
    assert_eq!((&*calls[1].name, calls[1].is_method), ("join", true));
    assert_eq!(calls[1].arguments[1].keyword.as_deref(), Some("separator"));
}

#[test]
fn values_and_expressions_cross_threads() {
    fn check<T: Send + Sync + Clone>() {}
    check::<Value>();
    check::<Expression>();
    fn check_error<T: Send + Sync>() {}
    check_error::<EvalError>();
}
