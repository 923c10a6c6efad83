//! What can go wrong with definitions.

use language::diagnostic::{Diagnostic, Severity};
use language::expression::Languages;
use language::source::Source;
use language::{KnownActions, Options};
use store::StoreError;
use yaql::{Dict, List, Value};

/// A definition cannot be had.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DefinitionError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The text is refused.
    #[error(transparent)]
    Refused(Refusal),
}

/// Why a text is refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{text}")]
pub struct Refusal {
    /// The words of the API, which names one problem.
    pub text: String,
    /// All problems, with their places, as JSON objects.
    pub problems: List,
}

impl DefinitionError {
    /// A refusal that names no place.
    pub(super) fn refused(text: impl Into<String>) -> Self {
        let text = text.into();
        Self::Refused(Refusal {
            text,
            problems: List::new(),
        })
    }

    /// A stored definition whose program is gone.
    pub(super) fn lost(name: &str) -> Self {
        Self::refused(format!(
            "The definition of '{name}' cannot be compiled any more; upload it again."
        ))
    }
}

/// What is doubtful about a text that may well be accepted, as JSON objects:
/// unknown functions and tasks, variables that nothing sets, …
pub(crate) fn doubts(text: &str, languages: &Languages) -> List {
    let options = Options {
        languages: languages.clone(),
        ..Options::default()
    };
    let source = Source::new("definition", text);
    let mut found = language::lint_with(&options, &source, &KnownActions::any());
    found.retain(|diagnostic| !diagnostic.is_error());
    problems(text, &found)
}

/// Problems of a text as the API shows them beside the words of the original.
pub(super) fn problems(text: &str, diagnostics: &[Diagnostic]) -> List {
    let source = Source::new("definition", text);
    diagnostics
        .iter()
        .map(|diagnostic| problem(&source, diagnostic))
        .collect()
}

fn problem(source: &Source, diagnostic: &Diagnostic) -> Dict {
    let shown = diagnostic.to_json(source);
    let severity = match shown.severity {
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let pairs: [(&str, Value); 6] = [
        ("line", shown.line.into()),
        ("column", shown.column.into()),
        ("severity", severity.into()),
        ("code", shown.code.into()),
        ("message", shown.message.into()),
        ("help", shown.help.into()),
    ];
    pairs.into_iter().collect()
}
