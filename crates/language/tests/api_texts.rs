//! Which documents are accepted, and the first line of what the API answers to the
//! others: recorded from Mistral 23.0.0, one case a line in `api_texts.jsonl`.
//!
//! Where we do better on purpose, the case stands below instead.

use language::{Diagnostic, Options, api_error};
use serde_json::Value;

fn problems(kind: &str, text: &str) -> Vec<Diagnostic> {
    let options = Options::default();
    match kind {
        "workflows" => options.read_workflows(text).diagnostics,
        "actions" => options.read_actions(text).diagnostics,
        _ => options.read_workbook(text).diagnostics,
    }
}

fn answer(kind: &str, text: &str) -> Option<String> {
    let problems = problems(kind, text);
    let error = api_error(&problems)?;
    Some(error.lines().next().unwrap_or_default().to_owned())
}

#[test]
fn answers_of_the_original() {
    let mut wrong = Vec::new();
    for line in include_str!("api_texts.jsonl").lines() {
        let case: Value = serde_json::from_str(line).expect("the file is JSON lines");
        let field = |key: &str| case[key].as_str();
        let (kind, text) = (field("kind").unwrap(), field("text").unwrap());
        let found = answer(kind, text);
        if found.as_deref() != field("api") {
            wrong.push(format!(
                "{text}\n  expected {:?}\n  found    {found:?}",
                field("api")
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differ\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// A task in a workflow with another task.
fn task(attributes: &str) -> String {
    format!("version: 2\nw: {{tasks: {{t: {{{attributes}}}, t2: {{action: a}}}}}}")
}

#[test]
fn better_answers() {
    let accepted = [
        "action: a, on-success: 'fail(msg=\"oops\")'",
        "action: a, on-success: [{'fail(msg=\"x\")': <% 1 %>}]",
    ];
    for attributes in accepted {
        assert_eq!(answer("workflows", &task(attributes)), None, "{attributes}");
    }
    let refused = [
        // The original drops the condition, or the whole transition.
        ("on-success: {t3: <% 1 %>}", "Task 't3' not found."),
        // An internal error of the original.
        ("input: {1: a}", "Invalid DSL: 1 is not of type 'string'"),
        (
            "on-success: [{1: x}]",
            "Invalid DSL: 1 is not of type 'string'",
        ),
        (
            "action: a b=1, input: <% $ %>",
            "inline parameters cannot be merged with an input that is one expression",
        ),
    ];
    for (attributes, text) in refused {
        let found = answer("workflows", &task(attributes));
        assert_eq!(found.as_deref(), Some(text), "{attributes}");
    }
    let blank = "version: 2\n'a b': {tasks: {t: {action: a}}}";
    assert_eq!(
        answer("workflows", blank).as_deref(),
        Some("Name 'a b' must not contain spaces")
    );
    assert_eq!(
        answer(
            "workflows",
            "version: 2\nw: {type: reverse, tasks: {a: {requires: b}, b: {requires: a}}}"
        )
        .as_deref(),
        Some("tasks require each other: a → b → a")
    );
    assert_eq!(answer("workbook", "version: 2\nname: b"), None);
}

#[test]
fn a_document_that_is_not_yaml() {
    let problems = problems("workflows", "w: {a: b");
    assert_eq!(
        api_error(&problems),
        Some(
            "Definition could not be parsed: while parsing a flow mapping\n  \
             in \"<unicode string>\", line 1, column 4:\n    w: {a: b\n       ^\n\
             expected ',' or '}', but got '<stream end>'\n  \
             in \"<unicode string>\", line 1, column 9:\n    w: {a: b\n            ^\n"
        )
    );
}
