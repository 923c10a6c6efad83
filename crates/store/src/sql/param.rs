//! Parameters of statements.

use std::sync::Arc;

/// A value on its way into a statement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Param<'p> {
    Null,
    Integer(i64),
    Text(&'p str),
    Blob(&'p [u8]),
    /// The hash of a large value, in a wide column.
    Hash(&'p [u8; 32]),
}

/// The same, owned.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Integer(i64),
    Text(String),
    Blob(Vec<u8>),
    Hash([u8; 32]),
}

/// All parameters of a statement.
#[derive(Clone, Copy)]
pub(crate) enum Bound<'p> {
    /// `?1`, `?2` …
    Positional(&'p [Param<'p>]),
    /// `:name`
    Named(&'p [(&'static str, Param<'p>)]),
}

/// What can be a parameter.
pub(crate) trait Parameter {
    /// The value to bind.
    fn param(&self) -> Param<'_>;
}

/// What can be all parameters of a statement: a tuple, or [`named_params!`].
pub(crate) trait Params {
    /// Hands them over.
    fn with<R>(self, use_them: impl FnOnce(Bound<'_>) -> R) -> R;
}

/// Parameters by name, as `":name": value`.
macro_rules! named_params {
    ($($name:literal: $value:expr),* $(,)?) => {
        &[$(($name, $crate::sql::Parameter::param(&$value))),*][..]
    };
}
pub(crate) use named_params;

impl Params for &[(&'static str, Param<'_>)] {
    fn with<R>(self, use_them: impl FnOnce(Bound<'_>) -> R) -> R {
        use_them(Bound::Named(self))
    }
}

impl Params for &[Value] {
    fn with<R>(self, use_them: impl FnOnce(Bound<'_>) -> R) -> R {
        let params: Vec<_> = self.iter().map(Parameter::param).collect();
        use_them(Bound::Positional(&params))
    }
}

macro_rules! tuples {
    ($(($($name:ident)*))*) => {$(
        impl<$($name: Parameter),*> Params for ($($name,)*) {
            #[allow(non_snake_case, reason = "a type and its value share a name")]
            fn with<R>(self, use_them: impl FnOnce(Bound<'_>) -> R) -> R {
                let ($($name,)*) = &self;
                use_them(Bound::Positional(&[$($name.param()),*]))
            }
        }
    )*};
}

tuples! { () (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) }

impl<T: Parameter + ?Sized> Parameter for &T {
    fn param(&self) -> Param<'_> {
        (**self).param()
    }
}

impl<T: Parameter> Parameter for Option<T> {
    fn param(&self) -> Param<'_> {
        self.as_ref().map_or(Param::Null, Parameter::param)
    }
}

impl Parameter for str {
    fn param(&self) -> Param<'_> {
        Param::Text(self)
    }
}

impl Parameter for String {
    fn param(&self) -> Param<'_> {
        Param::Text(self)
    }
}

impl Parameter for Arc<str> {
    fn param(&self) -> Param<'_> {
        Param::Text(self)
    }
}

impl Parameter for [u8] {
    fn param(&self) -> Param<'_> {
        Param::Blob(self)
    }
}

impl Parameter for Vec<u8> {
    fn param(&self) -> Param<'_> {
        Param::Blob(self)
    }
}

impl<const N: usize> Parameter for [u8; N] {
    fn param(&self) -> Param<'_> {
        Param::Blob(self)
    }
}

macro_rules! integers {
    ($($type:ty)*) => {$(
        impl Parameter for $type {
            fn param(&self) -> Param<'_> {
                Param::Integer(i64::from(*self))
            }
        }
    )*};
}

integers! { bool u8 u32 i32 i64 }

impl Parameter for Value {
    fn param(&self) -> Param<'_> {
        match self {
            Self::Null => Param::Null,
            Self::Integer(number) => Param::Integer(*number),
            Self::Text(text) => Param::Text(text),
            Self::Blob(bytes) => Param::Blob(bytes),
            Self::Hash(hash) => Param::Hash(hash),
        }
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Blob(bytes)
    }
}
