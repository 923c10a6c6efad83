//! Requests of the program interface (YAQL §16).

use language::diagnostic::did_you_mean;
use language::expression::{Language, Standalone, YaqlSetup};
use yaql::{Delegates, Dict, Legacy, Value, json};

use super::evaluator::Evaluator;
use super::tagged::{self, Form, TagError};

/// A request, read but not evaluated.
pub(super) struct Request {
    /// Whatever the caller wants to see again.
    pub(super) id: Value,
    text: String,
    is_inline: bool,
    data: Value,
    variables: Dict,
    options: Options,
}

/// A line that is no request.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProtocolError {
    /// It is not JSON.
    #[error("not JSON: {0}")]
    Json(#[from] json::JsonError),
    /// It is JSON of another kind.
    #[error("a request is an object, not a {0}")]
    NotAnObject(&'static str),
    /// No `expr`.
    #[error("'expr' is missing")]
    NoExpression,
    /// A key whose value has the wrong type.
    #[error("'{key}' must be {wanted}, not {found}")]
    WrongType {
        key: String,
        wanted: &'static str,
        found: &'static str,
    },
    /// A key of `options` that means nothing.
    #[error("unknown option '{name}'{}", hint.as_deref().map(|hint| format!("; {hint}")).unwrap_or_default())]
    UnknownOption { name: String, hint: Option<String> },
    /// A tagged value that makes no sense.
    #[error(transparent)]
    Tag(#[from] TagError),
}

/// `options`, read.
#[derive(Default)]
struct Options {
    setup: YaqlSetup,
    is_typed: bool,
}

impl Request {
    /// Reads a line.
    pub(super) fn parse(line: &str) -> Result<Self, ProtocolError> {
        let value = json::parse(line)?;
        let Some(fields) = value.as_dict() else {
            return Err(ProtocolError::NotAnObject(value.type_name()));
        };
        let Some(text) = fields.get("expr") else {
            return Err(ProtocolError::NoExpression);
        };
        let options = match object(fields, "options")? {
            Some(given) => Options::parse(given)?,
            None => Options::default(),
        };
        let data = fields.get("data").cloned().unwrap_or_default();
        let variables = object(fields, "context")?.cloned().unwrap_or_default();
        let (data, variables) = match options.is_typed {
            true => (tagged::decode(&data)?, decode_all(&variables)?),
            false => (data, variables),
        };
        Ok(Self {
            id: fields.get("id").cloned().unwrap_or_default(),
            text: string("expr", text)?.to_owned(),
            is_inline: fields
                .get("inline")
                .map_or(Ok(false), |v| flag("inline", v))?,
            data,
            variables,
            options,
        })
    }

    /// The answer: the value under `ok`, or the error.
    pub(super) fn answer(self, language: Language, evaluator: &Evaluator) -> Dict {
        let setup = &self.options.setup;
        let parsed = match self.is_inline {
            true => Standalone::inline(&self.text, setup),
            false => Standalone::bare(&self.text, language, setup),
        };
        let value = parsed.and_then(|e| evaluator.evaluate(&e, self.data, &self.variables));
        match value {
            Ok(value) => {
                let shown = tagged::encode(&value, self.options.form());
                [("id", self.id), ("ok", shown)].into_iter().collect()
            }
            Err(fault) => failure(self.id, &fault.class, &fault.message),
        }
    }
}

/// An answer that says what went wrong.
pub(super) fn failure(id: Value, class: &str, message: &str) -> Dict {
    let fields = [
        ("id", id),
        ("error", class.into()),
        ("message", message.into()),
    ];
    fields.into_iter().collect()
}

impl Options {
    const NAMES: [&str; 12] = [
        "limit_iterators",
        "memory_quota",
        "convert_input_data",
        "convert_output_data",
        "convert_tuples_to_lists",
        "convert_sets_to_lists",
        "iterable_dicts",
        "keyword_operator",
        "allow_delegates",
        "delegates",
        "legacy",
        "typed",
    ];

    fn parse(given: &Dict) -> Result<Self, ProtocolError> {
        let mut options = Self::default();
        // Delegates that work include those that only parse.
        let mut delegates = (false, false);
        for (name, value) in given {
            let name = name.as_str().unwrap_or_default();
            let engine = &mut options.setup.options;
            let syntax = &mut options.setup.syntax;
            match name {
                "limit_iterators" => {
                    engine.limit_iterators = limit(name, value)?.map(|limit| limit as usize);
                }
                "memory_quota" => {
                    engine.memory_quota = limit(name, value)?.filter(|quota| *quota > 0);
                }
                "convert_input_data" => engine.convert_input_data = flag(name, value)?,
                "convert_output_data" => engine.convert_output_data = flag(name, value)?,
                "convert_tuples_to_lists" => engine.convert_tuples_to_lists = flag(name, value)?,
                "convert_sets_to_lists" => engine.convert_sets_to_lists = flag(name, value)?,
                "iterable_dicts" => engine.iterable_dicts = flag(name, value)?,
                "keyword_operator" => syntax.keyword_operator = operator(name, value)?,
                "allow_delegates" => delegates.0 = flag(name, value)?,
                "delegates" => delegates.1 = flag(name, value)?,
                "legacy" => syntax.legacy = legacy(name, value)?,
                "typed" => options.is_typed = flag(name, value)?,
                _ => return Err(unknown(name)),
            }
        }
        options.setup.syntax.delegates = match delegates {
            (_, true) => Delegates::On,
            (true, false) => Delegates::ParseOnly,
            (false, false) => Delegates::Off,
        };
        Ok(options)
    }

    fn form(&self) -> Form {
        let engine = &self.setup.options;
        let are_converted = engine.convert_output_data
            && engine.convert_tuples_to_lists
            && self.setup.syntax.legacy != Legacy::Full;
        match self.is_typed {
            true => Form::Typed {
                tuples: !are_converted,
            },
            false => Form::Stored,
        }
    }
}

fn unknown(name: &str) -> ProtocolError {
    ProtocolError::UnknownOption {
        name: name.to_owned(),
        hint: did_you_mean(name, Options::NAMES),
    }
}

fn wrong(key: &str, wanted: &'static str, found: &Value) -> ProtocolError {
    ProtocolError::WrongType {
        key: key.to_owned(),
        wanted,
        found: found.type_name(),
    }
}

fn object<'f>(fields: &'f Dict, key: &str) -> Result<Option<&'f Dict>, ProtocolError> {
    match fields.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Dict(dict)) => Ok(Some(dict)),
        Some(other) => Err(wrong(key, "an object", other)),
    }
}

