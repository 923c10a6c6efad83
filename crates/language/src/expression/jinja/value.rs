//! The values that a template computes with.
//!
//! Data of the context stays as it is ([`Value::Data`]) and is never copied.
//! What a template makes itself may hold things that are no data (tuples,
//! undefined values, markup), so it has containers of its own.
//!
//! Invariant: containers nest at most [`MAX_DEPTH`] deep, so recursion over a
//! value (and dropping it) needs a bounded stack.

use std::cell::RefCell;
use std::rc::Rc;

use indexmap::IndexMap;
use yaql::{Limit, Value as Plain};

use super::super::failure::{Failure, Outcome, limit_error, raise, undefined_error};
use super::callable::Callable;

/// How deeply values made by a template may nest.
pub(super) const MAX_DEPTH: usize = yaql::MAX_DEPTH;

/// A value of a template.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// Data: scalars, and containers of the context.
    Data(Plain),
    /// A sequence made by the template.
    Sequence(Rc<Sequence>),
    /// A dict made by the template.
    Dict(Rc<Dict>),
    /// Text that is safe in HTML.
    Markup(Rc<str>),
    /// What `encode()` gives.
    Bytes(Rc<[u8]>),
    /// What is not there.
    Undefined(Rc<Undefined>),
    /// Functions, methods, macros.
    Callable(Rc<Callable>),
    /// `namespace()`
    Namespace(Namespace),
    /// `loop`
    Loop(Rc<super::looping::Loop>),
    /// `cycler()`
    Cycler(Rc<super::globals::Cycler>),
}

/// Attributes that can be set, shared by all who know it.
pub(super) type Namespace = Rc<RefCell<IndexMap<Rc<str>, Value>>>;

/// What kind of sequence it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `[a, b]`
    List,
    /// `(a, b)`
    Tuple,
    /// What `groupby` gives: `(grouper, list)`, with these names.
    Group,
    /// What lazy filters give; it has no length and no index.
    Generator,
    /// `dict.keys()`
    Keys,
    /// `dict.values()`
    Values,
    /// `dict.items()`
    Items,
    /// `range()`
    Range {
        /// First item.
        start: i64,
        /// Behind the last item.
        stop: i64,
        /// Distance of items.
        step: i64,
    },
}

/// Items in order.
#[derive(Clone, Debug)]
pub(super) struct Sequence {
    kind: Kind,
    items: Vec<Value>,
    extent: Extent,
}

/// Entries in order of insertion; keys have Python's equality.
#[derive(Clone, Debug, Default)]
pub(super) struct Dict {
    entries: IndexMap<Plain, Value>,
    extent: Extent,
}

/// Something that is not there, and what is said about it when it is used.
#[derive(Debug)]
pub(super) struct Undefined {
    class: &'static str,
    message: String,
    /// The value of `a if b` without `else`: it may be used as empty text.
    lenient: bool,
}

impl Value {
    /// `None`.
    pub(super) const NONE: Self = Self::Data(Plain::Null);

    /// A list.
    pub(super) fn list(items: Vec<Self>) -> Outcome<Self> {
        Self::sequence(Kind::List, items)
    }

    /// A tuple.
    pub(super) fn tuple(items: Vec<Self>) -> Outcome<Self> {
        Self::sequence(Kind::Tuple, items)
    }

    /// A sequence of some kind.
    pub(super) fn sequence(kind: Kind, items: Vec<Self>) -> Outcome<Self> {
        let extent = Extent::around(items.iter())?;
        Ok(Self::Sequence(Rc::new(Sequence {
            kind,
            items,
            extent,
        })))
    }

    /// A dict.
    pub(super) fn dict(entries: IndexMap<Plain, Self>) -> Outcome<Self> {
        let extent = Extent::around(entries.values())?;
        Ok(Self::Dict(Rc::new(Dict { entries, extent })))
    }

    /// Something to call.
    pub(super) fn callable(callable: Callable) -> Outcome<Self> {
        check_depth(callable.depth())?;
        Ok(Self::Callable(Rc::new(callable)))
    }

    /// An undefined value with the text of its error.
    pub(super) fn undefined(message: impl Into<String>) -> Self {
        Self::forbidden("UndefinedError", message)
    }

