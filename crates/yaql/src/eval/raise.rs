//! The errors that evaluations raise, with their classes and texts (YAQL §9).

use super::iterator::Iter;
use crate::value::ObjectKind;
use crate::{EvalError, Limit, Value, python};

pub(crate) const NO_MATCHING_FUNCTION: &str = "NoMatchingFunctionException";
pub(crate) const NO_MATCHING_METHOD: &str = "NoMatchingMethodException";
pub(crate) const INDEX_ERROR: &str = "IndexError";

pub(crate) fn unknown_function(name: &str) -> EvalError {
    EvalError::new(
        "NoFunctionRegisteredException",
        format!("Unknown function \"{name}\""),
    )
}

pub(crate) fn unknown_method(name: &str, receiver: &Value) -> EvalError {
    let receiver = python::frozen_str(receiver);
    EvalError::new(
        "NoMethodRegisteredException",
        format!("Unknown method \"{name}\" for receiver {receiver}"),
    )
}

pub(crate) fn no_match(name: &str, receiver: Option<&Value>) -> EvalError {
    match receiver.map(python::frozen_str) {
        None => EvalError::new(
            NO_MATCHING_FUNCTION,
            format!("No function \"{name}\" matches supplied arguments"),
        ),
        Some(receiver) => EvalError::new(
            NO_MATCHING_METHOD,
            format!("No method \"{name}\" for receiver {receiver} matches supplied arguments"),
        ),
    }
}

pub(crate) fn ambiguous(name: &str, receiver: Option<&Value>) -> EvalError {
    match receiver.map(python::frozen_str) {
        None => EvalError::new(
            "AmbiguousFunctionException",
            format!("Ambiguous function \"{name}\""),
        ),
        Some(receiver) => EvalError::new(
            "AmbiguousMethodException",
            format!("Ambiguous method \"{name}\" for receiver {receiver}"),
        ),
    }
}

pub(crate) fn bad_mapping() -> EvalError {
    EvalError::new(
        "MappingTranslationException",
        "Cannot convert mapping to keyword argument",
    )
}

pub(crate) fn too_large(limit: usize) -> EvalError {
    EvalError::new(
        "CollectionTooLargeException",
        format!("Collection length exceeds {limit} elements"),
    )
}

pub(crate) fn type_error(message: impl Into<String>) -> EvalError {
    EvalError::new("TypeError", message)
}

pub(crate) fn value_error(message: impl Into<String>) -> EvalError {
    EvalError::new("ValueError", message)
}

pub(crate) fn index_error(message: impl Into<String>) -> EvalError {
    EvalError::new(INDEX_ERROR, message)
}

pub(crate) fn key_error(key: &Value) -> EvalError {
    EvalError::new("KeyError", python::frozen_repr(key))
}

pub(crate) fn overflow(message: impl Into<String>) -> EvalError {
    EvalError::new("OverflowError", message)
}

pub(crate) fn division_by_zero(message: impl Into<String>) -> EvalError {
    EvalError::new("ZeroDivisionError", message)
}

pub(crate) fn stop_iteration(message: impl Into<String>) -> EvalError {
    EvalError::new("StopIteration", message)
}

pub(crate) fn attribute_error(message: impl Into<String>) -> EvalError {
    EvalError::new("AttributeError", message)
}

pub(crate) fn unhashable(type_name: &str) -> EvalError {
    type_error(format!("unhashable type: '{type_name}'"))
}

pub(crate) fn too_deep() -> EvalError {
    EvalError::limit(Limit::Depth)
}

pub(crate) fn out_of_memory() -> EvalError {
    EvalError::limit(Limit::Memory)
}

/// Python's name of a value's type, for texts of Python's own errors.
pub(crate) fn python_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Int(_) | Value::BigInt(_) => "int",
        Value::Float(_) => "float",
        Value::String(_) => "str",
        Value::List(list) if list.is_mutable() => "list",
        Value::List(_) => "tuple",
        Value::Dict(dict) if dict.is_mutable() => "dict",
        Value::Dict(_) => "FrozenDict",
        Value::Set(_) => "frozenset",
        Value::DateTime(_) => "datetime.datetime",
        Value::Timespan(_) => "datetime.timedelta",
        Value::Opaque(object) => match object.downcast::<Iter>() {
            Some(iter) => iter.class(),
            None if object.object().kind() == ObjectKind::Regex => "re.Pattern",
            None => "generator",
        },
    }
}
