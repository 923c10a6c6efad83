//! Jinja2 as Mistral sets it up.
#![allow(dead_code)]

mod ast;
mod failure;
mod lexer;
mod literal;
mod number;
mod parser;
mod syntax_error;
mod token;

use yaql::Value;

use self::syntax_error::SyntaxError;
pub(super) use self::token::{Kind, Token};
use super::error::{ExpressionError, GrammarClass, GrammarError, Language};
use super::scope::Scope;
use super::split;

/// The tokens of a template.
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, SyntaxError> {
    lexer::template(text)
}

/// A string with Jinja in it.
pub(super) struct Inline {
    source: Box<str>,
}

impl Inline {
    pub(super) fn parse(text: &str) -> Result<Self, GrammarError> {
        match split::whole_jinja(text) {
            Some(inner) => {
                parser::expression(inner).map_err(|error| grammar_error(error, 2))?;
            }
            None => {
                parser::template(text).map_err(|error| grammar_error(error, 0))?;
            }
        };
        Ok(Self {
            source: text.into(),
        })
    }

    pub(super) fn source(&self) -> &str {
        &self.source
    }

    pub(super) fn evaluate(&self, _scope: &Scope<'_>) -> Result<Value, ExpressionError> {
        Err(ExpressionError::Evaluation {
            language: Language::Jinja,
            class: "NotImplementedError".into(),
            expression: self.source.trim().into(),
            message: "the evaluator is not wired yet".into(),
        })
    }
}

/// The syntax error of a template, if it has one.
pub(super) fn check(text: &str) -> Option<GrammarError> {
    parser::template(text)
        .err()
        .map(|error| grammar_error(error, 0))
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