    /// An undefined value that raises something else when it is used.
    pub(super) fn forbidden(class: &'static str, message: impl Into<String>) -> Self {
        Self::Undefined(Rc::new(Undefined {
            class,
            message: message.into(),
            lenient: false,
        }))
    }

    /// What `a if b` gives if `b` is false.
    pub(super) fn no_else() -> Self {
        Self::Undefined(Rc::new(Undefined {
            class: "UndefinedError",
            message: "the inline if-expression evaluated to false and no else section was defined."
                .into(),
            lenient: true,
        }))
    }

    /// How deeply containers nest.
    pub(super) fn depth(&self) -> usize {
        match self {
            Self::Data(data) => data.depth(),
            Self::Sequence(sequence) => sequence.extent.depth,
            Self::Dict(dict) => dict.extent.depth,
            Self::Callable(callable) => callable.depth(),
            Self::Loop(state) => state.depth,
            Self::Cycler(cycler) => cycler.depth(),
            // A namespace may hold itself; nothing walks into one, and a run ends by
            // emptying all of them.
            Self::Namespace(_) | Self::Markup(_) | Self::Bytes(_) | Self::Undefined(_) => 0,
        }
    }

    /// How far it reaches.
    pub(super) fn extent(&self) -> Extent {
        let size = match self {
            Self::Data(data) => data.expanded_size(),
            Self::Sequence(sequence) => sequence.extent.size,
            Self::Dict(dict) => dict.extent.size,
            other => other.weight() as u64,
        };
        Extent {
            depth: self.depth(),
            size,
        }
    }

