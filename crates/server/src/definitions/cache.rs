//! Bounded caches of what definitions compile to.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use language::program::Program;

/// How many programs stay compiled although no execution uses them.
const MAX_PROGRAMS: usize = 1_000;

/// How many names are remembered; then all are forgotten.
const MAX_NAMES: usize = 10_000;

/// Programs by hash. What is in use is never dropped, since somebody else holds
/// it anyway.
#[derive(Default)]
pub(super) struct Programs(Mutex<HashMap<[u8; 32], Arc<Program>>>);

impl Programs {
    pub(super) fn get(&self, hash: &[u8; 32]) -> Option<Arc<Program>> {
        lock(&self.0).get(hash).cloned()
    }

    pub(super) fn insert(&self, hash: [u8; 32], program: Arc<Program>) {
        let mut programs = lock(&self.0);
        if programs.len() >= MAX_PROGRAMS {
            programs.retain(|_, program| Arc::strong_count(program) > 1);
        }
        programs.insert(hash, program);
    }
}

/// What names mean at present.
pub(super) struct Names<K, V> {
    meanings: Mutex<Meanings<K, V>>,
    /// Others change definitions too: nothing is remembered.
    is_shared: bool,
}

struct Meanings<K, V> {
    by_name: HashMap<K, V>,
    /// Counts the times that all was forgotten: a meaning that was looked up
    /// before is not remembered after.
    generation: u64,
}

impl<K, V> Default for Names<K, V> {
    fn default() -> Self {
        Self::new(false)
    }
}

impl<K, V> Names<K, V> {
    /// No meanings yet; `is_shared`: other processes change them.
    pub(super) fn new(is_shared: bool) -> Self {
        let by_name = HashMap::new();
        let meanings = Mutex::new(Meanings {
            by_name,
            generation: 0,
        });
        Self {
            meanings,
            is_shared,
        }
    }
}

impl<K: Eq + Hash, V: Clone> Names<K, V> {
    /// The remembered meaning, else the one that `load` finds.
    pub(super) fn get_or_load<E>(
        &self,
        key: K,
        load: impl FnOnce() -> Result<V, E>,
    ) -> Result<V, E> {
        if self.is_shared {
            return load();
        }
        let generation = {
            let meanings = lock(&self.meanings);
            if let Some(found) = meanings.by_name.get(&key) {
                return Ok(found.clone());
            }
            meanings.generation
        };
        let found = load()?;
        let mut meanings = lock(&self.meanings);
        if meanings.generation == generation {
            if meanings.by_name.len() >= MAX_NAMES {
                meanings.by_name.clear();
            }
            meanings.by_name.insert(key, found.clone());
        }
        Ok(found)
    }

    /// Whether the meaning is remembered.
    pub(super) fn has(&self, key: &K) -> bool {
        lock(&self.meanings).by_name.contains_key(key)
    }

    /// Forgets everything.
    pub(super) fn forget(&self) {
        let mut meanings = lock(&self.meanings);
        meanings.generation += 1;
        meanings.by_name.clear();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(names: &Names<&'static str, u32>, value: u32) -> u32 {
        names.get_or_load("a", || Ok::<_, ()>(value)).unwrap()
    }

    #[test]
    fn remembers_until_told_to_forget() {
        let names = Names::default();
        assert!(!names.has(&"a"));
        assert_eq!(load(&names, 1), 1);
        assert!(names.has(&"a"));
        assert_eq!(load(&names, 2), 1);
        names.forget();
        assert_eq!(load(&names, 3), 3);
    }

    #[test]
    fn a_meaning_from_before_a_write_is_not_remembered() {
        let names = Names::default();
        let found = names.get_or_load("a", || {
            names.forget();
            Ok::<_, ()>(1)
        });
        assert_eq!(found, Ok(1));
        assert_eq!(load(&names, 2), 2);
    }
}
