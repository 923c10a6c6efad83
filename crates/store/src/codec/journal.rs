//! Entries of the journal that share the row of the one after them.
//!
//! The row says what all of them have in common: tree and execution. The rest is here, as
//! bytes: it is written at every step.

use std::sync::Arc;

use engine::change::{JournalEntry, JournalKind};
use engine::model::{Id, TaskId, Timestamp};

use super::{damaged, read_state};
use crate::StoreError;

/// The longest text whose length fits.
const LONGEST: usize = u16::MAX as usize;

/// Whether an entry may share the row of the one after it.
pub(crate) fn share_a_row(entry: &JournalEntry, next: &JournalEntry) -> bool {
    (entry.root, entry.execution) == (next.root, next.execution) && entry.name.len() <= LONGEST
}

/// What the row does not say of entries, in order.
pub(crate) fn write_entries(entries: &[JournalEntry]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(entries.len() * 80);
    for entry in entries {
        let previous = entry.previous.map_or("", |state| state.as_str());
        let task = entry.task.map(|task| *task.0.as_bytes());
        let progress = entry.progress.map(|(done, total)| [done, total]);
        bytes.push(write_kind(entry.kind));
        bytes.extend(entry.id.as_bytes());
        bytes.extend(entry.at.micros().to_be_bytes());
        put(&mut bytes, task.as_ref().map_or(&[], |task| &task[..]));
        put(&mut bytes, entry.name.as_bytes());
        put(&mut bytes, previous.as_bytes());
        put(&mut bytes, entry.state.as_str().as_bytes());
        bytes.push(u8::from(progress.is_some()));
        bytes.extend(progress.into_iter().flatten().flat_map(u32::to_be_bytes));
    }
    bytes
}

/// The inverse of [`write_entries`]; `last` is the entry of the row itself.
pub(crate) fn read_entries(
    bytes: &[u8],
    last: &JournalEntry,
) -> Result<Vec<JournalEntry>, StoreError> {
    let mut parts = Parts(bytes);
    let mut entries = Vec::new();
    while !parts.0.is_empty() {
        entries.push(parts.entry(last)?);
    }
    Ok(entries)
}

/// The number of a kind.
pub(crate) fn write_kind(kind: JournalKind) -> u8 {
    match kind {
        JournalKind::Execution => 0,
        JournalKind::Task => 1,
        JournalKind::Action => 2,
    }
}

/// The inverse of [`write_kind`].
pub(crate) fn read_kind(number: i64) -> Result<JournalKind, StoreError> {
    match number {
        0 => Ok(JournalKind::Execution),
        1 => Ok(JournalKind::Task),
        2 => Ok(JournalKind::Action),
        other => Err(damaged(&format!("unknown kind of journal entry {other}"))),
    }
}

/// Bytes after their number.
fn put(bytes: &mut Vec<u8>, part: &[u8]) {
    let length = u16::try_from(part.len()).expect("entries with longer names have their own rows");
    bytes.extend(length.to_be_bytes());
    bytes.extend(part);
}

/// What is left to read.
struct Parts<'b>(&'b [u8]);

impl<'b> Parts<'b> {
    fn entry(&mut self, last: &JournalEntry) -> Result<JournalEntry, StoreError> {
        Ok(JournalEntry {
            kind: read_kind(self.array::<1>()?[0].into())?,
            id: Id::from_bytes(self.array()?),
            at: Timestamp::from_micros(i64::from_be_bytes(self.array()?)),
            task: self.task()?,
            name: Arc::from(self.text()?),
            previous: match self.text()? {
                "" => None,
                name => Some(read_state(name)?),
            },
            state: read_state(self.text()?)?,
            progress: match self.array()? {
                [0] => None,
                _ => Some((self.count()?, self.count()?)),
            },
            ..last.clone()
        })
    }

    fn task(&mut self) -> Result<Option<TaskId>, StoreError> {
        let id = self.part()?;
        if id.is_empty() {
            return Ok(None);
        }
        let id = id.try_into().map_err(|_| damaged("a task's id"))?;
        Ok(Some(TaskId(Id::from_bytes(id))))
    }

    fn count(&mut self) -> Result<u32, StoreError> {
        self.array().map(u32::from_be_bytes)
    }

    fn text(&mut self) -> Result<&'b str, StoreError> {
        std::str::from_utf8(self.part()?).map_err(|_| damaged("text that is not UTF-8"))
    }

    fn part(&mut self) -> Result<&'b [u8], StoreError> {
        let length = u16::from_be_bytes(self.array()?);
        self.take(length.into())
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], StoreError> {
        let bytes = self.take(N)?;
        bytes.try_into().map_err(|_| damaged("a journal entry"))
    }

    fn take(&mut self, count: usize) -> Result<&'b [u8], StoreError> {
        let taken = self.0.split_at_checked(count);
        let (taken, rest) = taken.ok_or_else(|| damaged("a journal entry that is cut off"))?;
        self.0 = rest;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use engine::model::{ExecutionId, State};

    use super::*;

    fn entries() -> [JournalEntry; 3] {
        let id = |byte| Id::from_bytes([byte; 16]);
        let execution = JournalEntry {
            root: ExecutionId(id(1)),
            at: Timestamp::from_micros(1_000_000),
            kind: JournalKind::Execution,
            id: id(2),
            execution: Some(ExecutionId(id(2))),
            task: None,
            name: "wörk".into(),
            previous: None,
            state: State::Running,
            progress: None,
            project_id: "p".into(),
            workflow_name: Some("wörk".into()),
            external_root: Some("x".into()),
            parent: Some(ExecutionId(id(1))),
        };
        let task = JournalEntry {
            at: Timestamp::from_micros(1_000_007),
            kind: JournalKind::Task,
            id: id(3),
            task: Some(TaskId(id(3))),
            name: "".into(),
            previous: Some(State::Running),
            state: State::Success,
            progress: Some((3, u32::MAX)),
            ..execution.clone()
        };
        let action = JournalEntry {
            kind: JournalKind::Action,
            id: id(4),
            progress: None,
            ..task.clone()
        };
        [execution, task, action]
    }

    #[test]
    fn entries_round_trip() {
        let entries = entries();
        let bytes = write_entries(&entries);
        assert_eq!(read_entries(&bytes, &entries[2]).unwrap(), entries);
        assert_eq!(read_entries(&[], &entries[2]).unwrap(), []);
    }

    #[test]
    fn damage_is_an_error() {
        let entries = entries();
        let bytes = write_entries(&entries[1..2]);
        for end in 1..bytes.len() {
            let read = read_entries(&bytes[..end], &entries[2]);
            assert!(matches!(read, Err(StoreError::Damaged(_))), "{end}");
        }
        for (at, byte) in [(0, 3), (26, 15), (47, b'?')] {
            let mut damaged = bytes.clone();
            damaged[at] = byte;
            let read = read_entries(&damaged, &entries[2]);
            assert!(
                matches!(read, Err(StoreError::Damaged(_))),
                "{at}: {read:?}"
            );
        }
    }

    #[test]
    fn only_what_the_row_says_of_both_is_shared() {
        let [entry, next, _] = entries();
        assert!(share_a_row(&entry, &next));
        let other = ExecutionId(Id::from_bytes([9; 16]));
        let elsewhere = JournalEntry {
            execution: Some(other),
            ..next.clone()
        };
        assert!(!share_a_row(&entry, &elsewhere));
        let long = JournalEntry {
            name: "n".repeat(LONGEST + 1).into(),
            ..entry
        };
        assert!(!share_a_row(&long, &next));
        assert!(share_a_row(&next, &long));
    }
}
