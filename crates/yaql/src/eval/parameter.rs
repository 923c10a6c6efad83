//! The Rust types that built-in functions take and give.

use std::sync::Arc;

use num_bigint::BigInt;
use num_traits::ToPrimitive;

use super::context::Context;
use super::iterator::{Cursor, Iter};
use super::lambda::Lambda;
use super::overload::{Argument, Outcome, Parameter, Presence};
use super::types::Type;
use super::views::View;
use super::{Result, Scope, raise};
use crate::regex::Regex;
use crate::{DateTime, Dict, List, Opaque, Set, Timespan, Value};

/// An integer of any size, or a float.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Number {
    Int(i64),
    Big(Arc<BigInt>),
    Float(f64),
}

/// Text, shared.
pub(crate) type Text = Arc<str>;

/// Null and nothing else.
pub(crate) struct Nothing;

/// A bare word of the source.
pub(crate) struct Keyword(pub(crate) Text);

/// An integer of any size; false and true count as 0 and 1.
pub(crate) struct Int(pub(crate) BigInt);

/// An integer of any size; booleans are none.
pub(crate) struct Integer(pub(crate) BigInt);

/// A list that may be missing items or be lazy: anything to iterate over.
pub(crate) struct Iterable(pub(crate) Value);

/// A lazy sequence.
pub(crate) struct Iterator(pub(crate) Value);

/// A set or a set-like view of a dict.
pub(crate) struct AnySet(pub(crate) Value);

/// `key => value`, both unevaluated.
pub(crate) struct Rule(pub(crate) Lambda, pub(crate) Lambda);

/// `condition => value`, or an expression that gives such a pair (legacy).
pub(crate) enum Case {
    Rule(Lambda, Lambda),
    Expression(Lambda),
}

/// All positional arguments that are left.
pub(crate) struct Rest<T>(pub(crate) Vec<T>);

/// All named arguments that are left, by name.
pub(crate) struct Named(pub(crate) Vec<(Arc<str>, Value)>);

/// An argument that was given, null included, or left out.
pub(crate) struct Given(pub(crate) Option<Value>);

impl Iterable {
    /// For going through the items.
    pub(crate) fn cursor(self, scope: &Scope<'_>) -> Cursor {
        // The type was checked before; nothing else can be here.
        let cursor = match &self.0 {
            Value::List(_) | Value::Set(_) | Value::Dict(_) | Value::Opaque(_) => {
                Cursor::over(&self.0)
            }
            _ => None,
        };
        drop(self.0);
        let cursor = cursor.unwrap_or_else(Cursor::empty);
        cursor.limited(scope.runtime.options().limit_iterators)
    }

    /// All items.
    pub(crate) fn drain(self, scope: &Scope<'_>) -> Result<Vec<Value>> {
        match self.0 {
            Value::List(list) => Ok(list.into_vec()),
            other => Iterable(other).cursor(scope).drain(scope.runtime),
        }
    }

    pub(crate) fn depth(&self) -> usize {
        self.0.depth()
    }

    /// The number of items, if it is known without going through them.
    pub(crate) fn size(&self) -> Option<usize> {
        size(&self.0)
    }
}

/// The number of items of a container.
pub(crate) fn size(value: &Value) -> Option<usize> {
    match value {
        Value::List(list) => Some(list.len()),
        Value::Dict(dict) => Some(dict.len()),
        Value::Set(set) => Some(set.len()),
        Value::Opaque(object) => object.downcast::<View>().map(View::len),
        _ => None,
    }
}

impl AnySet {
    /// As a set; members of a view must be hashable.
    pub(crate) fn into_set(self) -> Result<Set> {
        match self.0 {
            Value::Set(set) => Ok(set),
            Value::Opaque(object) => match object.downcast::<View>() {
                Some(view) => {
                    for item in view.items() {
                        super::check_hashable(&item)?;
                    }
                    Ok(view.to_set())
                }
                None => Ok(Set::new()),
            },
            _ => Ok(Set::new()),
        }
    }
}

/// A type error for an argument that passed the check and yet does not fit;
/// the checks make it impossible.
fn mismatch<T>() -> Result<T> {
    Err(raise::type_error("argument of an unexpected type"))
}

