//! Deletion of trees, in slices.
//!
//! The root's row goes at once and with it all sight of the tree's tasks and
//! actions, which are shown through their execution. `doomed` remembers which
//! executions still have rows below; sub-executions stay in lists until their
//! slice comes. Each slice is a transaction, so a crash loses nothing.

use engine::model::{ExecutionId, Id, TaskId};

use super::{Tx, journal};
use crate::codec::read_tags;
use crate::sql::Connection;
use crate::sql::fields::Key;
use crate::sql::read::{all, one};
use crate::{Shard, StoreError};

/// The most rows that a slice deletes, give or take the values of one row.
const SLICE: usize = 1000;

/// How many children are looked up at a time.
const STRIDE: i64 = 100;

const DOOM: &str = "INSERT INTO doomed (root, execution) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
const PARDON: &str = "DELETE FROM doomed WHERE root = ?1 AND execution = ?2";
const DELETE_EXECUTION: &str = "DELETE FROM executions WHERE id = ?1";
const TAGS: &str = "SELECT created_at, tags FROM executions WHERE id = ?1 AND tags <> '[]'";
const DELETE_TAG: &str =
    "DELETE FROM execution_tags WHERE tag = ?1 AND created_at = ?2 AND execution = ?3";
const DELETE_EXECUTION_VALUES: &str = "DELETE FROM execution_values WHERE execution = ?1";
const DELETE_TASK: &str = "DELETE FROM tasks WHERE id = ?1";
const DELETE_PUBLISHED: &str = "DELETE FROM task_published WHERE task = ?1";
const DELETE_ITEMS: &str = "DELETE FROM task_items WHERE task = ?1";
const DELETE_ACTION: &str = "DELETE FROM actions WHERE id = ?1";
const DELETE_ACTION_VALUES: &str = "DELETE FROM action_values WHERE action = ?1";
pub(super) const DELETE_TIMERS: &str = "DELETE FROM timers WHERE root = ?1";
pub(super) const DELETE_BLOBS: &str = "
DELETE FROM blobs WHERE root = ?1
AND hash IN (SELECT hash FROM blobs WHERE root = ?1 LIMIT ?2)";
pub(super) const DELETE_JOURNAL: &str = "
DELETE FROM journal WHERE position IN (SELECT position FROM journal WHERE root = ?1 LIMIT ?2)";

pub(super) const SUB_EXECUTIONS: &str = "SELECT id FROM executions WHERE root = ?1 LIMIT ?2";
pub(super) const DOOMED_BELOW: &str =
    "SELECT execution FROM doomed WHERE root = ?1 AND execution <> ?1 LIMIT ?2";
pub(super) const TASKS: &str = "SELECT id FROM tasks WHERE execution = ?1 LIMIT ?2";
pub(super) const ACTIONS: &str = "SELECT id FROM actions WHERE task = ?1 LIMIT ?2";
const IS_DOOMED: &str = "SELECT 1 FROM doomed WHERE root = ?1";
const ANY_DOOMED: &str = "SELECT root FROM doomed LIMIT 1";

/// Deletes a tree, or an action on its own: the first slice at once, the rest
/// when [`sweep`] is called.
pub(super) fn delete(tx: &mut Tx<'_>, root: ExecutionId) -> Result<(), StoreError> {
    let key = Key(root.0);
    tx.execute(DOOM, (key, key))?;
    tx.doom();
    delete_execution(tx, root.0)?;
    delete_action(tx, root.0)?;
    journal::forget(tx, Shard::of(root))?;
    Slice::new(tx).tree(root).map(drop)
}

/// Deletes the next slice of what is left of deleted trees. Tells whether there
/// is more.
pub(crate) fn sweep(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    let Some(root) = next_doomed(tx.connection())? else {
        return Ok(false);
    };
    let _ = Slice::new(tx).tree(root)?;
    Ok(next_doomed(tx.connection())?.is_some())
}

/// Deletes all that is left of a tree whose id comes again: callers may choose it.
pub(super) fn finish(tx: &mut Tx<'_>, root: ExecutionId) -> Result<(), StoreError> {
    if !tx.is_anything_doomed()? {
        return Ok(());
    }
    while is_doomed(tx, root)? && !Slice::new(tx).tree(root)? {}
    Ok(())
}

fn is_doomed(tx: &Tx<'_>, root: ExecutionId) -> Result<bool, StoreError> {
    let found = one(tx.connection(), IS_DOOMED, (Key(root.0),), |_| Ok(()))?;
    Ok(found.is_some())
}

/// The tree to go on with.
pub(super) fn next_doomed(connection: &Connection) -> Result<Option<ExecutionId>, StoreError> {
    one(connection, ANY_DOOMED, (), |fields| fields.execution())
}

