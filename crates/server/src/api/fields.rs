//! The attributes of resources as callers give them (REST API §1.3).
//!
//! A [`Schema`] says what a body may hold; checking turns the loose forms that
//! clients send (JSON within strings, words for booleans) into one form.

use yaql::{Dict, List, Value, json, python};

use super::error::{ApiError, ApiResult};
use super::query;

/// The longest value that is repeated in an error text, in characters.
const MAX_SHOWN: usize = 2000;

/// What a request body may hold.
#[derive(Debug)]
pub(crate) struct Schema {
    /// The name of the argument in error texts.
    pub(crate) argument: &'static str,
    /// The attributes of the resource.
    pub(crate) attributes: &'static [Attribute],
}

/// One attribute of a resource.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attribute {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) read_only: bool,
}

/// What an attribute accepts; null is fine for all.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// A string.
    Text,
    /// A string or a boolean or a number, read as boolean.
    Bool,
    /// One of some words.
    Choice(&'static [&'static str]),
    /// An array of strings.
    TextList,
    /// A JSON object, or a string that holds one.
    Json,
    /// Any JSON; a string must hold JSON.
    AnyJson,
    /// A whole number from some smallest one on, or a string that holds one.
    Integer(i64),
    /// A string, or a number.
    Word,
}

macro_rules! constructors {
    ($($name:ident => $kind:expr;)*) => {
        impl Attribute {
            $(pub(crate) const fn $name(name: &'static str) -> Self {
                Self { name, kind: $kind, read_only: false }
            })*
        }
    };
}

constructors! {
    text => Kind::Text;
    bool => Kind::Bool;
    text_list => Kind::TextList;
    json => Kind::Json;
    any_json => Kind::AnyJson;
    word => Kind::Word;
}

impl Attribute {
    /// One of some words.
    pub(crate) const fn choice(name: &'static str, words: &'static [&'static str]) -> Self {
        let kind = Kind::Choice(words);
        Self {
            name,
            kind,
            read_only: false,
        }
    }

    /// A whole number, at least `smallest`.
    pub(crate) const fn integer(name: &'static str, smallest: i64) -> Self {
        let kind = Kind::Integer(smallest);
        Self {
            name,
            kind,
            read_only: false,
        }
    }

    /// Only the server sets it.
    pub(crate) const fn read_only(self) -> Self {
        Self {
            read_only: true,
            ..self
        }
    }
}

/// A checked body.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Given(Dict);

impl Schema {
    /// Checks a body attribute by attribute.
    pub(crate) fn check(&self, body: &Dict) -> ApiResult<Given> {
        self.check_names(body)?;
        let mut given = Dict::with_capacity(body.len());
        for attribute in self.attributes {
            if let Some(value) = body.get(attribute.name) {
                given.insert(attribute.name, attribute.check(value, self.argument, body)?);
            }
        }
        Ok(Given(given))
    }

    fn check_names(&self, body: &Dict) -> ApiResult<()> {
        let known = |key: &&Value| {
            let names = || self.attributes.iter().map(|attribute| attribute.name);
            key.as_str()
                .is_some_and(|key| names().any(|name| name == key))
        };
        let unknown: Vec<_> = body
            .keys()
            .filter(|key| !known(key))
            .map(python::str)
            .collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let plural = if unknown.len() == 1 { "" } else { "s" };
        let names = shown(&unknown.join(", "));
        Err(ApiError::bad_request(format!(
            "Unknown attribute{plural} for argument {}: {names}",
            self.argument
        )))
    }
}

impl Attribute {
    fn check(&self, value: &Value, argument: &str, body: &Dict) -> ApiResult<Value> {
        if self.read_only {
            return Err(self.invalid(value, "Cannot set read only field."));
        }
        if value.is_null() {
            return Ok(Value::Null);
        }
        let in_body = |reason: String| {
            let body = shown_value(&body.clone().into());
            ApiError::invalid_input(argument, body, reason)
        };
        match self.kind {
            Kind::Text => self.check_text(value),
            Kind::Bool => boolean(value).map_err(in_body),
            Kind::Choice(words) => self.check_choice(value, words),
            Kind::TextList => self.check_texts(value, in_body),
            Kind::Json => any(value).map_err(in_body).and_then(object),
            Kind::AnyJson => any_or_text(value).map_err(in_body),
            Kind::Integer(smallest) => self.check_integer(value, smallest, in_body),
            Kind::Word if value.as_i64().is_some() => Ok(python::str(value).into()),
            Kind::Word => self.check_text(value),
        }
    }

    fn check_text(&self, value: &Value) -> ApiResult<Value> {
        match value.as_str() {
            Some(_) => Ok(value.clone()),
            None => Err(self.wrong_type(value, "str")),
        }
    }

