use super::*;
use crate::program::{EdgeIndex, Join};

fn program(yaml: &str) -> Program {
    let text = format!("version: '2.0'\nw:\n{yaml}");
    let specs = crate::parse_workflows(&text).unwrap();
    compile(&specs[0], &Languages::default()).unwrap()
}

fn literal(templates: &Templates) -> Vec<(String, String)> {
    let shown = |template: &Template| yaql::json::to_string(template.as_literal().unwrap());
    templates
        .iter()
        .map(|(name, value)| (name.to_string(), shown(value)))
        .collect()
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[test]
fn a_graph_with_defaults_and_commands() {
    let program = program(
        "  task-defaults: {on-error: [undo], wait-before: 3, timeout: 5}
  tasks:
    a: {action: std.noop, on-success: [b, {c: <% $.x %>}, noop], wait-before: 0}
    b: {on-complete: c, on-error: 'fail msg=\"no\"', timeout: 1}
    c: {join: all}
    undo: {action: std.noop}
",
    );
    let names: Vec<_> = program.edges.iter().map(|e| (e.from.0, e.to.0)).collect();
    assert_eq!(names, [(0, 1), (0, 2), (0, 3), (1, 2), (2, 3)]);
    assert_eq!(*program.starts, [TaskIndex(0)]);
    let c = program.task(TaskIndex(2));
    assert_eq!(c.join, Some(Join::All));
    assert_eq!(*c.inbound, [EdgeIndex(1), EdgeIndex(3)]);
    assert!(program.task(TaskIndex(3)).transitions.on_error.is_empty());
    let b = program.task(TaskIndex(1));
    let target = &b.transitions.on_error[0].target;
    assert!(matches!(
        target,
        Target::Command(EngineCommand::Fail, Some(_))
    ));
    let seconds = |template: &Option<Template>| template.as_ref().unwrap().as_literal().cloned();
    assert_eq!(
        seconds(&program.task(TaskIndex(0)).policies.wait_before),
        Some(3.into())
    );
    assert_eq!(seconds(&b.policies.timeout), Some(1.into()));
}

#[test]
fn inline_parameters_win_and_dicts_merge() {
    let program = program(
        "  tasks:
    a: {action: std.echo output=2 x=1, input: {output: 1, y: {b: 1}}}
",
    );
    let TaskInput::Named(input) = &program.task(TaskIndex(0)).input else {
        panic!("the input is one expression");
    };
    assert_eq!(
        literal(input),
        [pair("output", "2"), pair("y", r#"{"b":1}"#), pair("x", "1")]
    );
}

#[test]
fn publishing_is_merged_scope_by_scope() {
    let program = program(
        "  tasks:
    a:
      action: std.noop
      publish: {x: basic, d: {b: basic}}
      publish-on-error: {e: basic}
      on-success:
        publish: {branch: {x: specific, d: {b: specific, s: specific}, s: specific}, global: {g: s}}
      on-complete:
        publish: {branch: {x: complete}, global: {g: c}}
",
    );
    let publish = &program.task(TaskIndex(0)).publish;
    assert_eq!(
        literal(&publish.success.branch),
        [
            pair("x", r#""complete""#),
            pair("d", r#"{"b":"basic","s":"specific"}"#),
            pair("s", r#""specific""#),
        ]
    );
    assert_eq!(literal(&publish.success.global), [pair("g", r#""c""#)]);
    assert_eq!(
        literal(&publish.error.branch),
        [pair("e", r#""basic""#), pair("x", r#""complete""#)]
    );
    assert_eq!(literal(&publish.skip.branch), [pair("x", r#""complete""#)]);
}

#[test]
fn reverse_workflows_have_requirements() {
    let program = program(
        "  type: reverse
  task-defaults: {requires: [base]}
  tasks:
    base: {action: std.noop}
    a: {action: std.noop, requires: base}
    b: {action: std.noop, requires: [a]}
",
    );
    let requires = |task| program.task(TaskIndex(task)).requires.to_vec();
    assert_eq!(requires(0), []);
    assert_eq!(requires(1), [TaskIndex(0)]);
    assert_eq!(requires(2), [TaskIndex(1), TaskIndex(0)]);
    assert!(program.starts.is_empty() && program.class() == "ReverseWorkflowSpec");
}

#[test]
fn unknown_tasks_are_an_error_without_validation() {
    let text = "version: 2\nw: {tasks: {a: {action: x, on-success: b}}}";
    let specs = crate::Options::default().read_workflows(text).spec;
    let error = compile(&specs[0], &Languages::default()).unwrap_err();
    assert_eq!(error.to_string(), "Task 'b' not found.");
}
