//! Reading tasks (workflow language §5).

use yaql::{Dict, Value};

use super::action::merge_deep;
use super::attributes;
use super::canonical;
use super::document::version;
use super::model::{
    BasicPublishSpec, ClausesSpec, InputValue, Name, TaskDefaultsSpec, TaskSpec, WorkKind, WorkSpec,
};
use super::report::{At, Path, Report, Shape, invalid};
use super::shape::{Keys, is_natural, value};
use super::{call, clause, links, policies, python, with_items};
use crate::diagnostic::{Code, Diagnostic};
use crate::program::{Join, Kind};
use crate::yaml::{Content, Mapping, Node};

/// The keys of a task of a direct workflow.
const DIRECT: Keys = Keys {
    of: "a task",
    known: &[attributes::TASK, attributes::DIRECT],
    tolerated: attributes::TOLERATED_IN_TASKS,
    elsewhere: (&["requires"], "a task of a reverse workflow"),
};

/// The keys of a task of a reverse workflow.
const REVERSE: Keys = Keys {
    of: "a task of a reverse workflow",
    known: &[attributes::TASK, attributes::REVERSE],
    tolerated: attributes::TOLERATED_IN_TASKS,
    elsewhere: (
        &["join", "on-success", "on-error", "on-complete", "on-skip"],
        "a task of a direct workflow",
    ),
};

/// The keys of `task-defaults`.
const DEFAULTS: Keys = Keys {
    of: "'task-defaults'",
    known: &[attributes::DEFAULTS],
    tolerated: &[],
    elsewhere: (
        &[
            "action",
            "workflow",
            "input",
            "publish",
            "target",
            "keep-result",
            "with-items",
            "join",
        ],
        "a task",
    ),
};

/// What the original adds to a task.
pub(crate) fn canonical_task(name: &str, kind: Kind, mapping: &Mapping) -> Dict {
    let kind = match kind {
        Kind::Direct => "direct",
        Kind::Reverse => "reverse",
    };
    let added = [
        ("type", kind),
        ("name", name),
        ("version", canonical::VERSION),
    ];
    canonical::with(mapping, added.map(|(key, value)| (key, Value::from(value))))
}

/// Reads a task. `node` is a dict, as the workflow has checked.
pub(crate) fn read(report: &mut Report, name: &Name, node: &Node, kind: Kind) -> Option<TaskSpec> {
    let mapping = node.as_mapping()?;
    let json = Value::from(canonical_task(&name.text, kind, mapping));
    let mut shape = Shape::new();
    let root = At {
        node,
        path: &Path::Root,
    };
    let keys = match kind {
        Kind::Direct => &DIRECT,
        Kind::Reverse => &REVERSE,
    };
    shape.known_keys(mapping, root.path, keys);
    shape.name_not_empty(name, root.path);
    let task = read_fields(&mut shape, name, mapping, kind, json);
    one_kind_of_work(&mut shape, mapping, &task);
    shape.finish(report);
    Some(task)
}

fn read_fields<'n>(
    shape: &mut Shape<'n>,
    name: &Name,
    mapping: &'n Mapping,
    kind: Kind,
    json: Value,
) -> TaskSpec {
    let path = &Path::Root;
    let description = shape.field(mapping, path, "description", Shape::nstr);
    let tags = shape.field(mapping, path, "tags", |shape, at| Some(shape.ulist(at)));
    let target = shape.field(mapping, path, "target", Shape::nstr);
    let work = work(shape, mapping, name);
    let input = shape.any_of(mapping, path, "input", input);
    let json = with_merged_input(json, input.as_ref(), &work);
    let mut publish = |key| shape.field(mapping, path, key, Shape::templates);
    let publish = BasicPublishSpec {
        success: publish("publish"),
        error: publish("publish-on-error"),
        skip: publish("publish-on-skip"),
    };
    let keep_result = shape.field(mapping, path, "keep-result", Shape::expr_or_bool);
    let safe_rerun = shape.field(mapping, path, "safe-rerun", Shape::expr_or_bool);
    let with_items = shape.any_of(mapping, path, "with-items", |shape, at| {
        Some(with_items::read(shape, at, &json))
    });
    let policies = policies::read(shape, mapping, path);
    let (join, clauses, requires) = match kind {
        Kind::Direct => {
            let join = shape.field(mapping, path, "join", join);
            (join, clause::read(shape, mapping, path), None)
        }
        Kind::Reverse => {
            let requires = shape.any_of(mapping, path, "requires", requires);
            (None, ClausesSpec::default(), requires)
        }
    };
    TaskSpec {
        name: name.clone(),
        description: description.map(|text| text.text),
        tags: tags.into_iter().flatten().map(|tag| tag.text).collect(),
        work,
        input: input.unwrap_or_default(),
        with_items: with_items.unwrap_or_default(),
        publish,
        keep_result,
        safe_rerun,
        target: target.map(|text| text.text),
        policies,
        join,
        clauses,
        requires: requires.unwrap_or_default(),
        json,
    }
}

/// The original lays inline parameters over `input` in the data itself, if both are
/// there.
fn with_merged_input(json: Value, input: Option<&InputValue>, work: &WorkSpec) -> Value {
    match (json, input) {
        (Value::Dict(mut task), Some(InputValue::Named(input))) => {
            task.insert("input", merge_deep(input.clone(), &work.parameters));
            Value::from(task)
        }
        (json, _) => json,
    }
}

