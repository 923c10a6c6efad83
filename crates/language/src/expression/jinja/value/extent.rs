//! How far values reach: their depth, and their size if nothing were shared.
//!
//! Invariant: neither is beyond its limit, so going through a value ends. Without
//! that, `[x, x]` a hundred times over would be a small value with a text that no
//! memory holds.

use yaql::Limit;

use super::super::super::failure::{Outcome, limit_error};
use super::{Value, check_depth};

/// The greatest size, in bytes.
const MAX_SIZE: u64 = 256 << 20;

/// Depth and size of a value.
#[derive(Clone, Copy, Debug, Default)]
pub(in super::super) struct Extent {
    /// How deeply containers nest.
    pub(in super::super) depth: usize,
    /// Bytes, estimated; what is shared counts each time.
    pub(in super::super) size: u64,
}

impl Extent {
    /// That of some values side by side.
    pub(in super::super) fn of<'v>(values: impl Iterator<Item = &'v Value>) -> Self {
        values
            .map(Value::extent)
            .fold(Self::default(), |a, b| Self {
                depth: a.depth.max(b.depth),
                size: a.size.saturating_add(b.size).saturating_add(SLOT),
            })
    }

    /// That of a container of values.
    pub(super) fn around<'v>(values: impl Iterator<Item = &'v Value>) -> Outcome<Self> {
        Self::default().growing(Self::of(values))
    }

    /// That of a container into which more comes.
    pub(super) fn growing(self, incoming: Self) -> Outcome<Self> {
        Self {
            depth: self.depth.max(incoming.depth + 1),
            size: self.size.saturating_add(incoming.size),
        }
        .checked()
    }

    /// That of a container in which a part has changed.
    pub(super) fn changing(self, before: Self, after: Self) -> Outcome<Self> {
        Self {
            depth: self.depth.max(after.depth + 1),
            size: self
                .size
                .saturating_sub(before.size)
                .saturating_add(after.size),
        }
        .checked()
    }

    fn checked(self) -> Outcome<Self> {
        check_depth(self.depth)?;
        match self.size > MAX_SIZE {
            true => Err(limit_error(Limit::Memory)),
            false => Ok(self),
        }
    }
}

const SLOT: u64 = size_of::<Value>() as u64;
