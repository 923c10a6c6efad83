//! The tree a document becomes: every key, value and item with its place.

use yaql::{Dict, Set, Value};

use super::origins::Origins;
use super::timestamp::{Date, Timestamp};
use crate::source::Span;

/// A value of the document.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where it stands. Block collections end with their last item.
    pub span: Span,
    /// What it is.
    pub content: Content,
}

/// The kinds of node.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// A single value.
    Scalar(Scalar),
    /// A list.
    Sequence(Sequence),
    /// A dict.
    Mapping(Mapping),
    /// A set, written `!!set {a, b}`.
    Set(Vec<Node>),
}

/// A single value and how it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Scalar {
    /// Its value.
    pub data: Data,
    /// How it was written.
    pub style: Style,
    /// Where each byte of the decoded text came from.
    pub origins: Origins,
}

/// The value of a scalar.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// Null, a boolean, a number or text.
    Value(Value),
    /// A date without a time.
    Date(Date),
    /// A date with a time.
    Timestamp(Timestamp),
    /// Bytes, written `!!binary`.
    Binary(Vec<u8>),
}

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// `'…'`
    SingleQuoted,
    /// `"…"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

/// A list.
#[derive(Clone, Debug, PartialEq)]
pub struct Sequence {
    /// Its items.
    pub items: Vec<Node>,
    /// Written with brackets.
    pub flow: bool,
}

/// A dict. Merge keys are resolved and each key is there once: as in Python, the
/// first one gives the place in the order, the last one the value.
#[derive(Clone, Debug, PartialEq)]
pub struct Mapping {
    /// Keys and values.
    pub entries: Vec<(Node, Node)>,
    /// Keys whose value was replaced by that of a later, equal key.
    pub overridden: Vec<Span>,
    /// Written with braces.
    pub flow: bool,
}

impl Node {
    /// The text, if it is a text.
    pub fn as_str(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar(Scalar {
                data: Data::Value(value),
                ..
            }) => value.as_str(),
            _ => None,
        }
    }

    /// The scalar, if it is one.
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.content {
            Content::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The dict, if it is one.
    pub fn as_mapping(&self) -> Option<&Mapping> {
        match &self.content {
            Content::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    /// The items, if it is a list.
    pub fn as_items(&self) -> Option<&[Node]> {
        match &self.content {
            Content::Sequence(sequence) => Some(&sequence.items),
            _ => None,
        }
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(
            &self.content,
            Content::Scalar(Scalar { data: Data::Value(value), .. }) if value.is_null()
        )
    }

    /// The place of a part of the decoded text, for example of an expression
    /// inside a block scalar. For other nodes: the whole node.
    pub fn locate(&self, part: std::ops::Range<usize>) -> Span {
        match &self.content {
            Content::Scalar(scalar) => {
                let start = scalar.origins.locate(part.start);
                let last = scalar
                    .origins
                    .locate(part.end.saturating_sub(1).max(part.start));
                Span::new(
                    start,
                    (last + usize::from(part.end > part.start)).max(start),
                )
            }
            _ => self.span,
        }
    }
}

impl Mapping {
    /// The value of a text key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|(_, value)| value)
    }

    /// A text key with its value.
    pub fn entry(&self, key: &str) -> Option<&(Node, Node)> {
        self.entries
            .iter()
            .find(|(candidate, _)| candidate.as_str() == Some(key))
    }
}

impl Data {
    /// The value as expressions see it. A date without a time becomes its ISO
    /// text, bytes become the text they hold in UTF-8; a time without an offset
    /// counts as UTC.
    pub fn to_value(&self) -> Value {
        match self {
            Self::Value(value) => value.clone(),
            Self::Date(date) => Value::from(date.to_string()),
            Self::Timestamp(timestamp) => Value::from(timestamp.to_date_time()),
            Self::Binary(bytes) => Value::from(String::from_utf8_lossy(bytes).into_owned()),
        }
    }
}

/// The plain value of a tree. Depth is bounded by the reader.
pub fn to_value(node: &Node) -> Value {
    match &node.content {
        Content::Scalar(scalar) => scalar.data.to_value(),
        Content::Sequence(sequence) => {
            Value::from(sequence.items.iter().map(to_value).collect::<Vec<_>>())
        }
        Content::Mapping(mapping) => {
            let entries = mapping.entries.iter();
            let dict: Dict = entries.map(|(k, v)| (to_value(k), to_value(v))).collect();
            Value::from(dict)
        }
        Content::Set(items) => Value::from(items.iter().map(to_value).collect::<Set>()),
    }
}
