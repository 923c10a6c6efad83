//! The JSON Schema accepts what the readers accept, and refuses what they refuse for
//! its shape: the examples, what the original was asked, and random documents.

use std::path::{Path, PathBuf};
use std::{fs, iter};

use jsonschema::Validator;
use language::diagnostic::Code;
use language::yaml::{self, Limits, Node};
use language::{Diagnostic, DocumentKind, Options};
use serde_json::Value;

fn validator() -> Validator {
    let schema = serde_json::to_value(language::schema()).expect("the schema is JSON");
    jsonschema::draft202012::new(&schema).expect("the schema is valid")
}

/// A document and what the readers say to it.
struct Checked {
    text: String,
    data: Value,
    problems: Vec<Diagnostic>,
}

/// Reads a document; nothing if it is no YAML, or holds what JSON cannot.
fn check(text: &str) -> Option<Checked> {
    let root = yaml::load(text, &Limits::default()).ok()??;
    let options = Options::default();
    let problems = match DocumentKind::of(&root) {
        DocumentKind::Workbook => options.read_workbook(text).diagnostics,
        DocumentKind::Workflows => options.read_workflows(text).diagnostics,
        DocumentKind::Actions => options.read_actions(text).diagnostics,
    };
    let data = json(&root)?;
    let text = text.to_owned();
    Some(Checked {
        text,
        data,
        problems,
    })
}

fn json(root: &Node) -> Option<Value> {
    let text = yaql::json::to_string(&yaml::to_value(root));
    serde_json::from_str(&text).ok()
}

impl Checked {
    fn is_accepted(&self) -> bool {
        !self.problems.iter().any(Diagnostic::is_error)
    }

    /// Whether it is refused for what a schema can see: not for dates and sets, which
    /// JSON has not, nor for what stands in a one-line `retry`.
    fn has_bad_shape(&self) -> bool {
        let codes = [
            Code::MissingKey,
            Code::UnknownKey,
            Code::WrongType,
            Code::EmptyValue,
            Code::DuplicateItem,
            Code::BadTransition,
        ];
        self.problems.iter().any(|problem| {
            let is_json = !problem.message.contains("a value that JSON can hold")
                && !problem.message.contains("found the date");
            problem.is_error() && codes.contains(&problem.code) && is_json && !self.in_text(problem)
        })
    }

