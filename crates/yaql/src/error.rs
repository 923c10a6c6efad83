//! What can go wrong in an evaluation.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use crate::{Limit, Span};

/// A failed evaluation.
///
/// It has the class name and the text which yaql (or Python below it) has for
/// the same fault (YAQL §9), and more for humans: where in the expression it
/// happened and what to write instead.
pub struct EvalError(Box<Inner>);

struct Inner {
    cause: Cause,
    span: Option<Span>,
    help: Option<String>,
}

enum Cause {
    Raised {
        class: Cow<'static, str>,
        message: String,
    },
    Limit(Limit),
    Host(Box<dyn Error + Send + Sync>),
}

impl EvalError {
    /// An error of a class which users know, like `ValueError`.
    pub fn new(class: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::from_cause(Cause::Raised {
            class: class.into(),
            message: message.into(),
        })
    }

    /// An error of the embedding program that is none of the expression. It
    /// ends the evaluation unchanged: no function sees or swallows it.
    pub fn host(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::from_cause(Cause::Host(error.into()))
    }

    pub(crate) fn limit(limit: Limit) -> Self {
        Self::from_cause(Cause::Limit(limit))
    }

    fn from_cause(cause: Cause) -> Self {
        EvalError(Box::new(Inner {
            cause,
            span: None,
            help: None,
        }))
    }

    /// The class name that yaql users know: `NoMatchingFunctionException`,
    /// `KeyError`, …
    pub fn class(&self) -> &str {
        match &self.0.cause {
            Cause::Raised { class, .. } => class,
            Cause::Limit(limit) => limit.class(),
            Cause::Host(_) => "HostError",
        }
    }

    /// The text, without the class.
    pub fn message(&self) -> String {
        match &self.0.cause {
            Cause::Raised { message, .. } => message.clone(),
            Cause::Limit(limit) => limit.message().into(),
            Cause::Host(error) => error.to_string(),
        }
    }

    /// Where in the source of the expression it happened.
    pub fn span(&self) -> Option<Span> {
        self.0.span
    }

    /// For humans: what was found, what was expected, what to write instead.
    pub fn help(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// The limit that was reached, if it is about one.
    pub fn reached_limit(&self) -> Option<Limit> {
        match &self.0.cause {
            Cause::Limit(limit) => Some(*limit),
            _ => None,
        }
    }

    /// The error of the embedding program, if it is one (see [`EvalError::host`]).
    pub fn host_error(&self) -> Option<&(dyn Error + Send + Sync + 'static)> {
        match &self.0.cause {
            Cause::Host(error) => Some(&**error),
            _ => None,
        }
    }

    /// The error of the embedding program, or else this error again.
    ///
    /// # Errors
    /// `self`, if it is no host error.
    pub fn into_host_error(self) -> Result<Box<dyn Error + Send + Sync>, EvalError> {
        match self.0.cause {
            Cause::Host(error) => Ok(error),
            cause => Err(EvalError(Box::new(Inner { cause, ..*self.0 }))),
        }
    }

    /// Notes the place, unless a more exact one is known.
    #[must_use]
    pub(crate) fn at(mut self, span: Span) -> Self {
        self.0.span.get_or_insert(span);
        self
    }

    /// Adds words for humans.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// Whether it is a fault of the expression, rather than a limit or an error
    /// of the host.
    pub(crate) fn is_ordinary(&self) -> bool {
        matches!(&self.0.cause, Cause::Raised { .. })
    }

    /// Whether it is an error of one of these classes, which functions may
    /// handle. Limits and host errors never are.
    pub(crate) fn is_any(&self, classes: &[&str]) -> bool {
        matches!(&self.0.cause, Cause::Raised { class, .. } if classes.contains(&&**class))
    }
}

/// The message, without class and place.
impl fmt::Display for EvalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl fmt::Debug for EvalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class(), self.message())?;
        match self.0.span {
            Some(span) => write!(f, " at {:?}", span.range()),
            None => Ok(()),
        }
    }
}

impl Error for EvalError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0.cause {
            Cause::Host(error) => Some(&**error),
            _ => None,
        }
    }
}
