//! Stored forms of the small structures in narrow rows, the same for every database.
//!
//! Values keep the form of `yaql::json`. Almost everything here is JSON with short keys
//! in which what is absent is left out: these columns are written at every step.

mod backlog;
mod journal;
mod large;
mod runtime;
mod value;

use std::sync::Arc;

use engine::model::{State, TaskId};
use language::program::{TaskIndex, Trigger};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

pub(crate) use backlog::{read_backlog, write_backlog};
pub(crate) use journal::{read_entries, read_kind, share_a_row, write_entries, write_kind};
pub(crate) use large::{Piece, Row, read_row};
pub(crate) use runtime::{read_runtime, write_runtime};
pub(crate) use value::{
    Encoded, encode, encode_dict, read_base, read_dict, read_items, read_value, read_with_holes,
    write_base, write_items,
};

use crate::StoreError;

/// Tasks that a task triggered.
pub(crate) fn write_next(next: &[(TaskIndex, Trigger)]) -> String {
    let rows: Vec<_> = next
        .iter()
        .map(|(task, trigger)| (task.0, trigger.as_str()))
        .collect();
    write(&rows)
}

/// The inverse of [`write_next`].
pub(crate) fn read_next(text: &str) -> Result<Arc<[(TaskIndex, Trigger)]>, StoreError> {
    let rows: Vec<(u32, StoredTrigger)> = read(text)?;
    Ok(rows
        .into_iter()
        .map(|(task, trigger)| (TaskIndex(task), trigger.0))
        .collect())
}

/// Tags, as a list of texts.
pub(crate) fn write_tags(tags: &[Arc<str>]) -> String {
    write(&tags)
}

/// The inverse of [`write_tags`].
pub(crate) fn read_tags(text: &str) -> Result<Arc<[Arc<str>]>, StoreError> {
    if text == "[]" {
        return Ok(Arc::default());
    }
    read(text)
}

/// Ids side by side.
pub(crate) fn write_parents(parents: &[TaskId]) -> Vec<u8> {
    parents.iter().flat_map(|task| *task.0.as_bytes()).collect()
}

/// The inverse of [`write_parents`].
pub(crate) fn read_parents(bytes: &[u8]) -> Result<Arc<[TaskId]>, StoreError> {
    let (ids, rest) = bytes.as_chunks::<16>();
    if !rest.is_empty() {
        return Err(damaged("parents are no row of ids"));
    }
    Ok(ids
        .iter()
        .map(|id| TaskId(engine::model::Id::from_bytes(*id)))
        .collect())
}

/// A state by its name.
pub(crate) fn read_state(name: &str) -> Result<State, StoreError> {
    State::by_name(name).ok_or_else(|| damaged(&format!("unknown state {name:?}")))
}

pub(crate) fn damaged(what: &str) -> StoreError {
    StoreError::Damaged(what.into())
}

/// The types written here have text keys and finite numbers: they serialize.
fn write<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| damaged(&format!("{error} in {text:.80}")))
}

/// [`Trigger`] by the name that the API shows.
struct StoredTrigger(Trigger);

impl Serialize for StoredTrigger {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

impl<'de> Deserialize<'de> for StoredTrigger {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        [
            Trigger::OnSuccess,
            Trigger::OnError,
            Trigger::OnComplete,
            Trigger::OnSkip,
        ]
        .into_iter()
        .find(|trigger| trigger.as_str() == name)
        .map(Self)
        .ok_or_else(|| serde::de::Error::custom(format!("unknown trigger {name:?}")))
    }
}

/// [`State`] by the name that the API shows.
struct StoredState(State);

impl Serialize for StoredState {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

impl<'de> Deserialize<'de> for StoredState {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        State::by_name(&name)
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom(format!("unknown state {name:?}")))
    }
}

/// [`TaskId`] as text.
struct StoredTask(TaskId);

impl Serialize for StoredTask {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for StoredTask {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_round_trip() {
        let next = [
            (TaskIndex(3), Trigger::OnSkip),
            (TaskIndex(0), Trigger::OnComplete),
        ];
        assert_eq!(write_next(&next), r#"[[3,"on-skip"],[0,"on-complete"]]"#);
        assert_eq!(*read_next(&write_next(&next)).unwrap(), next);
        let parents = [
            TaskId(engine::model::Id::from_bytes([7; 16])),
            TaskId(engine::model::Id::from_bytes([0; 16])),
        ];
        assert_eq!(*read_parents(&write_parents(&parents)).unwrap(), parents);
        let tags: [Arc<str>; 2] = ["a,b".into(), "é\"".into()];
        assert_eq!(*read_tags(&write_tags(&tags)).unwrap(), tags);
    }

    #[test]
    fn damage_is_an_error() {
        assert!(matches!(
            read_next("[[1,\"never\"]]"),
            Err(StoreError::Damaged(_))
        ));
        assert!(matches!(
            read_parents(&[1; 17]),
            Err(StoreError::Damaged(_))
        ));
        assert!(matches!(read_state("DONE"), Err(StoreError::Damaged(_))));
    }
}
