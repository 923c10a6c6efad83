//! Changing a container in place: `list.append(x)`, `dict.update(…)`.
//!
//! Containers are values, not objects: a change reaches the variable through
//! which it was made, and never the context data it may come from.

use std::rc::Rc;

use indexmap::IndexMap;
use yaql::Value as Plain;

use super::super::super::failure::Outcome;
use super::{Dict, Extent, Kind, Sequence, Value};

/// One step from a container to something in it.
#[derive(Clone, Debug)]
pub(in super::super) enum Step {
    /// An item by position.
    Index(usize),
    /// An entry by key.
    Key(Plain),
}

/// A container while it is changed.
pub(in super::super) enum Container<'v> {
    /// Items of a list.
    List(&'v mut Vec<Value>),
    /// Entries of a dict.
    Dict(&'v mut IndexMap<Plain, Value>),
}

/// A change of a container.
pub(in super::super) struct Edit<'e, R> {
    /// How far what comes in reaches.
    pub(in super::super) incoming: Extent,
    /// Makes the change.
    pub(in super::super) run: &'e mut dyn FnMut(Container<'_>) -> Outcome<R>,
}

/// Runs `edit` on the container that `path` leads to; `None` if there is none.
pub(in super::super) fn change<R>(
    value: &mut Value,
    path: &[Step],
    edit: &mut Edit<'_, R>,
) -> Outcome<Option<R>> {
    thaw(value);
    match value {
        Value::Sequence(sequence) if sequence.kind == Kind::List => {
            change_list(Rc::make_mut(sequence), path, edit)
        }
        Value::Dict(dict) => change_dict(Rc::make_mut(dict), path, edit),
        _ => Ok(None),
    }
}

fn change_list<R>(
    list: &mut Sequence,
    path: &[Step],
    edit: &mut Edit<'_, R>,
) -> Outcome<Option<R>> {
    let Some((step, rest)) = path.split_first() else {
        let result = (edit.run)(Container::List(&mut list.items))?;
        list.extent = list.extent.growing(edit.incoming)?;
        return Ok(Some(result));
    };
    let Step::Index(index) = step else {
        return Ok(None);
    };
    let Some(item) = list.items.get_mut(*index) else {
        return Ok(None);
    };
    let before = item.extent();
    let result = change(item, rest, edit)?;
    list.extent = list.extent.changing(before, item.extent())?;
    Ok(result)
}

fn change_dict<R>(dict: &mut Dict, path: &[Step], edit: &mut Edit<'_, R>) -> Outcome<Option<R>> {
    let Some((step, rest)) = path.split_first() else {
        let result = (edit.run)(Container::Dict(&mut dict.entries))?;
        dict.extent = dict.extent.growing(edit.incoming)?;
        return Ok(Some(result));
    };
    let Step::Key(key) = step else {
        return Ok(None);
    };
    let Some(entry) = dict.entries.get_mut(key) else {
        return Ok(None);
    };
    let before = entry.extent();
    let result = change(entry, rest, edit)?;
    dict.extent = dict.extent.changing(before, entry.extent())?;
    Ok(result)
}

/// Turns a container of the context into one of the template; items stay shared.
fn thaw(value: &mut Value) {
    let extent = value.extent();
    match value {
        Value::Data(Plain::List(list)) => {
            let items = list.iter().map(Value::from).collect();
            let kind = Kind::List;
            *value = Value::Sequence(Rc::new(Sequence {
                kind,
                items,
                extent,
            }));
        }
        Value::Data(Plain::Dict(dict)) => {
            let entries = dict.iter().map(|(k, v)| (k.clone(), v.into())).collect();
            *value = Value::Dict(Rc::new(Dict { entries, extent }));
        }
        _ => {}
    }
}
