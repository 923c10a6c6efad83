//! The actions without outside effect, and real waiting.

use std::time::{Duration, Instant};

use actions::{ActionContext, Config, Registry};
use serde_json::json;
use yaql::{Dict, Value};

use crate::support::{error_text, run, run_in, success};

#[tokio::test]
async fn echo_waits_for_its_delay() {
    let started = Instant::now();
    let input = json!({"output": [1], "delay": 0.05});
    let result = success(run(&Config::default(), "std.echo", input).await);
    assert_eq!(result, Value::from(vec![Value::from(1)]));
    assert!(started.elapsed() >= Duration::from_millis(50));
}

#[tokio::test]
async fn noop_sleep_and_async_noop_answer_null() {
    for (action, input) in [
        ("std.noop", json!({})),
        ("std.sleep", json!({"seconds": 0})),
        ("std.async_noop", json!({})),
    ] {
        let result = success(run(&Config::default(), action, input).await);
        assert_eq!(result, Value::Null, "{action}");
    }
}

#[tokio::test]
async fn fail_names_its_execution() {
    let context = ActionContext {
        action_execution_id: Some("a-1".into()),
        ..ActionContext::default()
    };
    let failed = run_in(&Config::default(), "std.fail", json!({}), context).await;
    assert_eq!(
        error_text(failed),
        "The action raised an exception [action=Fail action, action_ex_id=a-1, \
         msg='Fail action expected exception.']"
    );
}

#[tokio::test]
async fn a_sleep_can_be_dropped() {
    let registry = Registry::standard(&Config::default());
    let action = registry.get("std.sleep").unwrap();
    let input: Dict = [("seconds", 3600)].into_iter().collect();
    let run = action.run(input, ActionContext::default());
    let bounded = tokio::time::timeout(Duration::from_millis(10), run).await;
    assert!(bounded.is_err());
}
