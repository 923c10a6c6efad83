//! Lazy sequences and everything else that can be iterated (YAQL §8).
//!
//! Invariant: an iterator gives each item once, no matter how many cursors
//! pull from it; every item counts against the limits.

use std::sync::Mutex;

use super::gauge::Growing;
use super::memo::Memo;
use super::ordering::Ordered;
use super::views::{Part, View};
use super::{Result, Runtime, raise};
use crate::value::{Object, ObjectKind};
use crate::{Dict, List, Opaque, Set, Value};

/// Where the items of an iterator come from.
pub(crate) trait Source: Send + 'static {
    fn next(&mut self, runtime: &Runtime<'_>) -> Result<Option<Value>>;
}

impl<F> Source for F
where
    F: FnMut(&Runtime<'_>) -> Result<Option<Value>> + Send + 'static,
{
    fn next(&mut self, runtime: &Runtime<'_>) -> Result<Option<Value>> {
        self(runtime)
    }
}

/// A lazy sequence: gives its items once.
pub(crate) struct Iter {
    state: Mutex<State>,
    depth: usize,
    /// Python's name for what the original has here.
    class: &'static str,
}

enum State {
    Idle(Box<dyn Source>),
    /// Somebody pulls right now.
    Running,
    Done,
}

impl Iter {
    /// `depth` is that of the deepest part which `source` holds.
    pub(crate) fn new<F>(depth: usize, source: F) -> Self
    where
        F: FnMut(&Runtime<'_>) -> Result<Option<Value>> + Send + 'static,
    {
        Iter {
            state: Mutex::new(State::Idle(Box::new(source))),
            depth: depth + 1,
            class: "generator",
        }
    }

    /// Sets Python's name for it, which error texts show.
    pub(crate) fn of_class(mut self, class: &'static str) -> Self {
        self.class = class;
        self
    }

    pub(crate) fn class(&self) -> &'static str {
        self.class
    }

    fn swap(&self, state: State) -> State {
        let mut place = match self.state.lock() {
            Ok(place) => place,
            // A panic while the lock is held is impossible: nothing runs then.
            Err(poisoned) => poisoned.into_inner(),
        };
        std::mem::replace(&mut *place, state)
    }

    fn pull(&self, runtime: &Runtime<'_>) -> Result<Option<Value>> {
        match self.swap(State::Running) {
            State::Idle(mut source) => {
                let item = source.next(runtime);
                let more = matches!(item, Ok(Some(_)));
                self.swap(if more {
                    State::Idle(source)
                } else {
                    State::Done
                });
                item
            }
            State::Running => Err(raise::value_error("generator already executing")),
            State::Done => {
                self.swap(State::Done);
                Ok(None)
            }
        }
    }

    fn take(&self) -> Option<Box<dyn Source>> {
        match self.swap(State::Done) {
            State::Idle(source) => Some(source),
            other => {
                self.swap(other);
                None
            }
        }
    }
}

impl Object for Iter {
    fn kind(&self) -> ObjectKind {
        ObjectKind::Iterator
    }

    fn text(&self) -> String {
        format!("<{} object>", self.class)
    }

    fn depth(&self) -> usize {
        self.depth
    }
}

/// What iterates over a value.
pub(crate) struct Cursor {
    items: Items,
    /// Items still allowed, and the limit itself.
    limit: Option<(usize, usize)>,
}

enum Items {
    List(List, usize),
    Set(Set, usize),
    Keys(Dict, usize),
    Values(Dict, usize),
    Entries(Dict, usize),
    /// An iterator that others may hold, too.
    Shared(Opaque),
    Owned(Box<dyn Source>),
    Done,
}

impl Cursor {
    /// A cursor over a value of a type that can be iterated; dicts give their keys.
    pub(crate) fn over(value: &Value) -> Option<Cursor> {
        let items = match value {
            Value::List(list) => Items::List(list.clone(), 0),
            Value::Set(set) => Items::Set(set.clone(), 0),
            Value::Dict(dict) => Items::Keys(dict.clone(), 0),
            Value::Opaque(object) => Self::over_object(object)?,
            _ => return None,
        };
        Some(Cursor { items, limit: None })
    }

    fn over_object(object: &Opaque) -> Option<Items> {
        if object.downcast::<Iter>().is_some() {
            return Some(Items::Shared(object.clone()));
        }
        if let Some(view) = object.downcast::<View>() {
            let dict = view.dict.clone();
            return Some(match view.part {
                Part::Keys => Items::Keys(dict, 0),
                Part::Values => Items::Values(dict, 0),
                Part::Items => Items::Entries(dict, 0),
            });
        }
        if let Some(memo) = object.downcast::<Memo>() {
            return Some(Items::Owned(memo.source()));
        }
        let ordered = object.downcast::<Ordered>()?;
        Some(Items::Owned(ordered.source()))
    }

    /// A cursor that gives nothing.
    pub(crate) fn empty() -> Cursor {
        Cursor {
            items: Items::Done,
            limit: None,
        }
    }

    /// Fails when it would give more than `limit` items.
    pub(crate) fn limited(mut self, limit: Option<usize>) -> Self {
        self.limit = limit.map(|limit| (limit, limit));
        self
    }

    /// The next item.
    pub(crate) fn next(&mut self, runtime: &Runtime<'_>) -> Result<Option<Value>> {
        runtime.step()?;
        let item = self.items.next(runtime)?;
        if let (Some(_), Some((left, limit))) = (&item, &mut self.limit) {
            *left = left
                .checked_sub(1)
                .ok_or_else(|| raise::too_large(*limit))?;
        }
        Ok(item)
    }

    /// All that is left.
    pub(crate) fn drain(mut self, runtime: &Runtime<'_>) -> Result<Vec<Value>> {
        if let (Items::List(list, 0), None) = (&self.items, self.limit) {
            return Ok(list.to_vec());
        }
        let mut items = Growing::default();
        while let Some(item) = self.next(runtime)? {
            items.push(runtime, item)?;
        }
        Ok(items.into_items())
    }
}

impl Items {
    fn next(&mut self, runtime: &Runtime<'_>) -> Result<Option<Value>> {
        self.adopt();
        Ok(match self {
            Items::List(list, at) => advance(at, |i| list.get(i).cloned()),
            Items::Set(set, at) => advance(at, |i| set.get_index(i).cloned()),
            Items::Keys(dict, at) => advance(at, |i| dict.get_index(i).map(|e| e.0.clone())),
            Items::Values(dict, at) => advance(at, |i| dict.get_index(i).map(|e| e.1.clone())),
            Items::Entries(dict, at) => advance(at, |i| {
                let (key, value) = dict.get_index(i)?;
                Some(vec![key.clone(), value.clone()].into())
            }),
            Items::Shared(object) => match object.downcast::<Iter>() {
                Some(iter) => return runtime.deeper(|| iter.pull(runtime)),
                None => None,
            },
            Items::Owned(source) => {
                let item = runtime.deeper(|| source.next(runtime));
                if !matches!(item, Ok(Some(_))) {
                    *self = Items::Done;
                }
                return item;
            }
            Items::Done => None,
        })
    }

    /// Takes the source out of an iterator which nobody else holds.
    fn adopt(&mut self) {
        if let Items::Shared(object) = self
            && object.holders() == 1
            && let Some(source) = object.downcast::<Iter>().and_then(Iter::take)
        {
            *self = Items::Owned(source);
        }
    }
}

fn advance(at: &mut usize, get: impl FnOnce(usize) -> Option<Value>) -> Option<Value> {
    let item = get(*at)?;
    *at += 1;
    Some(item)
}
