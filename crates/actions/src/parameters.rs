//! Declares the parameters of the standard actions, and reads them.
//!
//! Workflows are generous with types (`port: "22"`, `subject: 5`): numbers and
//! text stand for each other, null stands for "not given". Anything else is
//! refused with the name of the parameter and what was found.

use std::time::Duration;

use engine::signature::Parameter;
use yaql::{Dict, Value, python};

use crate::action::Failure;

/// A parameter that must be given.
pub(crate) fn required(name: &str) -> Parameter {
    Parameter {
        name: name.into(),
        default: None,
    }
}

/// A parameter with a default.
pub(crate) fn optional(name: &str, default: impl Into<Value>) -> Parameter {
    Parameter {
        name: name.into(),
        default: Some(default.into()),
    }
}

/// A parameter that is null unless given.
pub(crate) fn nullable(name: &str) -> Parameter {
    optional(name, Value::Null)
}

/// Typed reading of an action's input.
#[derive(Clone, Copy)]
pub(crate) struct Input<'a>(pub(crate) &'a Dict);

impl<'a> Input<'a> {
    /// The value, unless it is absent or null.
    pub(crate) fn value(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// Text, or a number as text.
    pub(crate) fn text(self, name: &str) -> Result<Option<String>, Failure> {
        self.value(name).map(|value| text(name, value)).transpose()
    }

    /// Text that is not empty; empty counts as not given.
    pub(crate) fn filled_text(self, name: &str) -> Result<Option<String>, Failure> {
        Ok(self.text(name)?.filter(|text| !text.is_empty()))
    }

    /// Text that must be there.
    pub(crate) fn required_text(self, name: &str) -> Result<String, Failure> {
        self.filled_text(name)?
            .ok_or_else(|| Failure::Refused(format!("'{name}' must not be empty")))
    }

    /// Python's truth of the value; false if absent.
    pub(crate) fn flag(self, name: &str) -> bool {
        self.value(name).is_some_and(Value::is_truthy)
    }

    /// A TCP port.
    pub(crate) fn port(self, name: &str, default: u16) -> Result<u16, Failure> {
        let Some(value) = self.value(name) else {
            return Ok(default);
        };
        let number = match value {
            Value::String(text) => text.trim().parse().ok(),
            value => value.as_i64(),
        };
        number
            .and_then(|number| u16::try_from(number).ok())
            .filter(|port| *port != 0)
            .ok_or_else(|| wrong(name, "a port from 1 to 65535", value))
    }

    /// A dictionary.
    pub(crate) fn dict(self, name: &str) -> Result<Option<&'a Dict>, Failure> {
        self.value(name)
            .map(|value| {
                value
                    .as_dict()
                    .ok_or_else(|| wrong(name, "a dictionary", value))
            })
            .transpose()
    }
}

/// A scalar as text.
pub(crate) fn text(name: &str, value: &Value) -> Result<String, Failure> {
    match value {
        Value::String(text) => Ok(text.to_string()),
        Value::Int(_) | Value::BigInt(_) | Value::Float(_) | Value::Bool(_) => {
            Ok(python::str(value))
        }
        other => Err(wrong(name, "text", other)),
    }
}

/// A time in seconds, as a number or as text.
pub(crate) fn seconds(name: &str, value: &Value) -> Result<Duration, Failure> {
    let number = match value {
        Value::String(text) => text.trim().parse().ok(),
        value => value.as_f64(),
    };
    number
        .filter(|seconds: &f64| *seconds > 0.0)
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| wrong(name, "a number of seconds above 0", value))
}

/// The refusal of a parameter. The value itself is not shown: it may be a secret.
pub(crate) fn wrong(name: &str, expected: &str, found: &Value) -> Failure {
    Failure::Refused(format!(
        "'{name}' must be {expected}, not {}",
        found.type_name()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(result: Result<impl std::fmt::Debug, Failure>) -> String {
        match result {
            Err(Failure::Refused(message)) => message,
            other => panic!("not refused: {other:?}"),
        }
    }

    #[test]
    fn numbers_and_text_stand_for_each_other() {
        let given: Dict = [("subject", Value::from(5)), ("port", Value::from("2222"))]
            .into_iter()
            .collect();
        let input = Input(&given);
        assert_eq!(input.text("subject").unwrap().as_deref(), Some("5"));
        assert_eq!(input.port("port", 22).unwrap(), 2222);
        assert_eq!(input.port("gateway_port", 22).unwrap(), 22);
    }

    #[test]
    fn refusals_name_the_parameter_but_not_the_value() {
        let given: Dict = [("password", Value::from(vec![Value::from("secret")]))]
            .into_iter()
            .collect();
        let message = refusal(Input(&given).text("password"));
        assert!(
            message.starts_with("'password' must be text, not "),
            "{message}"
        );
        assert!(!message.contains("secret"), "{message}");
    }

    #[test]
    fn ports_and_seconds_have_bounds() {
        for port in [0, 65536, -1] {
            let given: Dict = [("port", port)].into_iter().collect();
            assert!(refusal(Input(&given).port("port", 22)).contains("from 1 to 65535"));
        }
        for bad in [Value::from(0), Value::from(f64::NAN), Value::from("x")] {
            assert!(refusal(seconds("timeout", &bad)).contains("seconds above 0"));
        }
    }
}
