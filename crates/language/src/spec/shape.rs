//! The vocabulary of types (workflow language §1.5).
//!
//! Each function reads a value of one type. What is wrong goes into the shape;
//! the result is then what can be saved of the value, or nothing.

use std::sync::Arc;

use yaql::{Dict, Set, Value};

use super::attributes::Attribute;
use super::inline::{first_on_line, last_on_line};
use super::model::{InputSpec, Name};
use super::python;
use super::report::{At, Path, Shape, invalid};
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::source::Span;
use crate::yaml::{Content, Data, Mapping, Node, to_value};

/// The keys an object may have.
#[derive(Clone, Copy)]
pub(crate) struct Keys {
    /// What the object is called in messages, with an article.
    pub(crate) of: &'static str,
    /// Tables of what it may have.
    pub(crate) known: &'static [&'static [Attribute]],
    /// Accepted as well, but of no use.
    pub(crate) tolerated: &'static [&'static str],
    /// What belongs somewhere else, and where.
    pub(crate) elsewhere: (&'static [&'static str], &'static str),
}

impl Keys {
    /// The names of what it may have.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.known
            .iter()
            .copied()
            .flatten()
            .map(|attribute| attribute.name)
    }

    fn has(&self, key: &str) -> bool {
        self.names().any(|name| name == key) || self.tolerated.contains(&key)
    }

    /// What to write instead of an unknown key.
    pub(crate) fn help(&self, key: &str) -> String {
        let (keys, place) = self.elsewhere;
        if keys.contains(&key) {
            return format!("only {place} has it");
        }
        did_you_mean(key, self.names()).unwrap_or_else(|| {
            let names: Vec<_> = self.names().collect();
            format!("{} may have: {}", self.of, names.join(", "))
        })
    }
}

impl<'n> Shape<'n> {
    /// A value that is of none of the types allowed here.
    pub(crate) fn none_of(&mut self, at: At<'_, '_>, expected: &str) {
        let found = python::repr(at.node);
        let api = format!("{found} is not valid under any of the given schemas");
        let message = format!("expected {expected}, found {}", describe(at.node));
        self.push(
            at.path,
            invalid(Code::WrongType, message, at.node.span, api),
        );
    }

    pub(crate) fn wrong_type(&mut self, at: At<'_, '_>, json_type: &str, expected: &str) {
        let api = format!("{} is not of type '{json_type}'", python::repr(at.node));
        let message = format!("expected {expected}, found {}", describe(at.node));
        self.push(
            at.path,
            invalid(Code::WrongType, message, at.node.span, api),
        );
    }

    pub(crate) fn empty(&mut self, at: At<'_, '_>, what: &str) {
        let api = format!("{} should be non-empty", python::repr(at.node));
        let message = format!("{what} must not be empty");
        self.push(
            at.path,
            invalid(Code::EmptyValue, message, at.node.span, api),
        );
    }

    /// The original puts the key of a task or an action into it, as its name.
    pub(crate) fn name_not_empty(&mut self, name: &Name, path: &Path<'_>) {
        if name.text.is_empty() {
            let message = "the name must not be empty";
            let api = "'' should be non-empty";
            let path = Path::Key(path, "name");
            self.push(&path, invalid(Code::EmptyValue, message, name.span, api));
        }
    }

    /// *nstr*: a text that is not empty.
    pub(crate) fn nstr(&mut self, at: At<'n, '_>) -> Option<Name> {
        let Some(text) = at.node.as_str() else {
            self.wrong_type(at, "string", "a text");
            return None;
        };
        if text.is_empty() {
            self.empty(at, "the text");
            return None;
        }
        Some(Name {
            text: text.into(),
            span: at.node.span,
        })
    }

