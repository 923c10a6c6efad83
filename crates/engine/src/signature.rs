//! What an action accepts: its parameters, and the check of what a caller gives.

use std::sync::Arc;

use yaql::{Dict, Value, json};

/// One parameter of an action.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// The name callers use.
    pub name: Arc<str>,
    /// The value if none is given; `None` makes the parameter required.
    pub default: Option<Value>,
}

/// The parameters of an action, and whether it reports its result by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Signature {
    /// In the order in which the API shows them.
    pub parameters: Arc<[Parameter]>,
    /// Any further parameter is accepted too.
    pub open: bool,
    /// A synchronous action's result is what its run returns; an asynchronous
    /// one stays RUNNING until somebody reports a result.
    pub is_sync: bool,
}

/// Parameters that a call lacks, and those that nobody asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mismatch {
    /// Required parameters that were not given, in declaration order.
    pub missing: Vec<Arc<str>>,
    /// Given parameters that are not declared, in the order given.
    pub unexpected: Vec<Arc<str>>,
}

impl Signature {
    /// A closed, synchronous signature.
    pub fn new(parameters: impl IntoIterator<Item = Parameter>) -> Self {
        Self {
            parameters: parameters.into_iter().collect(),
            open: false,
            is_sync: true,
        }
    }

    /// The one-line form the API shows as `input`: `url, method="GET", params=null`.
    pub fn text(&self) -> String {
        let shown = self.parameters.iter().map(|p| match &p.default {
            None => p.name.to_string(),
            Some(value) => format!("{}={}", p.name, json::to_python_string(value)),
        });
        shown.collect::<Vec<_>>().join(", ")
    }

    /// Compares what is given with what is declared.
    ///
    /// # Errors
    /// The names that are missing or unexpected.
    pub fn check(&self, given: &Dict) -> Result<(), Mismatch> {
        let missing = self
            .parameters
            .iter()
            .filter(|p| p.default.is_none() && !given.contains_key(&p.name))
            .map(|p| p.name.clone())
            .collect::<Vec<_>>();
        let declared = |name: &str| self.parameters.iter().any(|p| &*p.name == name);
        let unexpected = given
            .keys()
            .filter_map(Value::as_str)
            .filter(|name| !self.open && !declared(name))
            .map(Arc::from)
            .collect::<Vec<_>>();
        if missing.is_empty() && unexpected.is_empty() {
            return Ok(());
        }
        Err(Mismatch {
            missing,
            unexpected,
        })
    }
}

impl Mismatch {
    /// The text of `Invalid input […]` errors; parts appear only if they are not
    /// empty (workflow language §3, §4.1).
    pub fn text(&self, name: &str, class: &str) -> String {
        let mut text = format!("Invalid input [name={name}, class={class}");
        for (label, names) in [("missing", &self.missing), ("unexpected", &self.unexpected)] {
            if !names.is_empty() {
                let quoted: Vec<_> = names.iter().map(|n| format!("'{n}'")).collect();
                text.push_str(&format!(", {label}=[{}]", quoted.join(", ")));
            }
        }
        text.push(']');
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature() -> Signature {
        let parameter = |name: &str, default| Parameter {
            name: name.into(),
            default,
        };
        Signature::new([
            parameter("url", None),
            parameter("method", Some("GET".into())),
            parameter("params", Some(Value::Null)),
        ])
    }

    #[test]
    fn text_shows_defaults_as_json() {
        assert_eq!(signature().text(), r#"url, method="GET", params=null"#);
    }

    #[test]
    fn mismatch_names_both_kinds() {
        let given: Dict = [("uri", 1)].into_iter().collect();
        let mismatch = signature().check(&given).unwrap_err();
        assert_eq!(
            mismatch.text("std.http", "HTTPAction"),
            "Invalid input [name=std.http, class=HTTPAction, missing=['url'], unexpected=['uri']]"
        );
    }
}