/// The row of an execution and its tags; how many rows there were.
fn delete_execution(tx: &mut Tx<'_>, id: Id) -> Result<usize, StoreError> {
    let mut rows = 0;
    let tagged = one(tx.connection(), TAGS, (Key(id),), |fields| {
        Ok((fields.integer()?, read_tags(fields.str()?)?))
    })?;
    if let Some((created_at, tags)) = tagged {
        for tag in &*tags {
            let tag = tag.to_ascii_lowercase();
            rows += tx.execute(DELETE_TAG, (tag, created_at, Key(id)))?;
        }
    }
    Ok(rows + tx.execute(DELETE_EXECUTION, (Key(id),))?)
}

/// The rows of an action execution; how many there were.
fn delete_action(tx: &mut Tx<'_>, id: Id) -> Result<usize, StoreError> {
    let values = tx.execute(DELETE_ACTION_VALUES, (Key(id),))?;
    Ok(values + tx.execute(DELETE_ACTION, (Key(id),))?)
}

/// A slice at work. Each step tells whether it came to its end.
struct Slice<'t, 'c> {
    tx: &'t mut Tx<'c>,
    left: usize,
}

impl<'t, 'c> Slice<'t, 'c> {
    fn new(tx: &'t mut Tx<'c>) -> Self {
        Self { tx, left: SLICE }
    }

    fn tree(&mut self, root: ExecutionId) -> Result<bool, StoreError> {
        let done = self.doom_sub_executions(root)?
            && self.executions_below(root)?
            && self.execution(root.0)?
            && self.owned(DELETE_BLOBS, root)?
            && self.owned(DELETE_JOURNAL, root)?;
        if done {
            self.run(DELETE_TIMERS, root.0)?;
            self.tx.execute(PARDON, (Key(root.0), Key(root.0)))?;
        }
        Ok(done)
    }

    fn doom_sub_executions(&mut self, root: ExecutionId) -> Result<bool, StoreError> {
        self.each(SUB_EXECUTIONS, root.0, |slice, id| {
            slice.tx.execute(DOOM, (Key(root.0), Key(id)))?;
            let rows = delete_execution(slice.tx, id)?;
            slice.left = slice.left.saturating_sub(rows);
            Ok(true)
        })
    }

    fn executions_below(&mut self, root: ExecutionId) -> Result<bool, StoreError> {
        self.each(DOOMED_BELOW, root.0, |slice, id| {
            let done = slice.execution(id)?;
            if done {
                slice.tx.execute(PARDON, (Key(root.0), Key(id)))?;
            }
            Ok(done)
        })
    }

    fn execution(&mut self, id: Id) -> Result<bool, StoreError> {
        let done = self.each(TASKS, id, |slice, id| slice.task(TaskId(id)))?;
        if done {
            self.run(DELETE_EXECUTION_VALUES, id)?;
        }
        Ok(done)
    }

    fn task(&mut self, task: TaskId) -> Result<bool, StoreError> {
        let done = self.each(ACTIONS, task.0, |slice, id| {
            let rows = delete_action(slice.tx, id)?;
            slice.left = slice.left.saturating_sub(rows);
            Ok(true)
        })?;
        if done {
            for sql in [DELETE_PUBLISHED, DELETE_ITEMS, DELETE_TASK] {
                self.run(sql, task.0)?;
            }
        }
        Ok(done)
    }

    /// Does `delete` to the children that a query finds, until there are none.
    fn each(
        &mut self,
        sql: &'static str,
        parent: Id,
        mut delete: impl FnMut(&mut Self, Id) -> Result<bool, StoreError>,
    ) -> Result<bool, StoreError> {
        loop {
            let children = self.children(sql, parent)?;
            if children.is_empty() {
                return Ok(true);
            }
            for child in children {
                if self.left == 0 || !delete(self, child)? {
                    return Ok(false);
                }
            }
        }
    }

    fn children(&self, sql: &'static str, parent: Id) -> Result<Vec<Id>, StoreError> {
        all(self.tx.connection(), sql, (Key(parent), STRIDE), |fields| {
            fields.id()
        })
    }

    /// Rows that know their root.
    fn owned(&mut self, sql: &'static str, root: ExecutionId) -> Result<bool, StoreError> {
        let limit = self.left;
        let rows = self.tx.execute(sql, (Key(root.0), limit as i64))?;
        self.left -= rows.min(limit);
        Ok(rows < limit)
    }

    fn run(&mut self, sql: &'static str, id: Id) -> Result<(), StoreError> {
        let rows = self.tx.execute(sql, (Key(id),))?;
        self.left = self.left.saturating_sub(rows);
        Ok(())
    }
}
