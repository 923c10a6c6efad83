//! What is stored and shown of a definition: its own text, input, interface, spec.

use language::{Options, parse_actions, parse_workbook, parse_workflows};
use yaql::json;

#[test]
fn the_only_workflow_keeps_its_text() {
    let text = "version: '2.0'\n# a comment\nw: {tasks: {t: {action: std.noop}}}\n";
    assert_eq!(&*parse_workflows(text).unwrap()[0].definition, text);
}

#[test]
fn several_workflows_are_written_anew() {
    let text = "version: '2.0'\nb: # comment\n  tasks:\n    t: {action: std.noop}\n    s: {input: {x: [1, yes]}}\na:\n  tasks: {t: {action: std.noop}}\n";
    let specs = parse_workflows(text).unwrap();
    assert_eq!(
        &*specs[0].definition,
        "version: '2.0'\nb:\n  tasks:\n    t:\n      action: std.noop\n    s:\n      input:\n        x:\n        - 1\n        - true\n"
    );
    assert_eq!(
        &*specs[1].definition,
        "version: '2.0'\na:\n  tasks:\n    t:\n      action: std.noop\n"
    );
}

#[test]
fn members_of_a_workbook_have_their_block() {
    let text = "version: '2.0'\nname: shop\nactions:\n  hello:\n    base: std.echo\n    base-input:\n      output: |\n        hi\n\n  bye: {base: std.noop}\nworkflows:\n  # first\n  main:\n    tasks:\n      t: {action: hello}\n  # last\n";
    let workbook = parse_workbook(text).unwrap();
    assert_eq!(
        &*workbook.actions[0].definition,
        "hello:\n  base: std.echo\n  base-input:\n    output: |\n      hi\n"
    );
    assert_eq!(&*workbook.actions[1].definition, "bye:\n  base: std.noop\n");
    assert_eq!(
        &*workbook.workflows[0].definition,
        "main:\n  tasks:\n    t: {action: hello}\n# last\n"
    );
}

#[test]
fn input_and_interface() {
    let text = "version: '2.0'\nw:\n  input: [name, greet: hi, cnt: 3, o: {a: [1, x]}, flag: yes, nul: null]\n  output: {x: 1, y: 2}\n  tasks: {t: {action: std.noop}}\n";
    let spec = &parse_workflows(text).unwrap()[0];
    assert_eq!(
        spec.input_text(),
        r#"name, greet="hi", cnt="3", o="{'a': [1, 'x']}", flag="True", nul="None""#
    );
    assert_eq!(
        json::to_string(&spec.interface()),
        r#"{"input":["name",{"greet":"hi"},{"cnt":3},{"o":{"a":[1,"x"]}},{"flag":true},{"nul":null}],"output":["x","y"]}"#
    );
    let actions =
        parse_actions("version: '2.0'\na: {base: b x=1, input: [x, y: 5, z: t]}").unwrap();
    assert_eq!(actions[0].input_text(), r#"x, y=5, z="t""#);
    assert_eq!(
        json::to_string(&actions[0].base_input.clone().into()),
        r#"{"x":1}"#
    );
}

#[test]
fn the_spec_has_what_the_original_adds() {
    let text = "version: 2\nw: {tasks: {t: {name: x, action: std.noop}}}";
    let spec = &parse_workflows(text).unwrap()[0];
    assert_eq!(
        json::to_string(&spec.json),
        r#"{"tasks":{"t":{"name":"t","action":"std.noop","type":"direct","version":"2.0"}},"name":"w","version":"2.0"}"#
    );
    assert_eq!(
        json::to_string(&spec.tasks["t"].json),
        r#"{"name":"t","action":"std.noop","type":"direct","version":"2.0"}"#
    );
}

#[test]
fn the_spec_has_inline_parameters_in_the_input_if_there_is_one() {
    let text =
        "version: 2\nw: {tasks: {t: {action: a x=1 y=2, input: {x: 0}}, u: {action: a x=1}}}";
    let tasks = &parse_workflows(text).unwrap()[0].tasks;
    assert_eq!(
        json::to_string(&tasks["t"].json),
        r#"{"action":"a x=1 y=2","input":{"x":1,"y":2},"type":"direct","name":"t","version":"2.0"}"#
    );
    assert!(!json::to_string(&tasks["u"].json).contains("input"));
}

#[test]
fn a_definition_can_be_read_without_validation() {
    let text = "version: 2\nw: {colour: red, tasks: {t: {actoin: std.noop, on-success: nowhere}}}";
    let parsed = Options::default().read_workflows(text);
    assert!(parsed.has_errors());
    assert_eq!(&*parsed.spec[0].tasks["t"].work.name.text, "std.noop");
}

#[test]
fn large_definitions_take_linear_time() {
    let mut text = String::from("version: '2.0'\nw:\n  tasks:\n");
    for n in 0..20_000 {
        text.push_str(&format!(
            "    t{n}:\n      action: std.echo output=<% $.x %>\n      on-success: [t{}]\n",
            n + 1
        ));
    }
    text.push_str("    t20000: {join: all}\n");
    assert_eq!(parse_workflows(&text).unwrap()[0].tasks.len(), 20_001);
}
