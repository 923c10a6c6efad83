//! Values that exist only inside of the evaluator.

use std::any::Any;
use std::sync::Arc;

use super::Value;
use crate::regex::Regex;

/// What kind of object an [`Opaque`] value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ObjectKind {
    /// Gives its items once.
    Iterator,
    /// Can be iterated again and again, but is no list (a sorted sequence, `values()`).
    Iterable,
    /// `keys()` or `items()` of a dict: like a set.
    SetView,
    /// A compiled regular expression.
    Regex,
    /// Variables and functions, made by `let` and its like.
    Context,
    /// An unevaluated expression with its context.
    Lambda,
    /// Stands for an argument that was left out.
    Marker,
}

impl ObjectKind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            ObjectKind::Iterator => "iterator",
            ObjectKind::Iterable => "iterable",
            ObjectKind::SetView => "set",
            ObjectKind::Regex => "regex",
            ObjectKind::Context => "context",
            ObjectKind::Lambda => "lambda",
            ObjectKind::Marker => "no value",
        }
    }
}

/// The behaviour which the data model needs of evaluator objects.
pub(crate) trait Object: Any + Send + Sync {
    fn kind(&self) -> ObjectKind;

    /// Python's `str()` and `repr()` of the object.
    fn text(&self) -> String;

    /// How deeply it nests other values, see [`Value::depth`].
    fn depth(&self) -> usize {
        0
    }

    /// Equality with a value which is not the same object.
    fn equals(&self, _other: &Value) -> bool {
        false
    }

    /// Equal objects give the same.
    fn hash(&self) -> u64 {
        std::ptr::from_ref(self).addr() as u64
    }

    fn is_truthy(&self) -> bool {
        true
    }
}

/// A value of the evaluator: an iterator, a view of a dict, a regular
/// expression, a context. It has no form outside of an evaluation.
#[derive(Clone)]
pub struct Opaque(Arc<dyn Object>);

impl Opaque {
    pub(crate) fn new(object: impl Object) -> Self {
        Opaque(Arc::new(object))
    }

    pub(crate) fn object(&self) -> &dyn Object {
        &*self.0
    }

    pub(crate) fn downcast<T: Object>(&self) -> Option<&T> {
        let any: &dyn Any = &*self.0;
        any.downcast_ref()
    }

    /// The source of the pattern, if it is a regular expression.
    pub fn pattern(&self) -> Option<&str> {
        self.downcast::<Regex>().map(Regex::pattern)
    }

    /// How many values and cursors hold the object.
    pub(crate) fn holders(&self) -> usize {
        Arc::strong_count(&self.0)
    }

    pub(super) fn ptr_eq(a: &Opaque, b: &Opaque) -> bool {
        std::ptr::addr_eq(Arc::as_ptr(&a.0), Arc::as_ptr(&b.0))
    }
}
