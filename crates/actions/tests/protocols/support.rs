//! Runs actions as the runner does.

use std::time::Duration;

use actions::{ActionContext, Config, HttpConfig, Outcome, Registry};
use yaql::{Dict, Value, json, python};

/// No test waits longer than this for anything.
const PATIENCE: Duration = Duration::from_secs(20);

/// Settings under which 127.0.0.1 may be called.
pub(crate) fn open() -> Config {
    Config {
        http: HttpConfig {
            denied_cidrs: Vec::new(),
            ..HttpConfig::default()
        },
        ..Config::default()
    }
}

/// Runs an action with an input given as JSON.
pub(crate) async fn run(config: &Config, action: &str, input: serde_json::Value) -> Outcome {
    run_in(config, action, input, ActionContext::default()).await
}

/// The same, for an execution.
pub(crate) async fn run_in(
    config: &Config,
    action: &str,
    input: serde_json::Value,
    context: ActionContext,
) -> Outcome {
    let registry = Registry::standard(config);
    let action = registry.get(action).expect("a standard action");
    let input = dict(&input);
    action.signature().check(&input).expect("a fitting input");
    in_time(action.run(input, context)).await
}

/// Waits, but not for ever.
pub(crate) async fn in_time<T>(work: impl Future<Output = T>) -> T {
    let bounded = tokio::time::timeout(PATIENCE, work).await;
    bounded.expect("an end in time")
}

/// The value of a success.
pub(crate) fn success(outcome: Outcome) -> Value {
    match outcome {
        Outcome::Success(value) => value,
        Outcome::Error(value) => panic!("the action failed: {}", python::str(&value)),
    }
}

/// The value of an error.
pub(crate) fn error(outcome: Outcome) -> Value {
    match outcome {
        Outcome::Error(value) => value,
        Outcome::Success(value) => panic!("the action succeeded: {}", json::to_string(&value)),
    }
}

/// The text of an error.
pub(crate) fn error_text(outcome: Outcome) -> String {
    python::str(&error(outcome))
}

/// An entry of a dictionary.
pub(crate) fn entry(value: &Value, name: &str) -> Value {
    let dict = value.as_dict().expect("a dictionary");
    dict.get(name).expect("an entry of that name").clone()
}

fn dict(input: &serde_json::Value) -> Dict {
    let value = json::parse(&input.to_string()).expect("JSON");
    value.as_dict().expect("an object").clone()
}
