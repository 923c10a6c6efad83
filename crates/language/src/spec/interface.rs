//! What the API tells about the input and output of a definition (REST API §6, §7).

use yaql::{Dict, Value, json};

use super::model::{ActionSpec, InputSpec, WorkflowSpec};
use super::python;

impl WorkflowSpec {
    /// The input in one line: `name, greet="hi", cnt="3"`. A default is Python's
    /// `str()` in double quotes, whatever its type.
    pub fn input_text(&self) -> String {
        one_line(&self.input, |value| {
            format!("\"{}\"", python::value_str(value))
        })
    }

    /// `{"input": …, "output": …}`: the input as written, the keys of the output.
    pub fn interface(&self) -> Value {
        let input: Vec<_> = self.input.iter().map(as_written).collect();
        let output = self.output.iter().flat_map(|output| output.keys().cloned());
        let mut interface = Dict::new();
        interface.insert("input", input);
        interface.insert("output", output.collect::<Vec<_>>());
        Value::from(interface)
    }
}

impl ActionSpec {
    /// The input in one line: `x, y=5`. Defaults are JSON.
    pub fn input_text(&self) -> String {
        one_line(&self.input, json::to_python_string)
    }
}

fn one_line(input: &[InputSpec], show: impl Fn(&Value) -> String) -> String {
    let shown = input.iter().map(|input| match &input.default {
        None => input.name.to_string(),
        Some(default) => format!("{}={}", input.name, show(default)),
    });
    shown.collect::<Vec<_>>().join(", ")
}

fn as_written(input: &InputSpec) -> Value {
    match &input.default {
        None => Value::from(input.name.clone()),
        Some(default) => Value::from(Dict::from_iter([(input.name.clone(), default.clone())])),
    }
}
