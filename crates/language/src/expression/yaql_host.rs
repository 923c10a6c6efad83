//! YAQL in strings, and the workflow language's functions in YAQL.

use std::ops::Range;
use std::sync::LazyLock;

use yaql::{
    Accepts, Environment, EvalError, Evaluation, Expression, Host, HostFunction, HostParameter,
    ParseError, Value,
};

use super::error::{ExpressionError, GrammarClass, GrammarError, Language};
use super::failure::Failure;
use super::functions::{Function, mutable};
use super::scope::Scope;
use super::stored::stored;
use super::{split, text};

/// A string with YAQL expressions in it (YAQL §11).
pub(super) struct Inline {
    source: Box<str>,
    /// Expressions with different texts, in order of appearance.
    expressions: Box<[Expression]>,
    parts: Parts,
}

enum Parts {
    /// The string is one expression: its value keeps its type.
    Whole,
    /// Literal text and expressions, by index.
    Mixed(Box<[Part]>),
}

enum Part {
    Text(Range<usize>),
    Expression(usize),
}

impl Inline {
    /// Parses all expressions of a string.
    pub(super) fn parse(source: &str) -> Result<Self, GrammarError> {
        let mut inline = Builder::default();
        let places = split::yaql_places(source);
        for place in &places {
            inline.expression(source, place.clone())?;
        }
        let whole = matches!(&*places, [only] if *only == (0..source.len()));
        Ok(inline.finish(source, whole))
    }

    /// The whole string.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// The typed value of a string that is one expression, else text.
    ///
    /// Expressions with the same text are evaluated once.
    pub(super) fn evaluate(&self, scope: &Scope<'_>) -> Result<Value, ExpressionError> {
        let host = Bridge { scope };
        let environment = environment(scope, &host);
        let values = self.expressions.iter().map(|expression| {
            let environment = environment.clone().seed(scope.random.next_u64());
            let value = expression.evaluate(&environment);
            value.map_err(|error| evaluation_error(expression, error))
        });
        let values = values.collect::<Result<Vec<_>, _>>()?;
        match &self.parts {
            Parts::Whole => self.whole(values),
            Parts::Mixed(parts) => self.mixed(parts, &values, scope),
        }
    }

    fn whole(&self, values: Vec<Value>) -> Result<Value, ExpressionError> {
        let value = values.into_iter().next().unwrap_or_default();
        stored(value).map_err(|message| failed(&self.expressions[0], "ValueError", message))
    }

    fn mixed(
        &self,
        parts: &[Part],
        values: &[Value],
        scope: &Scope<'_>,
    ) -> Result<Value, ExpressionError> {
        let limit = usize::try_from(scope.limits.memory).unwrap_or(usize::MAX);
        let mut out = String::with_capacity(self.source.len());
        for part in parts {
            match part {
                Part::Text(range) => out.push_str(&self.source[range.clone()]),
                Part::Expression(index) => match text::str(&values[*index], limit - out.len()) {
                    Some(text) => out.push_str(&text),
                    None => return Err(self.too_long(*index, limit)),
                },
            }
        }
        Ok(out.into())
    }

    fn too_long(&self, index: usize, limit: usize) -> ExpressionError {
        let message = format!("the text would be longer than {limit} bytes");
        failed(
            &self.expressions[index],
            "MemoryQuotaExceededException",
            message,
        )
    }
}

#[derive(Default)]
struct Builder {
    expressions: Vec<Expression>,
    parts: Vec<Part>,
    /// Where the text after the last expression starts.
    rest: usize,
}

impl Builder {
    fn expression(&mut self, source: &str, place: Range<usize>) -> Result<(), GrammarError> {
        let parsed = parse(source, place.clone())?;
        let known = self
            .expressions
            .iter()
            .position(|e| e.source() == parsed.source());
        let index = known.unwrap_or_else(|| {
            self.expressions.push(parsed);
            self.expressions.len() - 1
        });
        self.parts.push(Part::Text(self.rest..place.start));
        self.parts.push(Part::Expression(index));
        self.rest = place.end;
        Ok(())
    }

    fn finish(mut self, source: &str, whole: bool) -> Inline {
        self.parts.push(Part::Text(self.rest..source.len()));
        let parts = match whole {
            true => Parts::Whole,
            false => Parts::Mixed(self.parts.into()),
        };
        Inline {
            source: source.into(),
            expressions: self.expressions.into(),
            parts,
        }
    }
}

