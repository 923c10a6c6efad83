//! Doubts about actions: names that nobody provides.

use std::collections::BTreeSet;

use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::spec::{ActionSpec, Name, WorkKind, WorkbookSpec, WorkflowSpec};

/// The names of the actions there are, if they are known.
#[derive(Clone, Debug, Default)]
pub struct KnownActions {
    /// `None`: every name may exist.
    names: Option<BTreeSet<String>>,
}

impl KnownActions {
    /// Every name may exist.
    pub fn any() -> Self {
        Self::default()
    }

    /// Only these names exist, and those that a file defines itself.
    pub fn only(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            names: Some(names.into_iter().map(Into::into).collect()),
        }
    }

    /// These and further names.
    pub(super) fn with_names<'n>(&self, more: impl IntoIterator<Item = &'n str>) -> Self {
        let mut known = self.clone();
        if let Some(names) = &mut known.names {
            names.extend(more.into_iter().map(str::to_owned));
        }
        known
    }

    /// A workbook's tasks see its actions by their short and by their full names.
    pub(super) fn with_members(&self, workbook: &WorkbookSpec) -> Self {
        let short = workbook
            .actions
            .iter()
            .map(|action| action.name.text.to_string());
        let full = workbook
            .actions
            .iter()
            .map(|action| format!("{}.{}", workbook.name.text, action.name.text));
        let names: Vec<_> = short.chain(full).collect();
        self.with_names(names.iter().map(String::as_str))
    }

    fn check(&self, name: &Name, found: &mut Vec<Diagnostic>) {
        let Some(names) = &self.names else { return };
        let text = &*name.text;
        if names.contains(text) || text.contains("<%") || text.contains("{{") || text.contains("{%")
        {
            return;
        }
        let message = format!("unknown action '{text}'");
        let help = did_you_mean(text, names.iter().map(String::as_str));
        found.push(Diagnostic::warning(Code::UnknownAction, message, name.span).maybe_help(help));
    }
}

pub(super) fn warn_tasks(spec: &WorkflowSpec, known: &KnownActions, found: &mut Vec<Diagnostic>) {
    for task in spec.tasks.values() {
        if task.work.kind == WorkKind::Action {
            known.check(&task.work.name, found);
        }
    }
}

/// The base of an action is looked up by its full name only.
pub(super) fn warn_base(spec: &ActionSpec, known: &KnownActions, found: &mut Vec<Diagnostic>) {
    known.check(&spec.base, found);
}
