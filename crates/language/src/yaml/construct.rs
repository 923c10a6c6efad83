//! The tree to values: tags are obeyed, merge keys resolved, equal keys joined.

use std::collections::hash_map::{Entry, HashMap};

use yaql::Value;

use super::compose::{Entries, RawContent, RawNode, RawScalar};
use super::cursor::Mark;
use super::error::{Fallible, Fault, YamlErrorKind};
use super::node::{Content, Data, Mapping, Node, Scalar, Sequence, to_value};
use super::scalar;
use super::tag::Tag;
use super::{python_quoted, timestamp};
use crate::source::Span;

/// Makes the value of a node. Depth is bounded by the composer.
pub(super) fn construct(node: RawNode) -> Fallible<Node> {
    let span = Span::new(node.start.offset, node.end);
    let content = match node.tag {
        Tag::Seq => sequence(node)?,
        Tag::Map => Content::Mapping(mapping(node)?),
        Tag::Set => set(node)?,
        Tag::Omap => ordered_pairs(node, "an ordered map")?,
        Tag::Pairs => ordered_pairs(node, "pairs")?,
        Tag::Merge | Tag::Value | Tag::Other(_) => {
            let tag = python_quoted(&node.tag.uri());
            let problem = format!("could not determine a constructor for the tag {tag}");
            return Err(fault(problem, node.start));
        }
        Tag::Null | Tag::Bool | Tag::Int | Tag::Float | Tag::Binary | Tag::Timestamp | Tag::Str => {
            Content::Scalar(scalar_value(node)?)
        }
    };
    Ok(Node { span, content })
}

fn fault(problem: impl Into<String>, mark: Mark) -> Box<Fault> {
    Fault::new(YamlErrorKind::Constructor, problem, mark)
}

fn scalar_value(node: RawNode) -> Fallible<Scalar> {
    let (tag, start) = (node.tag.clone(), node.start);
    let raw = scalar_of(node)?;
    let bad = |problem: String| fault(problem, start);
    let data = match tag {
        Tag::Null => Data::Value(Value::Null),
        Tag::Bool => Data::Value(Value::from(scalar::boolean(&raw.text).map_err(bad)?)),
        Tag::Int => Data::Value(scalar::integer(&raw.text).map_err(bad)?),
        Tag::Float => Data::Value(Value::from(scalar::float(&raw.text).map_err(bad)?)),
        Tag::Binary => Data::Binary(scalar::base64(&raw.text).map_err(bad)?),
        Tag::Timestamp => match timestamp::parse(&raw.text) {
            Ok(timestamp::Moment::Date(date)) => Data::Date(date),
            Ok(timestamp::Moment::Timestamp(timestamp)) => Data::Timestamp(timestamp),
            Err(problem) => return Err(bad(problem.to_owned())),
        },
        _ => Data::Value(Value::from(raw.text)),
    };
    Ok(Scalar {
        data,
        style: raw.style,
        origins: raw.origins,
    })
}

/// The scalar a scalar tag stands before. A mapping with a key `=` counts as the
/// value of that key.
fn scalar_of(node: RawNode) -> Fallible<RawScalar> {
    let problem = format!("expected a scalar node, but found {}", node.id());
    let start = node.start;
    match node.content {
        RawContent::Scalar(scalar) => Ok(scalar),
        RawContent::Mapping { entries, .. } => {
            let default = entries.into_iter().find(|(key, _)| key.tag == Tag::Value);
            match default {
                Some((_, value)) => scalar_of(value),
                None => Err(fault(problem, start)),
            }
        }
        RawContent::Sequence { .. } => Err(fault(problem, start)),
    }
}

fn sequence(node: RawNode) -> Fallible<Content> {
    let problem = format!("expected a sequence node, but found {}", node.id());
    let RawContent::Sequence { items, flow } = node.content else {
        return Err(fault(problem, node.start));
    };
    let mut nodes = Vec::with_capacity(items.len());
    for item in items {
        nodes.push(construct(item)?);
    }
    Ok(Content::Sequence(Sequence { items: nodes, flow }))
}

fn mapping(node: RawNode) -> Fallible<Mapping> {
    let start = node.start;
    let problem = format!("expected a mapping node, but found {}", node.id());
    let RawContent::Mapping { entries, flow } = node.content else {
        return Err(fault(problem, start));
    };
    let entries = merge(entries, start)?;
    let mut unique = UniqueEntries::with_capacity(entries.len());
    for (key, value) in entries {
        if is_collection(&key.tag) {
            return Err(fault("found unhashable key", key.start)
                .within("while constructing a mapping", start));
        }
        unique.insert(construct(key)?, construct(value)?);
    }
    Ok(Mapping {
        entries: unique.entries,
        overridden: unique.overridden,
        flow,
    })
}

