//! Branch variables as they travel along transitions (workflow language §9).
//!
//! A context is shared and never changed: publishing and merging give new ones
//! whose values are the old allocations. Every variable carries version
//! counters, which decide at a join whose value is newer.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;
use yaql::{Dict, Value};

/// An immutable set of branch variables.
#[derive(Clone, Debug, Default)]
pub struct Context(Option<Arc<Variables>>);

type Variables = IndexMap<Arc<str>, Variable>;

#[derive(Clone, Debug)]
struct Variable {
    value: Value,
    versions: Arc<Versions>,
}

/// Counts per leaf path inside the variable; the variable itself is the empty path.
type Versions = BTreeMap<String, u32>;

impl Context {
    /// The context after publishing: a published name replaces the old value.
    #[must_use]
    pub fn publish(&self, published: &Dict) -> Self {
        if published.is_empty() {
            return self.clone();
        }
        let mut variables = self.0.as_deref().cloned().unwrap_or_default();
        for (key, value) in published {
            let Some(name) = key.as_str() else { continue };
            let mut versions = variables
                .get(name)
                .map_or_else(Versions::new, |old| (*old.versions).clone());
            count_leaves(value, &mut String::new(), &mut versions);
            let variable = Variable {
                value: value.clone(),
                versions: Arc::new(versions),
            };
            variables.insert(Arc::from(name), variable);
        }
        Self(Some(Arc::new(variables)))
    }

    /// This context united with one that came later: the newer version of a
    /// variable wins, dicts are united, and with equal versions `later` wins.
    #[must_use]
    pub fn merge(&self, later: &Self) -> Self {
        Self::union([self.clone(), later.clone()])
    }

    /// Contexts united in the order in which they came, each as [`Context::merge`] says.
    /// Costs what the contexts that differ hold, and copies the first one at most once.
    #[must_use]
    pub fn union(contexts: impl IntoIterator<Item = Self>) -> Self {
        let mut merged = Self::default();
        let mut last: Option<Arc<Variables>> = None;
        for Self(later) in contexts {
            let Some(later) = later else { continue };
            if last.as_ref().is_some_and(|last| Arc::ptr_eq(last, &later)) {
                continue;
            }
            last = Some(later.clone());
            match &mut merged.0 {
                None => merged.0 = Some(later),
                Some(mine) if Arc::ptr_eq(mine, &later) => {}
                Some(mine) => lay(Arc::make_mut(mine), &later),
            }
        }
        merged
    }

    /// The variables, in order of first publication.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Value)> {
        let variables = self.0.iter().flat_map(|variables| variables.iter());
        variables.map(|(name, variable)| (name, &variable.value))
    }

    /// The context as data, versions included: `{name: [value, {path: count}]}`.
    pub fn to_stored(&self) -> Value {
        let variables = self.0.iter().flat_map(|variables| variables.iter());
        let stored = variables.map(|(name, variable)| {
            let versions = variable.versions.iter();
            let versions: Dict = versions
                .map(|(path, &count)| (Value::from(path.as_str()), Value::from(count)))
                .collect();
            let pair = vec![variable.value.clone(), versions.into()];
            (Value::from(name.clone()), Value::from(pair))
        });
        stored.collect::<Dict>().into()
    }

    /// The context of [`Context::to_stored`]; what does not fit is left out.
    pub fn from_stored(stored: &Value) -> Self {
        let variables = stored.as_dict().into_iter().flat_map(Dict::iter);
        let variables = variables.filter_map(|(name, pair)| {
            let [value, versions] = pair.as_list()?.get(..2)? else {
                return None;
            };
            let counts = versions.as_dict()?.iter().filter_map(|(path, count)| {
                let count = u32::try_from(count.as_i64()?).ok()?;
                Some((path.as_str()?.to_owned(), count))
            });
            let variable = Variable {
                value: value.clone(),
                versions: Arc::new(counts.collect()),
            };
            Some((Arc::from(name.as_str()?), variable))
        });
        let variables: Variables = variables.collect();
        Self((!variables.is_empty()).then(|| Arc::new(variables)))
    }

    /// The variables as a dict.
    pub fn to_dict(&self) -> Dict {
        self.iter()
            .map(|(name, value)| (Value::from(name.clone()), value.clone()))
            .collect()
    }
}

fn lay(merged: &mut Variables, later: &Variables) {
    for (name, right) in later {
        match merged.get_mut(name) {
            None => {
                merged.insert(name.clone(), right.clone());
            }
            Some(left) => left.merge(right),
        }
    }
}

