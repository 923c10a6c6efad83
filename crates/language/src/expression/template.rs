//! Values with expressions in them, compiled once.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use yaql::Value;

use super::check::{self, Languages};
use super::error::{ExpressionError, GrammarError, Language};
use super::jinja;
use super::scope::Scope;
use super::split;
use super::yaql_host;

/// A YAML value whose strings may hold expressions, at any depth of lists and
/// of the values of dicts; keys are never expressions (workflow language §7.1).
///
/// It is immutable and cheap to clone. Parts without an expression cost nothing
/// at run time: they are shared with every result.
#[derive(Clone)]
pub struct Template(Node);

#[derive(Clone)]
enum Node {
    Literal(Value),
    Yaql(Arc<yaql_host::Inline>),
    Jinja(Arc<jinja::Inline>),
    Broken(Arc<Broken>),
    List(Arc<[Node]>),
    Dict(Arc<[(Value, Node)]>),
}

/// A string that can't be parsed; evaluating it is an error.
struct Broken {
    language: Language,
    text: Box<str>,
    error: GrammarError,
}

impl Template {
    /// Compiles a value.
    ///
    /// # Errors
    /// The first string that can't be parsed.
    pub fn compile(value: &Value, languages: &Languages) -> Result<Self, GrammarError> {
        compile(value, languages, &|broken| Err(broken.error)).map(Self)
    }

    /// Compiles a value; what can't be parsed fails when it is evaluated.
    ///
    /// This is for definitions whose validation was skipped, and for the depths
    /// which validation does not look at (workflow language §1.5).
    pub fn lenient(value: &Value, languages: &Languages) -> Self {
        let keep = |broken| Ok::<_, Infallible>(Node::Broken(Arc::new(broken)));
        let Ok(node) = compile(value, languages, &keep);
        Self(node)
    }

    /// A value taken as it is.
    pub fn literal(value: Value) -> Self {
        Self(Node::Literal(value))
    }

    /// The value with every expression replaced by its result, in stored form.
    ///
    /// # Errors
    /// The first expression that fails, in the order of the value.
    pub fn evaluate(&self, scope: &Scope<'_>) -> Result<Value, ExpressionError> {
        self.0.evaluate(scope)
    }

    /// The value, if there is no expression in it.
    pub fn as_literal(&self) -> Option<&Value> {
        match &self.0 {
            Node::Literal(value) => Some(value),
            _ => None,
        }
    }
}

impl Node {
    /// The depth of the recursion is that of the document.
    fn evaluate(&self, scope: &Scope<'_>) -> Result<Value, ExpressionError> {
        match self {
            Self::Literal(value) => Ok(value.clone()),
            Self::Yaql(inline) => inline.evaluate(scope),
            Self::Jinja(inline) => inline.evaluate(scope),
            Self::Broken(broken) => Err(broken.failure()),
            Self::List(nodes) => {
                let items = nodes.iter().map(|node| node.evaluate(scope));
                Ok(Value::from(items.collect::<Result<Vec<_>, _>>()?))
            }
            Self::Dict(nodes) => {
                let mut dict = yaql::Dict::with_capacity(nodes.len());
                for (key, node) in nodes.iter() {
                    dict.insert(key.clone(), node.evaluate(scope)?);
                }
                Ok(dict.into())
            }
        }
    }

    fn is_literal(&self) -> bool {
        matches!(self, Self::Literal(_))
    }
}

impl Broken {
    fn failure(&self) -> ExpressionError {
        let expression = match self.language {
            Language::Yaql => yaql_host::expression_at(&self.text, self.error.range.start),
            Language::Jinja => self.text.trim(),
        };
        ExpressionError::Evaluation {
            language: self.language,
            class: self.error.cause.into(),
            expression: expression.into(),
            message: self.error.detail.clone(),
            range: Some(self.error.range.clone()),
            help: self.error.help.as_deref().map(Box::from),
        }
    }
}

/// What becomes of a string that can't be parsed.
type OnBroken<'f, E> = &'f dyn Fn(Broken) -> Result<Node, E>;

fn compile<E>(value: &Value, languages: &Languages, broken: OnBroken<'_, E>) -> Result<Node, E> {
    match value {
        Value::String(text) => compile_text(value, text, languages, broken),
        Value::List(list) => {
            let nodes = list.iter().map(|item| compile(item, languages, broken));
            let nodes = nodes.collect::<Result<Vec<_>, _>>()?;
            if nodes.iter().all(Node::is_literal) {
                return Ok(Node::Literal(value.clone()));
            }
            Ok(Node::List(nodes.into()))
        }
        Value::Dict(dict) => {
            let entry = |(key, item): (&Value, &Value)| {
                Ok((key.clone(), compile(item, languages, broken)?))
            };
            let nodes = dict.iter().map(entry).collect::<Result<Vec<_>, E>>()?;
            if nodes.iter().all(|(_, node)| node.is_literal()) {
                return Ok(Node::Literal(value.clone()));
            }
            Ok(Node::Dict(nodes.into()))
        }
        _ => Ok(Node::Literal(value.clone())),
    }
}

fn compile_text<E>(
    value: &Value,
    text: &str,
    languages: &Languages,
    broken: OnBroken<'_, E>,
) -> Result<Node, E> {
    let Some(language) = split::language(text) else {
        return Ok(Node::Literal(value.clone()));
    };
    let parsed = match languages.allow(language) {
        false => Err(check::disabled(language, text)),
        true => match language {
            Language::Yaql => {
                let inline = yaql_host::Inline::parse(text, &languages.setup);
                inline.map(|inline| Node::Yaql(Arc::new(inline)))
            }
            Language::Jinja => jinja::Inline::parse(text).map(|i| Node::Jinja(Arc::new(i))),
        },
    };
    parsed.or_else(|error| {
        broken(Broken {
            language,
            text: text.into(),
            error,
        })
    })
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Shows the source, not the syntax trees.
impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(value) => value.fmt(f),
            Self::Yaql(inline) => inline.source().fmt(f),
            Self::Jinja(inline) => inline.source().fmt(f),
            Self::Broken(broken) => broken.text.fmt(f),
            Self::List(nodes) => f.debug_list().entries(nodes.iter()).finish(),
            Self::Dict(nodes) => f
                .debug_map()
                .entries(nodes.iter().map(|(k, v)| (k, v)))
                .finish(),
        }
    }
}
