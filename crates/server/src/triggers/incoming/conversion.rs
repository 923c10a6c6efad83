//! What of an event workflows see: `params.event_params` (workflow language §13.9).

use std::path::Path;
use std::sync::Arc;

use language::expression::{
    ExecutionsFilter, FunctionError, Functions, Interrupt, Limits, Random, Scope, Standalone,
    TasksFilter, YaqlSetup,
};
use language::yaml;
use yaql::{DateTime, Dict, Timespan, Value};

use super::{Occurrence, glob};

/// How events become parameters; of several entries that fit the last one counts.
#[derive(Default)]
pub(crate) struct Conversions(Vec<Conversion>);

struct Conversion {
    /// Patterns; those that begin with `!` exclude.
    types: Vec<Arc<str>>,
    properties: Vec<(Arc<str>, Property)>,
}

enum Property {
    Constant(Value),
    Expression(Standalone),
}

/// Why the file of event definitions can not be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the event definitions in {file} can not be used: {reason}")]
pub struct BadConversions {
    file: String,
    reason: String,
}

impl Conversions {
    /// Reads the file of event definitions.
    ///
    /// # Errors
    /// It can't be read, or an entry is not one.
    pub(crate) fn read(path: &Path, setup: &YaqlSetup) -> Result<Self, BadConversions> {
        let text = std::fs::read_to_string(path).map_err(|error| error.to_string());
        text.and_then(|text| Self::parse(&text, setup))
            .map_err(|reason| BadConversions {
                file: path.display().to_string(),
                reason,
            })
    }

    fn parse(text: &str, setup: &YaqlSetup) -> Result<Self, String> {
        let document =
            yaml::load(text, &yaml::Limits::default()).map_err(|error| error.to_string())?;
        let Some(document) = document
            .map(|node| yaml::to_value(&node))
            .filter(|value| !value.is_null())
        else {
            return Ok(Self::default());
        };
        let list = document.as_list().ok_or("it must be a list of entries")?;
        let entries = list.iter().map(|entry| Conversion::parse(entry, setup));
        entries.collect::<Result<_, _>>().map(Self)
    }

    /// The parameters that workflows see of an event.
    ///
    /// # Errors
    /// The property that can't be evaluated, and why.
    pub(crate) fn params(&self, event: &Occurrence) -> Result<Dict, String> {
        let fits = |conversion: &&Conversion| conversion.fits(&event.event_type);
        match self.0.iter().rev().find(fits) {
            Some(conversion) => conversion.params(event),
            None => Ok(default_params(event)),
        }
    }
}

impl Conversion {
    fn parse(entry: &Value, setup: &YaqlSetup) -> Result<Self, String> {
        let entry = entry.as_dict().ok_or("an entry must be a mapping")?;
        let types = match entry.get("event_types") {
            Some(Value::String(text)) => vec![Arc::from(&**text)],
            Some(Value::List(list)) => {
                let types = list.iter().map(|item| item.as_str().map(Arc::from));
                types
                    .collect::<Option<Vec<_>>>()
                    .ok_or("event_types must be texts")?
            }
            _ => return Err("an entry needs event_types, a text or a list of texts".to_owned()),
        };
        let given = entry.get("properties").and_then(Value::as_dict);
        let given = given.ok_or("an entry needs properties, a mapping")?;
        let mut properties = Vec::with_capacity(given.len());
        for (name, value) in given {
            let name = name.as_str().ok_or("names of properties must be texts")?;
            let property = match value.as_str() {
                None => Property::Constant(value.clone()),
                Some(text) => Standalone::inline(text, setup)
                    .map(Property::Expression)
                    .map_err(|fault| format!("property {name}: {fault}"))?,
            };
            properties.push((name.into(), property));
        }
        Ok(Self { types, properties })
    }

    fn fits(&self, event_type: &str) -> bool {
        let (excluded, included): (Vec<_>, Vec<_>) = self
            .types
            .iter()
            .partition(|pattern| pattern.starts_with('!'));
        let fits = |pattern: &Arc<str>| glob::matches(pattern.trim_start_matches('!'), event_type);
        let is_in = included.iter().any(|pattern| fits(pattern))
            || (included.is_empty() && !excluded.is_empty());
        is_in && !excluded.iter().any(|pattern| fits(pattern))
    }

    fn params(&self, event: &Occurrence) -> Result<Dict, String> {
        let view = Value::from(event.view());
        let mut params = Dict::with_capacity(self.properties.len());
        for (name, property) in &self.properties {
            let value = match property {
                Property::Constant(value) => value.clone(),
                Property::Expression(expression) => evaluate(expression, &view)
                    .map_err(|reason| format!("event_params.{name}: {reason}"))?,
            };
            params.insert(name.clone(), value);
        }
        Ok(params)
    }
}

