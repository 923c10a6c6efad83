//! Evaluations outside of a workflow: the clock, randomness, limits, and the
//! functions that have nothing to ask.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use language::expression::{
    ExecutionsFilter, Fault, FunctionError, Functions, Interrupt, Limits, Random, Scope,
    Standalone, TasksFilter,
};
use yaql::{DateTime, Dict, Environment, Expression, Timespan, Value};

/// How long one evaluation may take.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// Evaluates expressions.
pub(super) struct Evaluator {
    /// `None`: the clock.
    now: Option<DateTime>,
    random: Random,
}

impl Evaluator {
    /// An evaluator whose `now()` may be fixed.
    pub(super) fn new(now: Option<&str>) -> anyhow::Result<Self> {
        let parse = |text: &str| {
            datetime(text)
                .with_context(|| format!("'{text}' is no time; write it as 2024-03-21T12:00:00Z"))
        };
        Ok(Self {
            now: now.map(parse).transpose()?,
            random: Random::seeded(RandomState::new().build_hasher().finish()),
        })
    }

    pub(super) fn evaluate(
        &self,
        expression: &Standalone,
        data: Value,
        variables: &Dict,
    ) -> Result<Value, Fault> {
        let env = data.as_dict().and_then(|data| data.get("__env")).cloned();
        let start = Instant::now();
        let expired = || start.elapsed() > TIME_LIMIT;
        let scope = Scope {
            view: data,
            functions: &NoWorkflow { env },
            now: self.now.unwrap_or_else(clock),
            random: &self.random,
            limits: &Limits::default(),
            expired: Some(&expired),
        };
        expression.evaluate(&scope, variables)
    }
}

/// A time as YAQL's `datetime(…)` reads it.
pub(super) fn datetime(text: &str) -> Option<DateTime> {
    let expression = Expression::parse("datetime($)").ok()?;
    match expression.evaluate(&Environment::new(text)) {
        Ok(Value::DateTime(time)) => Some(time),
        _ => None,
    }
}

fn clock() -> DateTime {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH);
    let micros = elapsed.map_or(0, |elapsed| elapsed.as_micros());
    let micros = i64::try_from(micros).unwrap_or(i64::MAX);
    DateTime::from_unix_micros(micros, Timespan::ZERO).unwrap_or(DateTime::EPOCH)
}

/// There is no engine to ask; `env()` comes from the data, as everywhere.
struct NoWorkflow {
    env: Option<Value>,
}

fn needs_workflow(function: &str) -> Result<Value, Interrupt> {
    let message = format!("{function}() needs a running workflow; here is only an expression");
    Err(Box::new(FunctionError { message }))
}

impl Functions for NoWorkflow {
    fn env(&self) -> Result<Value, Interrupt> {
        Ok(self.env.clone().unwrap_or_default())
    }

    fn execution(&self) -> Result<Value, Interrupt> {
        needs_workflow("execution")
    }

    fn executions(&self, _: ExecutionsFilter) -> Result<Value, Interrupt> {
        needs_workflow("executions")
    }

    fn global(&self, _: &str) -> Result<Value, Interrupt> {
        needs_workflow("global")
    }

    fn task(&self, _: Option<&str>) -> Result<Value, Interrupt> {
        needs_workflow("task")
    }

    fn tasks(&self, _: TasksFilter) -> Result<Value, Interrupt> {
        needs_workflow("tasks")
    }
}
