//! From text to specifications.

use crate::diagnostic::{Code, Diagnostic};
use crate::expression::Languages;
use crate::spec::{self, ActionSpec, Report, WorkbookSpec, WorkflowSpec};
use crate::yaml::{self, Limits, Node};

/// How to read documents.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What a document may demand.
    pub limits: Limits,
    /// The expression languages that the operator allows.
    pub languages: Languages,
}

/// What a document gave: specifications as far as they could be made, and all
/// problems, in the order in which the original checks.
#[derive(Debug)]
pub struct Parsed<T> {
    /// The specifications.
    pub spec: T,
    /// The problems.
    pub diagnostics: Vec<Diagnostic>,
}

impl<T> Parsed<T> {
    /// Whether there are errors.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    fn into_result(self) -> Result<T, Vec<Diagnostic>> {
        if self.has_errors() {
            return Err(self.diagnostics);
        }
        Ok(self.spec)
    }
}

impl Options {
    /// Reads a list of workflows.
    pub fn read_workflows(&self, text: &str) -> Parsed<Vec<WorkflowSpec>> {
        self.read(text, spec::workflows)
    }

    /// Reads a list of ad-hoc actions.
    pub fn read_actions(&self, text: &str) -> Parsed<Vec<ActionSpec>> {
        self.read(text, spec::actions)
    }

    /// Reads a workbook; without a name there is none.
    pub fn read_workbook(&self, text: &str) -> Parsed<Option<WorkbookSpec>> {
        self.read(text, spec::workbook)
    }

    fn read<T: Default>(
        &self,
        text: &str,
        read: impl FnOnce(&mut Report, &str, Option<&Node>) -> T,
    ) -> Parsed<T> {
        let mut report = Report::new(self.languages.clone());
        let spec = match yaml::load(text, &self.limits) {
            Ok(root) => read(&mut report, text, root.as_ref()),
            Err(error) => {
                report.push(not_yaml(&error, text));
                T::default()
            }
        };
        Parsed {
            spec,
            diagnostics: report.found,
        }
    }
}

fn not_yaml(error: &yaml::YamlError, text: &str) -> Diagnostic {
    let diagnostic = Diagnostic::error(Code::Yaml, error.problem.clone(), error.span)
        .api(format!("Definition could not be parsed: {error}\n"));
    let diagnostic = match &error.context {
        Some((words, Some(span))) if *span != error.span => diagnostic.label(*span, words.clone()),
        _ => diagnostic,
    };
    diagnostic.maybe_help(yaml_help(error, text))
}

/// The usual mistakes with expressions in YAML.
fn yaml_help(error: &yaml::YamlError, text: &str) -> Option<String> {
    let at = error.span.start.min(text.len());
    let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[line_start..].lines().next().unwrap_or_default();
    let help = if line[..(at - line_start).min(line.len())].contains("{{") || line.contains("{{") {
        "put quotes around Jinja expressions: \"{{ … }}\""
    } else if line.contains("<%") {
        "put quotes around the expression: \"<% … %>\""
    } else if error.problem.contains("'\\t'") {
        "YAML does not allow tabs here; use spaces"
    } else if error.problem.contains("mapping values are not allowed") {
        "put quotes around text that holds ': '"
    } else {
        return None;
    };
    Some(help.to_owned())
}

/// Reads a list of workflows (workflow language §1.1).
///
/// # Errors
/// All problems, if one of them is an error.
pub fn parse_workflows(text: &str) -> Result<Vec<WorkflowSpec>, Vec<Diagnostic>> {
    Options::default().read_workflows(text).into_result()
}

/// Reads a list of ad-hoc actions (workflow language §3).
///
/// # Errors
/// All problems, if one of them is an error.
pub fn parse_actions(text: &str) -> Result<Vec<ActionSpec>, Vec<Diagnostic>> {
    Options::default().read_actions(text).into_result()
}

/// Reads a workbook (workflow language §2).
///
/// # Errors
/// All problems, if one of them is an error.
pub fn parse_workbook(text: &str) -> Result<WorkbookSpec, Vec<Diagnostic>> {
    let parsed = Options::default().read_workbook(text);
    let diagnostics = parsed.diagnostics.clone();
    parsed.into_result()?.ok_or(diagnostics)
}
