//! What is wrong, or doubtful, in a user's text: data, and its text and JSON forms.
//!
//! Problems are collected, never only the first one shown. A diagnostic has the
//! words for people and, apart from them, the text that the API answers; the
//! first is ours to improve, the second is a contract.

mod code;
mod render;
mod suggest;

pub use self::code::Code;
pub use self::render::{Excerpt, ExcerptLine, Rendered};
pub use self::suggest::{closest, did_you_mean};

use serde::Serialize;

use crate::source::{Source, Span};

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The text works, but hardly as its author meant.
    Warning,
    /// The text is refused.
    Error,
}

/// A place in the text and what there is to say about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// Shown beside the caret; may be empty.
    pub text: String,
}

/// A problem in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The kind of problem; stable.
    pub code: Code,
    /// How much it matters.
    pub severity: Severity,
    /// What was found, in one line.
    pub message: String,
    /// Where; the first label is the place of the problem itself.
    pub labels: Vec<Label>,
    /// What to write instead.
    pub help: Option<String>,
    /// The text that the API answers for this problem (workflow language §1.4);
    /// `None` for what the API does not refuse.
    pub api_text: Option<String>,
}

/// The flat form for tools.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct JsonDiagnostic<'d> {
    /// Name of the source.
    pub file: &'d str,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The stable code.
    pub code: &'static str,
    /// `error` or `warning`.
    pub severity: Severity,
    /// What was found.
    pub message: &'d str,
    /// What to write instead.
    pub help: Option<&'d str>,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(code: Code, message: impl Into<String>, span: Span) -> Self {
        Self::new(code, Severity::Error, message, span)
    }

    /// A warning at a place.
    pub fn warning(code: Code, message: impl Into<String>, span: Span) -> Self {
        Self::new(code, Severity::Warning, message, span)
    }

    fn new(code: Code, severity: Severity, message: impl Into<String>, span: Span) -> Self {
        let label = Label {
            span,
            text: String::new(),
        };
        Self {
            code,
            severity,
            message: message.into(),
            labels: vec![label],
            help: None,
            api_text: None,
        }
    }

    /// Adds what to write instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds what to write instead, if there is something to say.
    #[must_use]
    pub fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }

    /// Adds the text that the API answers.
    #[must_use]
    pub fn api(mut self, text: impl Into<String>) -> Self {
        self.api_text = Some(text.into());
        self
    }

    /// Sets the words beside the caret.
    #[must_use]
    pub fn mark(mut self, text: impl Into<String>) -> Self {
        if let Some(label) = self.labels.first_mut() {
            label.text = text.into();
        }
        self
    }

    /// Adds another place.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// The place of the problem itself.
    pub fn span(&self) -> Span {
        self.labels.first().map_or_else(Span::default, |l| l.span)
    }

    /// Whether the text is refused.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The flat form for tools.
    pub fn to_json<'d>(&'d self, source: &'d Source) -> JsonDiagnostic<'d> {
        let position = source.position(self.span().start);
        JsonDiagnostic {
            file: source.name(),
            line: position.line,
            column: position.column,
            code: self.code.as_str(),
            severity: self.severity,
            message: &self.message,
            help: self.help.as_deref(),
        }
    }
}

/// The text that the API answers: that of the first error found, as the original
/// stops there.
pub fn api_error(diagnostics: &[Diagnostic]) -> Option<&str> {
    let mut errors = diagnostics.iter().filter(|d| d.is_error());
    errors
        .next()
        .map(|d| d.api_text.as_deref().unwrap_or(&d.message))
}
