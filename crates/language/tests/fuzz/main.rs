//! Random input for everything that reads text of strangers: YAQL, Jinja, definitions.
//!
//! A case is a number: it seeds a text which is well formed more often than not,
//! so that cases reach deep. Whatever the text, nothing may panic, overflow the
//! stack, or take long; places of errors lie in the text; an evaluation repeats
//! itself. `CASES` is how many cases to run, `FIRST` the first one:
//!
//! ```text
//! CASES=10000000 cargo test --release -p language --test fuzz
//! FIRST=123456 CASES=1 SHOW=1 cargo test -p language --test fuzz yaql
//! ```

mod definition;
mod jinja;
mod mutate;
mod random;
mod yaql;

use std::cell::Cell;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use ::yaql::{DateTime, Delegates, Dict, Legacy, Value, json};
use language::expression::{
    ExecutionsFilter, Fault, Functions, Interrupt, Language, Languages, Limits, Random as Dice,
    Scope, Standalone, TasksFilter, YaqlSetup,
};
use language::{KnownActions, Source, compile, lint, parse_workflows};
use random::Random;

/// How many cases an ordinary test run has, of each kind.
const FEW: u64 = 4000;

/// No case may take longer, however slow the machine and the build are.
const TOO_LONG: Duration = Duration::from_secs(10);

/// After how many cases there is a line about them.
const REPORT: u64 = 250_000;

const LIMITS: Limits = Limits {
    iterations: 20_000,
    memory: 4 << 20,
    depth: 80,
};

const DATA: &str = r#"{"n": 7, "zero": 0, "s": "žluť 日本 😀 text", "list": [3, 1, 2, 1], "big": 123456789012345678901234567890,
    "dict": {"a": 1, "b": [1, {"c": null}], "1": 2.5}, "nested": {"a": {"b": [[1, 2], [3]]}},
    "people": [{"name": "Eva", "age": 31, "k": 1}, {"name": "Bob", "age": null, "k": 2}, {"name": "Zoe", "age": 3, "k": 1}]}"#;

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} must be a number, not '{text}'")),
    )
}

/// Runs all cases of a kind; a failure names the case and shows its text.
fn run(kind: &str, make: fn(&mut Random) -> String, check: impl Fn(&str, &mut Random)) {
    let first = number("FIRST").unwrap_or(0);
    let count = number("CASES").unwrap_or(FEW);
    let show = std::env::var_os("SHOW").is_some();
    let begin = Instant::now();
    for case in first..first.saturating_add(count) {
        let mut random = Random::seeded(case);
        let text = make(&mut random);
        let text = mutate::mutate(&mut random, text);
        if show {
            println!("{kind} case {case}: {text}");
        }
        let attempt = || {
            let start = Instant::now();
            let mut random = random.clone();
            let outcome = catch_unwind(AssertUnwindSafe(|| check(&text, &mut random)));
            assert!(outcome.is_ok(), "{kind} case {case} panics:\n{text}");
            start.elapsed()
        };
        let mut elapsed = attempt();
        if elapsed > TOO_LONG {
            // On a busy machine it may just have had to wait.
            elapsed = attempt();
        }
        assert!(
            elapsed < TOO_LONG,
            "{kind} case {case} takes {elapsed:?}:\n{text}"
        );
        let done = case + 1 - first;
        if done.is_multiple_of(REPORT) {
            let minutes = begin.elapsed().as_secs() / 60;
            println!("{kind}: {done} of {count} cases are fine after {minutes} min");
        }
    }
}

/// Every function is there and gives nothing.
struct Nothing;

impl Functions for Nothing {
    fn env(&self) -> Result<Value, Interrupt> {
        Ok(Value::Null)
    }

    fn execution(&self) -> Result<Value, Interrupt> {
        Ok(Value::Null)
    }

    fn executions(&self, _: ExecutionsFilter) -> Result<Value, Interrupt> {
        Ok(Vec::new().into())
    }

    fn global(&self, _: &str) -> Result<Value, Interrupt> {
        Ok(Value::Null)
    }

    fn task(&self, _: Option<&str>) -> Result<Value, Interrupt> {
        Ok(Value::Null)
    }

    fn tasks(&self, _: TasksFilter) -> Result<Value, Interrupt> {
        Ok(Vec::new().into())
    }
}

thread_local! {
    static VIEW: Value = json::parse(DATA).expect("it is JSON");
}

/// What a result or an error looks like; texts of errors name no addresses.
fn evaluate(text: &str, parsed: Result<Standalone, Fault>) -> Option<String> {
    let asked = Cell::new(0);
    let expired = || {
        asked.set(asked.get() + 1);
        asked.get() > 1000
    };
    let scope = Scope {
        view: VIEW.with(Clone::clone),
        functions: &Nothing,
        now: DateTime::EPOCH,
        random: &Dice::seeded(1),
        limits: &LIMITS,
        expired: Some(&expired),
    };
    let variables: Dict = [("x", Value::from(1))].into_iter().collect();
    match parsed.and_then(|parsed| parsed.evaluate(&scope, &variables)) {
        Ok(value) => {
            let _ = value.is_truthy();
            Some(json::to_string(&value))
        }
        Err(fault) => {
            check_range(text, fault.range);
            None
        }
    }
}

fn check_range(text: &str, range: Option<Range<usize>>) {
    if let Some(range) = range {
        assert!(
            text.get(range.clone()).is_some(),
            "{range:?} is no part of the text"
        );
    }
}

fn setup(random: &mut Random) -> YaqlSetup {
    let mut setup = YaqlSetup::default();
    if random.one_in(2) {
        return setup;
    }
    setup.syntax.legacy = [Legacy::Off, Legacy::Library, Legacy::Full][random.below(3)];
    setup.syntax.delegates = [Delegates::Off, Delegates::ParseOnly, Delegates::On][random.below(3)];
    setup.syntax.keyword_operator = random.pick(&["=>", "=>", ":", ""]).into();
    setup.options.limit_iterators = random.one_in(4).then_some(3);
    setup.options.memory_quota = random.one_in(4).then_some(500);
    setup.options.convert_input_data = !random.one_in(4);
    setup.options.convert_output_data = !random.one_in(4);
    setup.options.convert_tuples_to_lists = !random.one_in(4);
    setup.options.convert_sets_to_lists = random.one_in(4);
    setup.options.iterable_dicts = random.one_in(4);
    setup
}

#[test]
fn yaql() {
    run("yaql", yaql::expression, |text, random| {
        let setup = setup(random);
        let parse = || Standalone::bare(text, Language::Yaql, &setup);
        let first = evaluate(text, parse());
        if random.one_in(16) {
            assert_eq!(
                first,
                evaluate(text, parse()),
                "the second evaluation differs"
            );
        }
    });
}

#[test]
fn jinja() {
    run("jinja", jinja::template, |text, random| {
        let parse = || Standalone::inline(text, &YaqlSetup::default());
        let first = evaluate(text, parse());
        if random.one_in(16) {
            assert_eq!(
                first,
                evaluate(text, parse()),
                "the second evaluation differs"
            );
        }
    });
}

#[test]
fn definitions() {
    run("definitions", definition::document, |text, _| {
        let source = Source::new("case", text);
        for diagnostic in lint(&source, &KnownActions::any()) {
            let _ = diagnostic.render(&source).to_string();
            for label in &diagnostic.labels {
                check_range(text, Some(label.span.range()));
            }
        }
        for spec in parse_workflows(text).unwrap_or_default() {
            let _ = compile(&spec, &Languages::default());
        }
    });
}
