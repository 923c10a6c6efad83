//! What a container knows about everything below it: depth, plainness and size;
//! and what was charged for it.
//!
//! Invariant: a cached shape is true, since every change of a container starts
//! with an empty cache, and what it contains is immutable.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::{Value, meter};

/// Depth of nesting, whether all is data, see [`Value::is_plain`], and the size
/// if nothing were shared, see [`Value::expanded_size`].
#[derive(Clone, Copy)]
pub(super) struct Shape {
    depth: u32,
    plain: bool,
    size: u64,
}

const SLOT: usize = size_of::<Value>();

const SCALAR: Shape = Shape {
    depth: 0,
    plain: true,
    size: SLOT as u64,
};

impl Shape {
    pub(super) fn depth(self) -> usize {
        self.depth as usize
    }

    pub(super) fn is_plain(self) -> bool {
        self.plain
    }

    pub(super) fn size(self) -> u64 {
        self.size
    }

    fn text(text: &str) -> Shape {
        Shape {
            size: SCALAR.size + text.len() as u64,
            ..SCALAR
        }
    }

    fn holding(children: impl Iterator<Item = Shape>, plain: bool) -> Shape {
        let inner = children.fold(SCALAR, |a, b| Shape {
            depth: a.depth.max(b.depth),
            plain: a.plain && b.plain,
            size: a.size.saturating_add(b.size),
        });
        Shape {
            depth: inner.depth + 1,
            plain: inner.plain && plain,
            size: inner.size,
        }
    }
}

/// A shape that is found out when first asked for.
#[derive(Default)]
pub(super) struct Cache {
    shape: AtomicU32,
    size: AtomicU64,
    /// Units of [`UNIT`] bytes that the meter counts for this container.
    charged: AtomicU32,
}

const UNIT: usize = 16;

impl Cache {
    const KNOWN: u32 = 1;
    const PLAIN: u32 = 2;

    fn get_or(&self, compute: impl FnOnce() -> Shape) -> Shape {
        let bits = self.shape.load(Ordering::Acquire);
        if bits & Self::KNOWN != 0 {
            return Shape {
                depth: bits >> 2,
                plain: bits & Self::PLAIN != 0,
                size: self.size.load(Ordering::Relaxed),
            };
        }
        let shape = compute();
        let plain = if shape.plain { Self::PLAIN } else { 0 };
        self.size.store(shape.size, Ordering::Relaxed);
        self.shape
            .store(shape.depth << 2 | plain | Self::KNOWN, Ordering::Release);
        shape
    }

    /// Forgets the shape; what was charged stays.
    pub(super) fn clear(&mut self) {
        *self.shape.get_mut() = 0;
    }

    fn charge(&self, bytes: impl FnOnce() -> usize) -> usize {
        if self.charged.load(Ordering::Relaxed) > 0 {
            return 0;
        }
        let units = u32::try_from(bytes().div_ceil(UNIT)).unwrap_or(u32::MAX);
        self.charged.store(units, Ordering::Relaxed);
        let bytes = units as usize * UNIT;
        meter::charge(bytes);
        bytes
    }
}

/// A copy has the same shape, and nothing was charged for it yet.
impl Clone for Cache {
    fn clone(&self) -> Self {
        Cache {
            shape: AtomicU32::new(self.shape.load(Ordering::Acquire)),
            size: AtomicU64::new(self.size.load(Ordering::Relaxed)),
            charged: AtomicU32::new(0),
        }
    }
}

impl Drop for Cache {
    fn drop(&mut self) {
        let units = *self.charged.get_mut();
        if units > 0 {
            meter::credit(units as usize * UNIT);
        }
    }
}

/// Lets the meter count a container which an evaluation made, with the texts
/// that only it holds; it is counted until it is dropped. Gives what was not
/// counted before.
pub(crate) fn charge(value: &Value) -> usize {
    match value {
        Value::List(list) => list
            .shape()
            .charge(|| list.len() * SLOT + texts(list.iter()) + 64),
        Value::Dict(dict) => dict
            .shape()
            .charge(|| dict.len() * (2 * SLOT + 16) + texts(dict.values()) + 64),
        Value::Set(set) => set
            .shape()
            .charge(|| set.len() * (SLOT + 16) + texts(set.iter()) + 64),
        _ => 0,
    }
}

fn texts<'a>(values: impl Iterator<Item = &'a Value>) -> usize {
    values
        .map(|value| match value {
            Value::String(text) if Arc::strong_count(text) == 1 => text.len() + 16,
            _ => 0,
        })
        .sum()
}

pub(super) fn of(value: &Value) -> Shape {
    match value {
        Value::List(list) => list
            .shape()
            .get_or(|| Shape::holding(list.iter().map(of), !list.is_mutable())),
        Value::Dict(dict) => dict.shape().get_or(|| {
            let children = dict.iter().flat_map(|(k, v)| [of_key(k), of(v)]);
            Shape::holding(children, !dict.is_mutable())
        }),
        Value::Set(set) => set
            .shape()
            .get_or(|| Shape::holding(set.iter().map(of), false)),
        Value::Opaque(opaque) => Shape {
            depth: u32::try_from(opaque.object().depth()).unwrap_or(u32::MAX >> 2),
            plain: false,
            ..SCALAR
        },
        Value::String(text) => Shape::text(text),
        _ => SCALAR,
    }
}

fn of_key(key: &Value) -> Shape {
    let shape = of(key);
    Shape {
        plain: shape.depth == 0 && shape.plain,
        ..shape
    }
}
