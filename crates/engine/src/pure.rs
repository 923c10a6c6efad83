//! The actions without an outside effect: what they answer, and after how long.
//!
//! A pure action is a function of its input, so the engine may run it inside a
//! transition and the executors run the same code: there is one truth. Nothing
//! here waits: a delay is part of the answer (workflow language §11.1).

use std::time::Duration;

use yaql::{Dict, Value, json, python};

/// The most entries that `std.test_dict` makes.
pub const MAX_TEST_DICT_ENTRIES: i64 = 1_000_000;

/// The largest result of `std.test_dict`, in bytes of JSON text.
pub const MAX_TEST_DICT_BYTES: usize = 64 << 20;

/// The longest delay: a hundred years, so that adding it to a clock is safe.
const MAX_DELAY_SECONDS: f64 = 3_155_760_000.0;

/// How a run of an action ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The action's result.
    Success(Value),
    /// What the action reports as its error.
    Error(Value),
}

impl Outcome {
    /// The error of an action that raised instead of answering (workflow
    /// language §11.1, "How exceptions look").
    pub fn raised(action: &str, action_execution_id: Option<&str>, message: &str) -> Self {
        let label = match action {
            "std.fail" => "Fail action",
            other => other,
        };
        let id = action_execution_id.unwrap_or("None");
        Self::Error(Value::from(format!(
            "The action raised an exception [action={label}, action_ex_id={id}, msg='{message}']"
        )))
    }

    /// The error of an action that refuses its input before it runs (workflow
    /// language §8.4, "action constructor fails").
    pub fn refused(action: &str, message: &str) -> Self {
        Self::Error(Value::from(format!(
            "Failed to instantiate an action [action_desc={action}]: {message}"
        )))
    }

    /// Whether this is a success.
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Success(_))
    }
}

/// The answer of a pure action.
#[derive(Clone, Debug, PartialEq)]
pub struct Pure {
    /// How long after the start the outcome is due; zero for most.
    pub delay: Duration,
    /// What the action then reports.
    pub outcome: Outcome,
}

/// Runs the pure action of that name; `None` if there is none.
///
/// `std.async_noop` is not one of them: its result comes from outside.
pub fn run(name: &str, input: &Dict, action_execution_id: Option<&str>) -> Option<Pure> {
    let raised = |message: &str| Outcome::raised(name, action_execution_id, message);
    let delay = match name {
        "std.echo" => seconds(float(input.get("delay"))),
        "std.sleep" => seconds(whole(input.get("seconds").unwrap_or(&Value::from(1)))),
        _ => Duration::ZERO,
    };
    let outcome = match name {
        "std.noop" | "std.sleep" => Outcome::Success(Value::Null),
        "std.echo" => Outcome::Success(input.get("output").cloned().unwrap_or(Value::Null)),
        "std.fail" => fail(input).unwrap_or_else(|| raised("Fail action expected exception.")),
        "std.test_dict" => test_dict(input)
            .map(Outcome::Success)
            .unwrap_or_else(|message| raised(&message)),
        _ => return None,
    };
    Some(Pure { delay, outcome })
}

/// Whether nobody outside notices that an action starts, so that it may start again.
pub fn has_no_effect(name: &str) -> bool {
    name == "std.async_noop"
}

/// How large the result of a pure action would be in bytes of JSON text, as far
/// as it is larger than its input. The engine leaves a large one to an executor.
pub fn result_bytes(name: &str, input: &Dict) -> usize {
    match name {
        "std.test_dict" => TestDict::of(input).map_or(0, |dict| dict.bytes()),
        _ => 0,
    }
}

fn fail(input: &Dict) -> Option<Outcome> {
    let data = input.get("error_data").filter(|data| data.is_truthy())?;
    Some(Outcome::Error(data.clone()))
}

struct TestDict {
    size: usize,
    prefix: String,
    val: Value,
}

fn test_dict(input: &Dict) -> Result<Value, String> {
    let TestDict { size, prefix, val } = TestDict::of(input)?.within_limits()?;
    let entries = (0..size).map(|i| (format!("{prefix}{i}"), val.clone()));
    Ok(Value::Dict(entries.collect()))
}

impl TestDict {
    fn of(input: &Dict) -> Result<Self, String> {
        let text = || Value::from("");
        let size = input.get("size").cloned().unwrap_or(Value::from(0));
        let Some(size) = size.as_i64() else {
            return Err(format!(
                "'size' must be an integer, not {}",
                python::repr(&size)
            ));
        };
        if size > MAX_TEST_DICT_ENTRIES {
            return Err(format!(
                "'size' is {size}, the limit is {MAX_TEST_DICT_ENTRIES} entries"
            ));
        }
        Ok(Self {
            size: usize::try_from(size).unwrap_or(0),
            prefix: python::str(&input.get("key_prefix").cloned().unwrap_or_else(text)),
            val: input.get("val").cloned().unwrap_or_else(text),
        })
    }

