//! Parsed expressions.

use std::fmt;
use std::sync::Arc;

use crate::syntax::ast::Node;
use crate::{Environment, EvalError, ParseError, ParseOptions, Value, eval, syntax};

/// A parsed expression: immutable, shared, ready for any number of
/// evaluations on any thread.
///
/// ```
/// use yaql::{Environment, Expression, json};
///
/// let expression = Expression::parse("$.servers.where($.ram > 10).name")?;
/// let data = json::parse(r#"{"servers": [{"name": "a", "ram": 8}, {"name": "b", "ram": 16}]}"#)?;
/// let result = expression.evaluate(&Environment::new(data))?;
/// assert_eq!(json::to_string(&result), r#"["b"]"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Expression(Arc<Parsed>);

struct Parsed {
    source: String,
    options: ParseOptions,
    root: Arc<Node>,
}

impl Expression {
    /// Parses an expression of the modern language.
    ///
    /// # Errors
    /// yaql's text and the place of the first fault.
    pub fn parse(source: &str) -> Result<Self, ParseError> {
        Self::parse_with(source, ParseOptions::default())
    }

    /// Parses an expression with other options.
    ///
    /// # Errors
    /// As [`Expression::parse`].
    pub fn parse_with(source: &str, options: ParseOptions) -> Result<Self, ParseError> {
        let root = syntax::parse(source, &options)?;
        Ok(Expression(Arc::new(Parsed {
            source: source.into(),
            options,
            root,
        })))
    }

    /// The text that was parsed.
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// Evaluates in an environment. The result is plain data, unless the
    /// options say otherwise or the expression gives something that is none (a
    /// timespan, a context…), see [`json::check_storable`](crate::json::check_storable).
    ///
    /// # Errors
    /// Faults of the expression, limits, and errors of the host.
    pub fn evaluate(&self, environment: &Environment<'_>) -> Result<Value, EvalError> {
        eval::evaluate(&self.0.root, &self.0.options, environment)
    }

    pub(crate) fn root(&self) -> &Arc<Node> {
        &self.0.root
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expression({:?})", self.0.source)
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.source)
    }
}

impl std::str::FromStr for Expression {
    type Err = ParseError;

    fn from_str(source: &str) -> Result<Self, ParseError> {
        Self::parse(source)
    }
}
