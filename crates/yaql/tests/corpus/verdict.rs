//! Compares what came out with what the corpus says.

use yaql::{Dict, Value, json};

/// What an evaluation gave.
pub(crate) enum Outcome {
    Value(Value),
    Error { class: String, message: String },
}

impl Outcome {
    pub(crate) fn error(class: &str, message: &str) -> Self {
        Outcome::Error {
            class: class.into(),
            message: message.into(),
        }
    }
}

pub(crate) enum Verdict {
    Same,
    /// The right error with another text.
    OtherMessage {
        want: String,
        got: String,
    },
    Different(String),
}

pub(crate) fn judge(case: &Dict, outcome: &Outcome) -> Verdict {
    let text = |name: &str| case.get(name).and_then(Value::as_str);
    match (outcome, text("error")) {
        (Outcome::Error { class, message }, Some(want)) if class == want => {
            // Addresses of objects mean nothing.
            let want = text("message").unwrap_or_default().replace(" at 0x?", "");
            match want == *message {
                true => Verdict::Same,
                false => Verdict::OtherMessage {
                    want,
                    got: message.clone(),
                },
            }
        }
        (Outcome::Error { class, message }, want) => {
            let want = want.map_or_else(|| show(case.get("ok")), String::from);
            Verdict::Different(format!("want {want}\n   got  {class}: {message}"))
        }
        (Outcome::Value(value), Some(want)) => {
            Verdict::Different(format!("want {want}\n   got  {value:?}"))
        }
        (Outcome::Value(value), None) => judge_value(case, value),
    }
}

fn judge_value(case: &Dict, value: &Value) -> Verdict {
    let want_type = case.get("type").and_then(Value::as_str).unwrap_or_default();
    let same = match case.get("check").and_then(Value::as_str) {
        Some("timespan") => match (value, case.get("microseconds")) {
            (Value::Timespan(span), Some(micros)) => {
                yaql::python::str(micros) == span.total_micros().to_string()
            }
            _ => false,
        },
        Some(_) => true,
        None => {
            let unordered = case.get("unordered").and_then(Value::as_list);
            let unordered: Vec<&str> = unordered
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            case.get("ok")
                .is_some_and(|want| is_same(want, value, &unordered, ""))
        }
    };
    if same && value.type_name() == want_type {
        return Verdict::Same;
    }
    Verdict::Different(format!(
        "want {want_type} {}\n   got  {} {value:?}",
        show(case.get("ok")),
        value.type_name()
    ))
}

fn show(value: Option<&Value>) -> String {
    value.map(json::to_string).unwrap_or_default()
}

/// Whether `got`, as it is stored, is just `want`. `path` is a JSON pointer;
/// those in `unordered` are lists whose order does not count.
fn is_same(want: &Value, got: &Value, unordered: &[&str], path: &str) -> bool {
    match (want, got) {
        (Value::Dict(tag), Value::Float(f)) => {
            let name = tag.get("$float").and_then(Value::as_str);
            name == Some(&*yaql::python::str(&(*f).into()))
        }
        (Value::String(want), Value::DateTime(d)) => **want == *d.to_stored(),
        (Value::List(want), Value::List(got)) => same_items(want, got, unordered, path),
        (Value::List(want), Value::Set(set)) => {
            let got: Vec<Value> = set.iter().cloned().collect();
            same_items(want, &got, unordered, path)
        }
        (Value::Dict(want), Value::Dict(got)) => {
            want.len() == got.len()
                && got.iter().all(|(key, value)| {
                    let key = match json::to_string(key) {
                        text if key.as_str().is_none() => text.trim_matches('"').to_string(),
                        _ => key.as_str().unwrap_or_default().to_string(),
                    };
                    let path = format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"));
                    want.get(&key)
                        .is_some_and(|want| is_same(want, value, unordered, &path))
                })
        }
        _ => want.type_name() == got.type_name() && want == got,
    }
}

fn same_items(want: &[Value], got: &[Value], unordered: &[&str], path: &str) -> bool {
    if want.len() != got.len() {
        return false;
    }
    let mut left: Vec<&Value> = got.iter().collect();
    want.iter().enumerate().all(|(i, want)| {
        let path_of_item = format!("{path}/{i}");
        let matching = match unordered.contains(&path) {
            true => left
                .iter()
                .position(|got| is_same(want, got, unordered, &path_of_item)),
            false => Some(0).filter(|_| is_same(want, left[0], unordered, &path_of_item)),
        };
        matching.map(|at| left.remove(at)).is_some()
    })
}
