//! The stored form of an execution's backlog.

use std::sync::Arc;

use engine::model::Backlog;
use language::program::TaskIndex;
use serde::{Deserialize, Serialize};
use yaql::{Value, json};

use super::{StoredState, StoredTask, StoredTrigger, damaged, read, write};
use crate::StoreError;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Stored {
    Task {
        node: u32,
        #[serde(skip_serializing_if = "Option::is_none")]
        from: Option<StoredTask>,
        #[serde(skip_serializing_if = "Option::is_none")]
        trigger: Option<StoredTrigger>,
    },
    /// The message is JSON in a text: it keeps Python's numbers.
    End { state: StoredState, message: String },
}

/// `None` if there is nothing, as there mostly is.
pub(crate) fn write_backlog(backlog: &[Backlog]) -> Option<String> {
    let entries: Vec<Stored> = backlog.iter().map(Stored::from).collect();
    (!entries.is_empty()).then(|| write(&entries))
}

/// The inverse of [`write_backlog`].
pub(crate) fn read_backlog(text: Option<&str>) -> Result<Arc<[Backlog]>, StoreError> {
    let Some(text) = text else {
        return Ok(Arc::default());
    };
    let entries: Vec<Stored> = read(text)?;
    entries.into_iter().map(Stored::into_entry).collect()
}

impl From<&Backlog> for Stored {
    fn from(entry: &Backlog) -> Self {
        match entry {
            Backlog::Task {
                task,
                from,
                trigger,
            } => Self::Task {
                node: task.0,
                from: from.map(StoredTask),
                trigger: trigger.map(StoredTrigger),
            },
            Backlog::End { state, message } => Self::End {
                state: StoredState(*state),
                message: json::to_string(message),
            },
        }
    }
}

impl Stored {
    fn into_entry(self) -> Result<Backlog, StoreError> {
        Ok(match self {
            Self::Task {
                node,
                from,
                trigger,
            } => Backlog::Task {
                task: TaskIndex(node),
                from: from.map(|task| task.0),
                trigger: trigger.map(|trigger| trigger.0),
            },
            Self::End { state, message } => Backlog::End {
                state: state.0,
                message: parse(&message)?,
            },
        })
    }
}

fn parse(text: &str) -> Result<Value, StoreError> {
    json::parse(text).map_err(|error| damaged(&format!("backlog: {error}")))
}

#[cfg(test)]
mod tests {
    use engine::model::{Id, State, TaskId};
    use language::program::Trigger;

    use super::*;

    #[test]
    fn entries_round_trip() {
        let backlog = [
            Backlog::Task {
                task: TaskIndex(4),
                from: Some(TaskId(Id::from_bytes([1; 16]))),
                trigger: Some(Trigger::OnSuccess),
            },
            Backlog::Task {
                task: TaskIndex(0),
                from: None,
                trigger: None,
            },
            Backlog::End {
                state: State::Error,
                message: "no".into(),
            },
        ];
        let text = write_backlog(&backlog).unwrap();
        assert_eq!(*read_backlog(Some(&text)).unwrap(), backlog);
        assert_eq!(write_backlog(&[]), None);
        assert!(read_backlog(None).unwrap().is_empty());
    }
}