/// The expression between the delimiters at a place of a string, trimmed, and
/// where it starts.
pub(super) fn inside(source: &str, place: Range<usize>) -> (&str, usize) {
    let inner = &source[place.start + 2..place.end - 2];
    let trimmed = inner.trim_start();
    let start = place.start + 2 + inner.len() - trimmed.len();
    (trimmed.trim_end(), start)
}

fn parse(source: &str, place: Range<usize>) -> Result<Expression, GrammarError> {
    let (expression, start) = inside(source, place);
    Expression::parse(expression).map_err(|error| grammar_error(&error, start))
}

fn grammar_error(error: &ParseError, start: usize) -> GrammarError {
    let range = error.span.range();
    GrammarError {
        class: GrammarClass::Yaql,
        message: error.message.clone(),
        detail: error.message.clone(),
        cause: error.class(),
        range: start + range.start..start + range.end,
    }
}

/// The syntax errors of all expressions of a string.
pub(super) fn check(source: &str) -> Vec<GrammarError> {
    let places = split::yaql_places(source).into_iter();
    places
        .filter_map(|place| parse(source, place).err())
        .collect()
}

fn environment<'a>(scope: &'a Scope<'_>, host: &'a Bridge<'a>) -> Environment<'a> {
    let hidden = |name: &str| {
        let value = scope.view.as_dict().and_then(|view| view.get(name));
        value.cloned().unwrap_or_default()
    };
    let mut environment = Environment::new(scope.view.clone())
        .limits(*scope.limits)
        .host(host)
        .now(scope.now);
    if let Some(expired) = scope.expired {
        environment = environment.deadline(expired);
    }
    for name in ["__env", "__execution", "__task_execution"] {
        environment = environment.variable(name, hidden(name));
    }
    environment
}

fn evaluation_error(expression: &Expression, error: EvalError) -> ExpressionError {
    match error.into_host_error() {
        Ok(interrupt) => ExpressionError::Interrupted(interrupt),
        Err(error) => failed(expression, error.class(), error.message()),
    }
}

fn failed(expression: &Expression, class: &str, message: String) -> ExpressionError {
    ExpressionError::Evaluation {
        language: Language::Yaql,
        class: class.into(),
        expression: expression.source().into(),
        message,
    }
}

/// The workflow language's functions, as YAQL calls them.
struct Bridge<'a> {
    scope: &'a Scope<'a>,
}

static FUNCTIONS: LazyLock<Vec<HostFunction>> = LazyLock::new(|| {
    let describe = |function: Function| HostFunction {
        name: function.name(),
        parameters: parameters(function).leak(),
    };
    Function::ALL.into_iter().map(describe).collect()
});

fn parameters(function: Function) -> Vec<HostParameter> {
    let describe = |parameter: &super::functions::Parameter| HostParameter {
        name: parameter.yaql,
        accepts: match parameter.is_flag {
            true => Accepts::Bool,
            false => Accepts::Any,
        },
        optional: !parameter.required,
    };
    function.parameters().iter().map(describe).collect()
}

impl Host for Bridge<'_> {
    fn functions(&self) -> &[HostFunction] {
        &FUNCTIONS
    }

    fn call(
        &self,
        function: &HostFunction,
        args: &[Option<Value>],
        evaluation: &Evaluation<'_>,
    ) -> Result<Value, EvalError> {
        let Some(function) = Function::by_name(function.name) else {
            let message = format!("Unknown function \"{}\"", function.name);
            return Err(EvalError::new("NoFunctionRegisteredException", message));
        };
        let materialize = |arg: &Option<Value>| {
            arg.as_ref()
                .map(|value| evaluation.materialize(value))
                .transpose()
        };
        let args = args
            .iter()
            .map(materialize)
            .collect::<Result<Vec<_>, _>>()?;
        let result = function.call(&args, self.scope).map_err(eval_error)?;
        Ok(match function {
            Function::JsonParse | Function::YamlParse => mutable(result),
            _ => result,
        })
    }
}

fn eval_error(failure: Failure) -> EvalError {
    match failure {
        Failure::Raised { class, message } => EvalError::new(class, message),
        Failure::Interrupted(interrupt) => EvalError::host(interrupt),
    }
}
