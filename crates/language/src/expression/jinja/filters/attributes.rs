//! Reading attributes by name: `attr`, `default`, and the `attribute` argument
//! of many filters.

use indexmap::IndexMap;
use yaql::Value as Plain;

use super::super::super::failure::Outcome;
use super::super::arguments::Arguments;
use super::super::attribute::{self, Name};
use super::super::run::Run;
use super::super::value::{Items, Value};

/// A path like `flavor.ram` or `0`.
#[derive(Clone, Debug)]
pub(super) struct Path(Vec<Value>);

impl Path {
    /// The path that an `attribute` argument means.
    pub(super) fn new(argument: &Value) -> Outcome<Self> {
        argument.defined()?;
        Ok(match argument.as_str() {
            Some(text) => Self(text.split('.').map(part).collect()),
            None => Self(vec![argument.clone()]),
        })
    }

    /// Several paths, separated by commas.
    pub(super) fn several(argument: &Value) -> Outcome<Vec<Self>> {
        argument.defined()?;
        Ok(match argument.as_str() {
            Some(text) => text
                .split(',')
                .map(|path| Self(path.split('.').map(part).collect()))
                .collect(),
            None => vec![Self(vec![argument.clone()])],
        })
    }

    /// What the path leads to in each item, as [`Path::get`].
    pub(super) fn each<'v>(
        &'v self,
        mut items: Items<'v>,
        default: Option<&'v Value>,
    ) -> impl Iterator<Item = Outcome<Value>> + 'v {
        std::iter::from_fn(move || {
            let borrowed = |item| self.find(item).map(|found| Ok(found.into()));
            items.read(borrowed, |item| self.get(&item, default))
        })
    }

    /// The entry of dicts in dicts that the path leads to, in place.
    fn find<'v>(&self, data: &'v Plain) -> Option<&'v Plain> {
        self.0
            .iter()
            .try_fold(data, |data, part| match (data, part) {
                (Plain::Dict(dict), Value::Data(key @ Plain::String(_))) => dict.get_value(key),
                _ => None,
            })
    }

    /// What the path leads to; undefined parts become `default`, if there is one.
    pub(super) fn get(&self, value: &Value, default: Option<&Value>) -> Outcome<Value> {
        if let Value::Data(data) = value
            && let Some(found) = self.find(data)
        {
            return Ok(found.into());
        }
        let step = |value: &Value, part| {
            let found = attribute::item(value, part)?;
            match default {
                Some(default) if found.is_undefined() => Ok(default.clone()),
                _ => Ok(found),
            }
        };
        let [first, rest @ ..] = &*self.0 else {
            return Ok(value.clone());
        };
        let first = step(value, first);
        rest.iter().fold(first, |found, part| step(&found?, part))
    }
}

fn part(text: &str) -> Value {
    match text.parse::<i64>() {
        Ok(index) if text.bytes().all(|b| b.is_ascii_digit()) => index.into(),
        _ => text.into(),
    }
}

/// A text in lower case, unless case matters; anything else as it is.
pub(super) fn fold_case(value: Value, case_sensitive: bool) -> Value {
    match value.as_str() {
        Some(text) if !case_sensitive && !is_lower_ascii(text) => text.to_lowercase().into(),
        _ => value,
    }
}

fn is_lower_ascii(text: &str) -> bool {
    text.bytes()
        .all(|b| b.is_ascii() && !b.is_ascii_uppercase())
}

/// The truth of an optional argument.
pub(super) fn flag(argument: Option<Value>, default: bool) -> Outcome<bool> {
    argument.map_or(Ok(default), |value| value.is_truthy())
}

/// An optional argument that `none` leaves out too.
pub(super) fn given(argument: Option<Value>) -> Option<Value> {
    argument.filter(|value| !matches!(value, Value::Data(Plain::Null)))
}

/// `attr(name)`: the Python attribute, never an entry.
pub(super) fn attr(_: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    let name = arguments.one("attr", "name")?;
    name.defined()?;
    let name = Name::new(name.as_str().unwrap_or_default());
    match value.entry_named(name.text()) {
        Some(_) => attribute::attribute(&Value::dict(IndexMap::new())?, &name),
        None => attribute::attribute(value, &name),
    }
}

/// `default(value, boolean)`
pub(super) fn default(_: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    let [default, also_false] = arguments.bind("default", ["default_value", "boolean"], 0)?;
    let missing = value.is_undefined() || (flag(also_false, false)? && !value.is_truthy()?);
    match missing {
        true => Ok(default.unwrap_or_else(|| "".into())),
        false => Ok(value.clone()),
    }
}