    /// An object with at least one entry; keys must be text.
    pub(crate) fn object(&mut self, at: At<'n, '_>, what: &str) -> Option<&'n Mapping> {
        let Some(mapping) = at.node.as_mapping() else {
            self.wrong_type(at, "object", "a dict");
            return None;
        };
        if mapping.entries.is_empty() {
            self.empty(at, what);
        }
        self.text_keys(mapping, at.path);
        Some(mapping)
    }

    pub(crate) fn text_keys(&mut self, mapping: &Mapping, path: &Path<'_>) {
        for (key, _) in &mapping.entries {
            if key.as_str().is_none() {
                let shown = python::repr(key);
                let message = format!("a key must be a text, found {}", describe(key));
                let diagnostic = invalid(
                    Code::BadKey,
                    message,
                    key.span,
                    format!("{shown} is not of type 'string'"),
                );
                self.push(path, diagnostic.help("put quotes around it"));
            }
        }
        for span in &mapping.overridden {
            self.push(path, duplicate_key(*span));
        }
    }

    /// Reports keys that are not among the known ones.
    pub(crate) fn known_keys(&mut self, mapping: &Mapping, path: &Path<'_>, keys: &Keys) {
        let unknown = |key: &&Node| key.as_str().is_some_and(|key| !keys.has(key));
        let unknown: Vec<_> = mapping
            .entries
            .iter()
            .map(|(key, _)| key)
            .filter(unknown)
            .collect();
        let mut names: Vec<_> = unknown.iter().filter_map(|key| key.as_str()).collect();
        names.sort_unstable();
        let verb = if names.len() == 1 { "was" } else { "were" };
        let names: Vec<_> = names.into_iter().map(python::quoted).collect();
        let api = format!(
            "Additional properties are not allowed ({} {verb} unexpected)",
            names.join(", ")
        );
        for key in unknown {
            let name = key.as_str().unwrap_or_default();
            let message = format!("unknown key '{name}' of {}", keys.of);
            let diagnostic = invalid(Code::UnknownKey, message, key.span, &api);
            self.push(path, diagnostic.help(keys.help(name)));
        }
    }

    /// Reports a required key that is missing; gives its value.
    pub(crate) fn required(
        &mut self,
        mapping: &'n Mapping,
        key: &str,
        span: Span,
        path: &Path<'_>,
    ) -> Option<&'n Node> {
        let value = mapping.get(key);
        if value.is_none() {
            self.missing(key, span, path);
        }
        value
    }

    pub(crate) fn missing(&mut self, key: &str, span: Span, path: &Path<'_>) {
        let api = format!("'{key}' is a required property");
        let message = format!("the key '{key}' is missing");
        self.push(path, invalid(Code::MissingKey, message, span, api));
    }

    /// *ndict*: at least one entry, values that JSON can hold.
    pub(crate) fn ndict(&mut self, at: At<'n, '_>) -> Option<Dict> {
        let mapping = self.object(at, "the dict")?;
        self.json_values(mapping, at.path);
        to_value(at.node).as_dict().cloned()
    }

    /// Reports values under plain names that JSON cannot hold.
    pub(crate) fn json_values(&mut self, mapping: &Mapping, path: &Path<'_>) {
        for (key, node) in &mapping.entries {
            if let Some(key) = key.as_str().filter(|key| is_identifier(key)) {
                let path = Path::Key(path, key);
                self.any(At { node, path: &path });
            }
        }
    }

    /// *ndict* whose values may be expressions.
    pub(crate) fn templates(&mut self, at: At<'n, '_>) -> Option<Dict> {
        self.expression(at.node);
        self.ndict(at)
    }

    /// *any?*: whatever JSON can hold.
    pub(crate) fn any(&mut self, at: At<'_, '_>) {
        if !is_json(at.node) {
            self.none_of(at, "a value that JSON can hold");
        }
    }

    /// *ulist*: different texts, at least one.
    pub(crate) fn ulist(&mut self, at: At<'n, '_>) -> Vec<Name> {
        let items = self.items(at);
        let texts = items.iter().enumerate().filter_map(|(index, node)| {
            self.nstr(At {
                node,
                path: &Path::Index(at.path, index),
            })
        });
        texts.collect()
    }

    /// A list with at least one item and no item twice.
    pub(crate) fn items(&mut self, at: At<'n, '_>) -> &'n [Node] {
        let Some(items) = at.node.as_items() else {
            self.wrong_type(at, "array", "a list");
            return &[];
        };
        if items.is_empty() {
            self.empty(at, "the list");
        }
        if let Some(again) = first_duplicate(items) {
            let api = format!("{} has non-unique elements", python::repr(at.node));
            let message = format!("{} is in the list twice", python::repr(again));
            self.push(
                at.path,
                invalid(Code::DuplicateItem, message, again.span, api),
            );
        }
        items
    }

    /// *plist*: names, or dicts of a name and its default.
    pub(crate) fn plist(&mut self, at: At<'n, '_>) -> Vec<InputSpec> {
        let items = self.items(at);
        let mut inputs: Vec<InputSpec> = Vec::new();
        for (index, node) in items.iter().enumerate() {
            let path = Path::Index(at.path, index);
            let Some(input) = self.input(At { node, path: &path }) else {
                continue;
            };
            // Of equal names the last default counts.
            match inputs.iter_mut().find(|known| known.name == input.name) {
                Some(known) => known.default = input.default,
                None => inputs.push(input),
            }
        }
        inputs
    }

    fn input(&mut self, at: At<'n, '_>) -> Option<InputSpec> {
        match &at.node.content {
            Content::Mapping(mapping) => self.input_with_default(at, mapping),
            _ if at.node.as_str().is_some() => self.nstr(at).map(|name| InputSpec {
                name: name.text,
                default: None,
            }),
            _ => {
                self.none_of(at, "a name, or a name with a default");
                None
            }
        }
    }

    fn input_with_default(&mut self, at: At<'n, '_>, mapping: &'n Mapping) -> Option<InputSpec> {
        self.text_keys(mapping, at.path);
        if mapping.entries.len() > 1 {
            let api = format!("{} has too many properties", python::repr(at.node));
            let message = "an input is one name with its default, found several names";
            let diagnostic = invalid(Code::WrongType, message, at.node.span, api);
            self.push(
                at.path,
                diagnostic.help("write one list item for each input"),
            );
        }
        let Some((key, value)) = mapping.entries.first() else {
            self.empty(at, "the dict");
            return None;
        };
        let name = key.as_str()?;
        if is_identifier(name) {
            self.any(At {
                node: value,
                path: &Path::Key(at.path, name),
            });
        }
        Some(InputSpec {
            name: name.into(),
            default: Some(to_value(value)),
        })
    }

    /// *expr-or-int*
    pub(crate) fn expr_or_int(&mut self, at: At<'n, '_>) -> Option<Value> {
        if is_expression(at.node) || is_natural(at.node) {
            self.expression(at.node);
            return Some(to_value(at.node));
        }
        self.none_of(at, "a whole number from 0 up, or an expression");
        None
    }

    /// *expr-or-bool*
    pub(crate) fn expr_or_bool(&mut self, at: At<'n, '_>) -> Option<Value> {
        if is_expression(at.node) || is_bool(at.node) {
            self.expression(at.node);
            return Some(to_value(at.node));
        }
        self.none_of(at, "true, false or an expression");
        None
    }

    /// *expr*
    pub(crate) fn expr(&mut self, at: At<'n, '_>) -> Option<Arc<str>> {
        if is_expression(at.node) {
            self.expression(at.node);
            return at.node.as_str().map(Arc::from);
        }
        self.none_of(at, "an expression and nothing around it");
        None
    }
}