    /// Numbers may travel as strings.
    fn check_integer(
        &self,
        value: &Value,
        smallest: i64,
        in_body: impl Fn(String) -> ApiError,
    ) -> ApiResult<Value> {
        let number = match value {
            Value::String(text) => text.trim().parse().ok(),
            Value::Int(_) => value.as_i64(),
            other => return Err(self.wrong_type(other, "int")),
        };
        let Some(number) = number else {
            let found = shown_value(value);
            let reason = format!("invalid literal for int() with base 10: '{found}'");
            return Err(in_body(reason));
        };
        match number < smallest {
            true => {
                let reason = format!("Value should be greater or equal to {smallest}");
                Err(self.invalid(value, &reason))
            }
            false => Ok(number.into()),
        }
    }

    fn check_choice(&self, value: &Value, words: &[&str]) -> ApiResult<Value> {
        match value.as_str() {
            Some(text) if words.contains(&text) => Ok(value.clone()),
            _ => {
                let words = words.join(", ");
                Err(self.invalid(value, &format!("Value should be one of: {words}")))
            }
        }
    }

    fn check_texts(&self, value: &Value, in_body: impl Fn(String) -> ApiError) -> ApiResult<Value> {
        let Some(list) = value.as_list() else {
            let found = shown_value(value);
            return Err(in_body(format!("Value not a valid list: {found}")));
        };
        match list.iter().find(|item| item.as_str().is_none()) {
            None => Ok(value.clone()),
            Some(item) => Err(self.wrong_type_in(value, item, "str")),
        }
    }

    fn wrong_type(&self, value: &Value, expected: &str) -> ApiError {
        self.wrong_type_in(value, value, expected)
    }

    /// The refusal of a value for a part of it.
    fn wrong_type_in(&self, value: &Value, part: &Value, expected: &str) -> ApiError {
        let found = python_class(part);
        let reason =
            format!("Wrong type. Expected '<class '{expected}'>', got '<class '{found}'>'");
        self.invalid(value, &reason)
    }

    fn invalid(&self, value: &Value, reason: &str) -> ApiError {
        ApiError::invalid_input(self.name, shown_value(value), reason)
    }
}

impl Given {
    /// Whether the attribute is in the body and not null.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// Whether the attribute is in the body, null or not.
    pub(crate) fn mentions(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The value, unless it is absent or null.
    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.value(name).and_then(Value::as_str)
    }

    /// A text, where an empty one counts as not given.
    pub(crate) fn filled_text(&self, name: &str) -> Option<&str> {
        self.text(name).filter(|text| !text.is_empty())
    }

    /// A boolean.
    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.value(name).and_then(Value::as_bool)
    }

    /// A whole number.
    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        self.value(name).and_then(Value::as_i64)
    }

    /// A JSON object.
    pub(crate) fn dict(&self, name: &str) -> Option<&Dict> {
        self.value(name).and_then(Value::as_dict)
    }
}

/// The form in which JSON travels inside of JSON (REST API §1.3): a string with
/// Python's default spacing, or null.
pub(crate) fn json_string(value: Option<&Value>) -> Value {
    match value {
        None | Some(Value::Null) => Value::Null,
        Some(value) => json::to_python_string(value).into(),
    }
}

/// [`json_string`] of a dict.
pub(crate) fn json_object(dict: &Dict) -> Value {
    json_string(Some(&dict.clone().into()))
}

/// The word or number that a boolean attribute accepts, as a boolean.
fn boolean(value: &Value) -> Result<Value, String> {
    let yes = ["true", "t", "yes", "y", "on", "1"];
    let no = ["false", "f", "no", "n", "off", "0"];
    let word = match value {
        Value::Bool(_) => return Ok(value.clone()),
        Value::Int(_) | Value::BigInt(_) | Value::Float(_) => return Ok(value.is_truthy().into()),
        Value::String(text) => text.trim().to_ascii_lowercase(),
        _ => String::new(),
    };
    match (yes.contains(&&*word), no.contains(&&*word)) {
        (false, false) => {
            let found = shown_value(value);
            Err(format!("Value not an unambiguous boolean: {found}"))
        }
        (truth, _) => Ok(truth.into()),
    }
}

/// A JSON document, given as such or as a string that holds one.
fn any(value: &Value) -> Result<Value, String> {
    match value {
        Value::Dict(_) => Ok(value.clone()),
        Value::String(text) => json::parse(text).map_err(|error| error.to_string()),
        other => Err(format!(
            "the JSON object must be str, bytes or bytearray, not {}",
            python_class(other)
        )),
    }
}

/// [`any`] that accepts lists, numbers and booleans too.
fn any_or_text(value: &Value) -> Result<Value, String> {
    match value {
        Value::String(_) => any(value),
        other => Ok(other.clone()),
    }
}

