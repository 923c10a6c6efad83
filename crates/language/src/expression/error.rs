//! What can be wrong with an expression, with the texts clients know.

use std::fmt;
use std::ops::Range;

use super::scope::Interrupt;

/// The expression languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// `<% … %>`
    Yaql,
    /// `{{ … }}` and `{% … %}`
    Jinja,
}

impl Language {
    /// The name in the configuration: `yaql`, `jinja`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Yaql => "yaql",
            Self::Jinja => "jinja",
        }
    }
}

/// The name in error texts.
impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Yaql => "YAQL",
            Self::Jinja => "Jinja",
        })
    }
}

/// The API's classes of [`GrammarError`]s.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GrammarClass {
    /// `YaqlGrammarException`
    Yaql,
    /// `JinjaGrammarException`
    Jinja,
    /// `ExpressionGrammarException`: the languages are mixed, or switched off.
    Expression,
}

impl GrammarClass {
    /// The class name the API shows.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yaql => "YaqlGrammarException",
            Self::Jinja => "JinjaGrammarException",
            Self::Expression => "ExpressionGrammarException",
        }
    }
}

/// An expression that can't be parsed (workflow language §1.5).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct GrammarError {
    /// Its class.
    pub class: GrammarClass,
    /// The text the API shows: for Jinja `Syntax error '…'.`
    pub message: String,
    /// What the parser itself says.
    pub detail: String,
    /// The class of the parser's own error: `TemplateSyntaxError`, `YaqlGrammarException`, …
    pub cause: &'static str,
    /// The bytes of the string that it is about.
    pub range: Range<usize>,
    /// What to write instead, if that is known.
    pub help: Option<String>,
}

/// An evaluation that gave no value (workflow language §7.4).
#[derive(Debug, thiserror::Error)]
pub enum ExpressionError {
    /// The expression failed. The text never shows the context.
    #[error("Can not evaluate {language} expression [expression={expression}, error={message}]")]
    Evaluation {
        /// The language of the expression.
        language: Language,
        /// The name of the error's class, in Python's or YAQL's words.
        class: String,
        /// The expression: for YAQL what stands between the delimiters, trimmed; for Jinja
        /// the whole string.
        expression: String,
        /// What went wrong.
        message: String,
        /// The bytes of the string that it is about, if that is known.
        range: Option<Range<usize>>,
        /// What was expected or what to write instead, if there is something to say.
        help: Option<Box<str>>,
    },
    /// A function of the host stopped the evaluation; passed on unchanged.
    #[error(transparent)]
    Interrupted(Interrupt),
}