    /// An upper bound: each key is counted with the most digits.
    fn bytes(&self) -> usize {
        let digits = self.size.to_string().len();
        let entry = self.prefix.len() + digits + json::to_string(&self.val).len() + 4;
        self.size.saturating_mul(entry)
    }

    fn within_limits(self) -> Result<Self, String> {
        match self.bytes() {
            bytes if bytes > MAX_TEST_DICT_BYTES => Err(format!(
                "the result would have {bytes} bytes, the limit is {MAX_TEST_DICT_BYTES}"
            )),
            _ => Ok(self),
        }
    }
}

fn seconds(seconds: f64) -> Duration {
    let seconds = if seconds.is_nan() { 0.0 } else { seconds };
    Duration::from_secs_f64(seconds.clamp(0.0, MAX_DELAY_SECONDS))
}

/// Python's `float(x)`, or 0 for what is no number.
fn float(value: Option<&Value>) -> f64 {
    match value {
        Some(Value::String(text)) => text.trim().parse().unwrap_or(0.0),
        Some(Value::Bool(flag)) => f64::from(u8::from(*flag)),
        Some(value) => value.as_f64().unwrap_or(0.0),
        None => 0.0,
    }
}

/// Python's `int(x)`, or 0 for what is no number: text must be a whole number.
fn whole(value: &Value) -> f64 {
    match value {
        Value::String(text) if text.trim().parse::<i64>().is_err() => 0.0,
        value => float(Some(value)).trunc(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input<const N: usize>(entries: [(&str, Value); N]) -> Dict {
        entries.into_iter().collect()
    }

    fn success(name: &str, given: &Dict) -> (f64, Value) {
        let Pure { delay, outcome } = run(name, given, None).expect("a pure action");
        match outcome {
            Outcome::Success(value) => (delay.as_secs_f64(), value),
            Outcome::Error(value) => panic!("{name} failed: {value:?}"),
        }
    }

    fn error(name: &str, given: &Dict) -> String {
        match run(name, given, Some("a-1"))
            .expect("a pure action")
            .outcome
        {
            Outcome::Error(value) => python::str(&value),
            Outcome::Success(value) => panic!("{name} succeeded: {value:?}"),
        }
    }

    #[test]
    fn echo_answers_its_output_after_the_delay() {
        let output = Value::from("hi");
        for (delay, expected) in [
            (Value::from("0.5"), 0.5),
            (Value::from(2), 2.0),
            (Value::from(-1), 0.0),
            (Value::from("soon"), 0.0),
            (Value::from("nan"), 0.0),
            (Value::from("inf"), MAX_DELAY_SECONDS),
        ] {
            let given = input([("output", output.clone()), ("delay", delay)]);
            assert_eq!(success("std.echo", &given), (expected, output.clone()));
        }
    }

    #[test]
    fn sleep_takes_whole_seconds() {
        for (seconds, expected) in [
            (Value::from("3"), 3.0),
            (Value::from("3.5"), 0.0),
            (Value::from(2.9), 2.0),
            (Value::from(-4), 0.0),
            (Value::Null, 0.0),
        ] {
            let given = input([("seconds", seconds)]);
            assert_eq!(success("std.sleep", &given), (expected, Value::Null));
        }
        assert_eq!(success("std.sleep", &Dict::new()), (1.0, Value::Null));
    }

    #[test]
    fn fail_reports_its_data_or_raises() {
        assert_eq!(
            error("std.fail", &input([("error_data", "no".into())])),
            "no"
        );
        let raised = "The action raised an exception [action=Fail action, action_ex_id=a-1, \
                      msg='Fail action expected exception.']";
        for data in [Value::Null, Value::from(0), Value::from("")] {
            assert_eq!(error("std.fail", &input([("error_data", data)])), raised);
        }
    }

    #[test]
    fn test_dict_has_as_many_entries_as_asked() {
        let given = input([
            ("size", 2.into()),
            ("key_prefix", "k".into()),
            ("val", 7.into()),
        ]);
        let (_, dict) = success("std.test_dict", &given);
        assert_eq!(json::to_string(&dict), r#"{"k0":7,"k1":7}"#);
        assert!(result_bytes("std.test_dict", &given) >= json::to_string(&dict).len() - 2);
    }

    #[test]
    fn test_dict_is_bounded() {
        let many = input([("size", (MAX_TEST_DICT_ENTRIES + 1).into())]);
        assert!(error("std.test_dict", &many).contains("the limit is 1000000 entries"));
        let wide = input([("size", 1_000_000.into()), ("val", "x".repeat(100).into())]);
        assert!(error("std.test_dict", &wide).contains("the limit is 67108864"));
        let text = input([("size", "3".into())]);
        assert!(error("std.test_dict", &text).contains("'size' must be an integer, not '3'"));
    }

    #[test]
    fn other_actions_are_not_pure() {
        assert_eq!(run("std.async_noop", &Dict::new(), None), None);
        assert_eq!(run("std.http", &Dict::new(), None), None);
    }
}