    fn in_text(&self, problem: &Diagnostic) -> bool {
        let place = problem.span().start;
        let mut texts = self.text.match_indices("retry: 'count=");
        texts.any(|(start, _)| {
            let end = self.text[start + 8..].find('\'');
            end.is_some_and(|end| (start..=start + 8 + end).contains(&place))
        })
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The definitions of the recorded cases and of the recorded texts.
fn recorded() -> Vec<String> {
    let cases = root().join("tests/differential/recorded.jsonl");
    let cases = fs::read_to_string(cases).expect("the recorded cases are there");
    let mut texts = Vec::new();
    for line in cases.lines().chain(include_str!("api_texts.jsonl").lines()) {
        let case: Value = serde_json::from_str(line).expect("JSON lines");
        let texts_of = ["yaml", "actions", "workbook", "text"].map(|key| case[key].as_str());
        for text in texts_of.into_iter().flatten() {
            let version = if text.contains("version") {
                ""
            } else {
                "version: '2.0'\n"
            };
            texts.push(format!("{version}{text}"));
        }
    }
    texts
}

#[test]
fn examples_are_valid() {
    let validator = validator();
    let folders = fs::read_dir(root().join("examples")).expect("there are examples");
    let mut count = 0;
    for folder in folders.flatten().filter(|entry| entry.path().is_dir()) {
        for file in fs::read_dir(folder.path()).expect("a folder").flatten() {
            if file.path().extension().is_some_and(|kind| kind == "yaml") {
                let text = fs::read_to_string(file.path()).expect("a text");
                let checked = check(&text).expect("YAML");
                let errors: Vec<_> = validator.iter_errors(&checked.data).collect();
                assert!(errors.is_empty(), "{:?}: {errors:?}", file.path());
                count += 1;
            }
        }
    }
    assert!(count >= 8, "only {count}");
}

#[test]
fn the_schema_and_the_readers_agree_about_recorded_definitions() {
    let validator = validator();
    let (mut accepted, mut refused) = (0, 0);
    let mut wrong = Vec::new();
    for text in recorded() {
        let Some(checked) = check(&text) else {
            continue;
        };
        let is_valid = validator.is_valid(&checked.data);
        if checked.is_accepted() {
            accepted += 1;
            if !is_valid {
                let error = validator.iter_errors(&checked.data).next();
                wrong.push(format!("{text}\n  {error:?}"));
            }
        } else if checked.has_bad_shape() {
            refused += 1;
            if is_valid {
                let problem = checked.problems.iter().find(|problem| problem.is_error());
                wrong.push(format!("{text}\n  valid, but {problem:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
    assert!(accepted > 500 && refused > 100, "{accepted} {refused}");
}

#[test]
fn mistakes_are_found() {
    let validator = validator();
    let task = |attributes: &str| format!("{{version: 2, w: {{tasks: {{t: {{{attributes}}}}}}}}}");
    let reverse = |attributes: &str| {
        format!("{{version: 2, w: {{type: reverse, tasks: {{t: {{{attributes}}}}}}}}}")
    };
    let bad = [
        "{version: 2}".to_owned(),
        "{version: 2, w: {}}".to_owned(),
        "{version: true, w: {tasks: {t: {action: a}}}}".to_owned(),
        "{version: 2, a: {base: std.noop, bse: 1}}".to_owned(),
        "{version: '3.0', name: b}".to_owned(),
        "{version: '2.0', name: b, tasks: {}}".to_owned(),
        "{version: '2.0', name: b, workflows: {w: {tasks: {t: {}}}}}".to_owned(),
        task(""),
        task("actoin: a"),
        task("action: a, workflow: w"),
        task("wait-before: -1"),
        task("wait-before: '1'"),
        task("wait-before: ' <% 1 %>'"),
        task("pause-before: 'true'"),
        task("join: some"),
        task("with-items: 'i of [1]'"),
        task("retry: {count: 1}"),
        task("retry: {count: 1, delay: 1, break-on: true}"),
        task("retry: count=3"),
        task("on-success: []"),
        task("on-success: [a, a]"),
        task("on-success: [{a: maybe}]"),
        task("on-success: {next: [a], more: b}"),
        task("on-success: {publish: {a: 1}}"),
        task("publish: {}"),
        task("requires: a"),
        task("tags: a"),
        task("description: null"),
        reverse("on-success: a"),
        reverse("join: all"),
        reverse("requires: []"),
    ];
    for text in bad {
        let root = yaml::load(&text, &Limits::default())
            .expect("YAML")
            .expect("a document");
        assert!(!validator.is_valid(&json(&root).expect("JSON")), "{text}");
    }
}

#[test]
fn every_attribute_is_explained() {
    let schema = serde_json::to_value(language::schema()).expect("JSON");
    for object in [
        "workbook",
        "workflow",
        "action",
        "task",
        "reverse-task",
        "task-defaults",
        "retry",
    ] {
        let properties = schema["$defs"][object]["properties"]
            .as_object()
            .expect("an object");
        assert!(properties.len() >= 4, "{object}");
        for (name, property) in properties
            .iter()
            .filter(|(_, property)| property.is_object())
        {
            let about = property["description"].as_str().unwrap_or_default();
            assert!(
                about.ends_with('.') || about.contains(": "),
                "{object}.{name}: {about:?}"
            );
        }
    }
}

#[test]
fn references_lead_somewhere() {
    let schema = serde_json::to_value(language::schema()).expect("JSON");
    let text = schema.to_string();
    let mut rest = text.as_str();
    let names = iter::from_fn(|| {
        let (_, after) = rest.split_once("#/$defs/")?;
        let (name, after) = after.split_once('"')?;
        rest = after;
        Some(name)
    });
    let names: Vec<_> = names.collect();
    assert!(names.len() > 50);
    for name in names {
        assert!(schema["$defs"][name].is_object(), "{name}");
    }
}
