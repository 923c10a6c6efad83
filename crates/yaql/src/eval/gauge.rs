//! Collections in the making, within the limit of memory.
//!
//! Invariant: what a function holds before it has a result is checked against
//! the limit at least every [`STEP`] bytes.

use std::sync::Arc;

use super::{Result, Runtime, check_hashable};
use crate::{Set, Value};

const STEP: usize = 64 << 10;

/// Counts what a function keeps.
#[derive(Default)]
pub(crate) struct Gauge {
    bytes: usize,
    checked: usize,
}

impl Gauge {
    /// Counts a value that is going to be kept.
    pub(crate) fn add(&mut self, runtime: &Runtime<'_>, value: &Value) -> Result<()> {
        self.bytes += size_of::<Value>();
        if let Value::String(text) = value
            && Arc::strong_count(text) == 1
        {
            self.bytes += text.len();
        }
        if self.bytes - self.checked < STEP {
            return Ok(());
        }
        self.checked = self.bytes;
        runtime.reserve(self.bytes)
    }
}

/// A list in the making.
#[derive(Default)]
pub(crate) struct Growing {
    items: Vec<Value>,
    gauge: Gauge,
}

impl Growing {
    pub(crate) fn push(&mut self, runtime: &Runtime<'_>, item: Value) -> Result<()> {
        self.gauge.add(runtime, &item)?;
        self.items.push(item);
        Ok(())
    }

    pub(crate) fn extend(&mut self, runtime: &Runtime<'_>, items: &[Value]) -> Result<()> {
        let items = items.iter().cloned();
        items
            .into_iter()
            .try_for_each(|item| self.push(runtime, item))
    }

    pub(crate) fn items(&self) -> &[Value] {
        &self.items
    }

    pub(crate) fn into_items(self) -> Vec<Value> {
        self.items
    }
}

/// Values that were there before.
#[derive(Default)]
pub(crate) struct Seen {
    values: Set,
    gauge: Gauge,
}

impl Seen {
    /// Notes a hashable value; false, if it was there before.
    pub(crate) fn insert(&mut self, runtime: &Runtime<'_>, value: &Value) -> Result<bool> {
        check_hashable(value)?;
        let is_new = self.values.insert(value);
        if is_new {
            self.gauge.add(runtime, value)?;
        }
        Ok(is_new)
    }
}
