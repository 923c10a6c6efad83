//! Lists: making, joining, indexing, changing (YAQL §13.5).

use super::functions;
use super::slices::clamp;
use crate::eval::iterator::{Cursor, Iter};
use crate::eval::parameter::{Iterable, Iterator, Rest};
use crate::eval::types::Type;
use crate::eval::{Result, Runtime, Scope, raise};
use crate::value::ObjectKind;
use crate::{List, Opaque, Value};

functions! {
    /// A list of the items.
    function "#list"(args) = literal;
    /// A list of the arguments; iterators among them are flattened in.
    function list(args) = list;
    /// The items as a list.
    method toList(collection) = to_list;
    /// The items of all nested collections, lazily.
    method flatten(collection) = flatten;
    /// Whether a value is a list.
    function isList(arg) = |value: Value| matches!(value, Value::List(_));
    /// Two lists joined.
    function "#operator_+"(left, right) = join_lists;
    /// The items of two collections, lazily.
    function "#operator_+"(left, right) = join_lazily;
    /// A list so many times.
    function "#operator_*"(left, right) = repeat;
    /// A list so many times.
    function "#operator_*"(left, right) = times;
    /// The item at an index, from the end if it is negative.
    function "#indexer"(sequence, index) = index;
    /// The number of items.
    both len(sequence) = |sequence: List| sequence.len();
    /// The number of items; it uses them up.
    both len(collection) = count;
    /// The items without `count` ones from a position on; all of them if it is negative.
    method delete(collection, position, count = 1) = delete;
    /// The items with a value in place of `count` ones from a position on.
    method replace(collection, position, value, count = 1) = replace;
    /// The items with others in place of `count` ones from a position on.
    method replaceMany(collection, position, values, count = 1) = replace_many;
    /// The list with one more item before a position.
    method insert(collection, position, value) = insert;
    /// The items with one more before a position.
    method insert(collection, position, value) = insert_lazily;
    /// The items with more before a position.
    method insertMany(collection, position, values) = insert_many;
}

fn to_list(scope: &Scope<'_>, collection: Iterable) -> Result<Vec<Value>> {
    collection.drain(scope)
}

fn replace(scope: &Scope<'_>, items: Iterable, position: i64, value: Value, count: i64) -> Iter {
    substitute(scope, items, position, vec![value], count)
}

/// What stands for an argument that was left out: `[1,,2]`.
struct NoValue;

impl crate::value::Object for NoValue {
    fn kind(&self) -> ObjectKind {
        ObjectKind::Marker
    }

    fn text(&self) -> String {
        "NoValue".into()
    }
}

fn literal(args: Rest<crate::eval::parameter::Given>) -> List {
    let items = args.0.into_iter();
    items
        .map(|item| item.0.unwrap_or_else(|| Opaque::new(NoValue).into()))
        .collect()
}

fn is_iterator(value: &Value) -> bool {
    matches!(value, Value::Opaque(object) if object.object().kind() == ObjectKind::Iterator)
}

/// The items of the arguments, with those of iterators, recursively.
pub(super) fn gather(scope: &Scope<'_>, args: Vec<Value>) -> Result<Vec<Value>> {
    let mut items = Vec::new();
    for arg in args {
        if is_iterator(&arg) {
            let inner = Iterable(arg).cursor(scope).drain(scope.runtime)?;
            let inner = scope.runtime.nested(|| gather(scope, inner))?;
            items.extend(inner);
            scope.runtime.reserve(items.len() * size_of::<Value>())?;
        } else {
            items.push(arg);
        }
    }
    Ok(items)
}

fn list(scope: &Scope<'_>, args: Rest<Value>) -> Result<Vec<Value>> {
    gather(scope, args.0)
}

fn flatten(scope: &Scope<'_>, collection: Iterable) -> Iter {
    let depth = collection.depth();
    let mut stack = vec![collection.cursor(scope)];
    Iter::new(depth, move |runtime: &Runtime<'_>| {
        while let Some(cursor) = stack.last_mut() {
            match cursor.next(runtime)? {
                None => drop(stack.pop()),
                Some(item) => match inner(runtime, &item) {
                    Some(_) if stack.len() > crate::MAX_DEPTH => return Err(raise::too_deep()),
                    Some(cursor) => stack.push(cursor),
                    None => return Ok(Some(item)),
                },
            }
        }
        Ok(None)
    })
}

/// A cursor over an item that is a collection itself.
pub(super) fn inner(runtime: &Runtime<'_>, item: &Value) -> Option<Cursor> {
    let options = runtime.options();
    if matches!(item, Value::Dict(_)) || !Type::Iterable.accepts(item, options) {
        return None;
    }
    Some(Cursor::over(item)?.limited(options.limit_iterators))
}

fn join_lists(scope: &Scope<'_>, left: List, right: List) -> Result<Vec<Value>> {
    scope
        .runtime
        .reserve((left.len() + right.len()) * size_of::<Value>())?;
    // Without a copy, if nobody else has the left list.
    let mut items = left.into_vec();
    items.extend_from_slice(&right);
    Ok(items)
}

