//! Scopes of variables.

use std::sync::Arc;

use super::value::Value;

/// The variables of one scope. There are few, so a search is quick.
#[derive(Clone, Debug, Default)]
pub(super) struct Frame(Vec<(Arc<str>, Value)>);

impl Frame {
    /// The variable of a name.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0
            .iter()
            .find(|(known, _)| **known == *name)
            .map(|(_, value)| value)
    }

    /// The variable of a name, for changing it.
    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.0
            .iter_mut()
            .find(|(known, _)| **known == *name)
            .map(|(_, value)| value)
    }

    /// How deeply its values nest.
    pub(super) fn depth(&self) -> usize {
        self.0
            .iter()
            .map(|(_, value)| value.depth())
            .max()
            .unwrap_or(0)
    }

    /// Forgets all variables.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Sets a variable.
    pub(super) fn set(&mut self, name: Arc<str>, value: Value) {
        match self.get_mut(&name) {
            Some(known) => *known = value,
            None => self.0.push((name, value)),
        }
    }
}