fn duplicate_key(span: Span) -> Diagnostic {
    let message = "the key is there twice; this one is ignored";
    Diagnostic::warning(Code::DuplicateKey, message, span).help("of equal keys the last one counts")
}

/// Whether a text is exactly one expression, or starts with one and ends with one.
pub(crate) fn is_expression_text(text: &str) -> bool {
    let end = text.trim_end();
    let yaql = first_on_line(text, "<%", "%>").is_some() && end.ends_with("%>");
    let jinja = last_on_line(text, "{{", "}}").is_some() && end.ends_with("}}");
    (yaql || jinja) && !end.contains('\n')
}

fn is_expression(node: &Node) -> bool {
    node.as_str().is_some_and(is_expression_text)
}

pub(crate) fn is_natural(node: &Node) -> bool {
    match value(node) {
        Some(Value::Int(number)) => *number >= 0,
        Some(Value::BigInt(_)) => !python::repr(node).starts_with('-'),
        // JSON schema counts 3.0 as an integer.
        Some(Value::Float(number)) => *number >= 0.0 && number.fract() == 0.0,
        _ => false,
    }
}

pub(crate) fn is_bool(node: &Node) -> bool {
    matches!(value(node), Some(Value::Bool(_)))
}

pub(crate) fn value(node: &Node) -> Option<&Value> {
    match &node.as_scalar()?.data {
        Data::Value(value) => Some(value),
        _ => None,
    }
}

fn is_json(node: &Node) -> bool {
    match &node.content {
        Content::Scalar(scalar) => matches!(scalar.data, Data::Value(_)),
        Content::Sequence(_) | Content::Mapping(_) => true,
        Content::Set(_) => false,
    }
}

/// `^\w+$`
fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.chars().all(super::inline::is_word)
}

/// The first item that equals an earlier one.
pub(crate) fn first_duplicate(items: &[Node]) -> Option<&Node> {
    let mut seen = Set::new();
    let before = |index: usize| items[..index].iter();
    let again = items.iter().enumerate().find(|(index, item)| {
        let value = to_value(item);
        // To Python `true` is 1, to a schema it is not.
        !seen.insert(value.clone()) && before(*index).any(|item| same_json(&to_value(item), &value))
    });
    again.map(|(_, item)| item)
}

/// Whether a schema takes two values for the same: booleans are no numbers.
fn same_json(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Bool(one), Value::Bool(other)) => one == other,
        (Value::Bool(_), _) | (_, Value::Bool(_)) => false,
        (Value::List(one), Value::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(a, b)| same_json(a, b))
        }
        (Value::Dict(one), Value::Dict(other)) => {
            let same = |(key, value): (_, &Value)| {
                other
                    .get_value(key)
                    .is_some_and(|other| same_json(value, other))
            };
            one.len() == other.len() && one.iter().all(same)
        }
        _ => one == other,
    }
}

/// What a value is, in the words of its author.
pub(crate) fn describe(node: &Node) -> String {
    match &node.content {
        Content::Sequence(_) => "a list".to_owned(),
        Content::Mapping(_) => "a dict".to_owned(),
        Content::Set(_) => "a set".to_owned(),
        Content::Scalar(scalar) => match &scalar.data {
            Data::Date(date) => format!("the date {date}"),
            Data::Timestamp(time) => format!("the time {time}"),
            Data::Binary(_) => "bytes".to_owned(),
            Data::Value(Value::Null) => "nothing (null)".to_owned(),
            Data::Value(Value::Bool(b)) => format!("the boolean {b}"),
            Data::Value(Value::String(text)) => {
                format!("the text {}", python::cut(python::quoted(text)))
            }
            Data::Value(_) => format!("the number {}", python::repr(node)),
        },
    }
}