    /// The text, if this is some.
    pub(super) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Data(Plain::String(text)) => Some(text),
            Self::Markup(text) => Some(text),
            _ => None,
        }
    }

    /// Whether this is `None`.
    pub(super) fn is_none(&self) -> bool {
        matches!(self, Self::Data(Plain::Null))
    }

    /// Whether this is not there.
    pub(super) fn is_undefined(&self) -> bool {
        matches!(self, Self::Undefined(_))
    }

    /// Whether this is a number; a bool is one.
    pub(super) fn is_number(&self) -> bool {
        matches!(
            self,
            Self::Data(Plain::Bool(_) | Plain::Int(_) | Plain::BigInt(_) | Plain::Float(_))
        )
    }

    /// The error that using this gives, unless it is there.
    pub(super) fn defined(&self) -> Outcome<()> {
        match self {
            Self::Undefined(undefined) if !undefined.lenient => Err(undefined.failure()),
            _ => Ok(()),
        }
    }

    /// Python's truth.
    pub(super) fn is_truthy(&self) -> Outcome<bool> {
        self.defined()?;
        Ok(match self {
            Self::Data(data) => data.is_truthy(),
            Self::Sequence(sequence) => {
                sequence.kind == Kind::Generator || !sequence.items.is_empty()
            }
            Self::Dict(dict) => !dict.entries.is_empty(),
            Self::Markup(text) => !text.is_empty(),
            Self::Bytes(bytes) => !bytes.is_empty(),
            Self::Undefined(_) => false,
            _ => true,
        })
    }

    /// The name of the type in Python.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Data(data) => plain_type_name(data),
            Self::Sequence(sequence) => sequence.kind.type_name(),
            Self::Dict(_) => "dict",
            Self::Markup(_) => "Markup",
            Self::Bytes(_) => "bytes",
            Self::Undefined(_) => "Undefined",
            Self::Callable(callable) => callable.type_name(),
            Self::Namespace(_) => "Namespace",
            Self::Loop(_) => "LoopContext",
            Self::Cycler(_) => "Cycler",
        }
    }

    /// The items that iterating gives.
    pub(super) fn items(&self) -> Outcome<Vec<Self>> {
        self.each().map(Iterator::collect)
    }

    /// The items, one by one.
    pub(super) fn each(&self) -> Outcome<Items<'_>> {
        match self {
            Self::Data(Plain::List(list)) => Ok(Items::of_data(list)),
            Self::Sequence(sequence) => Ok(Items::of_values(&sequence.items)),
            other => other.made().map(Items::owned),
        }
    }

    /// Items that have to be made first.
    fn made(&self) -> Outcome<Vec<Self>> {
        self.defined()?;
        Ok(match self {
            Self::Data(Plain::Dict(dict)) => wrap(dict.keys()),
            Self::Data(Plain::Set(set)) => wrap(set.iter()),
            Self::Data(Plain::String(text)) => characters(text),
            Self::Markup(text) => characters(text),
            Self::Bytes(bytes) => bytes.iter().map(|b| Self::from(i64::from(*b))).collect(),
            Self::Dict(dict) => wrap(dict.entries.keys()),
            Self::Undefined(_) => Vec::new(),
            _ => {
                let message = format!("'{}' object is not iterable", self.type_name());
                return Err(raise("TypeError", message));
            }
        })
    }

    /// Whether [`Value::items`] gives something.
    pub(super) fn is_iterable(&self) -> Outcome<bool> {
        self.defined()?;
        Ok(match self {
            Self::Data(data) => matches!(
                data,
                Plain::List(_) | Plain::Dict(_) | Plain::Set(_) | Plain::String(_)
            ),
            Self::Sequence(_) | Self::Dict(_) | Self::Markup(_) | Self::Bytes(_) => true,
            Self::Undefined(_) | Self::Loop(_) => true,
            _ => false,
        })
    }

    /// What `len()` gives.
    pub(super) fn len(&self) -> Outcome<usize> {
        self.defined()?;
        Ok(match self {
            Self::Data(Plain::List(list)) => list.len(),
            Self::Data(Plain::Dict(dict)) => dict.len(),
            Self::Data(Plain::Set(set)) => set.len(),
            Self::Data(Plain::String(text)) => text.chars().count(),
            Self::Markup(text) => text.chars().count(),
            Self::Bytes(bytes) => bytes.len(),
            Self::Sequence(sequence) if sequence.kind != Kind::Generator => sequence.items.len(),
            Self::Dict(dict) => dict.entries.len(),
            Self::Undefined(_) => 0,
            Self::Loop(state) => state.len(),
            _ => {
                let message = format!("object of type '{}' has no len()", self.type_name());
                return Err(raise("TypeError", message));
            }
        })
    }

    /// The entries, if this is a dict of any kind.
    pub(super) fn entries(&self) -> Option<Vec<(Self, Self)>> {
        match self {
            Self::Data(Plain::Dict(dict)) => {
                let pairs = dict.iter().map(|(k, v)| (k.into(), v.into()));
                Some(pairs.collect())
            }
            Self::Dict(dict) => {
                let pairs = dict.entries.iter().map(|(k, v)| (k.into(), v.clone()));
                Some(pairs.collect())
            }
            _ => None,
        }
    }

    /// Python's `int`, if it has at most 64 bits; a bool is none.
    pub(super) fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Data(data) => data.as_i64(),
            _ => None,
        }
    }

    /// The value under a key, if this is a dict and has it.
    pub(super) fn entry(&self, key: &Plain) -> Option<Self> {
        match self {
            Self::Data(Plain::Dict(dict)) => dict.get_value(key).map(Into::into),
            Self::Dict(dict) => dict.entries.get(key).cloned(),
            _ => None,
        }
    }

    /// As [`Value::entry`], for a text.
    pub(super) fn entry_named(&self, key: &str) -> Option<Self> {
        match self {
            Self::Data(Plain::Dict(dict)) => dict.get(key).map(Into::into),
            Self::Dict(dict) => dict.entries.get(&Plain::from(key)).cloned(),
            _ => None,
        }
    }

    /// Whether this is a dict of any kind.
    pub(super) fn is_dict(&self) -> bool {
        matches!(self, Self::Data(Plain::Dict(_)) | Self::Dict(_))
    }

    /// Whether this is a list of any kind (not a tuple or a view).
    pub(super) fn is_list(&self) -> bool {
        match self {
            Self::Data(Plain::List(_)) => true,
            Self::Sequence(sequence) => sequence.kind == Kind::List,
            _ => false,
        }
    }

    /// Whether this is a tuple.
    pub(super) fn is_tuple(&self) -> bool {
        matches!(self, Self::Sequence(s) if matches!(s.kind, Kind::Tuple | Kind::Group))
    }

    /// As a key of a dict.
    pub(super) fn as_key(&self) -> Outcome<Plain> {
        self.defined()?;
        match self {
            Self::Data(data)
                if !matches!(data, Plain::List(_) | Plain::Dict(_) | Plain::Set(_)) =>
            {
                Ok(data.clone())
            }
            Self::Markup(text) => Ok(Plain::from(&**text)),
            Self::Sequence(_) if self.is_tuple() => self.to_data(),
            _ => Err(raise(
                "TypeError",
                format!("unhashable type: '{}'", self.type_name()),
            )),
        }
    }

    /// As data that can be stored: sequences become lists, markup is text.
    pub(super) fn to_data(&self) -> Outcome<Plain> {
        match self {
            Self::Data(data) => Ok(data.clone()),
            Self::Sequence(sequence) => {
                let items = sequence.items.iter().map(Self::to_data);
                Ok(Plain::from(items.collect::<Outcome<Vec<_>>>()?))
            }
            Self::Dict(dict) => {
                let entries = dict
                    .entries
                    .iter()
                    .map(|(k, v)| Ok((k.clone(), v.to_data()?)));
                let entries = entries.collect::<Outcome<Vec<_>>>()?;
                Ok(Plain::from(entries.into_iter().collect::<yaql::Dict>()))
            }
            Self::Markup(text) => Ok(Plain::from(&**text)),
            Self::Bytes(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => Ok(Plain::from(text)),
                Err(_) => Err(self.not_storable()),
            },
            Self::Undefined(undefined) if undefined.lenient => Ok(Plain::Null),
            Self::Undefined(undefined) => Err(undefined.failure()),
            Self::Callable(callable) => Err(callable.not_storable()),
            _ => Err(self.not_storable()),
        }
    }

    fn not_storable(&self) -> Failure {
        let message = format!("a value of type '{}' can't be a result", self.type_name());
        raise("TypeError", message)
    }

    /// A shallow estimate of the memory that making this took, in bytes.
    pub(super) fn weight(&self) -> usize {
        const ITEM: usize = size_of::<Value>();
        match self {
            Self::Data(Plain::String(text)) => text.len(),
            Self::Data(Plain::BigInt(big)) => usize::try_from(big.bits() / 8).unwrap_or(usize::MAX),
            Self::Sequence(sequence) => sequence.items.len() * ITEM,
            Self::Dict(dict) => dict.entries.len() * 3 * ITEM,
            Self::Markup(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
            _ => 0,
        }
    }
}