/// The items of collections, one after the other.
pub(super) fn chain(scope: &Scope<'_>, collections: Vec<Iterable>) -> Iter {
    let depth = collections.iter().map(Iterable::depth).max().unwrap_or(0);
    let cursors: Vec<Cursor> = collections.into_iter().map(|c| c.cursor(scope)).collect();
    let mut cursors = cursors.into_iter();
    let mut current = cursors.next();
    Iter::new(depth, move |runtime: &Runtime<'_>| {
        while let Some(cursor) = &mut current {
            if let Some(item) = cursor.next(runtime)? {
                return Ok(Some(item));
            }
            current = cursors.next();
        }
        Ok(None)
    })
}

fn join_lazily(scope: &Scope<'_>, left: Iterable, right: Iterable) -> Iter {
    chain(scope, vec![left, right])
}

fn times(scope: &Scope<'_>, times: i64, list: List) -> Result<Vec<Value>> {
    repeat(scope, list, times)
}

fn repeat(scope: &Scope<'_>, list: List, times: i64) -> Result<Vec<Value>> {
    let times = usize::try_from(times).unwrap_or(0);
    let length = list.len().saturating_mul(times);
    scope
        .runtime
        .reserve(length.saturating_mul(size_of::<Value>()))?;
    Ok(list.iter().cycle().take(length).cloned().collect())
}

pub(super) fn index(sequence: List, index: i64) -> Result<Value> {
    let size = i64::try_from(sequence.len()).unwrap_or(i64::MAX);
    let place = if index < 0 {
        index.saturating_add(size)
    } else {
        index
    };
    let item = usize::try_from(place).ok().and_then(|i| sequence.get(i));
    item.cloned().ok_or_else(|| {
        let kind = raise::python_type(&sequence.clone().into());
        let error = raise::index_error(format!("{kind} index out of range"));
        error.with_help(format!("the list has {size} items, counted from 0"))
    })
}

fn count(scope: &Scope<'_>, collection: Iterator) -> Result<usize> {
    super::queries::count(scope, Iterable(collection.0))
}

fn delete(scope: &Scope<'_>, collection: Iterable, position: i64, count: i64) -> Iter {
    let depth = collection.depth();
    let mut cursor = collection.cursor(scope);
    let mut at = 0;
    Iter::new(depth, move |runtime: &Runtime<'_>| {
        while let Some(item) = cursor.next(runtime)? {
            at += 1;
            if !is_within(at - 1, position, count) {
                return Ok(Some(item));
            }
        }
        Ok(None)
    })
}

/// Whether an index is in the run of `count` from `position` on; a negative
/// count means up to the end.
fn is_within(index: i64, position: i64, count: i64) -> bool {
    index >= position && (count < 0 || index < position.saturating_add(count))
}

fn substitute(
    scope: &Scope<'_>,
    collection: Iterable,
    position: i64,
    values: Vec<Value>,
    count: i64,
) -> Iter {
    let values_depth = values.iter().map(Value::depth).max().unwrap_or(0);
    let depth = collection.depth().max(values_depth);
    let mut cursor = collection.cursor(scope);
    let mut values = Some(values);
    let mut pending = Vec::new().into_iter();
    let mut at = 0;
    Iter::new(depth, move |runtime: &Runtime<'_>| {
        loop {
            if let Some(value) = pending.next() {
                return Ok(Some(value));
            }
            let Some(item) = cursor.next(runtime)? else {
                return Ok(None);
            };
            at += 1;
            if !is_within(at - 1, position, count) {
                return Ok(Some(item));
            }
            // The first item of the run makes place for all the new ones.
            pending = values.take().unwrap_or_default().into_iter();
        }
    })
}

fn replace_many(
    scope: &Scope<'_>,
    collection: Iterable,
    position: i64,
    values: Iterable,
    count: i64,
) -> Result<Iter> {
    let values = values.drain(scope)?;
    Ok(substitute(scope, collection, position, values, count))
}

fn insert(collection: List, position: i64, value: Value) -> List {
    let (at, _) = clamp(collection.len(), position, i64::MAX);
    let mut items = collection.into_vec();
    items.insert(at, value);
    List::mutable(items)
}

fn insert_lazily(scope: &Scope<'_>, collection: Iterator, position: i64, value: Value) -> Iter {
    place(scope, Iterable(collection.0), position, vec![value])
}

fn insert_many(
    scope: &Scope<'_>,
    collection: Iterable,
    position: i64,
    values: Iterable,
) -> Result<Iter> {
    let values = values.drain(scope)?;
    Ok(place(scope, collection, position.max(0), values))
}

/// Items with others before a position, or at the end if it is beyond. At a
/// negative position nothing is inserted.
fn place(scope: &Scope<'_>, collection: Iterable, position: i64, values: Vec<Value>) -> Iter {
    let values_depth = values.iter().map(Value::depth).max().unwrap_or(0);
    let depth = collection.depth().max(values_depth);
    let mut cursor = collection.cursor(scope);
    let mut values = Some(values).filter(|_| position >= 0);
    let mut pending = Vec::new().into_iter();
    let mut index = 0;
    Iter::new(depth, move |runtime: &Runtime<'_>| {
        if index == position
            && let Some(new) = values.take()
        {
            pending = new.into_iter();
        }
        if let Some(value) = pending.next() {
            return Ok(Some(value));
        }
        if let Some(item) = cursor.next(runtime)? {
            index += 1;
            return Ok(Some(item));
        }
        pending = values.take().unwrap_or_default().into_iter();
        Ok(pending.next())
    })
}
