//! Sets (YAQL §13.5).

use super::functions;
use super::lists::gather;
use crate::eval::parameter::{AnySet, Iterable, Rest};
use crate::eval::views::View;
use crate::eval::{Result, Scope, check_hashable, raise};
use crate::{Set, Value};

functions! {
    /// A set of the arguments; iterators among them are flattened in.
    function set(args) = set;
    /// The items as a set.
    method toSet(collection) = to_set;
    /// Whether a value is a set, or `keys()` or `items()` of a dict.
    function isSet(arg) = is_set;
    /// The number of members.
    both len(s) = len;
    /// The members of both.
    method union(left, right) = union_of;
    /// The members that are in both.
    method intersect(left, right) = intersection_of;
    /// The members that are not in the other.
    method difference(left, right) = difference_of;
    /// The members that are in just one of both.
    method symmetricDifference(left, right) = symmetric_difference_of;
    /// The members of both.
    function "#operator_+"(left, right) = |a: Set, b: Set| union(a, &b);
    /// The members that are not in the other.
    function "#operator_-"(left, right) = difference_of;
    /// The set with more members.
    method add(s, values) = add;
    /// The set without some members.
    method remove(s, values) = remove;
}

/// A set of hashable values.
pub(super) fn of(values: Vec<Value>) -> Result<Set> {
    values.iter().try_for_each(check_hashable)?;
    Ok(values.into_iter().collect())
}

fn set(scope: &Scope<'_>, args: Rest<Value>) -> Result<Set> {
    of(gather(scope, args.0)?)
}

fn to_set(scope: &Scope<'_>, collection: Iterable) -> Result<Set> {
    of(collection.drain(scope)?)
}

fn is_set(value: Value) -> bool {
    match value {
        Value::Set(_) => true,
        Value::Opaque(object) => object.object().kind() == crate::value::ObjectKind::SetView,
        _ => false,
    }
}

fn len(s: AnySet) -> usize {
    crate::eval::parameter::size(&s.0).unwrap_or(0)
}

/// A set operation; views of dicts do not have it (YAQL §4).
fn operate(name: &str, a: AnySet, b: AnySet, operation: fn(Set, &Set) -> Set) -> Result<Set> {
    if let Value::Opaque(object) = &a.0
        && let Some(view) = object.downcast::<View>()
    {
        let class = view.class();
        return Err(raise::attribute_error(format!(
            "'{class}' object has no attribute '{name}'"
        )));
    }
    Ok(operation(a.into_set()?, &b.into_set()?))
}

fn union_of(left: AnySet, right: AnySet) -> Result<Set> {
    operate("union", left, right, union)
}

fn intersection_of(left: AnySet, right: AnySet) -> Result<Set> {
    operate("intersection", left, right, intersect)
}

fn difference_of(left: AnySet, right: AnySet) -> Result<Set> {
    operate("difference", left, right, difference)
}

fn symmetric_difference_of(left: AnySet, right: AnySet) -> Result<Set> {
    operate("symmetric_difference", left, right, symmetric_difference)
}

fn union(a: Set, b: &Set) -> Set {
    let mut all = a;
    for member in b {
        all.insert(member);
    }
    all
}

fn intersect(a: Set, b: &Set) -> Set {
    a.iter().filter(|member| b.contains(member)).collect()
}

fn difference(a: Set, b: &Set) -> Set {
    a.iter().filter(|member| !b.contains(member)).collect()
}

fn symmetric_difference(a: Set, b: &Set) -> Set {
    let left = a.iter().filter(|member| !b.contains(member));
    left.chain(b.iter().filter(|member| !a.contains(member)))
        .collect()
}

fn add(s: AnySet, values: Rest<Value>) -> Result<Set> {
    Ok(union(s.into_set()?, &of(values.0)?))
}

fn remove(s: AnySet, values: Rest<Value>) -> Result<Set> {
    Ok(difference(s.into_set()?, &of(values.0)?))
}
