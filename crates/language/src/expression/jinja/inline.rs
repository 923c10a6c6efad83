//! Strings with Jinja in them.

use std::borrow::Cow;

use yaql::Value;

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
    Whole(Expression),
    /// Anything else is rendered to text.
    Rendered(Body),
}

impl Inline {
    /// Parses a string.
    pub(in super::super) fn parse(source: &str) -> Result<Self, GrammarError> {
        let (form, offset) = match split::whole_jinja(source) {
            Some(inner) => (parser::expression(inner).map(Form::Whole), 2),
            None => {
                let lines = with_newlines(source);
                (parser::template(&lines).map(Form::Rendered), 0)
            }
        };
        let form = form.map_err(|error| grammar_error(error, offset))?;
        Ok(Self {
            source: source.into(),
            form,
        })
    }

    /// The whole string.
    pub(in super::super) fn source(&self) -> &str {
        &self.source
    }

    /// The typed value of a string that is one expression, else text.
    pub(in super::super) fn evaluate(&self, scope: &Scope<'_>) -> Result<Value, ExpressionError> {
        let mut run = Run::new(scope);
        let value = match &self.form {
            Form::Whole(expression) => whole(&mut run, expression),
            Form::Rendered(body) => rendered(&mut run, body),
        };
        let value = value.map_err(|failure| self.error(failure))?;
        stored(value).map_err(|message| self.failed("ValueError", message))
    }

    fn error(&self, failure: Failure) -> ExpressionError {
        match failure {
            Failure::Raised { class, message } => self.failed(class, message),
            Failure::Interrupted(interrupt) => ExpressionError::Interrupted(interrupt),
        }
    }

    fn failed(&self, class: &str, message: String) -> ExpressionError {
        ExpressionError::Evaluation {
            language: Language::Jinja,
            class: class.into(),
            expression: self.source.as_ref().into(),
            message,
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
    }
}
