//! Views of dicts: what `keys()`, `values()` and `items()` give.

use std::hash::{BuildHasher, Hash, Hasher};

use crate::value::{Object, ObjectKind};
use crate::{Dict, Set, Value, python};

/// A part of a dict's entries, not copied.
pub(crate) struct View {
    pub(crate) dict: Dict,
    pub(crate) part: Part,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Keys,
    Values,
    /// Entries as lists of two.
    Items,
}

impl View {
    pub(crate) fn len(&self) -> usize {
        self.dict.len()
    }

    /// Python's name for this kind of view.
    pub(crate) fn class(&self) -> &'static str {
        match self.part {
            Part::Keys => "KeysView",
            Part::Values => "ValuesView",
            Part::Items => "ItemsView",
        }
    }

    /// Whether an item of the view equals `value`.
    pub(crate) fn contains(&self, value: &Value) -> bool {
        match self.part {
            Part::Keys => self.dict.get_value(value).is_some(),
            Part::Values => self.dict.values().any(|v| v == value),
            Part::Items => match value {
                Value::List(pair) if pair.len() == 2 && !pair.is_mutable() => {
                    self.dict.get_value(&pair[0]) == Some(&pair[1])
                }
                _ => false,
            },
        }
    }

    /// The items; entries as frozen lists.
    pub(crate) fn items(&self) -> Vec<Value> {
        match self.part {
            Part::Keys => self.dict.keys().cloned().collect(),
            Part::Values => self.dict.values().cloned().collect(),
            Part::Items => self.dict.iter().map(pair).collect(),
        }
    }

    /// The items as a set; they must be hashable.
    pub(crate) fn to_set(&self) -> Set {
        self.items().into_iter().collect()
    }
}

fn pair((key, value): (&Value, &Value)) -> Value {
    vec![key.clone(), value.clone()].into()
}

impl Object for View {
    fn kind(&self) -> ObjectKind {
        match self.part {
            Part::Values => ObjectKind::Iterable,
            Part::Keys | Part::Items => ObjectKind::SetView,
        }
    }

    fn text(&self) -> String {
        format!(
            "{}({})",
            self.class(),
            python::frozen_repr(&self.dict.clone().into())
        )
    }

    fn depth(&self) -> usize {
        Value::from(self.dict.clone()).depth() + 1
    }

    fn equals(&self, other: &Value) -> bool {
        if self.part == Part::Values {
            return false;
        }
        match other {
            Value::Set(set) => {
                set.len() == self.len() && self.items().iter().all(|item| set.contains(item))
            }
            Value::Opaque(object) => object.downcast::<View>().is_some_and(|view| {
                view.part != Part::Values
                    && view.len() == self.len()
                    && self.items().iter().all(|item| view.contains(item))
            }),
            _ => false,
        }
    }

    fn hash(&self) -> u64 {
        let mut hasher = foldhash::quality::FixedState::default().build_hasher();
        match self.part {
            Part::Values => std::ptr::from_ref(self).addr().hash(&mut hasher),
            Part::Keys | Part::Items => self.to_set().hash(&mut hasher),
        }
        hasher.finish()
    }

    fn is_truthy(&self) -> bool {
        !self.dict.is_empty()
    }
}