impl Variable {
    fn merge(&mut self, later: &Self) {
        if Arc::ptr_eq(&self.versions, &later.versions) && Value::ptr_eq(&self.value, &later.value)
        {
            return;
        }
        self.value = newer(
            (&self.value, &self.versions),
            (&later.value, &later.versions),
            &mut String::new(),
        );
        let mut versions = (*self.versions).clone();
        for (path, &count) in later.versions.iter() {
            let mine = versions.entry(path.clone()).or_default();
            *mine = (*mine).max(count);
        }
        self.versions = Arc::new(versions);
    }
}

/// Increments the counter of every leaf: dicts are descended, lists are leaves,
/// an empty dict counts nothing.
fn count_leaves(value: &Value, path: &mut String, versions: &mut Versions) {
    match value.as_dict() {
        None => *versions.entry(path.clone()).or_default() += 1,
        Some(dict) => {
            for (key, value) in dict {
                within(path, key, |path| count_leaves(value, path, versions));
            }
        }
    }
}

fn newer(left: (&Value, &Versions), right: (&Value, &Versions), path: &mut String) -> Value {
    if let (Some(old), Some(new)) = (left.0.as_dict(), right.0.as_dict()) {
        let mut united = old.clone();
        for (key, value) in new {
            let value = match old.get_value(key) {
                None => value.clone(),
                Some(mine) => within(path, key, |path| {
                    newer((mine, left.1), (value, right.1), path)
                }),
            };
            united.insert(key.clone(), value);
        }
        return united.into();
    }
    let version = |versions: &Versions| versions.get(path.as_str()).copied().unwrap_or(0);
    if version(right.1) >= version(left.1) {
        right.0.clone()
    } else {
        left.0.clone()
    }
}

fn within<T>(path: &mut String, key: &Value, act: impl FnOnce(&mut String) -> T) -> T {
    let length = path.len();
    if length > 0 {
        path.push('.');
    }
    path.push_str(&yaql::python::str(key));
    let result = act(path);
    path.truncate(length);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dict(json: &str) -> Dict {
        yaql::json::parse(json).unwrap().as_dict().unwrap().clone()
    }

    fn shown(context: &Context) -> String {
        yaql::json::to_string(&context.to_dict().into())
    }

    #[test]
    fn a_changed_value_beats_the_common_ancestor() {
        let start = Context::default().publish(&dict(r#"{"x": 1, "y": 1}"#));
        let left = start.publish(&dict(r#"{"x": 2}"#));
        let right = start.publish(&dict(r#"{"y": 3}"#));
        assert_eq!(shown(&left.merge(&right)), r#"{"x":2,"y":3}"#);
        assert_eq!(shown(&right.merge(&left)), r#"{"x":2,"y":3}"#);
    }

    #[test]
    fn the_later_one_wins_a_tie() {
        let left = Context::default().publish(&dict(r#"{"x": "a"}"#));
        let right = Context::default().publish(&dict(r#"{"x": "b"}"#));
        assert_eq!(shown(&left.merge(&right)), r#"{"x":"b"}"#);
    }

    #[test]
    fn dicts_are_united_path_by_path() {
        let start = Context::default().publish(&dict(r#"{"d": {"a": 1, "b": {"c": 1}}}"#));
        let left = start.publish(&dict(r#"{"d": {"a": 2, "b": {"c": 1}}}"#));
        let left = left.publish(&dict(r#"{"d": {"a": 3, "b": {"c": 1}}}"#));
        let right = start.publish(&dict(r#"{"d": {"b": {"e": 5}}}"#));
        assert_eq!(
            shown(&left.merge(&right)),
            r#"{"d":{"a":3,"b":{"c":1,"e":5}}}"#
        );
    }

    #[test]
    fn the_stored_form_keeps_versions() {
        let start = Context::default().publish(&dict(r#"{"x": 1, "d": {"a": 1}}"#));
        let newer = start.publish(&dict(r#"{"x": 2}"#));
        let restored = Context::from_stored(&newer.to_stored());
        assert_eq!(shown(&restored.merge(&start)), r#"{"x":2,"d":{"a":1}}"#);
    }

    #[test]
    fn publishing_shares_the_other_values() {
        let big = Value::from(vec![Value::from(1); 1000]);
        let first = Context::default().publish(&[("big", big.clone())].into_iter().collect());
        let second = first.publish(&dict(r#"{"x": 1}"#));
        let (_, kept) = second.iter().next().unwrap();
        assert!(Value::ptr_eq(kept, &big));
    }
}
