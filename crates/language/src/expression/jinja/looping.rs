//! The `loop` variable.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::super::failure::{Outcome, type_error};
use super::arguments::Arguments;
use super::ast::For;
use super::operators;
use super::value::Value;

/// One iteration of a loop.
#[derive(Clone, Debug)]
pub(super) struct Loop {
    /// Position from 0.
    pub(super) at: usize,
    /// All the items.
    pub(super) items: Rc<[Value]>,
    /// How many recursive loops are around this one.
    pub(super) level: usize,
    /// What `changed()` saw last; shared by all iterations.
    pub(super) seen: Rc<RefCell<Option<Vec<Value>>>>,
    /// How deeply the items nest, and one.
    pub(super) depth: usize,
    /// What `loop(…)` runs again, if the loop is recursive.
    pub(super) recursive: Option<Arc<For>>,
}

impl Loop {
    /// Position from 1.
    pub(super) fn index(&self) -> usize {
        self.at + 1
    }

    /// The number of items.
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// The present item.
    pub(super) fn item(&self) -> Value {
        self.items[self.at].clone()
    }

    fn item_at(&self, at: Option<usize>) -> Option<&Value> {
        self.items.get(at?)
    }

    /// `loop.index` and the like.
    pub(super) fn attribute(&self, name: &str) -> Option<Value> {
        Some(match name {
            "index" => self.index().into(),
            "index0" => self.at.into(),
            "revindex" => (self.len() - self.at).into(),
            "revindex0" => (self.len() - self.at - 1).into(),
            "first" => (self.at == 0).into(),
            "last" => (self.at + 1 == self.len()).into(),
            "length" => self.len().into(),
            "depth" => (self.level + 1).into(),
            "depth0" => self.level.into(),
            "previtem" => neighbour(
                self.item_at(self.at.checked_sub(1)),
                "there is no previous item",
            ),
            "nextitem" => neighbour(
                self.item_at(self.at.checked_add(1)),
                "there is no next item",
            ),
            _ => return None,
        })
    }

    /// `loop.cycle(…)` and `loop.changed(…)`; `None` for other names.
    pub(super) fn call(&self, name: &str, arguments: Arguments) -> Option<Outcome<Value>> {
        match name {
            "cycle" => Some(self.cycle(arguments)),
            "changed" => Some(self.changed(arguments)),
            _ => None,
        }
    }

    fn cycle(&self, arguments: Arguments) -> Outcome<Value> {
        let values = arguments.positional;
        match values.len() {
            0 => Err(type_error("no items for cycling given")),
            count => Ok(values[self.at % count].clone()),
        }
    }

    fn changed(&self, arguments: Arguments) -> Outcome<Value> {
        let values = arguments.positional;
        let mut seen = self.seen.borrow_mut();
        let same = match &*seen {
            Some(before) if before.len() == values.len() => {
                let pairs = before.iter().zip(&values);
                let equal = pairs.map(|(a, b)| operators::equal(a, b));
                equal
                    .collect::<Outcome<Vec<_>>>()?
                    .into_iter()
                    .all(|same| same)
            }
            _ => false,
        };
        *seen = Some(values);
        Ok((!same).into())
    }
}

fn neighbour(item: Option<&Value>, missing: &str) -> Value {
    item.cloned().unwrap_or_else(|| Value::undefined(missing))
}
