//! Strings with Jinja in them.

use std::borrow::Cow;
use std::ops::Range;

use yaql::{Dict, Value};

use super::super::error::{ExpressionError, GrammarClass, GrammarError, Language};
use super::super::failure::{Failure, Outcome};
use super::super::scope::Scope;
use super::super::split;
use super::super::stored::stored;
use super::ast::{Body, Expression};
use super::parser;
use super::run::Run;
use super::syntax_error::SyntaxError;

/// A parsed string.
pub(in super::super) struct Inline {
    source: Box<str>,
    form: Form,
}

enum Form {
    /// Exactly one `{{ … }}`: its value keeps its type.
    Whole {
        expression: Expression,
        /// Where its text starts in the string.
        offset: usize,
    },
    /// Anything else is rendered to text.
    Rendered(Body),
}

impl Inline {
    /// Parses a string.
    pub(in super::super) fn parse(source: &str) -> Result<Self, GrammarError> {
        match split::whole_jinja(source) {
            Some(inner) => Self::whole(source, inner, 2),
            None => {
                let body = parser::template(&with_newlines(source));
                let body = body.map_err(|error| grammar_error(error, 0))?;
                Ok(Self {
                    source: source.into(),
                    form: Form::Rendered(body),
                })
            }
        }
    }

    /// Parses an expression without delimiters.
    pub(in super::super) fn bare(source: &str) -> Result<Self, GrammarError> {
        Self::whole(source, source, 0)
    }

    fn whole(source: &str, inner: &str, offset: usize) -> Result<Self, GrammarError> {
        let expression = parser::expression(inner).map_err(|error| grammar_error(error, offset))?;
        Ok(Self {
            source: source.into(),
            form: Form::Whole { expression, offset },
        })
    }

    /// The whole string.
    pub(in super::super) fn source(&self) -> &str {
        &self.source
    }

    /// The value in stored form, see [`Inline::value`].
    pub(in super::super) fn evaluate(&self, scope: &Scope<'_>) -> Result<Value, ExpressionError> {
        let value = self.value(scope, &Dict::new())?;
        stored(value).map_err(|message| self.failed("ValueError", message, None))
    }

    /// The typed value of a string that is one expression, else text.
    /// `variables` are there besides those of the workflow language.
    pub(in super::super) fn value(
        &self,
        scope: &Scope<'_>,
        variables: &Dict,
    ) -> Result<Value, ExpressionError> {
        let mut run = Run::new(scope);
        for (name, value) in variables {
            run.set(name.to_string().into(), value.into());
        }
        let value = match &self.form {
            Form::Whole { expression, .. } => whole(&mut run, expression),
            Form::Rendered(body) => rendered(&mut run, body),
        };
        value.map_err(|failure| self.error(failure, run.failed_at()))
    }

    fn error(&self, failure: Failure, place: Option<Range<usize>>) -> ExpressionError {
        match failure {
            Failure::Raised { class, message } => self.failed(class, message, place),
            Failure::Interrupted(interrupt) => ExpressionError::Interrupted(interrupt),
        }
    }

    fn failed(&self, class: &str, message: String, place: Option<Range<usize>>) -> ExpressionError {
        let offset = match &self.form {
            Form::Whole { offset, .. } => *offset,
            Form::Rendered(_) => 0,
        };
        ExpressionError::Evaluation {
            language: Language::Jinja,
            class: class.into(),
            expression: self.source.as_ref().into(),
            message,
            range: place.map(|range| range.start + offset..range.end + offset),
            help: None,
        }
    }
}

fn whole(run: &mut Run<'_>, expression: &Expression) -> Outcome<Value> {
    run.evaluate(expression)?.to_data()
}

fn rendered(run: &mut Run<'_>, body: &Body) -> Outcome<Value> {
    run.body(body)?;
    Ok(std::mem::take(&mut run.out).into())
}

/// The syntax error of a template, if it has one.
pub(in super::super) fn check(source: &str) -> Option<GrammarError> {
    let error = parser::template(&with_newlines(source)).err();
    error.map(|error| grammar_error(error, 0))
}

/// Every end of a line as a newline.
fn with_newlines(source: &str) -> Cow<'_, str> {
    match source.contains('\r') {
        true => source.replace("\r\n", "\n").replace('\r', "\n").into(),
        false => source.into(),
    }
}

fn grammar_error(error: SyntaxError, offset: usize) -> GrammarError {
    GrammarError {
        class: GrammarClass::Jinja,
        message: format!("Syntax error '{}'.", error.message),
        detail: error.message,
        cause: "TemplateSyntaxError",
        range: error.range.start + offset..error.range.end + offset,
        help: None,
    }
}