fn work<'n>(shape: &mut Shape<'n>, mapping: &'n Mapping, task: &Name) -> WorkSpec {
    let path = &Path::Root;
    let action = shape.field(mapping, path, "action", |shape, at| {
        Some((at.node, call::read(shape, at)))
    });
    let workflow = shape.field(mapping, path, "workflow", |shape, at| {
        Some((at.node, call::read(shape, at)))
    });
    let (kind, found) = match (action, workflow) {
        (None, Some(found)) => (WorkKind::Workflow, Some(found)),
        (found, _) => (WorkKind::Action, found),
    };
    match found {
        Some((node, Some(call))) => WorkSpec {
            kind,
            name: Name {
                span: node.locate(0..call.name.len()),
                text: call.name.clone(),
            },
            parameters: call.dict(),
        },
        _ => WorkSpec {
            kind,
            name: Name {
                text: "std.noop".into(),
                span: task.span,
            },
            parameters: Dict::new(),
        },
    }
}

/// What cannot stand together: two kinds of work, and inline parameters beside an
/// input that is one expression.
fn one_kind_of_work<'n>(shape: &mut Shape<'n>, mapping: &'n Mapping, task: &TaskSpec) {
    if let (Some((action, _)), Some((workflow, _))) =
        (mapping.entry("action"), mapping.entry("workflow"))
    {
        let api = format!(
            "{} is valid under each of {{'type': 'object', 'required': ['workflow']}}, \
             {{'type': 'object', 'required': ['action']}}",
            python::value_repr(&task.json)
        );
        let message = "a task runs an action or a workflow, not both";
        let diagnostic = invalid(Code::ConflictingKeys, message, workflow.span, api);
        shape.push(&Path::Root, diagnostic.label(action.span, "the other one"));
    }
    if let (InputValue::Whole(_), Some((key, _)), false) = (
        &task.input,
        mapping.entry("input"),
        task.work.parameters.is_empty(),
    ) {
        let message = "inline parameters cannot be merged with an input that is one expression";
        let diagnostic = Diagnostic::error(Code::ConflictingKeys, message, key.span)
            .label(task.work.name.span, "the parameters are here")
            .help("write all parameters in 'input', one by one");
        shape.push_late(diagnostic);
    }
}

fn input<'n>(shape: &mut Shape<'n>, at: At<'n, '_>) -> Option<InputValue> {
    match &at.node.content {
        Content::Mapping(_) => shape.templates(at).map(InputValue::Named),
        _ if at.node.as_str().is_some() => {
            shape.expression(at.node);
            shape.nstr(at).map(|text| InputValue::Whole(text.text))
        }
        _ => {
            shape.none_of(at, "a dict of parameters, or an expression that gives one");
            None
        }
    }
}

fn join(shape: &mut Shape<'_>, at: At<'_, '_>) -> Option<Join> {
    match value(at.node) {
        Some(Value::String(text)) if &**text == "all" => return Some(Join::All),
        Some(Value::String(text)) if &**text == "one" => return Some(Join::Count(1)),
        Some(Value::Int(number)) if *number < 0 => {
            let api = format!("{number} is less than the minimum of 0");
            let message = "a join cannot wait for less than no task";
            shape.push(
                at.path,
                invalid(Code::WrongType, message, at.node.span, api),
            );
            return None;
        }
        _ => {}
    }
    if !is_natural(at.node) {
        shape.none_of(at, "all, one, or a whole number from 0 up");
        return None;
    }
    // Zero is no join. More than there can be tasks is an error later.
    let count = value(at.node)?.as_f64()?.min(f64::from(u32::MAX)) as u32;
    (count > 0).then_some(Join::Count(count))
}

fn requires<'n>(shape: &mut Shape<'n>, at: At<'n, '_>) -> Option<Vec<Name>> {
    if at.node.as_str().is_some() {
        return shape.nstr(at).map(|name| vec![name]);
    }
    if at.node.as_items().is_none() {
        shape.none_of(at, "a task, or a list of tasks");
        return None;
    }
    Some(shape.ulist(at))
}

/// What has no effect in `task-defaults`, though the original checks it.
fn tolerated_in_defaults<'n>(shape: &mut Shape<'n>, mapping: &'n Mapping, path: &Path<'_>) {
    shape.field(mapping, path, "description", Shape::nstr);
    shape.field(mapping, path, "tags", |shape, at| Some(shape.ulist(at)));
    shape.field(mapping, path, "name", Shape::nstr);
    shape.field(mapping, path, "version", |shape, at| {
        version(shape, at);
        Some(())
    });
    for key in ["tags", "name", "version"] {
        if let Some((key, _)) = mapping.entry(key) {
            let message = "this has no effect in 'task-defaults'";
            shape.push_late(Diagnostic::warning(Code::NoEffect, message, key.span));
        }
    }
}

/// Reads `task-defaults`.
pub(crate) fn read_defaults(report: &mut Report, node: &Node) -> TaskDefaultsSpec {
    let Some(mapping) = node.as_mapping() else {
        return TaskDefaultsSpec::default();
    };
    let mut shape = Shape::new();
    let path = &Path::Root;
    shape.known_keys(mapping, path, &DEFAULTS);
    tolerated_in_defaults(&mut shape, mapping, path);
    let safe_rerun = shape.field(mapping, path, "safe-rerun", Shape::expr_or_bool);
    let policies = policies::read(&mut shape, mapping, path);
    let clauses = clause::read(&mut shape, mapping, path);
    let requires = shape.any_of(mapping, path, "requires", requires);
    for key in links::KEYS {
        let publishes = clauses
            .get(key)
            .is_some_and(|clause| clause.publish.is_some());
        if let (true, Some((key, _))) = (publishes, mapping.entry(key)) {
            let message = "publishing in 'task-defaults' has no effect";
            let warning = Diagnostic::warning(Code::NoEffect, message, key.span);
            shape.push_late(warning.help("publish in the tasks themselves"));
        }
    }
    shape.finish(report);
    TaskDefaultsSpec {
        policies,
        clauses,
        safe_rerun,
        requires: requires.unwrap_or_default(),
    }
}
