//! YAQL in strings, and the workflow language's functions in YAQL.

use std::ops::Range;
use std::sync::LazyLock;

use yaql::{
    Accepts, Dict, Environment, EvalError, Evaluation, Expression, Host, HostFunction,
    HostParameter, Options, ParseError, ParseOptions, Value,
};

use super::error::{ExpressionError, GrammarClass, GrammarError, Language};
use super::failure::Failure;
use super::functions::{Function, mutable};
use super::scope::Scope;
use super::setup::YaqlSetup;
use super::stored::stored;
use super::{split, text};

/// A string with YAQL expressions in it (YAQL §11).
pub(super) struct Inline {
    source: Box<str>,
    /// Expressions with different texts, in order of appearance.
    expressions: Box<[Placed]>,
    parts: Parts,
    options: Options,
}

/// An expression and where its text starts in the string.
struct Placed {
    expression: Expression,
    start: usize,
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
    pub(super) fn parse(source: &str, setup: &YaqlSetup) -> Result<Self, GrammarError> {
        let mut inline = Builder::default();
        let places = split::yaql_places(source);
        for place in &places {
            inline.expression(source, place.clone(), &setup.syntax)?;
        }
        let whole = matches!(&*places, [only] if *only == (0..source.len()));
        Ok(inline.finish(source, whole, setup.options))
    }

    /// Parses an expression without delimiters.
    pub(super) fn bare(source: &str, setup: &YaqlSetup) -> Result<Self, GrammarError> {
        let expression = placed(source, 0..source.len(), &setup.syntax)?;
        Ok(Inline {
            source: source.into(),
            expressions: [expression].into(),
            parts: Parts::Whole,
            options: setup.options,
        })
    }

    /// The whole string.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// The value in stored form, see [`Inline::value`].
    pub(super) fn evaluate(&self, scope: &Scope<'_>) -> Result<Value, ExpressionError> {
        let value = self.value(scope, &Dict::new())?;
        stored(value).map_err(|message| self.expressions[0].failed("ValueError", message))
    }

    /// The typed value of a string that is one expression, else text.
    ///
    /// Expressions with the same text are evaluated once. `variables` are there
    /// besides those of the workflow language.
    pub(super) fn value(
        &self,
        scope: &Scope<'_>,
        variables: &Dict,
    ) -> Result<Value, ExpressionError> {
        let host = Bridge { scope };
        let environment = environment(scope, &host, variables).options(self.options);
        let values = self.expressions.iter().map(|placed| {
            let environment = environment.clone().seed(scope.random.next_u64());
            let value = placed.expression.evaluate(&environment);
            value.map_err(|error| placed.error(error))
        });
        let mut values = values.collect::<Result<Vec<_>, _>>()?;
        match &self.parts {
            Parts::Whole => Ok(values.pop().unwrap_or_default()),
            Parts::Mixed(parts) => self.mixed(parts, &values, scope),
        }
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
        self.expressions[index].failed("MemoryQuotaExceededException", message)
    }
}

impl Placed {
    fn error(&self, error: EvalError) -> ExpressionError {
        let error = match error.into_host_error() {
            Ok(interrupt) => return ExpressionError::Interrupted(interrupt),
            Err(error) => error,
        };
        ExpressionError::Evaluation {
            language: Language::Yaql,
            class: error.class().into(),
            expression: self.expression.source().into(),
            message: error.message(),
            range: error.span().map(|span| self.locate(span.range())),
            help: error.help().map(Box::from),
        }
    }

    fn failed(&self, class: &str, message: String) -> ExpressionError {
        ExpressionError::Evaluation {
            language: Language::Yaql,
            class: class.into(),
            expression: self.expression.source().into(),
            message,
            range: Some(self.locate(0..self.expression.source().len())),
            help: None,
        }
    }

    fn locate(&self, range: Range<usize>) -> Range<usize> {
        self.start + range.start..self.start + range.end
    }
}

#[derive(Default)]
struct Builder {
    expressions: Vec<Placed>,
    parts: Vec<Part>,
    /// Where the text after the last expression starts.
    rest: usize,
}

