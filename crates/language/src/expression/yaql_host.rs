//! YAQL in strings.

use yaql::Value;

use super::error::{ExpressionError, GrammarError, Language};
use super::scope::Scope;

/// A string with YAQL expressions in it.
#[derive(Debug)]
pub(super) struct Inline {
    source: Box<str>,
}

impl Inline {
    /// Parses all expressions of a string.
    pub(super) fn parse(text: &str) -> Result<Self, GrammarError> {
        Ok(Self {
            source: text.into(),
        })
    }

    /// The whole string.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// The typed value of a string that is one expression, else text.
    pub(super) fn evaluate(&self, _scope: &Scope<'_>) -> Result<Value, ExpressionError> {
        Err(ExpressionError::Evaluation {
            language: Language::Yaql,
            class: "NotImplementedError".into(),
            expression: self.source.trim().into(),
            message: "the evaluator is not wired yet".into(),
        })
    }
}

/// The syntax errors of all expressions of a string.
pub(super) fn check(text: &str) -> Vec<GrammarError> {
    Inline::parse(text).err().into_iter().collect()
}
