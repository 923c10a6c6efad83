//! What a container knows about everything below it: depth and plainness.
//!
//! Invariant: a cached shape is true, since every change of a container starts
//! with an empty cache, and what it contains is immutable.

use std::sync::atomic::{AtomicU32, Ordering};

use super::Value;

/// Depth of nesting and whether all is data, see [`Value::is_plain`].
#[derive(Clone, Copy)]
pub(super) struct Shape {
    depth: u32,
    plain: bool,
}

const SCALAR: Shape = Shape {
    depth: 0,
    plain: true,
};

impl Shape {
    pub(super) fn depth(self) -> usize {
        self.depth as usize
    }

    pub(super) fn is_plain(self) -> bool {
        self.plain
    }

    fn holding(children: impl Iterator<Item = Shape>, plain: bool) -> Shape {
        let inner = children.fold(SCALAR, |a, b| Shape {
            depth: a.depth.max(b.depth),
            plain: a.plain && b.plain,
        });
        Shape {
            depth: inner.depth + 1,
            plain: inner.plain && plain,
        }
    }
}

/// A shape that is found out when first asked for.
#[derive(Default)]
pub(super) struct Cache(AtomicU32);

impl Cache {
    const KNOWN: u32 = 1;
    const PLAIN: u32 = 2;

    fn get_or(&self, compute: impl FnOnce() -> Shape) -> Shape {
        let bits = self.0.load(Ordering::Relaxed);
        if bits & Self::KNOWN != 0 {
            return Shape {
                depth: bits >> 2,
                plain: bits & Self::PLAIN != 0,
            };
        }
        let shape = compute();
        let plain = if shape.plain { Self::PLAIN } else { 0 };
        self.0
            .store(shape.depth << 2 | plain | Self::KNOWN, Ordering::Relaxed);
        shape
    }
}

impl Clone for Cache {
    fn clone(&self) -> Self {
        Cache(AtomicU32::new(self.0.load(Ordering::Relaxed)))
    }
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
        },
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
