//! Reading workflows (workflow language §4).

use std::sync::Arc;

use indexmap::IndexMap;
use yaql::{Dict, Value};

use super::attributes;
use super::canonical;
use super::links;
use super::model::{Name, TaskSpec, TransitionSpec, WorkflowSpec};
use super::name::is_uuid;
use super::report::{At, Path, Report, Shape};
use super::shape::Keys;
use super::{python, task};
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::program::Kind;
use crate::source::Span;
use crate::yaml::{Mapping, Node};

const KEYS: Keys = Keys {
    of: "a workflow",
    known: &[attributes::WORKFLOW],
    tolerated: &[],
    elsewhere: (
        &[
            "join",
            "on-success",
            "on-error",
            "on-complete",
            "retry",
            "publish",
        ],
        "a task",
    ),
};

/// Reads a workflow; `node` is a dict. The definition text is the caller's.
pub(crate) fn read(report: &mut Report, name: Name, node: &Node) -> Option<WorkflowSpec> {
    let mapping = node.as_mapping()?;
    let start = report.found.len();
    let kind = read_kind(report, &name, mapping)?;
    let mut shape = Shape::new();
    let path = &Path::Root;
    unknown_keys(&mut shape, mapping);
    let description = description(&mut shape, mapping);
    let tags = shape.field(mapping, path, "tags", |shape, at| Some(shape.ulist(at)));
    let input = shape.field(mapping, path, "input", |shape, at| Some(shape.plist(at)));
    let mut templates = |key| shape.field(mapping, path, key, Shape::templates);
    let output = templates("output");
    let vars = templates("vars");
    let output_on_error = shape.field(mapping, path, "output-on-error", |shape, at| {
        shape.unchecked_expression(at.node);
        shape.ndict(at)
    });
    let defaults = shape.field(mapping, path, "task-defaults", |shape, at| {
        shape.object(at, "task-defaults").map(|_| at.node)
    });
    let tasks = task_nodes(&mut shape, mapping, name.span);
    shape.finish(report);
    if is_uuid(&name.text) {
        let text = "Workflow name cannot be in the format of UUID.";
        let message = "a workflow cannot have a name that looks like an id";
        report.push(Diagnostic::error(Code::BadName, message, name.span).api(text));
    }
    let task_defaults = defaults.map(|node| task::read_defaults(report, node));
    let tasks = read_tasks(report, tasks, kind);
    let mut spec = WorkflowSpec {
        json: canonical_workflow(&name, mapping, &tasks),
        name,
        kind,
        description,
        tags: tags.into_iter().flatten().map(|tag| tag.text).collect(),
        input: input.unwrap_or_default(),
        vars: vars.unwrap_or_default(),
        output,
        output_on_error,
        task_defaults: task_defaults.unwrap_or_default(),
        tasks,
        definition: Arc::from(""),
    };
    let written = mapping.get("tasks").and_then(Node::as_mapping);
    let all_read = written.is_some_and(|tasks| tasks.entries.len() == spec.tasks.len());
    if !report.has_errors_since(start) {
        links::check(report, &mut spec);
    } else if all_read {
        links::check_names(report, &spec);
    }
    (!spec.tasks.is_empty()).then_some(spec)
}

fn read_kind(report: &mut Report, name: &Name, mapping: &Mapping) -> Option<Kind> {
    let Some((_, node)) = mapping.entry("type") else {
        return Some(Kind::Direct);
    };
    match node.as_str() {
        Some("direct") => Some(Kind::Direct),
        Some("reverse") => Some(Kind::Reverse),
        other => {
            let data = canonical_entries(name, mapping);
            let api = format!(
                "Failed to find a specification class to instantiate [spec_cls=<class \
                 'mistral.lang.v2.workflows.WorkflowSpec'>, data={}]",
                python::value_repr(&Value::from(data))
            );
            let message = "the type of a workflow is 'direct' or 'reverse'";
            let help = other.and_then(|text| did_you_mean(text, ["direct", "reverse"]));
            let diagnostic = Diagnostic::error(Code::UnknownValue, message, node.span).api(api);
            report.push(diagnostic.maybe_help(help));
            None
        }
    }
}

/// The original accepts any further key and does nothing with it.
fn unknown_keys(shape: &mut Shape<'_>, mapping: &Mapping) {
    for (key, _) in &mapping.entries {
        let Some(name) = key
            .as_str()
            .filter(|name| !KEYS.names().any(|known| known == *name))
        else {
            continue;
        };
        let message = format!("unknown key '{name}' of {}: it has no effect", KEYS.of);
        shape.push_late(
            Diagnostic::warning(Code::UnknownKey, message, key.span).help(KEYS.help(name)),
        );
    }
}

