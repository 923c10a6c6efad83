//! The keys of dicts while a document is read.
//!
//! Most documents are lists of dicts with the same few keys. Those share one
//! text here: less memory, and the processor's caches hold them all.

use std::cell::RefCell;
use std::sync::Arc;

/// How many keys are remembered.
const SLOTS: usize = 64;

/// Longer keys are hardly ever repeated.
const LONGEST: usize = 64;

/// Keys seen lately. A key that takes another's slot replaces it, so what is
/// kept is bounded whatever the document.
#[derive(Default)]
pub(in crate::value) struct Keys(RefCell<Vec<Option<Arc<str>>>>);

impl Keys {
    /// The shared text of a key.
    pub(in crate::value) fn intern(&self, key: &str) -> Arc<str> {
        if key.len() > LONGEST {
            return key.into();
        }
        let mut slots = self.0.borrow_mut();
        if slots.is_empty() {
            slots.resize(SLOTS, None);
        }
        let slot = &mut slots[slot(key)];
        match slot {
            Some(known) if **known == *key => known.clone(),
            _ => slot.insert(key.into()).clone(),
        }
    }
}

/// FNV; whoever makes keys collide only loses the sharing.
fn slot(key: &str) -> usize {
    let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash >> 32) as usize % SLOTS
}