macro_rules! parameters {
    ($($rust:ty = $ty:expr, $pattern:pat => $made:expr;)*) => {
        $(impl Parameter for $rust {
            const TYPE: Type = $ty;

            fn take(argument: Argument, _: &Scope<'_>) -> Result<Self> {
                match argument.into_value() {
                    $pattern => Ok($made),
                    _ => mismatch(),
                }
            }
        })*
    };
}

parameters! {
    Text = Type::String, Value::String(text) => text;
    bool = Type::Bool, Value::Bool(b) => b;
    List = Type::Sequence, Value::List(list) => list;
    Dict = Type::Mapping, Value::Dict(dict) => dict;
    Set = Type::Set, Value::Set(set) => set;
    DateTime = Type::DateTime, Value::DateTime(d) => d;
    Timespan = Type::Timespan, Value::Timespan(t) => t;
    Regex = Type::Regex, Value::Opaque(object) => match object.downcast::<Regex>() {
        Some(regex) => regex.clone(),
        None => return mismatch(),
    };
    Context = Type::Context, Value::Opaque(object) => match object.downcast::<Context>() {
        Some(context) => context.clone(),
        None => return mismatch(),
    };
}

macro_rules! wrappers {
    ($($rust:ident = $ty:expr;)*) => {
        $(impl Parameter for $rust {
            const TYPE: Type = $ty;

            fn take(argument: Argument, _: &Scope<'_>) -> Result<Self> {
                Ok($rust(argument.into_value()))
            }
        })*
    };
}

wrappers! {
    Iterator = Type::Iterator;
    AnySet = Type::SetLike;
}

impl Parameter for Value {
    const TYPE: Type = Type::Any;

    fn take(argument: Argument, _: &Scope<'_>) -> Result<Self> {
        Ok(argument.into_value())
    }
}

impl Parameter for Given {
    const TYPE: Type = Type::Any;
    const PRESENCE: Presence = Presence::Optional;

    fn take(argument: Argument, _: &Scope<'_>) -> Result<Self> {
        Ok(Given(match argument {
            Argument::Missing => None,
            other => Some(other.into_value()),
        }))
    }
}

impl Parameter for Nothing {
    const TYPE: Type = Type::Null;

    fn take(_: Argument, _: &Scope<'_>) -> Result<Self> {
        Ok(Nothing)
    }
}

impl Parameter for Keyword {
    const TYPE: Type = Type::Keyword;

    fn take(argument: Argument, scope: &Scope<'_>) -> Result<Self> {
        Ok(Keyword(Text::take(argument, scope)?))
    }
}

impl Parameter for Number {
    const TYPE: Type = Type::Number;

    fn take(argument: Argument, _: &Scope<'_>) -> Result<Self> {
        match argument.into_value() {
            Value::Int(i) => Ok(Number::Int(i)),
            Value::BigInt(b) => Ok(Number::Big(b)),
            Value::Float(f) => Ok(Number::Float(f)),
            _ => mismatch(),
        }
    }
}

impl Parameter for Int {
    const TYPE: Type = Type::Int;

    fn take(argument: Argument, _: &Scope<'_>) -> Result<Self> {
        match argument.into_value() {
            Value::Bool(b) => Ok(Int(BigInt::from(u8::from(b)))),
            Value::Int(i) => Ok(Int(BigInt::from(i))),
            Value::BigInt(b) => Ok(Int((*b).clone())),
            _ => mismatch(),
        }
    }
}

impl Parameter for Integer {
    const TYPE: Type = Type::Integer;

    fn take(argument: Argument, scope: &Scope<'_>) -> Result<Self> {
        Int::take(argument, scope).map(|int| Integer(int.0))
    }
}

/// An integer for counting: beyond 64 bits it is the nearest of 64.
impl Parameter for i64 {
    const TYPE: Type = Type::Int;

    fn take(argument: Argument, scope: &Scope<'_>) -> Result<Self> {
        match argument {
            Argument::Value(Value::Int(i)) => Ok(i),
            other => Int::take(other, scope).map(|int| saturate(&int.0)),
        }
    }
}

