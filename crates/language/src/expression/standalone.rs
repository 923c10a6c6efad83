//! Expressions by themselves, outside of a definition: for playgrounds and tools.
//!
//! Other than a [`Template`](super::Template) they can be bare (without delimiters), may have variables
//! and options of their own, and their results keep what has no stored form.

use std::ops::Range;

use yaql::{Dict, Value};

use super::error::{ExpressionError, GrammarError, Language};
use super::scope::{Interrupt, Scope};
use super::setup::YaqlSetup;
use super::{jinja, split, yaql_host};

/// A parsed text: one bare expression, or a string with expressions in it.
pub struct Standalone(Form);

enum Form {
    Text(Value),
    Yaql(yaql_host::Inline),
    Jinja(jinja::Inline),
}

/// What is wrong with a text, or went wrong in its evaluation.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// The name of the error's class, in Python's or YAQL's words.
    pub class: String,
    /// What it says.
    pub message: String,
    /// The bytes of the text that it is about, if that is known.
    pub range: Option<Range<usize>>,
    /// What was expected or what to write instead, if there is something to say.
    pub help: Option<String>,
}

impl Standalone {
    /// Parses what stands between the delimiters.
    ///
    /// # Errors
    /// The syntax error.
    pub fn bare(text: &str, language: Language, setup: &YaqlSetup) -> Result<Self, Fault> {
        let form = match language {
            Language::Yaql => yaql_host::Inline::bare(text, setup).map(Form::Yaql)?,
            Language::Jinja => jinja::Inline::bare(text).map(Form::Jinja)?,
        };
        Ok(Self(form))
    }

    /// Parses a string as it stands in definitions. The delimiters tell the
    /// language; without any, the value is the string itself.
    ///
    /// # Errors
    /// The first syntax error.
    pub fn inline(text: &str, setup: &YaqlSetup) -> Result<Self, Fault> {
        let form = match split::language(text) {
            Some(Language::Yaql) => yaql_host::Inline::parse(text, setup).map(Form::Yaql)?,
            Some(Language::Jinja) => jinja::Inline::parse(text).map(Form::Jinja)?,
            None => Form::Text(text.into()),
        };
        Ok(Self(form))
    }

    /// The value, not in stored form: it may be a timespan or hold sets.
    ///
    /// `variables` are `$name` in YAQL and `name` in Jinja; the view of the
    /// scope may be anything.
    ///
    /// # Errors
    /// The fault of the expression, or what a host function says.
    pub fn evaluate(&self, scope: &Scope<'_>, variables: &Dict) -> Result<Value, Fault> {
        let value = match &self.0 {
            Form::Text(text) => Ok(text.clone()),
            Form::Yaql(inline) => inline.value(scope, variables),
            Form::Jinja(inline) => inline.value(scope, variables),
        };
        value.map_err(Fault::from)
    }
}

impl From<GrammarError> for Fault {
    fn from(error: GrammarError) -> Self {
        Self {
            class: error.cause.into(),
            message: error.detail,
            range: Some(error.range),
            help: error.help,
        }
    }
}

impl From<ExpressionError> for Fault {
    fn from(error: ExpressionError) -> Self {
        match error {
            ExpressionError::Evaluation {
                class,
                message,
                range,
                help,
                ..
            } => Self {
                class,
                message,
                range,
                help: help.map(String::from),
            },
            ExpressionError::Interrupted(interrupt) => Self::interrupted(&interrupt),
        }
    }
}

impl Fault {
    fn interrupted(interrupt: &Interrupt) -> Self {
        Self {
            class: "Interrupted".into(),
            message: interrupt.to_string(),
            range: None,
            help: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use yaql::{DateTime, Timespan, json};

    use super::*;
    use crate::expression::tests::Engine;
    use crate::expression::{Limits, Random};

    fn evaluate(parsed: Result<Standalone, Fault>) -> Result<Value, Fault> {
        let scope = Scope {
            view: json::parse(r#"{"a": {}, "n": 5}"#).unwrap(),
            functions: &Engine,
            now: DateTime::EPOCH,
            random: &Random::seeded(1),
            limits: &Limits::default(),
            expired: None,
        };
        let variables = [("x", 1)].into_iter().collect();
        parsed.and_then(|expression| expression.evaluate(&scope, &variables))
    }

    fn bare(text: &str, language: Language) -> Result<Value, Fault> {
        evaluate(Standalone::bare(text, language, &YaqlSetup::default()))
    }

    fn inline(text: &str) -> Result<Value, Fault> {
        evaluate(Standalone::inline(text, &YaqlSetup::default()))
    }

    #[test]
    fn bare_expressions_have_variables() {
        assert_eq!(bare(" $.n + $x ", Language::Yaql).unwrap(), 6.into());
        assert_eq!(bare("_.n + x", Language::Jinja).unwrap(), 6.into());
        assert_eq!(inline("no expression").unwrap(), "no expression".into());
    }

    #[test]
    fn results_keep_what_cannot_be_stored() {
        let day = bare("timespan(days => 1)", Language::Yaql).unwrap();
        assert_eq!(day, Timespan::from_micros(86_400_000_000).unwrap().into());
    }

    #[test]
    fn faults_know_their_place() {
        let place = |text: &str, fault: Fault| text[fault.range.unwrap()].to_owned();
        for (text, part) in [
            ("a <% $.n %> <% 1 + nope(2) %>", "nope(2)"),
            ("<% 1 + * %>", "*"),
            ("a {{ _.n }} {{ _.n.b + 1 }}", "_.n.b + 1"),
            ("a {{ _.n }} {{ _.n.b }}", "_.n.b"),
            ("{{ 1 / (_.n - 5) }}", "1 / (_.n - 5)"),
            ("{{ 1 + }} ", "}}"),
        ] {
            assert_eq!(place(text, inline(text).unwrap_err()), part, "{text}");
        }
        let text = "  $.a.len() + $.n.len()";
        let fault = bare(text, Language::Yaql).unwrap_err();
        assert_eq!(fault.class, "NoMatchingMethodException");
        assert_eq!(place(text, fault), "len()");
    }

    #[test]
    fn options_reach_the_evaluation() {
        let mut setup = YaqlSetup::default();
        setup.options.limit_iterators = Some(1);
        let fault = evaluate(Standalone::inline("<% [1, 2].select($) %>", &setup)).unwrap_err();
        assert_eq!(fault.class, "CollectionTooLargeException");
    }
}
