//! `a.b`, `a[b]` and `a[b:c:d]`, with the rules of the sandbox.

use std::rc::Rc;
use std::sync::Arc;

use num_bigint::Sign;
use yaql::Value as Plain;

use super::super::failure::{Outcome, raise, type_error, value_error};
use super::callable::Callable;
use super::methods;
use super::text;
use super::value::{Kind, Value};

/// Attributes that every Python object has; the sandbox refuses them.
const UNSAFE: [&str; 18] = [
    "__class__",
    "__delattr__",
    "__dict__",
    "__dir__",
    "__doc__",
    "__eq__",
    "__format__",
    "__getattribute__",
    "__hash__",
    "__init__",
    "__init_subclass__",
    "__module__",
    "__new__",
    "__reduce__",
    "__reduce_ex__",
    "__repr__",
    "__str__",
    "__subclasshook__",
];

/// A name behind a dot.
#[derive(Debug)]
pub(super) struct Name {
    text: Arc<str>,
    /// Whether some type of Python has an attribute of that name.
    is_python: bool,
}

impl Name {
    pub(super) fn new(text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        let is_python = UNSAFE.contains(&&*text) || methods::is_known(&text);
        Self { text, is_python }
    }

    pub(super) fn text(&self) -> &Arc<str> {
        &self.text
    }
}

/// `value.name`: what Python has as an attribute goes before an entry.
pub(super) fn attribute(value: &Value, name: &Name) -> Outcome<Value> {
    let only_entries = !name.is_python && matches!(value, Value::Data(_) | Value::Dict(_));
    if !only_entries && let Some(found) = python_attribute(value, &name.text)? {
        return Ok(found);
    }
    Ok(value
        .entry_named(&name.text)
        .unwrap_or_else(|| no_attribute(value, &name.text)))
}

/// `value[index]`: an entry goes before what Python has as an attribute.
pub(super) fn item(value: &Value, index: &Value) -> Outcome<Value> {
    value.defined()?;
    index.defined()?;
    if value.is_dict() {
        let found = match index {
            Value::Data(key @ Plain::String(_)) => value.entry(key),
            _ => index.as_key().ok().and_then(|key| value.entry(&key)),
        };
        if let Some(found) = found {
            return Ok(found);
        }
    } else if let Some(found) = element(value, index)? {
        return Ok(found);
    }
    if let Some(name) = index.as_str() {
        let name = Arc::from(name);
        let found = python_attribute(value, &name)?;
        return Ok(found.unwrap_or_else(|| no_attribute(value, &name)));
    }
    let shown = text::repr(index, 1000).unwrap_or_else(|_| "…".into());
    Ok(Value::undefined(format!(
        "{} has no element {shown}",
        object_name(value)
    )))
}

fn python_attribute(value: &Value, name: &Arc<str>) -> Outcome<Option<Value>> {
    if let Value::Undefined(undefined) = value {
        return Err(undefined.failure());
    }
    if UNSAFE.contains(&&**name) {
        let name_of_type = value.type_name();
        let message = format!("access to attribute '{name}' of '{name_of_type}' object is unsafe.");
        return Ok(Some(Value::forbidden("SecurityError", message)));
    }
    if methods::has(value, name) {
        let method = Callable::Method(value.clone(), name.clone());
        return Value::callable(method).map(Some);
    }
    Ok(match value {
        Value::Loop(state) => state.attribute(name),
        Value::Namespace(attributes) => attributes.borrow().get(&**name).cloned(),
        Value::Cycler(cycler) if **name == *"current" => Some(cycler.current()),
        Value::Sequence(sequence) if sequence.kind() == Kind::Group => match &**name {
            "grouper" => sequence.as_slice().first().cloned(),
            "list" => sequence.as_slice().get(1).cloned(),
            _ => None,
        },
        Value::Callable(callable) => match &**callable {
            Callable::Macro(value) if **name == *"name" => {
                Some(Value::from(&*value.definition.name))
            }
            _ => None,
        },
        _ => None,
    })
}

/// What undefined values say about an object.
fn object_name(value: &Value) -> String {
    match value {
        Value::Data(Plain::Null) => "None".into(),
        other => format!("{} object", other.type_name()),
    }
}

fn no_attribute(value: &Value, name: &str) -> Value {
    Value::undefined(format!(
        "'{}' has no attribute '{name}'",
        object_name(value)
    ))
}