pub(crate) fn saturate(big: &BigInt) -> i64 {
    let end = match big.sign() {
        num_bigint::Sign::Minus => i64::MIN,
        _ => i64::MAX,
    };
    big.to_i64().unwrap_or(end)
}

impl Parameter for Iterable {
    const TYPE: Type = Type::Iterable;

    fn take(argument: Argument, scope: &Scope<'_>) -> Result<Self> {
        let value = argument.into_value();
        if let (Some(limit), Some(size)) = (scope.runtime.options().limit_iterators, size(&value))
            && size > limit
        {
            return Err(raise::too_large(limit));
        }
        Ok(Iterable(value))
    }
}

impl Parameter for Lambda {
    const TYPE: Type = Type::Lambda;

    fn take(argument: Argument, scope: &Scope<'_>) -> Result<Self> {
        match argument {
            Argument::Lambda(lambda) => Ok(lambda),
            other => Ok(Lambda::constant(other.into_value(), scope.context)),
        }
    }
}

impl Parameter for Rule {
    const TYPE: Type = Type::Rule;

    fn take(argument: Argument, _: &Scope<'_>) -> Result<Self> {
        match argument {
            Argument::Rule(rule) => Ok(Rule(rule.0, rule.1)),
            _ => mismatch(),
        }
    }
}

impl Parameter for Case {
    const TYPE: Type = Type::Case;

    fn take(argument: Argument, scope: &Scope<'_>) -> Result<Self> {
        match argument {
            Argument::Rule(rule) => Ok(Case::Rule(rule.0, rule.1)),
            other => Lambda::take(other, scope).map(Case::Expression),
        }
    }
}

/// Left out, or null where the type is not lazy: none.
impl<T: Parameter> Parameter for Option<T> {
    const TYPE: Type = T::TYPE;
    const NULLABLE: bool = !T::TYPE.is_lazy();
    const PRESENCE: Presence = Presence::Optional;

    fn take(argument: Argument, scope: &Scope<'_>) -> Result<Self> {
        match argument {
            Argument::Missing | Argument::Value(Value::Null) if Self::NULLABLE => Ok(None),
            Argument::Missing => Ok(None),
            other => T::take(other, scope).map(Some),
        }
    }
}

impl<T: Parameter> Parameter for Rest<T> {
    const TYPE: Type = T::TYPE;
    const PRESENCE: Presence = Presence::Rest;

    fn take(argument: Argument, scope: &Scope<'_>) -> Result<Self> {
        match argument {
            Argument::Rest(args) => {
                let taken = args.into_iter().map(|arg| T::take(arg, scope));
                Ok(Rest(taken.collect::<Result<_>>()?))
            }
            _ => Ok(Rest(Vec::new())),
        }
    }
}

impl Parameter for Named {
    const TYPE: Type = Type::Any;
    const PRESENCE: Presence = Presence::Named;

    fn take(argument: Argument, _: &Scope<'_>) -> Result<Self> {
        match argument {
            Argument::Named(args) => {
                let named = args.into_iter().map(|(name, arg)| (name, arg.into_value()));
                Ok(Named(named.collect()))
            }
            _ => Ok(Named(Vec::new())),
        }
    }
}

impl From<Number> for Value {
    fn from(number: Number) -> Self {
        match number {
            Number::Int(i) => Value::Int(i),
            Number::Big(b) => Value::BigInt(b),
            Number::Float(f) => Value::Float(f),
        }
    }
}

impl From<Iter> for Value {
    fn from(iter: Iter) -> Self {
        Opaque::new(iter).into()
    }
}

impl From<Context> for Value {
    fn from(context: Context) -> Self {
        Opaque::new(context).into()
    }
}

macro_rules! outcomes {
    ($($rust:ty),*) => {
        $(impl Outcome for $rust {
            fn into_result(self) -> Result<Value> {
                Ok(self.into())
            }
        })*
    };
}

outcomes!(
    Value,
    bool,
    i64,
    f64,
    usize,
    String,
    Text,
    &str,
    List,
    Dict,
    Set,
    DateTime,
    Timespan,
    Number,
    BigInt,
    Iter,
    Context,
    Vec<Value>,
    Option<Value>
);