impl Sequence {
    /// What kind it is.
    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// The items.
    pub(super) fn as_slice(&self) -> &[Value] {
        &self.items
    }
}

impl Dict {
    /// The entries.
    pub(super) fn entries(&self) -> &IndexMap<Plain, Value> {
        &self.entries
    }
}

impl Undefined {
    /// The error that using it gives.
    pub(super) fn failure(&self) -> Failure {
        if self.class == "UndefinedError" {
            return undefined_error(&self.message);
        }
        raise(self.class, &self.message)
    }
}

impl Kind {
    fn type_name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Tuple => "tuple",
            Self::Group => "_GroupTuple",
            Self::Generator => "generator",
            Self::Keys => "dict_keys",
            Self::Values => "dict_values",
            Self::Items => "dict_items",
            Self::Range { .. } => "range",
        }
    }
}

fn plain_type_name(data: &Plain) -> &'static str {
    match data {
        Plain::Null => "NoneType",
        Plain::String(_) => "str",
        Plain::Timespan(_) => "timedelta",
        other => other.type_name(),
    }
}

/// Refuses values that nest too deeply.
pub(super) fn check_depth(depth: usize) -> Outcome<()> {
    match depth > MAX_DEPTH {
        true => Err(limit_error(Limit::Depth)),
        false => Ok(()),
    }
}

fn wrap<'a>(items: impl Iterator<Item = &'a Plain>) -> Vec<Value> {
    items.map(Value::from).collect()
}

fn characters(text: &str) -> Vec<Value> {
    text.chars().map(|c| Value::Data(Plain::from(c))).collect()
}

impl From<&Plain> for Value {
    fn from(data: &Plain) -> Self {
        Self::Data(data.clone())
    }
}

macro_rules! from {
    ($($source:ty),*) => {
        $(impl From<$source> for Value {
            fn from(data: $source) -> Self {
                Self::Data(data.into())
            }
        })*
    };
}

from!(
    Plain,
    bool,
    i32,
    i64,
    usize,
    f64,
    &str,
    String,
    num_bigint::BigInt
);

mod change;
mod extent;
mod items;

pub(super) use self::change::{Container, Edit, Step, change};
pub(super) use self::extent::Extent;
pub(super) use self::items::Items;