/// What workflows see without a definition: what the original gives them, and what
/// it leaves out.
fn default_params(event: &Occurrence) -> Dict {
    let context = |name| event.context.get(name).cloned().unwrap_or_default();
    let mut params = Dict::with_capacity(7);
    params.insert("service", event.publisher.clone());
    params.insert("project_id", context("project_id"));
    params.insert("user_id", context("user_id"));
    params.insert("timestamp", event.timestamp.clone());
    params.insert("event_type", event.event_type.clone());
    params.insert("payload", event.payload.clone());
    if let Some(headers) = &event.headers {
        params.insert("headers", headers.clone());
    }
    params
}

fn evaluate(expression: &Standalone, view: &Value) -> Result<Value, String> {
    let micros = crate::api::now().micros();
    let scope = Scope {
        view: view.clone(),
        functions: &NoWorkflow,
        now: DateTime::from_unix_micros(micros, Timespan::ZERO).unwrap_or(DateTime::EPOCH),
        random: &Random::seeded(micros.cast_unsigned()),
        limits: &Limits::default(),
        expired: None,
    };
    let value = expression.evaluate(&scope, &Dict::new());
    let value = value.map_err(|fault| fault.to_string())?;
    // What has no JSON form can not be a parameter.
    let text = yaql::json::to_string(&value);
    yaql::json::parse(&text).map_err(|error| error.to_string())
}

/// No workflow runs when an event is read.
struct NoWorkflow;

fn unavailable(function: &str) -> Result<Value, Interrupt> {
    let message = format!("{function}() needs a running workflow; here is only an event");
    Err(Box::new(FunctionError { message }))
}

impl Functions for NoWorkflow {
    fn env(&self) -> Result<Value, Interrupt> {
        unavailable("env")
    }

    fn execution(&self) -> Result<Value, Interrupt> {
        unavailable("execution")
    }

    fn executions(&self, _: ExecutionsFilter) -> Result<Value, Interrupt> {
        unavailable("executions")
    }

    fn global(&self, _: &str) -> Result<Value, Interrupt> {
        unavailable("global")
    }

    fn task(&self, _: Option<&str>) -> Result<Value, Interrupt> {
        unavailable("task")
    }

    fn tasks(&self, _: TasksFilter) -> Result<Value, Interrupt> {
        unavailable("tasks")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(event_type: &str) -> Occurrence {
        Occurrence {
            origin: "test".into(),
            message: None,
            exchange: "nova".into(),
            topic: "notifications".into(),
            event_type: event_type.into(),
            payload: yaql::json::parse(r#"{"instance_id": "i-1", "size": 2}"#).unwrap(),
            publisher: "compute.host-1".into(),
            timestamp: "2027-01-01 00:00:00.000001".into(),
            context: [("project_id", "p"), ("user_id", "u")]
                .into_iter()
                .collect(),
            headers: None,
        }
    }

    fn params(file: &str, event_type: &str) -> String {
        let conversions = Conversions::parse(file, &YaqlSetup::default()).unwrap();
        let params = conversions.params(&event(event_type)).unwrap();
        yaql::json::to_string(&params.into())
    }

    const FILE: &str = "
- event_types: compute.*
  properties: {id: <% $.payload.instance_id %>, who: <% $.publisher %>, fixed: 7}
- event_types: ['compute.*.end', '!compute.instance.delete.*']
  properties: {ended: '{{ _.payload.size + 1 }}'}
";

    #[test]
    fn the_last_entry_that_fits_counts() {
        let first = r#"{"id":"i-1","who":"compute.host-1","fixed":7}"#;
        assert_eq!(params(FILE, "compute.instance.create.start"), first);
        assert_eq!(params(FILE, "compute.instance.delete.end"), first);
        assert_eq!(
            params(FILE, "compute.instance.create.end"),
            r#"{"ended":3}"#
        );
    }

    #[test]
    fn without_an_entry_the_usual_is_seen() {
        let expected = r#"{"service":"compute.host-1","project_id":"p","user_id":"u","timestamp":"2027-01-01 00:00:00.000001","event_type":"image.upload","payload":{"instance_id":"i-1","size":2}}"#;
        assert_eq!(params(FILE, "image.upload"), expected);
        assert_eq!(params("", "image.upload"), expected);
    }

    #[test]
    fn what_fails_is_named() {
        let file = "[{event_types: '*', properties: {bad: <% $.payload.instance_id / 2 %>}}]";
        let conversions = Conversions::parse(file, &YaqlSetup::default()).unwrap();
        let error = conversions.params(&event("x")).unwrap_err();
        assert!(error.starts_with("event_params.bad: "), "{error}");
        let refusal = |file| {
            let parsed = Conversions::parse(file, &YaqlSetup::default());
            parsed.err().unwrap()
        };
        assert_eq!(refusal("a: 1"), "it must be a list of entries");
        assert_eq!(
            refusal("[{event_types: x}]"),
            "an entry needs properties, a mapping"
        );
        let text = refusal("[{event_types: x, properties: {a: '<% 1 + %>'}}]");
        assert!(text.starts_with("property a: "), "{text}");
    }
}
