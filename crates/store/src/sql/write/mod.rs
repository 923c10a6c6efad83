//! What a transaction writes.

mod actions;
mod code;
pub(super) mod cron_triggers;
mod definitions;
mod deletion;
mod environments;
pub(super) mod event_triggers;
mod executions;
pub(super) mod fires;
mod journal;
pub(super) mod notifications;
pub(super) mod received_events;
mod request_keys;
mod service_state;
mod tasks;
mod timers;
mod tx;

use std::collections::HashSet;

use engine::model::{ExecutionId, Id};

pub(crate) use code::{change_code_source, change_dynamic_action};
pub(crate) use definitions::define;
pub(crate) use deletion::sweep;
pub(crate) use environments::change_environment;
pub(crate) use journal::{Heads, PER_SHARD};
pub(crate) use request_keys::{answer, reserve};
pub(crate) use service_state::set_service_state;
pub(crate) use tx::Tx;

pub(crate) use actions::Part as ActionPart;
pub(crate) use executions::Part as ExecutionPart;
pub(crate) use journal::{seq_of, start};

use crate::sql::fields::Key;
use crate::{Batch, Committed, Resource, Shard, StoreError, TreeChanges};

/// For the test of plans.
#[cfg(test)]
pub(crate) const HOT: &[(&str, &str)] = &[
    ("update of an execution", executions::UPDATE),
    ("counters of an execution", executions::COUNT),
    (
        "results of sub-executions do not count",
        executions::UNACCEPT,
    ),
    ("update of a task", tasks::UPDATE),
    ("update of an action", actions::UPDATE),
    ("results of actions do not count", actions::UNACCEPT),
    ("outputs are dropped", actions::DROP_OUTPUTS),
    ("last entry of a shard", journal::LAST),
    ("deletion: sub-executions", deletion::SUB_EXECUTIONS),
    ("deletion: doomed", deletion::DOOMED_BELOW),
    ("deletion: tasks", deletion::TASKS),
    ("deletion: actions", deletion::ACTIONS),
    ("deletion: large values", deletion::DELETE_BLOBS),
    ("deletion: journal", deletion::DELETE_JOURNAL),
    ("deletion: timers", deletion::DELETE_TIMERS),
    ("the start of a fire", fires::STARTED),
    ("history of a trigger", fires::FORGET),
    ("a slice of fires", fires::SLICE_END),
    ("fires of triggers that are gone", fires::FORGET_GONE),
    ("the number of a notification", notifications::NUMBER),
    ("a receiver goes on", notifications::GO_ON),
    ("old notifications", notifications::FORGET),
    ("old receivers", notifications::FORGET_RECEIVERS),
    ("old message ids", received_events::FORGET),
];

/// Deletes the row that there is, by a statement that takes its id.
fn delete_row(
    tx: &mut Tx<'_>,
    sql: &'static str,
    resource: Resource,
    id: Id,
) -> Result<(), StoreError> {
    match tx.execute(sql, (Key(id),))? {
        0 => Err(StoreError::not_found(resource, id)),
        _ => Ok(()),
    }
}

/// Writes a batch, tree by tree.
pub(crate) fn batch(tx: &mut Tx<'_>, batch: &Batch) -> Result<Committed, StoreError> {
    let trees = batch.trees.iter();
    let first_seqs = trees
        .map(|tree| write_tree(tx, tree))
        .collect::<Result<_, _>>()?;
    Ok(Committed { first_seqs })
}

/// Tells the number of the tree's first journal entry. A deletion takes the one after the
/// last.
fn write_tree(tx: &mut Tx<'_>, tree: &TreeChanges) -> Result<u64, StoreError> {
    let TreeChanges {
        root,
        changes,
        notifications,
    } = tree;
    let first = tx.heads().next(Shard::of(*root));
    tx.enter(*root);
    for (task, only_failed) in &changes.unaccepted {
        actions::unaccept(tx, *task, *only_failed)?;
        executions::unaccept(tx, *task, *only_failed)?;
    }
    for (image, parts) in &changes.executions {
        executions::write(tx, image, *parts)?;
    }
    for (image, parts) in &changes.tasks {
        tasks::write(tx, image, *parts)?;
    }
    for (task, lists) in &changes.items {
        tasks::write_items(tx, *task, lists)?;
    }
    let dropped: HashSet<_> = changes.dropped_outputs.iter().copied().collect();
    for (image, parts) in &changes.actions {
        let keeps_output = !image.task.is_some_and(|task| dropped.contains(&task));
        actions::write(tx, image, *parts, keeps_output)?;
    }
    for task in &changes.dropped_outputs {
        actions::drop_outputs(tx, *task)?;
    }
    for (key, timer) in &changes.timers {
        timers::write(tx, *key, timer.as_ref())?;
    }
    journal::write(tx, &changes.journal)?;
    for new in notifications {
        notifications::write(tx, new)?;
    }
    let deleted: &[ExecutionId] = &changes.deleted;
    for root in deleted {
        deletion::delete(tx, *root)?;
    }
    Ok(first)
}
