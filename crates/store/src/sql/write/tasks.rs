//! Rows of task executions.

use engine::change::TaskParts;
use engine::model::{ItemLists, Task, TaskId};

use super::Tx;
use super::tx::Stored;
use crate::codec::{write_items as items_value, write_next, write_parents, write_runtime};
use crate::sql::fields::{Key, Micros};
use crate::sql::{Expect, named_params};
use crate::{Resource, StoreError};

const INSERT: &str = "
INSERT INTO tasks (
    id, execution, node, name, type, created_at,
    state, state_info, processed, error_handled, next, parents, runtime,
    inbound, updated_at, started_at, finished_at
) VALUES (
    :id, :execution, :node, :name, :type, :created_at,
    :state, :state_info, :processed, :error_handled, :next, :parents, :runtime,
    :inbound, :updated_at, :started_at, :finished_at
)";

pub(super) const UPDATE: &str = "
UPDATE tasks SET
    state = :state, state_info = :state_info, processed = :processed,
    error_handled = :error_handled, next = :next, parents = :parents, runtime = :runtime,
    inbound = :inbound,
    updated_at = :updated_at, started_at = :started_at, finished_at = :finished_at
WHERE id = :id";

const PUT_PUBLISHED: &str = "
INSERT INTO task_published (task, value) VALUES (?1, ?2)
ON CONFLICT (task) DO UPDATE SET value = excluded.value";

const DROP_PUBLISHED: &str = "DELETE FROM task_published WHERE task = ?1";

const PUT_ITEMS: &str = "
INSERT INTO task_items (task, value) VALUES (?1, ?2)
ON CONFLICT (task) DO UPDATE SET value = excluded.value";

pub(super) fn write(tx: &mut Tx<'_>, image: &Task, parts: TaskParts) -> Result<(), StoreError> {
    if parts.created {
        insert(tx, image)?;
    } else if parts.state {
        update(tx, image)?;
    }
    let id = Key(image.id.0);
    match &image.published {
        // `None` and `{}` differ here, so `{}` has a row.
        Some(published) if parts.created || parts.published => {
            let value = tx.value(&published.clone().into())?;
            tx.send_row(PUT_PUBLISHED, (id, value), Expect::Anything)?;
        }
        None if parts.published && !parts.created => {
            tx.send_row(DROP_PUBLISHED, (id,), Expect::Anything)?;
        }
        _ => {}
    }
    Ok(())
}

pub(super) fn write_items(
    tx: &mut Tx<'_>,
    task: TaskId,
    lists: &ItemLists,
) -> Result<(), StoreError> {
    let value = tx.value(&items_value(lists))?;
    tx.send_row(PUT_ITEMS, (Key(task.0), value), Expect::Anything)
}

fn inbound(tx: &mut Tx<'_>, image: &Task) -> Result<Option<Stored>, StoreError> {
    let value = image.runtime.inbound.as_ref();
    value.map(|value| tx.value(value)).transpose()
}

fn insert(tx: &mut Tx<'_>, image: &Task) -> Result<(), StoreError> {
    let inbound = inbound(tx, image)?;
    tx.send_row(
        INSERT,
        named_params! {
            ":id": Key(image.id.0),
            ":execution": Key(image.execution.0),
            ":node": image.index.0,
            ":name": image.name,
            ":type": image.kind.as_str(),
            ":created_at": Micros(image.created_at),
            ":state": image.state.as_str(),
            ":state_info": image.state_info,
            ":processed": image.processed,
            ":error_handled": image.error_handled,
            ":next": write_next(&image.next),
            ":parents": write_parents(&image.parents),
            ":runtime": write_runtime(&image.runtime),
            ":inbound": inbound,
            ":updated_at": Micros(image.updated_at),
            ":started_at": image.started_at.map(Micros),
            ":finished_at": image.finished_at.map(Micros),
        },
        Expect::Anything,
    )
}

fn update(tx: &mut Tx<'_>, image: &Task) -> Result<(), StoreError> {
    let inbound = inbound(tx, image)?;
    tx.send_row(
        UPDATE,
        named_params! {
            ":id": Key(image.id.0),
            ":state": image.state.as_str(),
            ":state_info": image.state_info,
            ":processed": image.processed,
            ":error_handled": image.error_handled,
            ":next": write_next(&image.next),
            ":parents": write_parents(&image.parents),
            ":runtime": write_runtime(&image.runtime),
            ":inbound": inbound,
            ":updated_at": Micros(image.updated_at),
            ":started_at": image.started_at.map(Micros),
            ":finished_at": image.finished_at.map(Micros),
        },
        Expect::Row(Resource::Task, image.id.0),
    )
}