/// The original accepts any value here.
fn description(shape: &mut Shape<'_>, mapping: &Mapping) -> Option<Arc<str>> {
    let node = mapping.get("description")?;
    if node.as_str().is_none() {
        let message = "the description is not a text: it has no effect";
        shape.push_late(Diagnostic::warning(Code::WrongType, message, node.span));
    }
    node.as_str().map(Arc::from)
}

/// The tasks that are worth reading: dicts under text keys.
fn task_nodes<'n>(
    shape: &mut Shape<'n>,
    mapping: &'n Mapping,
    workflow: Span,
) -> Vec<(Name, &'n Node)> {
    let path = &Path::Root;
    if shape.required(mapping, "tasks", workflow, path).is_none() {
        return Vec::new();
    }
    let tasks = shape.field(mapping, path, "tasks", |shape, at| {
        let tasks = shape.object(at, "a list of tasks")?;
        let entries = tasks.entries.iter().filter_map(|(key, node)| {
            let name = key.as_str()?;
            let path = Path::Key(at.path, name);
            let task = shape.object(At { node, path: &path }, "a task")?;
            shape.json_values(task, &path);
            let name = Name {
                text: name.into(),
                span: key.span,
            };
            Some((name, node))
        });
        Some(entries.collect())
    });
    tasks.unwrap_or_default()
}

fn read_tasks(
    report: &mut Report,
    nodes: Vec<(Name, &Node)>,
    kind: Kind,
) -> IndexMap<Arc<str>, TaskSpec> {
    let mut tasks = IndexMap::with_capacity(nodes.len());
    for (name, node) in nodes {
        if let Some(task) = task::read(report, &name, node, kind) {
            tasks.insert(task.name.text.clone(), task);
        }
    }
    tasks.values().for_each(|task| check_length(report, task));
    tasks
}

/// The unique key of a join holds its name and an id, so less is left for the name.
fn check_length(report: &mut Report, task: &TaskSpec) {
    let name = &task.name.text;
    let length = name.chars().count();
    let (limit, what) = if task.join.is_some() && length <= 255 {
        (208, "join task")
    } else {
        (255, "task")
    };
    if length > limit {
        let api = format!("The length of a '{name}' {what} name must not exceed {limit} symbols");
        let message = format!("the name of a {what} has at most {limit} characters");
        report.push(Diagnostic::error(Code::BadName, message, task.name.span).api(api));
    }
}

fn canonical_entries(name: &Name, mapping: &Mapping) -> Dict {
    let added = [("name", &*name.text), ("version", canonical::VERSION)];
    canonical::with(mapping, added.map(|(key, value)| (key, Value::from(value))))
}

fn canonical_workflow(
    name: &Name,
    mapping: &Mapping,
    tasks: &IndexMap<Arc<str>, TaskSpec>,
) -> Value {
    let mut dict = canonical_entries(name, mapping);
    let tasks = tasks
        .iter()
        .map(|(name, task)| (name.clone(), task.json.clone()));
    dict.insert("tasks", tasks.collect::<Dict>());
    Value::from(dict)
}

impl WorkflowSpec {
    /// The entries of a clause that count for a task: its own, or else those of the
    /// defaults without the task itself (workflow language §4.4).
    pub(crate) fn effective_clause<'s>(
        &'s self,
        task: &'s TaskSpec,
        key: &str,
    ) -> impl Iterator<Item = &'s TransitionSpec> + use<'s> {
        let own = task
            .clauses
            .get(key)
            .filter(|clause| !clause.next.is_empty());
        let is_default = own.is_none();
        let clause = own.or_else(|| self.task_defaults.clauses.get(key));
        let next = clause.into_iter().flat_map(|clause| &clause.next);
        next.filter(move |next| !(is_default && next.target.text == task.name.text))
    }

    /// The entries of all clauses that count for a task, in the order in which the
    /// original checks them.
    pub(crate) fn effective_targets<'s>(
        &'s self,
        task: &'s TaskSpec,
    ) -> impl Iterator<Item = (&'static str, &'s TransitionSpec)> {
        links::KEYS.into_iter().flat_map(move |key| {
            let next = self.effective_clause(task, key);
            next.map(move |next| (key, next))
        })
    }

    /// The tasks that must be SUCCESS first: own and default ones, each once.
    pub(crate) fn effective_requires<'s>(
        &'s self,
        task: &'s TaskSpec,
    ) -> impl Iterator<Item = &'s Name> {
        let defaults = self.task_defaults.requires.iter().filter(move |name| {
            let own = task.requires.iter().any(|own| own.text == name.text);
            !own && name.text != task.name.text
        });
        task.requires.iter().chain(defaults)
    }
}
