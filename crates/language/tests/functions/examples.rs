//! The examples: a line each, `name | text | result in JSON`, in sections.

use language::expression::{
    ExecutionsFilter, Functions, Interrupt, Language, Limits, Random, Scope, Standalone,
    TasksFilter, YaqlSetup,
};
use yaql::{DateTime, Dict, Value, json};

/// What the examples see as `$` and `_`.
pub(crate) const DATA: &str = r#"{
  "n": 7, "name": "Eva", "nothing": null, "list": [3, 1, 2, 1], "dict": {"a": 1, "b": 2},
  "people": [
    {"name": "Eva", "age": 31, "city": "Brno", "langs": ["cs", "en"]},
    {"name": "Bob", "age": 25, "city": "Oslo", "langs": ["no"]},
    {"name": "Zoe", "age": 40, "city": "Brno", "langs": ["fr"]}
  ]
}"#;

pub(crate) struct Examples(Vec<Example>);

pub(crate) struct Example {
    /// The section that it stands in; empty at the start of a file.
    pub(crate) section: String,
    /// What it is an example of.
    pub(crate) name: String,
    /// The expression, or the string with expressions.
    pub(crate) text: String,
    /// Its value in JSON.
    pub(crate) result: String,
    /// Whether it stands without delimiters.
    is_bare: bool,
}

impl Examples {
    pub(crate) fn yaql() -> Self {
        Self::read(include_str!("yaql.txt"), true)
    }

    pub(crate) fn workflow() -> Self {
        Self::read(include_str!("workflow.txt"), false)
    }

    pub(crate) fn jinja() -> Self {
        Self::read(include_str!("jinja.txt"), false)
    }

    fn read(file: &str, is_bare: bool) -> Self {
        let mut section = String::new();
        let mut examples = Vec::new();
        for line in file.lines() {
            if let Some(title) = line.strip_prefix("# ") {
                title.clone_into(&mut section);
                continue;
            }
            let (name, rest) = line.split_once(" | ").expect("a name");
            let (text, result) = rest.rsplit_once(" | ").expect("a result");
            examples.push(Example {
                section: section.clone(),
                name: name.into(),
                text: text.into(),
                result: json::to_string(&json::parse(result).expect("the result is JSON")),
                is_bare,
            });
        }
        Self(examples)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Example> {
        self.0.iter()
    }

    pub(crate) fn of(&self, section: &str, name: &str) -> impl Iterator<Item = &Example> {
        let wanted = move |e: &&Example| e.section == section && e.name == name;
        self.0.iter().filter(wanted)
    }
}

impl Example {
    /// What it really gives, in JSON.
    pub(crate) fn evaluate(&self) -> String {
        let setup = YaqlSetup::default();
        let text = &self.text;
        let parsed = match self.is_bare {
            true => Standalone::bare(text, Language::Yaql, &setup),
            false => Standalone::inline(text, &setup),
        };
        let scope = Scope {
            view: json::parse(DATA).expect("it is JSON"),
            functions: &Deployment,
            now: DateTime::EPOCH,
            random: &Random::seeded(1),
            limits: &Limits::default(),
            expired: None,
        };
        let value = parsed.and_then(|parsed| parsed.evaluate(&scope, &Dict::new()));
        json::to_string(&value.unwrap_or_else(|fault| panic!("{text}: {fault}")))
    }
}

/// The engine behind the workflow language's functions.
struct Deployment;

fn data(text: &str) -> Result<Value, Interrupt> {
    Ok(json::parse(text)?)
}

impl Functions for Deployment {
    fn env(&self) -> Result<Value, Interrupt> {
        data(r#"{"region": "north"}"#)
    }

    fn execution(&self) -> Result<Value, Interrupt> {
        data(r#"{"id": "1", "name": "deploy"}"#)
    }

    fn executions(&self, filter: ExecutionsFilter) -> Result<Value, Interrupt> {
        match filter.state.as_deref() {
            Some("RUNNING") | None => data(r#"[{"id": "1", "state": "RUNNING"}]"#),
            Some(_) => data("[]"),
        }
    }

    fn global(&self, name: &str) -> Result<Value, Interrupt> {
        Ok(match name {
            "region" => "north".into(),
            _ => Value::Null,
        })
    }

    fn task(&self, name: Option<&str>) -> Result<Value, Interrupt> {
        match name {
            Some("build") => data(r#"{"name": "build", "state": "SUCCESS", "result": "image-7"}"#),
            _ => Ok(Value::Null),
        }
    }

    fn tasks(&self, filter: TasksFilter) -> Result<Value, Interrupt> {
        match filter.state.as_deref() {
            Some("ERROR") => data(r#"[{"name": "test", "state": "ERROR"}]"#),
            _ => data(r#"[{"name": "build"}, {"name": "test"}]"#),
        }
    }
}
