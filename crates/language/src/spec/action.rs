//! Reading ad-hoc actions (workflow language §3).

use std::sync::Arc;

use yaql::{Dict, Value};

use super::model::{ActionSpec, Name};
use super::report::{At, Path, Report, Shape};
use super::shape::Keys;
use super::{attributes, call, canonical};
use crate::yaml::{Mapping, Node, to_value};

const KEYS: Keys = Keys {
    of: "an action",
    known: &[attributes::ACTION],
    tolerated: attributes::TOLERATED_IN_ACTIONS,
    elsewhere: (&["tasks"], "a workflow"),
};

/// Reads an action; `node` is a dict. The definition text is the caller's.
pub(crate) fn read(report: &mut Report, name: Name, node: &Node) -> Option<ActionSpec> {
    let mapping = node.as_mapping()?;
    let mut shape = Shape::new();
    let path = &Path::Root;
    shape.required(mapping, "base", name.span, path);
    shape.known_keys(mapping, path, &KEYS);
    shape.name_not_empty(&name, path);
    let description = shape.field(mapping, path, "description", Shape::nstr);
    let tags = shape.field(mapping, path, "tags", |shape, at| Some(shape.ulist(at)));
    let input = shape.field(mapping, path, "input", |shape, at| Some(shape.plist(at)));
    let base_input = shape.field(mapping, path, "base-input", Shape::templates);
    let output = shape.field(mapping, path, "output", output);
    let base = shape.field(mapping, path, "base", |shape, at| {
        let call = call::read(shape, at)?;
        let span = at.node.locate(0..call.name.len());
        Some((call, span))
    });
    shape.finish(report);
    let (call, span) = base?;
    let is_written = base_input.is_some();
    let base_input = merge_deep(base_input.unwrap_or_default(), &call.dict());
    Some(ActionSpec {
        json: canonical_action(&name, mapping, is_written.then(|| base_input.clone())),
        name,
        description: description.map(|text| text.text),
        tags: tags.into_iter().flatten().map(|tag| tag.text).collect(),
        input: input.unwrap_or_default(),
        base_input,
        base: Name {
            text: call.name,
            span,
        },
        output,
        definition: Arc::from(""),
    })
}

fn output<'n>(shape: &mut Shape<'n>, at: At<'n, '_>) -> Option<Value> {
    shape.any(at);
    shape.expression(at.node);
    Some(to_value(at.node))
}

/// The original lays inline parameters over `base-input` in the data itself, if both
/// are there.
fn canonical_action(name: &Name, mapping: &Mapping, base_input: Option<Dict>) -> Value {
    let added = [("name", &*name.text), ("version", canonical::VERSION)];
    let added = added.map(|(key, value)| (key, Value::from(value)));
    let base_input = base_input.map(|dict| ("base-input", Value::from(dict)));
    Value::from(canonical::with(
        mapping,
        added.into_iter().chain(base_input),
    ))
}

/// Lays the second dict over the first; dicts under one key are merged likewise.
pub(crate) fn merge_deep(mut under: Dict, over: &Dict) -> Dict {
    for (key, value) in over {
        let merged = match (under.get_value(key), value) {
            (Some(Value::Dict(below)), Value::Dict(above)) => {
                Value::from(merge_deep(below.clone(), above))
            }
            _ => value.clone(),
        };
        under.insert(key.clone(), merged);
    }
    under
}