/// Of equal keys (1, 1.0, true) the first stays, but it stands where the last one does.
fn stand_at(first: &mut Node, last: Node) {
    first.span = last.span;
    if let (Content::Scalar(first), Content::Scalar(last)) = (&mut first.content, last.content) {
        first.style = last.style;
        first.origins = last.origins;
    }
}

/// Entries by key, as a Python dict keeps them.
struct UniqueEntries {
    entries: Vec<(Node, Node)>,
    places: HashMap<Value, usize>,
    overridden: Vec<Span>,
}

impl UniqueEntries {
    fn with_capacity(entries: usize) -> Self {
        Self {
            entries: Vec::with_capacity(entries),
            places: HashMap::with_capacity(entries),
            overridden: Vec::new(),
        }
    }

    fn insert(&mut self, key: Node, value: Node) {
        match self.places.entry(to_value(&key)) {
            Entry::Vacant(place) => {
                place.insert(self.entries.len());
                self.entries.push((key, value));
            }
            Entry::Occupied(place) => {
                let (first, old) = &mut self.entries[*place.get()];
                self.overridden.push(first.span);
                stand_at(first, key);
                *old = value;
            }
        }
    }
}

/// Puts the entries of merge keys (`<<`) in front of the others, which beat them.
/// Of a list of mappings the first wins, so it comes last.
fn merge(entries: Entries, start: Mark) -> Fallible<Entries> {
    if !entries.iter().any(|(key, _)| is_special(&key.tag)) {
        return Ok(entries);
    }
    let mut merged = Entries::new();
    let mut own = Entries::new();
    for (mut key, value) in entries {
        match key.tag {
            Tag::Merge => merged.extend(merge_source(value, start)?),
            Tag::Value => {
                key.tag = Tag::Str;
                own.push((key, value));
            }
            _ => own.push((key, value)),
        }
    }
    merged.extend(own);
    Ok(merged)
}

fn is_collection(tag: &Tag) -> bool {
    use Tag::{Map, Omap, Pairs, Seq, Set};
    matches!(tag, Seq | Map | Set | Omap | Pairs)
}

fn is_special(tag: &Tag) -> bool {
    matches!(tag, Tag::Merge | Tag::Value)
}

fn merge_source(value: RawNode, start: Mark) -> Fallible<Entries> {
    let id = value.id();
    match value.content {
        RawContent::Mapping { entries, .. } => merge(entries, value.start),
        RawContent::Sequence { items, .. } => {
            let mut groups = Vec::new();
            for item in items {
                let problem = format!("expected a mapping for merging, but found {}", item.id());
                let RawContent::Mapping { entries, .. } = item.content else {
                    return Err(merge_fault(problem, item.start, start));
                };
                groups.push(merge(entries, item.start)?);
            }
            Ok(groups.into_iter().rev().flatten().collect())
        }
        RawContent::Scalar(_) => {
            let problem =
                format!("expected a mapping or list of mappings for merging, but found {id}");
            Err(merge_fault(problem, value.start, start))
        }
    }
}

fn merge_fault(problem: String, mark: Mark, mapping: Mark) -> Box<Fault> {
    fault(problem, mark).within("while constructing a mapping", mapping)
}

fn set(node: RawNode) -> Fallible<Content> {
    let keys = mapping(node)?.entries.into_iter().map(|(key, _)| key);
    Ok(Content::Set(keys.collect()))
}

/// `!!omap` and `!!pairs`: a list of mappings of one entry becomes a list of pairs.
fn ordered_pairs(node: RawNode, what: &str) -> Fallible<Content> {
    let start = node.start;
    let within = |problem: String, mark: Mark| {
        fault(problem, mark).within(format!("while constructing {what}"), start)
    };
    let problem = format!("expected a sequence, but found {}", node.id());
    let RawContent::Sequence { items, flow } = node.content else {
        return Err(within(problem, start));
    };
    let mut pairs = Vec::with_capacity(items.len());
    for item in items {
        let (span, mark) = (Span::new(item.start.offset, item.end), item.start);
        let id = item.id();
        let RawContent::Mapping { mut entries, .. } = item.content else {
            let problem = format!("expected a mapping of length 1, but found {id}");
            return Err(within(problem, mark));
        };
        let count = entries.len();
        let (Some((key, value)), 1) = (entries.pop(), count) else {
            let problem = format!("expected a single mapping item, but found {count} items");
            return Err(within(problem, mark));
        };
        let items = vec![construct(key)?, construct(value)?];
        let content = Content::Sequence(Sequence { items, flow: true });
        pairs.push(Node { span, content });
    }
    Ok(Content::Sequence(Sequence { items: pairs, flow }))
}
