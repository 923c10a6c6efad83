//! How many bytes of containers the evaluations of this thread have made and
//! not dropped yet.
//!
//! Invariant: what is credited was charged before. Only differences between
//! two readings mean anything.

use std::cell::Cell;

thread_local! {
    static LIVE: Cell<i64> = const { Cell::new(0) };
}

fn add(bytes: i64) {
    LIVE.set(LIVE.get().saturating_add(bytes));
}

pub(super) fn charge(bytes: usize) {
    add(i64::try_from(bytes).unwrap_or(i64::MAX));
}

pub(super) fn credit(bytes: usize) {
    add(-i64::try_from(bytes).unwrap_or(i64::MAX));
}

/// The present count.
pub(crate) fn live() -> i64 {
    LIVE.get()
}
