//! One change of a state, as followers see it.

use std::sync::OnceLock;

use engine::change::{JournalEntry, JournalKind};
use engine::model::{Id, Timestamp};
use serde::Serialize;
use store::Shard;
use store::record::JournalRecord;

/// A committed journal entry, or a deletion. Its text is made once, for all followers.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) shard: Shard,
    pub(crate) seq: u64,
    pub(crate) entry: JournalEntry,
    /// The entry tells how it was before it was deleted.
    pub(crate) is_deletion: bool,
    text: OnceLock<Box<str>>,
}

/// The attributes after `cursor`, in the order in which they are sent.
#[derive(Serialize)]
struct Shown<'a> {
    at: String,
    kind: &'static str,
    root_execution_id: Option<String>,
    workflow_execution_id: Option<String>,
    task_execution_id: Option<String>,
    id: String,
    name: &'a str,
    state: &'static str,
    previous: Option<&'static str>,
    project_id: &'a str,
    progress: Option<Progress>,
}

/// What stands for the state of what is no more.
const DELETED: &str = "DELETED";

#[derive(Serialize)]
struct Progress {
    done: u32,
    total: u32,
}

impl Event {
    pub(crate) fn new(shard: Shard, seq: u64, entry: JournalEntry) -> Self {
        Self {
            shard,
            seq,
            entry,
            is_deletion: false,
            text: OnceLock::new(),
        }
    }

    /// The deletion of what is at the top of a tree, with everything below.
    pub(crate) fn deleted(shard: Shard, seq: u64, entry: JournalEntry) -> Self {
        let is_deletion = true;
        Self {
            is_deletion,
            ..Self::new(shard, seq, entry)
        }
    }

    /// Appends the event as JSON, with the cursor at which its follower is then.
    pub(crate) fn write(&self, cursor: &str, text: &mut String) {
        text.push_str("{\"cursor\":\"");
        text.push_str(cursor);
        text.push_str("\",");
        text.push_str(self.tail());
    }

    /// Everything after the cursor.
    fn tail(&self) -> &str {
        self.text.get_or_init(|| {
            let text = serde_json::to_string(&Shown::of(self));
            let text = text.expect("texts and numbers have a JSON form");
            text[1..].into()
        })
    }
}

impl From<JournalRecord> for Event {
    fn from(record: JournalRecord) -> Self {
        Self::new(record.shard, record.seq, record.entry)
    }
}

impl<'a> Shown<'a> {
    fn of(event: &'a Event) -> Self {
        let entry = &event.entry;
        let (previous, state) = match event.is_deletion {
            false => (entry.previous, entry.state.as_str()),
            true => (Some(entry.state), DELETED),
        };
        let outside = |id: Id| match &entry.external_root {
            Some(text) if id == entry.root.0 => text.to_string(),
            _ => id.to_string(),
        };
        let is_alone = entry.execution.is_none() && entry.kind == JournalKind::Action;
        Self {
            at: precise(entry.at),
            kind: entry.kind.as_str(),
            root_execution_id: (!is_alone).then(|| outside(entry.root.0)),
            workflow_execution_id: entry.execution.map(|id| outside(id.0)),
            task_execution_id: entry.task.map(|id| id.to_string()),
            id: outside(entry.id),
            name: &entry.name,
            state,
            previous: previous.map(|state| state.as_str()),
            project_id: &entry.project_id,
            progress: entry.progress.map(|(done, total)| Progress { done, total }),
        }
    }
}

/// A point in time with its microseconds: `2026-11-21T11:49:57.123456Z`.
pub(crate) fn precise(at: Timestamp) -> String {
    let mut text = at.to_string().replace(' ', "T");
    let micros = at.micros().rem_euclid(1_000_000);
    text.push_str(&format!(".{micros:06}Z"));
    text
}

#[cfg(test)]
mod tests {
    use engine::model::{ExecutionId, State, TaskId};

    use super::*;

    fn entry(kind: JournalKind) -> JournalEntry {
        let id = |number| Id::from_bytes([number; 16]);
        JournalEntry {
            root: ExecutionId(id(1)),
            at: Timestamp::from_micros(1_795_261_797_000_042),
            kind,
            id: id(3),
            execution: Some(ExecutionId(id(1))),
            task: Some(TaskId(id(2))),
            name: "say \"hi\"".into(),
            previous: Some(State::Running),
            state: State::Success,
            progress: Some((1, 2)),
            project_id: "p".into(),
            workflow_name: Some("w".into()),
            external_root: Some("my-own".into()),
            parent: None,
        }
    }

    fn text(event: impl Fn(Shard) -> Event) -> String {
        let mut text = String::new();
        let shard = Shard::of(entry(JournalKind::Execution).root);
        event(shard).write("c", &mut text);
        text
    }

    #[test]
    fn events_have_the_attributes_of_the_contract() {
        let alone = JournalEntry {
            execution: None,
            task: None,
            previous: None,
            progress: None,
            external_root: None,
            ..entry(JournalKind::Action)
        };
        let top = JournalEntry {
            id: Id::from_bytes([1; 16]),
            task: None,
            ..entry(JournalKind::Execution)
        };
        let shown = [
            text(|shard| Event::new(shard, 1, entry(JournalKind::Action))),
            text(|shard| Event::new(shard, 1, alone.clone())),
            text(|shard| Event::deleted(shard, 1, top.clone())),
        ];
        insta::assert_snapshot!(shown.join("\n"));
    }
}
