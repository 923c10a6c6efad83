//! Sequences that remember what an iterator gave: `memorize()`.

use std::sync::{Arc, Mutex, MutexGuard};

use super::gauge::Growing;
use super::iterator::{Cursor, Source};
use super::{Result, Runtime, raise};
use crate::Value;
use crate::value::{Object, ObjectKind};

/// A sequence over an iterator that can be iterated again.
pub(crate) struct Memo {
    shared: Arc<Mutex<Shared>>,
    depth: usize,
}

struct Shared {
    items: Growing,
    /// Gone while somebody pulls, and at the end.
    rest: Option<Cursor>,
    done: bool,
}

impl Memo {
    pub(crate) fn new(rest: Cursor, depth: usize) -> Self {
        let shared = Shared {
            items: Growing::default(),
            rest: Some(rest),
            done: false,
        };
        Memo {
            shared: Arc::new(Mutex::new(shared)),
            depth: depth + 1,
        }
    }

    pub(super) fn source(&self) -> Box<dyn Source> {
        let shared = self.shared.clone();
        let mut at = 0;
        Box::new(move |runtime: &Runtime<'_>| {
            let item = item(&shared, at, runtime)?;
            at += 1;
            Ok(item)
        })
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    match shared.lock() {
        Ok(guard) => guard,
        // A panic while the lock is held is impossible: no evaluation runs then.
        Err(poisoned) => poisoned.into_inner(),
    }
}

fn item(shared: &Mutex<Shared>, at: usize, runtime: &Runtime<'_>) -> Result<Option<Value>> {
    let mut rest = {
        let mut guard = lock(shared);
        if let Some(item) = guard.items.items().get(at) {
            return Ok(Some(item.clone()));
        }
        match guard.rest.take() {
            Some(rest) => rest,
            None if guard.done => return Ok(None),
            None => return Err(raise::value_error("generator already executing")),
        }
    };
    let item = rest.next(runtime);
    let mut guard = lock(shared);
    match &item {
        Ok(Some(item)) => {
            guard.items.push(runtime, item.clone())?;
            guard.rest = Some(rest);
        }
        _ => guard.done = true,
    }
    item
}

impl Object for Memo {
    fn kind(&self) -> ObjectKind {
        ObjectKind::Iterator
    }

    fn text(&self) -> String {
        "<yaql.language.utils.memorized object>".into()
    }

    fn depth(&self) -> usize {
        self.depth
    }
}
