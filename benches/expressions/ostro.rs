//! Times strings with expressions in them: one question in JSON on standard input,
//! one answer on standard output. `compare.py` beside this file asks.
//!
//! Nanoseconds are the best of five batches, so other work on the machine disturbs little.

use std::collections::BTreeMap;
use std::io::Read;
use std::time::{Duration, Instant};

use language::expression::{
    ExecutionsFilter, Functions, Interrupt, Languages, Limits, Random, Scope, TasksFilter, Template,
};
use serde::Deserialize;
use yaql::{DateTime, Value, json};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Deserialize)]
struct Question {
    /// The view: `$` and `_`.
    data: Value,
    cases: BTreeMap<String, String>,
    /// How long to repeat each measurement.
    milliseconds: f64,
}

/// There is no engine behind the functions.
struct Nothing;

impl Functions for Nothing {
    fn env(&self) -> Result<Value, Interrupt> {
        Ok(Value::Null)
    }

    fn execution(&self) -> Result<Value, Interrupt> {
        Ok(Value::Null)
    }

    fn executions(&self, _: ExecutionsFilter) -> Result<Value, Interrupt> {
        Ok(Value::Null)
    }

    fn global(&self, _: &str) -> Result<Value, Interrupt> {
        Ok(Value::Null)
    }

    fn task(&self, _: Option<&str>) -> Result<Value, Interrupt> {
        Ok(Value::Null)
    }

    fn tasks(&self, _: TasksFilter) -> Result<Value, Interrupt> {
        Ok(Value::Null)
    }
}

/// Nanoseconds per call.
fn best(budget: Duration, mut call: impl FnMut()) -> f64 {
    let mut time = |repeats: u32| {
        let begin = Instant::now();
        (0..repeats).for_each(|_| call());
        begin.elapsed().as_secs_f64() / f64::from(repeats)
    };
    let first = (0..3).map(|_| time(1)).fold(f64::INFINITY, f64::min);
    let repeats = (budget.as_secs_f64() / 5.0 / first.max(1e-8)).clamp(1.0, 1e7) as u32;
    (0..5).map(|_| time(repeats)).fold(first, f64::min) * 1e9
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let question: Question = serde_json::from_str(&text)?;
    let budget = Duration::from_secs_f64(question.milliseconds / 1e3);
    let scope = Scope {
        view: question.data,
        functions: &Nothing,
        now: DateTime::EPOCH,
        random: &Random::seeded(1),
        limits: &Limits::default(),
        expired: Some(&|| false),
    };
    let languages = Languages::default();
    let mut answers = yaql::Dict::new();
    for (name, text) in question.cases {
        let text = Value::from(text);
        let template = Template::compile(&text, &languages)?;
        let result = template.evaluate(&scope)?;
        let each = best(budget, || {
            let template = Template::compile(&text, &languages).expect("it was compiled before");
            std::hint::black_box(template.evaluate(&scope).is_ok());
        });
        let once = best(budget, || {
            std::hint::black_box(template.evaluate(&scope).is_ok());
        });
        let answer = [
            ("each", each.into()),
            ("once", once.into()),
            ("result", result),
        ];
        answers.insert(name, answer.into_iter().collect::<yaql::Dict>());
    }
    println!("{}", json::to_string(&answers.into()));
    Ok(())
}
