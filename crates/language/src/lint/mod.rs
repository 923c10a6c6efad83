//! Checks of whole files: all problems of the text, and doubts about what it means.

mod actions;
mod branches;
mod functions;
mod graph;
mod order;
mod variables;

use crate::diagnostic::Diagnostic;
use crate::parse::Options;
use crate::source::Source;
use crate::spec::{ActionSpec, WorkflowSpec};
use crate::yaml::{self, Mapping, Node};

pub use self::actions::KnownActions;

/// What a file holds (workflow language §1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentKind {
    /// A workbook.
    Workbook,
    /// A list of workflows.
    Workflows,
    /// A list of ad-hoc actions.
    Actions,
}

/// Checks a file of any kind. The result is sorted by place.
pub fn lint(source: &Source, known_actions: &KnownActions) -> Vec<Diagnostic> {
    lint_with(&Options::default(), source, known_actions)
}

/// As [`lint`], with the options of a server.
pub fn lint_with(
    options: &Options,
    source: &Source,
    known_actions: &KnownActions,
) -> Vec<Diagnostic> {
    let text = source.text();
    let root = yaml::load(text, &options.limits).ok().flatten();
    let kind = root
        .as_ref()
        .map_or(DocumentKind::Workflows, DocumentKind::of);
    let mut found = match kind {
        DocumentKind::Workbook => {
            let parsed = options.read_workbook(text);
            let mut found = parsed.diagnostics;
            if let (Some(workbook), Some(root)) = (parsed.spec, &root) {
                let known = known_actions.with_members(&workbook);
                let section = |key| root.as_mapping().and_then(|root| root.get(key));
                warn_actions(
                    &workbook.actions,
                    section("actions"),
                    known_actions,
                    &mut found,
                );
                warn_workflows(
                    &workbook.workflows,
                    section("workflows"),
                    &known,
                    &mut found,
                );
            }
            found
        }
        DocumentKind::Workflows => {
            let parsed = options.read_workflows(text);
            let mut found = parsed.diagnostics;
            warn_workflows(&parsed.spec, root.as_ref(), known_actions, &mut found);
            found
        }
        DocumentKind::Actions => {
            let parsed = options.read_actions(text);
            let mut found = parsed.diagnostics;
            let known = known_actions.with_names(parsed.spec.iter().map(|spec| &*spec.name.text));
            warn_actions(&parsed.spec, root.as_ref(), &known, &mut found);
            found
        }
    };
    found.sort_by_key(|diagnostic| diagnostic.span().start);
    found
}

fn warn_workflows(
    specs: &[WorkflowSpec],
    parent: Option<&Node>,
    known: &KnownActions,
    found: &mut Vec<Diagnostic>,
) {
    for spec in specs {
        graph::warn(spec, found);
        branches::warn(spec, found);
        actions::warn_tasks(spec, known, found);
        if let Some(node) = member(parent, &spec.name.text) {
            variables::warn_workflow(spec, node, found);
        }
    }
}

fn warn_actions(
    specs: &[ActionSpec],
    parent: Option<&Node>,
    known: &KnownActions,
    found: &mut Vec<Diagnostic>,
) {
    for spec in specs {
        actions::warn_base(spec, known, found);
        if let Some(node) = member(parent, &spec.name.text) {
            variables::warn_action(spec, node, found);
        }
    }
}

fn member<'n>(parent: Option<&'n Node>, name: &str) -> Option<&'n Mapping> {
    parent?.as_mapping()?.get(name)?.as_mapping()
}

impl DocumentKind {
    /// Tells by the keys: a workbook has a name or sections, a workflow has tasks, an
    /// action has a base. In doubt it is a list of workflows.
    pub fn of(root: &Node) -> Self {
        let Some(mapping) = root.as_mapping() else {
            return Self::Workflows;
        };
        let has_name = mapping
            .get("name")
            .is_some_and(|name| name.as_mapping().is_none());
        if has_name || mapping.get("workflows").is_some() || mapping.get("actions").is_some() {
            return Self::Workbook;
        }
        let any_has = |key: &str| {
            let mut members = mapping
                .entries
                .iter()
                .filter_map(|(_, node)| node.as_mapping());
            members.any(|member| member.get(key).is_some())
        };
        if !any_has("tasks") && (any_has("base") || any_has("base-input")) {
            return Self::Actions;
        }
        Self::Workflows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds() {
        let kind = |text: &str| {
            let root = yaml::load(text, &yaml::Limits::default()).unwrap().unwrap();
            DocumentKind::of(&root)
        };
        assert_eq!(kind("{version: 2, name: b}"), DocumentKind::Workbook);
        assert_eq!(kind("{version: 2, workflows: {}}"), DocumentKind::Workbook);
        assert_eq!(kind("{version: 2, a: {base: x}}"), DocumentKind::Actions);
        assert_eq!(
            kind("{version: 2, w: {tasks: {}}}"),
            DocumentKind::Workflows
        );
        assert_eq!(
            kind("{version: 2, name: {tasks: {}}}"),
            DocumentKind::Workflows
        );
        assert_eq!(kind("[1]"), DocumentKind::Workflows);
    }
}