fn object(value: Value) -> ApiResult<Value> {
    match value {
        Value::Null | Value::Dict(_) => Ok(value),
        other => Err(ApiError::bad_request(not_a_dict(&other))),
    }
}

fn not_a_dict(value: &Value) -> String {
    let actual = shown_value(value);
    format!("JsonType field value must be a dictionary [actual={actual}]")
}

/// A JSON value as Python prints it, short enough for an error.
pub(crate) fn shown_value(value: &Value) -> String {
    shown(&python::str(&as_python(value)))
}

/// The value with the kind of lists that Python shows in brackets. Its depth is
/// bounded by the JSON parser.
fn as_python(value: &Value) -> Value {
    match value {
        Value::List(list) => List::mutable(list.iter().map(as_python).collect()).into(),
        Value::Dict(dict) => dict
            .iter()
            .map(|(key, value)| (key.clone(), as_python(value)))
            .collect::<Dict>()
            .into(),
        other => other.clone(),
    }
}

/// The name of the Python class that a JSON value has.
pub(crate) fn python_class(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => "bool",
        Value::Int(_) | Value::BigInt(_) => "int",
        Value::Float(_) => "float",
        Value::String(_) => "str",
        Value::List(_) => "list",
        Value::Dict(_) => "dict",
        _ => "NoneType",
    }
}

/// Text short enough for an error.
pub(crate) fn shown(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// The refusal of a query argument that must hold a JSON object and does not.
pub(crate) fn not_an_object(name: &str, text: &str) -> ApiError {
    match json::parse(text) {
        Ok(other) => ApiError::bad_request(not_a_dict(&other)),
        Err(error) => query::unconvertible(name, &shown(text), "json", &error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: Schema = Schema {
        argument: "wf_ex",
        attributes: &[
            Attribute::text("name"),
            Attribute::json("input"),
            Attribute::any_json("output"),
            Attribute::bool("reset"),
            Attribute::choice("scope", &["private", "public"]),
            Attribute::text("project_id").read_only(),
        ],
    };

    fn check(body: &str) -> ApiResult<Given> {
        SCHEMA.check(json::parse(body).unwrap().as_dict().unwrap())
    }

    #[test]
    fn objects_may_travel_as_strings() {
        for body in [r#"{"input": {"a": 1}}"#, r#"{"input": "{\"a\": 1}"}"#] {
            let given = check(body).unwrap();
            assert_eq!(given.dict("input").unwrap().get("a"), Some(&Value::from(1)));
        }
        assert!(!check(r#"{"input": null}"#).unwrap().has("input"));
        assert!(check(r#"{"input": null}"#).unwrap().mentions("input"));
        let output = check(r#"{"output": "[1]"}"#)
            .unwrap()
            .value("output")
            .cloned();
        assert_eq!(output, Some(vec![Value::from(1)].into()));
    }

    #[test]
    fn loose_booleans() {
        assert_eq!(
            check(r#"{"reset": "Yes"}"#).unwrap().flag("reset"),
            Some(true)
        );
        assert_eq!(check(r#"{"reset": 0}"#).unwrap().flag("reset"), Some(false));
    }

    #[test]
    fn refusals() {
        let cases = [
            (r#"{"foo": 1}"#, "Unknown attribute for argument wf_ex: foo"),
            (
                r#"{"foo": 1, "bar": 1}"#,
                "Unknown attributes for argument wf_ex: foo, bar",
            ),
            (
                r#"{"name": 5}"#,
                "Invalid input for field/attribute name. Value: '5'. Wrong type. \
                 Expected '<class 'str'>', got '<class 'int'>'",
            ),
            (
                r#"{"project_id": "p"}"#,
                "Invalid input for field/attribute project_id. Value: 'p'. \
                 Cannot set read only field.",
            ),
            (
                r#"{"input": "x"}"#,
                "Invalid input for field/attribute wf_ex. Value: '{'input': 'x'}'. \
                 Expecting value: line 1 column 1 (char 0)",
            ),
            (
                r#"{"input": "[1]"}"#,
                "JsonType field value must be a dictionary [actual=[1]]",
            ),
            (
                r#"{"input": [1]}"#,
                "Invalid input for field/attribute wf_ex. Value: '{'input': [1]}'. \
                 the JSON object must be str, bytes or bytearray, not list",
            ),
            (
                r#"{"reset": "maybe"}"#,
                "Invalid input for field/attribute wf_ex. Value: '{'reset': 'maybe'}'. \
                 Value not an unambiguous boolean: maybe",
            ),
            (
                r#"{"scope": "x"}"#,
                "Invalid input for field/attribute scope. Value: 'x'. \
                 Value should be one of: private, public",
            ),
        ];
        for (body, text) in cases {
            assert_eq!(check(body).unwrap_err().text(), text);
        }
    }
}
