//! Doubts about what expressions name: variables that nobody sets, or only too
//! late; tasks and functions that do not exist.

use std::collections::BTreeSet;

use yaql::Dict;

use super::functions;
use super::order::Order;
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::expression::{Reference, references};
use crate::source::Span;
use crate::spec::{ActionSpec, InputSpec, ScopesSpec, TaskSpec, WorkflowSpec, links};
use crate::yaml::{Content, Mapping, Node};

/// Set by the engine where authentication is on.
const OPENSTACK: &str = "openstack";

pub(super) fn warn_workflow(spec: &WorkflowSpec, mapping: &Mapping, found: &mut Vec<Diagnostic>) {
    let check = Check {
        variables: Some(variables(spec)),
        workflow: Some(spec),
        everywhere: everywhere(spec),
        order: Order::new(spec),
    };
    for (key, node) in &mapping.entries {
        match key.as_str() {
            Some("description" | "tags" | "input" | "type") => {}
            Some("tasks") => check.tasks(node, found),
            _ => check.node(node, None, found),
        }
    }
}

/// The input of the base sees the parameters; `output` sees any result.
pub(super) fn warn_action(spec: &ActionSpec, mapping: &Mapping, found: &mut Vec<Diagnostic>) {
    // A task's variables are there as well when a task runs the action; only an action
    // without any parameter has none to name.
    let parameters = (!spec.input.is_empty()).then(|| names(&spec.input).collect());
    for (key, variables) in [
        ("base", &parameters),
        ("base-input", &parameters),
        ("output", &None),
    ] {
        let check = Check {
            variables: variables.clone(),
            workflow: None,
            everywhere: BTreeSet::new(),
            order: Order::default(),
        };
        if let Some(node) = mapping.get(key) {
            check.node(node, None, found);
        }
    }
}

fn names(input: &[InputSpec]) -> impl Iterator<Item = &str> {
    input.iter().map(|input| &*input.name)
}

/// All names that are set anywhere in a workflow.
fn variables(spec: &WorkflowSpec) -> BTreeSet<&str> {
    let mut variables = everywhere(spec);
    for task in spec.tasks.values() {
        variables.extend(items(task));
        variables.extend(branch_variables(task));
    }
    variables
}

/// The names that all tasks may see: input, `vars`, global variables.
fn everywhere(spec: &WorkflowSpec) -> BTreeSet<&str> {
    let mut variables: BTreeSet<&str> = names(&spec.input).collect();
    variables.extend(keys(&spec.vars));
    let scopes = spec.tasks.values().flat_map(scopes);
    let global = scopes.filter_map(|scopes| scopes.global.as_ref());
    variables.extend(global.flat_map(keys));
    variables
}

/// The names that a task may publish to the tasks behind it.
pub(super) fn branch_variables(task: &TaskSpec) -> impl Iterator<Item = &str> {
    let basic = [
        &task.publish.success,
        &task.publish.error,
        &task.publish.skip,
    ];
    let scopes = scopes(task).map(|scopes| &scopes.branch);
    let published = basic.into_iter().chain(scopes).flatten();
    published.flat_map(keys)
}

fn items(task: &TaskSpec) -> impl Iterator<Item = &str> {
    task.with_items.iter().map(|entry| &*entry.variable)
}

fn keys(dict: &Dict) -> impl Iterator<Item = &str> {
    dict.keys().filter_map(|key| key.as_str())
}

fn scopes(task: &TaskSpec) -> impl Iterator<Item = &ScopesSpec> {
    let clauses = links::KEYS
        .into_iter()
        .filter_map(|key| task.clauses.get(key));
    clauses.filter_map(|clause| clause.publish.as_ref())
}

struct Check<'s> {
    /// All that are set anywhere. `None`: any name may be set.
    variables: Option<BTreeSet<&'s str>>,
    /// `None`: there is no workflow whose tasks could be named.
    workflow: Option<&'s WorkflowSpec>,
    /// Those that all tasks may see.
    everywhere: BTreeSet<&'s str>,
    order: Order<'s>,
}

/// A part of a task.
#[derive(Clone, Copy)]
struct Place<'s> {
    task: &'s TaskSpec,
    /// Whether it is evaluated when the task may have published.
    is_after: bool,
}

