//! Releasing values without deep recursion.
//!
//! Invariant: however deep a value is nested, dropping it needs a bounded
//! stack; what lies deeper than [`LEVELS`] waits in a queue of the thread.

use std::any::Any;
use std::cell::{Cell, RefCell};

const LEVELS: usize = 100;

thread_local! {
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    static LATER: RefCell<Vec<Box<dyn Any>>> = const { RefCell::new(Vec::new()) };
}

/// Drops the contents of a container.
pub(super) fn release<T: 'static>(contents: T) {
    let depth = DEPTH.get();
    if depth >= LEVELS {
        // At the end of a thread its queue may be gone; then recurse.
        let mut contents = Some(contents);
        let queued = LATER.try_with(|later| {
            let boxed = contents.take().map(|c| Box::new(c) as Box<dyn Any>);
            later.borrow_mut().extend(boxed);
        });
        debug_assert!(queued.is_ok() || contents.is_some());
        return;
    }
    DEPTH.set(depth + 1);
    drop(contents);
    if depth == 0 {
        while let Ok(Some(next)) = LATER.try_with(|later| later.borrow_mut().pop()) {
            drop(next);
        }
    }
    DEPTH.set(depth);
}
