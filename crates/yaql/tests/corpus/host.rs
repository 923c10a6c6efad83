//! The functions of the embedding program that the corpus needs.

use yaql::{
    Accepts, Dict, EvalError, Evaluation, Host, HostFunction, HostParameter, List, Value, json,
};

const DATA: [HostParameter; 1] = [HostParameter {
    name: "data",
    accepts: Accepts::Any,
    optional: false,
}];

const FUNCTIONS: [HostFunction; 4] = [
    HostFunction {
        name: "env",
        parameters: &[],
    },
    HostFunction {
        name: "uuid",
        parameters: &[],
    },
    HostFunction {
        name: "json_parse",
        parameters: &DATA,
    },
    HostFunction {
        name: "json_dump",
        parameters: &DATA,
    },
];

pub(crate) struct TestHost {
    env: Value,
}

impl TestHost {
    pub(crate) fn new(data: &Value) -> Self {
        let env = data.as_dict().and_then(|data| data.get("__env"));
        TestHost {
            env: env.cloned().unwrap_or_default(),
        }
    }
}

impl Host for TestHost {
    fn functions(&self) -> &[HostFunction] {
        &FUNCTIONS
    }

    fn call(
        &self,
        function: &HostFunction,
        args: &[Option<Value>],
        evaluation: &Evaluation<'_>,
    ) -> Result<Value, EvalError> {
        match function.name {
            "env" => Ok(self.env.clone()),
            "uuid" => Ok(uuid(evaluation.random(), evaluation.random()).into()),
            "json_parse" => parse(args[0].as_ref().expect("it is required")),
            _ => dump(args[0].as_ref().expect("it is required"), evaluation),
        }
    }
}

fn uuid(a: u64, b: u64) -> String {
    format!(
        "{:08x}-{:04x}-4{:03x}-{:x}{:03x}-{:012x}",
        a >> 32,
        a >> 16 & 0xffff,
        a & 0xfff,
        8 | (b >> 62),
        b >> 48 & 0xfff,
        b & 0xffff_ffff_ffff
    )
}

fn parse(data: &Value) -> Result<Value, EvalError> {
    match data {
        Value::String(text) => match json::parse(text) {
            Ok(value) => Ok(value.into_mutable()),
            Err(error) => Err(EvalError::new("JSONDecodeError", error.to_string())),
        },
        other => {
            let class = match other {
                Value::Int(_) => "int",
                Value::Null => "NoneType",
                _ => "tuple",
            };
            Err(EvalError::new(
                "TypeError",
                format!("<class '{class}'> can't be decoded"),
            ))
        }
    }
}

fn dump(data: &Value, evaluation: &Evaluation<'_>) -> Result<Value, EvalError> {
    let data = evaluation.materialize(data)?;
    if let Err(error) = json::check_storable(&data) {
        return Err(EvalError::new("ValueError", error.to_string()));
    }
    Ok(json::to_pretty_string(&shallow(&data, 0)).into())
}

/// The original writes what is more than three dicts deep as null.
fn shallow(data: &Value, dicts: usize) -> Value {
    match data {
        Value::List(list) if dicts > 0 => list
            .iter()
            .map(|item| shallow(item, dicts))
            .collect::<List>()
            .into(),
        Value::List(list) => list
            .iter()
            .map(|item| shallow(item, 0))
            .collect::<List>()
            .into(),
        Value::Dict(_) if dicts == 3 => Value::Null,
        Value::Dict(dict) => {
            let entries = dict
                .iter()
                .map(|(key, value)| (key, shallow(value, dicts + 1)));
            entries.collect::<Dict>().into()
        }
        other => other.clone(),
    }
}