impl<'s> Check<'s> {
    fn tasks(&self, node: &Node, found: &mut Vec<Diagnostic>) {
        let tasks = node.as_mapping().into_iter();
        for (name, node) in tasks.flat_map(|tasks| &tasks.entries) {
            let task = name.as_str().and_then(|name| self.task_spec(name));
            let (Some(task), Some(mapping)) = (task, node.as_mapping()) else {
                self.node(node, None, found);
                continue;
            };
            for (key, node) in &mapping.entries {
                let is_after = !matches!(
                    key.as_str(),
                    Some("action" | "workflow" | "input" | "with-items" | "publish")
                );
                if key.as_str() != Some("description") {
                    self.node(node, Some(Place { task, is_after }), found);
                }
            }
        }
    }

    fn task_spec(&self, name: &str) -> Option<&'s TaskSpec> {
        self.workflow?.tasks.get(name)
    }

    fn node(&self, node: &Node, place: Option<Place<'_>>, found: &mut Vec<Diagnostic>) {
        match &node.content {
            Content::Scalar(_) => self.text(node, place, found),
            Content::Sequence(sequence) => {
                for item in &sequence.items {
                    self.node(item, place, found);
                }
            }
            Content::Mapping(mapping) => {
                for (key, value) in &mapping.entries {
                    if key.as_str() != Some("description") {
                        self.node(value, place, found);
                    }
                }
            }
            Content::Set(_) => {}
        }
    }

    fn text(&self, node: &Node, place: Option<Place<'_>>, found: &mut Vec<Diagnostic>) {
        let Some(text) = node.as_str() else { return };
        let references = references(text);
        for unknown in &references.unknown {
            functions::warn(node, unknown, found);
        }
        for variable in &references.variables {
            self.variable(node, variable, place, found);
        }
        for task in &references.tasks {
            self.task(node, task, found);
        }
    }

    fn variable(
        &self,
        node: &Node,
        variable: &Reference,
        place: Option<Place<'_>>,
        found: &mut Vec<Diagnostic>,
    ) {
        let name = &*variable.name;
        let Some(variables) = &self.variables else {
            return;
        };
        if name.starts_with("__") || name == OPENSTACK {
            return;
        }
        let span = node.locate(variable.range.clone());
        if !variables.contains(name) {
            let message = format!("nothing sets the variable '{name}'");
            let help = did_you_mean(name, variables.iter().copied());
            let diagnostic = Diagnostic::warning(Code::UndefinedVariable, message, span);
            found.push(diagnostic.maybe_help(help));
        } else if let Some(place) = place {
            found.extend(self.too_early(name, place, span));
        }
    }

    /// A variable that is set somewhere, but never before this place.
    fn too_early(&self, name: &str, place: Place<'_>, span: Span) -> Option<Diagnostic> {
        let spec = self.workflow?;
        let task = &*place.task.name.text;
        let is_set = self.order.may_be_set(task, name, place.is_after)
            || items(place.task).any(|item| item == name)
            || self.everywhere.contains(name);
        if is_set {
            return None;
        }
        let message = format!("'{name}' is never set before '{task}' needs it");
        let diagnostic = Diagnostic::warning(Code::VariableTooEarly, message, span);
        let mut tasks = spec.tasks.values();
        let setter = tasks.find(|setter| self.order.publishes(&setter.name.text, name));
        Some(match setter {
            Some(setter) => diagnostic
                .label(setter.name.span, format!("publishes '{name}'"))
                .help("a task sees what the tasks on the paths to it have published"),
            None => diagnostic.help("it is the item of another task's with-items"),
        })
    }

    fn task(&self, node: &Node, task: &Reference, found: &mut Vec<Diagnostic>) {
        let Some(spec) = self.workflow else { return };
        let name = &*task.name;
        if spec.tasks.contains_key(name) {
            return;
        }
        let message = format!("there is no task '{name}', so this gives null");
        let span = node.locate(task.range.clone());
        let help = did_you_mean(name, spec.tasks.keys().map(|name| &**name));
        found.push(Diagnostic::warning(Code::UnknownTask, message, span).maybe_help(help));
    }
}