fn decode_all(variables: &Dict) -> Result<Dict, TagError> {
    let decode = |(name, value): (&Value, &Value)| Ok((name.clone(), tagged::decode(value)?));
    let decoded = variables
        .iter()
        .map(decode)
        .collect::<Result<Vec<_>, _>>()?;
    Ok(decoded.into_iter().collect())
}

fn string<'v>(key: &str, value: &'v Value) -> Result<&'v str, ProtocolError> {
    value.as_str().ok_or_else(|| wrong(key, "a string", value))
}

fn flag(key: &str, value: &Value) -> Result<bool, ProtocolError> {
    value
        .as_bool()
        .ok_or_else(|| wrong(key, "true or false", value))
}

/// A count; a negative one is no limit.
fn limit(key: &str, value: &Value) -> Result<Option<u64>, ProtocolError> {
    let count = value.as_i64();
    let count = count.ok_or_else(|| wrong(key, "an integer", value))?;
    Ok(u64::try_from(count).ok())
}

/// Null is as good as empty: no mappings.
fn operator(key: &str, value: &Value) -> Result<String, ProtocolError> {
    match value {
        Value::Null => Ok(String::new()),
        text => string(key, text).map(str::to_owned),
    }
}

fn legacy(key: &str, value: &Value) -> Result<Legacy, ProtocolError> {
    match value {
        Value::Null | Value::Bool(false) => Ok(Legacy::Off),
        Value::String(name) if &**name == "library" => Ok(Legacy::Library),
        Value::String(name) if &**name == "full" => Ok(Legacy::Full),
        other => Err(wrong(key, "\"library\" or \"full\"", other)),
    }
}
