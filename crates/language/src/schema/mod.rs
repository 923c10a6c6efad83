//! The JSON Schema (2020-12) of definitions, for editors.
//!
//! Its objects are made of the tables by which the readers go
//! ([`crate::spec::attributes`]). It accepts every document that the readers accept;
//! what needs the whole document, such as the target of a transition, or a look into
//! an expression, is left to `ostro lint`.

use yaql::{Dict, Value, json};

use crate::spec::attributes::{self, Attribute, Type};

/// What the types are, in the schema's own words.
const TYPES: &str = include_str!("types.json");

/// The schema of workflow lists, action lists and workbooks.
pub fn schema() -> Value {
    let types = json::parse(TYPES).expect("the file is JSON, and part of the program");
    let mut defs = types.as_dict().cloned().unwrap_or_default();
    for (name, schema) in objects() {
        defs.insert(name, schema);
    }
    dict([
        (
            "$schema",
            text("https://json-schema.org/draft/2020-12/schema"),
        ),
        (
            "title",
            text("A definition in Mistral's workflow language, version 2"),
        ),
        ("type", text("object")),
        (
            "if",
            parsed(
                r#"{"anyOf": [{"required": ["workflows"]}, {"required": ["actions"]},
                    {"required": ["name"], "properties": {"name": {"type": "string"}}}]}"#,
            ),
        ),
        ("then", reference("workbook")),
        ("else", reference("list")),
        ("$defs", Value::from(defs)),
    ])
}

/// The objects of the language.
fn objects() -> Vec<(&'static str, Value)> {
    let direct = [attributes::TASK, attributes::DIRECT];
    let reverse = [attributes::TASK, attributes::REVERSE];
    let no_two_works = ("not", parsed(r#"{"required": ["action", "workflow"]}"#));
    let not_empty = ("minProperties", Value::from(1));
    let task = |tables: &[&[Attribute]]| {
        let tolerated = attributes::TOLERATED_IN_TASKS;
        object(
            tables,
            tolerated,
            &[],
            [no_two_works.clone(), not_empty.clone()],
        )
    };
    let tasks = |task: &str| {
        dict([
            ("type", text("object")),
            ("minProperties", Value::from(1)),
            ("propertyNames", reference("text")),
            ("additionalProperties", reference(task)),
        ])
    };
    vec![
        ("list", list()),
        (
            "workbook",
            object(&[attributes::WORKBOOK], &[], &["version", "name"], []),
        ),
        ("workflow", workflow()),
        ("action", {
            let tolerated = attributes::TOLERATED_IN_ACTIONS;
            object(&[attributes::ACTION], tolerated, &["base"], [])
        }),
        ("tasks", tasks("task")),
        ("reverse-tasks", tasks("reverse-task")),
        ("task", task(&direct)),
        ("reverse-task", task(&reverse)),
        (
            "task-defaults",
            object(&[attributes::DEFAULTS], &[], &[], [not_empty]),
        ),
        ("retry", {
            object(&[attributes::RETRY], &[], &["count", "delay"], [])
        }),
        ("workflows", members("workflow")),
        ("actions", members("action")),
    ]
}

/// A list of workflows or actions: what has a base is an action.
fn list() -> Value {
    let member = dict([
        ("type", text("object")),
        (
            "if",
            parsed(r#"{"required": ["base"], "not": {"required": ["tasks"]}}"#),
        ),
        ("then", reference("action")),
        ("else", reference("workflow")),
    ]);
    dict([
        ("required", Value::from(vec![text("version")])),
        ("minProperties", Value::from(2)),
        ("properties", dict([("version", reference("version"))])),
        // An action needs a name, a workflow does not: so it is with the original.
        ("patternProperties", dict([("^$", reference("workflow"))])),
        ("additionalProperties", member),
    ])
}

/// Further keys of a workflow are accepted and have no effect, as with the original.
fn workflow() -> Value {
    let of = |tasks: &str| dict([("properties", dict([("tasks", reference(tasks))]))]);
    dict([
        ("type", text("object")),
        ("required", Value::from(vec![text("tasks")])),
        ("properties", properties(&[attributes::WORKFLOW])),
        (
            "if",
            parsed(r#"{"required": ["type"], "properties": {"type": {"const": "reverse"}}}"#),
        ),
        ("then", of("reverse-tasks")),
        ("else", of("tasks")),
    ])
}

/// A section of a workbook; it may repeat the version.
fn members(member: &str) -> Value {
    dict([
        ("type", text("object")),
        ("minProperties", Value::from(1)),
        (
            "properties",
            dict([("version", reference("workbook-version"))]),
        ),
        ("additionalProperties", reference(member)),
    ])
}

/// An object with the attributes of the tables and no others.
fn object<const N: usize>(
    tables: &[&[Attribute]],
    tolerated: &[&'static str],
    required: &[&'static str],
    more: [(&'static str, Value); N],
) -> Value {
    let mut properties = match properties(tables) {
        Value::Dict(properties) => properties,
        _ => Dict::new(),
    };
    for name in tolerated {
        properties.insert(*name, Value::from(true));
    }
    let mut made = Dict::new();
    made.insert("type", text("object"));
    if !required.is_empty() {
        let required: Vec<_> = required.iter().map(|name| text(name)).collect();
        made.insert("required", required);
    }
    made.insert("additionalProperties", false);
    made.insert("properties", properties);
    for (key, value) in more {
        made.insert(key, value);
    }
    Value::from(made)
}

fn properties(tables: &[&[Attribute]]) -> Value {
    let attributes = tables.iter().copied().flatten();
    let schemas = attributes.map(|attribute| (attribute.name, property(attribute)));
    Value::from(schemas.collect::<Dict>())
}

fn property(attribute: &Attribute) -> Value {
    let mut schema = match of_type(attribute.kind) {
        Value::Dict(schema) => schema,
        _ => Dict::new(),
    };
    schema.insert("description", attribute.about);
    Value::from(schema)
}

fn of_type(kind: Type) -> Value {
    match kind {
        Type::Any | Type::Tasks => Value::from(Dict::new()),
        Type::Text => reference("text"),
        Type::Texts => reference("texts"),
        Type::Parameters => reference("parameters"),
        Type::Templates => reference("templates"),
        Type::Expr => reference("expression"),
        Type::ExprOrInt => reference("number"),
        Type::ExprOrBool => reference("boolean"),
        Type::Call => reference("call"),
        Type::Input => reference("input"),
        Type::WithItems => reference("items"),
        Type::Retry => {
            let forms = vec![reference("retry"), reference("retry-text")];
            dict([("anyOf", Value::from(forms))])
        }
        Type::Join => reference("join"),
        Type::Clause => reference("clause"),
        Type::Requires => reference("requires"),
        Type::WorkflowKind => parsed(r#"{"enum": ["direct", "reverse"]}"#),
        Type::TaskDefaults => reference("task-defaults"),
        Type::Version => reference("version"),
        Type::WorkbookVersion => reference("workbook-version"),
        Type::Actions => reference("actions"),
        Type::Workflows => reference("workflows"),
    }
}

fn reference(name: &str) -> Value {
    dict([("$ref", text(&format!("#/$defs/{name}")))])
}

fn dict<const N: usize>(entries: [(&'static str, Value); N]) -> Value {
    Value::from(entries.into_iter().collect::<Dict>())
}

fn text(text: &str) -> Value {
    Value::from(text)
}

fn parsed(text: &str) -> Value {
    json::parse(text).expect("a constant that is JSON")
}
