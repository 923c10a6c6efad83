//! The types of parameters (YAQL §6).

use crate::value::ObjectKind;
use crate::{Options, Value};

/// What a parameter accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    /// Everything, null included.
    Any,
    Null,
    String,
    /// Integers and booleans.
    Int,
    /// Integers without booleans.
    Integer,
    /// Integers and floats without booleans.
    Number,
    Bool,
    /// Lists, sets, views, iterators; dicts with the option for it.
    Iterable,
    /// Lists only.
    Sequence,
    /// Lazy sequences only.
    Iterator,
    Mapping,
    /// Sets and set-like views of dicts.
    SetLike,
    /// Sets only.
    Set,
    DateTime,
    Timespan,
    Regex,
    Context,
    /// A bare word in the source.
    Keyword,
    /// Any expression, not evaluated.
    Lambda,
    /// `key => value`, neither evaluated.
    Rule,
    /// A rule, or any expression, not evaluated.
    Case,
}

impl Type {
    /// Whether such arguments are passed without an evaluation.
    pub(crate) const fn is_lazy(self) -> bool {
        matches!(self, Type::Lambda | Type::Rule | Type::Case)
    }

    /// Whether an evaluated argument is of this type.
    pub(crate) fn accepts(self, value: &Value, options: &Options) -> bool {
        match (self, value) {
            (Type::Any | Type::Lambda | Type::Case, _)
            | (Type::Null, Value::Null)
            | (Type::String, Value::String(_))
            | (Type::Int, Value::Int(_) | Value::BigInt(_) | Value::Bool(_))
            | (Type::Integer, Value::Int(_) | Value::BigInt(_))
            | (Type::Number, Value::Int(_) | Value::BigInt(_) | Value::Float(_))
            | (Type::Bool, Value::Bool(_))
            | (Type::Iterable, Value::List(_) | Value::Set(_))
            | (Type::Sequence, Value::List(_))
            | (Type::Mapping, Value::Dict(_))
            | (Type::Set | Type::SetLike, Value::Set(_))
            | (Type::DateTime, Value::DateTime(_))
            | (Type::Timespan, Value::Timespan(_)) => true,
            (Type::Iterable, Value::Dict(_)) => options.iterable_dicts,
            (_, Value::Opaque(object)) => self.accepts_object(object.object().kind()),
            _ => false,
        }
    }

    fn accepts_object(self, kind: ObjectKind) -> bool {
        match self {
            Type::Iterable => matches!(
                kind,
                ObjectKind::Iterator | ObjectKind::Iterable | ObjectKind::SetView
            ),
            Type::Iterator => kind == ObjectKind::Iterator,
            Type::SetLike => kind == ObjectKind::SetView,
            Type::Regex => kind == ObjectKind::Regex,
            Type::Context => kind == ObjectKind::Context,
            _ => false,
        }
    }

    /// Whether everything of this type is of the `other`, too, and not the
    /// other way round.
    pub(crate) fn is_narrower_than(self, other: Type) -> bool {
        match other {
            Type::Any => self != Type::Any,
            Type::Iterable => matches!(
                self,
                Type::Sequence | Type::Iterator | Type::Mapping | Type::SetLike | Type::Set
            ),
            Type::SetLike => self == Type::Set,
            Type::Int | Type::Number => self == Type::Integer,
            _ => false,
        }
    }

    /// The name in messages for humans.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Type::Any => "anything",
            Type::Null => "null",
            Type::String => "string",
            Type::Int | Type::Integer => "int",
            Type::Number => "number",
            Type::Bool => "bool",
            Type::Iterable => "collection",
            Type::Sequence => "list",
            Type::Iterator => "iterator",
            Type::Mapping => "dict",
            Type::SetLike | Type::Set => "set",
            Type::DateTime => "datetime",
            Type::Timespan => "timespan",
            Type::Regex => "regex",
            Type::Context => "context",
            Type::Keyword => "word",
            Type::Lambda => "expression",
            Type::Rule | Type::Case => "key => value",
        }
    }
}