impl Builder {
    fn expression(
        &mut self,
        source: &str,
        place: Range<usize>,
        syntax: &ParseOptions,
    ) -> Result<(), GrammarError> {
        let parsed = placed(source, inner(&place), syntax)?;
        let known = self
            .expressions
            .iter()
            .position(|e| e.expression.source() == parsed.expression.source());
        let index = known.unwrap_or_else(|| {
            self.expressions.push(parsed);
            self.expressions.len() - 1
        });
        self.parts.push(Part::Text(self.rest..place.start));
        self.parts.push(Part::Expression(index));
        self.rest = place.end;
        Ok(())
    }

    fn finish(mut self, source: &str, whole: bool, options: Options) -> Inline {
        self.parts.push(Part::Text(self.rest..source.len()));
        let parts = match whole {
            true => Parts::Whole,
            false => Parts::Mixed(self.parts.into()),
        };
        Inline {
            source: source.into(),
            expressions: self.expressions.into(),
            parts,
            options,
        }
    }
}

/// The expression between the delimiters at a place of a string, trimmed, and
/// where it starts.
pub(super) fn inside(source: &str, place: Range<usize>) -> (&str, usize) {
    trimmed(source, inner(&place))
}

fn inner(place: &Range<usize>) -> Range<usize> {
    place.start + 2..place.end - 2
}

fn trimmed(source: &str, range: Range<usize>) -> (&str, usize) {
    let text = source[range.clone()].trim_start();
    (text.trim_end(), range.end - text.len())
}

fn placed(
    source: &str,
    range: Range<usize>,
    syntax: &ParseOptions,
) -> Result<Placed, GrammarError> {
    let (text, start) = trimmed(source, range);
    match Expression::parse_with(text, syntax.clone()) {
        Ok(expression) => Ok(Placed { expression, start }),
        Err(error) => Err(grammar_error(error, start)),
    }
}

fn grammar_error(error: ParseError, start: usize) -> GrammarError {
    let range = error.span.range();
    GrammarError {
        class: GrammarClass::Yaql,
        cause: error.class(),
        detail: error.message.clone(),
        message: error.message,
        range: start + range.start..start + range.end,
        help: error.help,
    }
}

/// The syntax errors of all expressions of a string. Unlike an evaluation, the original's
/// check does not trim them: the positions in its texts count the blanks.
pub(super) fn check(source: &str, syntax: &ParseOptions) -> Vec<GrammarError> {
    let places = split::yaql_places(source).into_iter();
    let error = |place: Range<usize>| {
        let range = inner(&place);
        let mut error = placed(source, range.clone(), syntax).err()?;
        if let Err(untrimmed) = Expression::parse_with(&source[range], syntax.clone()) {
            error.message = untrimmed.message;
        }
        Some(error)
    };
    places.filter_map(error).collect()
}

/// The expression of a string in which an error was found, at an offset.
pub(super) fn expression_at(source: &str, offset: usize) -> &str {
    let places = split::yaql_places(source);
    let place = places.iter().find(|place| offset <= place.end);
    place.map_or(source, |place| inside(source, place.clone()).0)
}

fn environment<'a>(
    scope: &'a Scope<'_>,
    host: &'a Bridge<'a>,
    variables: &Dict,
) -> Environment<'a> {
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
    for (name, value) in variables {
        environment = environment.variable(name.to_string(), value.clone());
    }
    environment
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
        if function == Function::YamlDump {
            args.iter().flatten().try_for_each(representable)?;
        }
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

/// The original's YAML writer knows neither sets nor what is lazy.
///
/// Values nest at most [`yaql::MAX_DEPTH`] deep, so the recursion is bounded.
fn representable(value: &Value) -> Result<(), EvalError> {
    match value {
        Value::Set(_) | Value::Opaque(_) => {
            let message = format!("('cannot represent an object', {value:?})");
            let help = "toList() makes a list of it";
            Err(EvalError::new("RepresenterError", message).with_help(help))
        }
        Value::List(list) => list.iter().try_for_each(representable),
        Value::Dict(dict) => dict.values().try_for_each(representable),
        _ => Ok(()),
    }
}

fn eval_error(failure: Failure) -> EvalError {
    match failure {
        Failure::Raised { class, message } => EvalError::new(class, message),
        Failure::Interrupted(interrupt) => EvalError::host(interrupt),
    }
}