/// The item at a position of something that has positions.
fn element(value: &Value, index: &Value) -> Outcome<Option<Value>> {
    let index = match index {
        Value::Data(Plain::Int(index)) => *index,
        Value::Data(Plain::Bool(index)) => (*index).into(),
        _ => return Ok(None),
    };
    let at = |length: usize| position(index, length);
    Ok(match value {
        Value::Data(Plain::List(list)) => at(list.len()).map(|i| (&list[i]).into()),
        Value::Data(Plain::String(text)) => character(text, index),
        Value::Markup(text) => character(text, index),
        Value::Sequence(sequence) if has_positions(sequence.kind()) => {
            at(sequence.as_slice().len()).map(|i| sequence.as_slice()[i].clone())
        }
        Value::Bytes(bytes) => at(bytes.len()).map(|i| Value::from(i64::from(bytes[i]))),
        _ => None,
    })
}

fn has_positions(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::Generator | Kind::Keys | Kind::Values | Kind::Items
    )
}

fn character(text: &str, index: i64) -> Option<Value> {
    let found = match usize::try_from(index) {
        Ok(index) => text.chars().nth(index),
        Err(_) => {
            let from_end = usize::try_from(index.unsigned_abs() - 1).ok()?;
            text.chars().nth_back(from_end)
        }
    };
    found.map(|c| Value::Data(Plain::from(c)))
}

/// A position from an index that may count from the end.
pub(super) fn position(index: i64, length: usize) -> Option<usize> {
    let index = match index < 0 {
        true => index.checked_add(i64::try_from(length).ok()?)?,
        false => index,
    };
    usize::try_from(index).ok().filter(|i| *i < length)
}

/// `value[start:stop:step]`
pub(super) fn slice(value: &Value, bounds: &[Option<Value>; 3]) -> Outcome<Value> {
    value.defined()?;
    if let Some(text) = value.as_str() {
        let characters: Vec<char> = text.chars().collect();
        let picked = positions(characters.len(), bounds)?.map(|i| characters[i]);
        return Ok(Value::from(picked.collect::<String>()));
    }
    let kind = match value {
        Value::Sequence(sequence) if has_positions(sequence.kind()) => match sequence.kind() {
            Kind::Tuple | Kind::Group => Kind::Tuple,
            _ => Kind::List,
        },
        Value::Data(Plain::List(_)) => Kind::List,
        dict if dict.is_dict() => return Err(type_error("unhashable type: 'slice'")),
        other => {
            let name = other.type_name();
            return Err(type_error(format!("'{name}' object is not subscriptable")));
        }
    };
    let items = value.items()?;
    let picked = positions(items.len(), bounds)?.map(|i| items[i].clone());
    Value::sequence(kind, picked.collect())
}

/// The positions of a slice, by Python's rules.
fn positions(
    length: usize,
    bounds: &[Option<Value>; 3],
) -> Outcome<impl Iterator<Item = usize> + use<>> {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let step = bound(bounds[2].as_ref())?.unwrap_or(1);
    if step == 0 {
        return Err(value_error("slice step cannot be zero"));
    }
    let (lowest, highest) = if step > 0 {
        (0, length)
    } else {
        (-1, length - 1)
    };
    let clamp = |index: i64| {
        let index = if index < 0 {
            index.saturating_add(length)
        } else {
            index
        };
        index.clamp(lowest, highest)
    };
    let (first, last) = if step > 0 {
        (lowest, highest)
    } else {
        (highest, lowest)
    };
    let start = bound(bounds[0].as_ref())?.map_or(first, clamp);
    let stop = bound(bounds[1].as_ref())?.map_or(last, clamp);
    let more = move |index: &i64| {
        if step > 0 {
            *index < stop
        } else {
            *index > stop
        }
    };
    let indices = std::iter::successors(Some(start), move |index| index.checked_add(step));
    Ok(indices
        .take_while(more)
        .map(|index| usize::try_from(index).unwrap_or(0)))
}

fn bound(value: Option<&Value>) -> Outcome<Option<i64>> {
    let Some(value) = value else {
        return Ok(None);
    };
    value.defined()?;
    match value {
        Value::Data(Plain::Null) => Ok(None),
        Value::Data(Plain::Int(index)) => Ok(Some(*index)),
        Value::Data(Plain::Bool(index)) => Ok(Some((*index).into())),
        Value::Data(Plain::BigInt(big)) if big.sign() == Sign::Minus => Ok(Some(i64::MIN)),
        Value::Data(Plain::BigInt(_)) => Ok(Some(i64::MAX)),
        _ => Err(type_error(
            "slice indices must be integers or None or have an __index__ method",
        )),
    }
}

/// `namespace.name = value`
pub(super) fn assign(target: &Value, name: &str, value: Value) -> Outcome<()> {
    match target {
        Value::Namespace(attributes) => {
            attributes.borrow_mut().insert(Rc::from(name), value);
            Ok(())
        }
        _ => Err(raise(
            "TemplateRuntimeError",
            "cannot assign attribute on non-namespace object",
        )),
    }
}
