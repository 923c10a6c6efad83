//! Doubts about variables: names that nobody sets, tasks that do not exist.
//!
//! The order of tasks is not looked at: a variable that is set anywhere counts.

use std::collections::BTreeSet;

use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::expression::{Reference, references};
use crate::spec::{ActionSpec, InputSpec, ScopesSpec, TaskSpec, WorkflowSpec, links};
use crate::yaml::{Content, Mapping, Node};

/// Set by the engine where authentication is on.
const OPENSTACK: &str = "openstack";

pub(super) fn warn_workflow(spec: &WorkflowSpec, mapping: &Mapping, found: &mut Vec<Diagnostic>) {
    let check = Check {
        variables: variables(spec),
        tasks: Some(spec.tasks.keys().map(|name| &**name).collect()),
    };
    for (key, node) in &mapping.entries {
        if !matches!(
            key.as_str(),
            Some("description" | "tags" | "input" | "type")
        ) {
            check.node(node, found);
        }
    }
}

/// The input of the base sees the parameters; `output` sees any result.
pub(super) fn warn_action(spec: &ActionSpec, mapping: &Mapping, found: &mut Vec<Diagnostic>) {
    // A task's variables are there as well when a task runs the action; only an action
    // without any parameter has none to name.
    if spec.input.is_empty() {
        return;
    }
    let check = Check {
        variables: names(&spec.input).collect(),
        tasks: None,
    };
    for key in ["base", "base-input"] {
        if let Some(node) = mapping.get(key) {
            check.node(node, found);
        }
    }
}

fn names(input: &[InputSpec]) -> impl Iterator<Item = &str> {
    input.iter().map(|input| &*input.name)
}

/// All names that are set anywhere in a workflow.
fn variables(spec: &WorkflowSpec) -> BTreeSet<&str> {
    let mut variables: BTreeSet<&str> = names(&spec.input).collect();
    variables.extend(spec.vars.keys().filter_map(|key| key.as_str()));
    for task in spec.tasks.values() {
        variables.extend(task.with_items.iter().map(|entry| &*entry.variable));
        let basic = [
            &task.publish.success,
            &task.publish.error,
            &task.publish.skip,
        ];
        let scopes = scopes(task).flat_map(|scopes| [&scopes.branch, &scopes.global]);
        let published = basic.into_iter().chain(scopes).flatten();
        variables.extend(
            published
                .flat_map(|dict| dict.keys())
                .filter_map(|key| key.as_str()),
        );
    }
    variables
}

fn scopes(task: &TaskSpec) -> impl Iterator<Item = &ScopesSpec> {
    let clauses = links::KEYS
        .into_iter()
        .filter_map(|key| task.clauses.get(key));
    clauses.filter_map(|clause| clause.publish.as_ref())
}

struct Check<'s> {
    variables: BTreeSet<&'s str>,
    /// `None`: there is no workflow whose tasks could be named.
    tasks: Option<BTreeSet<&'s str>>,
}

impl Check<'_> {
    fn node(&self, node: &Node, found: &mut Vec<Diagnostic>) {
        match &node.content {
            Content::Scalar(_) => self.text(node, found),
            Content::Sequence(sequence) => {
                sequence
                    .items
                    .iter()
                    .for_each(|item| self.node(item, found));
            }
            Content::Mapping(mapping) => {
                for (key, value) in &mapping.entries {
                    if key.as_str() != Some("description") {
                        self.node(value, found);
                    }
                }
            }
            Content::Set(_) => {}
        }
    }

    fn text(&self, node: &Node, found: &mut Vec<Diagnostic>) {
        let Some(text) = node.as_str() else { return };
        let references = references(text);
        for variable in &references.variables {
            self.variable(node, variable, found);
        }
        for task in &references.tasks {
            self.task(node, task, found);
        }
    }

    fn variable(&self, node: &Node, variable: &Reference, found: &mut Vec<Diagnostic>) {
        let name = &*variable.name;
        let is_internal = name.starts_with("__") || name == OPENSTACK;
        if is_internal || self.variables.contains(name) {
            return;
        }
        let message = format!("nothing sets the variable '{name}'");
        let span = node.locate(variable.range.clone());
        let help = did_you_mean(name, self.variables.iter().copied());
        found.push(Diagnostic::warning(Code::UndefinedVariable, message, span).maybe_help(help));
    }

    fn task(&self, node: &Node, task: &Reference, found: &mut Vec<Diagnostic>) {
        let Some(tasks) = &self.tasks else { return };
        let name = &*task.name;
        if tasks.contains(name) {
            return;
        }
        let message = format!("there is no task '{name}', so this gives null");
        let span = node.locate(task.range.clone());
        let help = did_you_mean(name, tasks.iter().copied());
        found.push(Diagnostic::warning(Code::UnknownTask, message, span).maybe_help(help));
    }
}
