//! What works on every collection: membership and kinds (YAQL §13.5).

use super::functions;
use crate::eval::iterator::{Cursor, Iter};
use crate::eval::memo::Memo;
use crate::eval::parameter::Iterable;
use crate::eval::types::Type;
use crate::eval::views::{Part, View};
use crate::eval::{Result, Scope, raise};
use crate::value::equality::loosely_equal;
use crate::{Opaque, Value};

functions! {
    /// Whether a value is in a collection.
    function "#operator_in"(left, right) = is_in;
    /// Whether a value is in the collection.
    method contains(collection, value) = contains;
    /// Whether a value is a collection; texts and dicts are none.
    function isIterable(arg) = is_iterable;
    /// The collection, so that it can be iterated again and again.
    method memorize(collection) = memorize;
}

fn is_in(scope: &Scope<'_>, left: Value, right: Iterable) -> Result<bool> {
    contains(scope, right, left)
}

fn contains(scope: &Scope<'_>, collection: Iterable, value: Value) -> Result<bool> {
    if let Value::Set(set) = &collection.0 {
        crate::eval::check_hashable(&value)?;
        return Ok(set.contains(&value));
    }
    if let Value::Opaque(object) = &collection.0
        && let Some(view) = object.downcast::<View>()
        && view.part == Part::Items
        && value.as_list().is_none()
    {
        // The original takes every value for a pair.
        let found = raise::python_type(&value);
        let text = format!("cannot unpack non-iterable {found} object");
        return Err(raise::type_error(text));
    }
    let mut cursor = collection.cursor(scope);
    while let Some(item) = cursor.next(scope.runtime)? {
        if Value::ptr_eq(&item, &value) || loosely_equal(&item, &value) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_iterable(scope: &Scope<'_>, value: Value) -> bool {
    Type::Iterable.accepts(&value, scope.runtime.options())
}

fn memorize(scope: &Scope<'_>, collection: Iterable) -> Value {
    remember(scope, collection.0)
}

/// A value that can be iterated again, if it is an iterator.
pub(super) fn remember(scope: &Scope<'_>, value: Value) -> Value {
    let is_iterator =
        matches!(&value, Value::Opaque(object) if object.downcast::<Iter>().is_some());
    if !is_iterator {
        return value;
    }
    let depth = value.depth();
    let cursor: Cursor = Iterable(value).cursor(scope);
    Opaque::new(Memo::new(cursor, depth)).into()
}
