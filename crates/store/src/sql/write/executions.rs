//! Rows of workflow executions.

use std::sync::Arc;

use engine::change::ExecutionParts;
use engine::model::{Execution, ExecutionId, TaskId};
use yaql::Dict;

use super::{Tx, deletion, fires};
use crate::codec::{write_backlog, write_tags};
use crate::sql::fields::{Key, Micros};
use crate::sql::{Expect, named_params};
use crate::{Resource, StoreError};

const INSERT: &str = "
INSERT INTO executions (
    id, root, external_id, parent_execution, parent_task, parent_index,
    workflow_id, workflow_name, workflow_namespace, workbook, program, project_id, tags,
    created_at, state, state_info, description, backlog,
    open, unhandled, cancelled, total, unprocessed, accepted, updated_at
) VALUES (
    :id, :root, :external_id, :parent_execution, :parent_task, :parent_index,
    :workflow_id, :workflow_name, :workflow_namespace, :workbook, :program, :project_id, :tags,
    :created_at, :state, :state_info, :description, :backlog,
    :open, :unhandled, :cancelled, :total, :unprocessed, :accepted, :updated_at
)";

pub(super) const UPDATE: &str = "
UPDATE executions SET
    state = :state, state_info = :state_info, description = :description, backlog = :backlog,
    open = :open, unhandled = :unhandled, cancelled = :cancelled, total = :total,
    unprocessed = :unprocessed, accepted = :accepted, updated_at = :updated_at
WHERE id = :id";

pub(super) const COUNT: &str = "
UPDATE executions SET
    open = :open, unhandled = :unhandled, cancelled = :cancelled, total = :total,
    unprocessed = :unprocessed
WHERE id = :id";

const PUT_VALUE: &str = "
INSERT INTO execution_values (execution, part, value) VALUES (?1, ?2, ?3)
ON CONFLICT (execution, part) DO UPDATE SET value = excluded.value";

const DROP_VALUE: &str = "DELETE FROM execution_values WHERE execution = ?1 AND part = ?2";

pub(super) const UNACCEPT: &str = "
UPDATE executions SET accepted = 0
WHERE parent_task = ?1 AND accepted <> 0 AND state IN ('SUCCESS', 'ERROR', 'CANCELLED', 'SKIPPED')
AND (?2 = 0 OR state <> 'SUCCESS')";

const PUT_TAG: &str = "
INSERT INTO execution_tags (tag, created_at, execution) VALUES (?1, ?2, ?3)
ON CONFLICT DO NOTHING";

/// The numbers of the wide columns.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Input = 0,
    Params = 1,
    Context = 2,
    Output = 3,
}

pub(super) fn write(
    tx: &mut Tx<'_>,
    image: &Execution,
    parts: ExecutionParts,
) -> Result<(), StoreError> {
    if parts.created {
        insert(tx, image)?;
    } else if parts.state {
        update(tx, image)?;
    } else if parts.counters {
        count(tx, image)?;
    }
    let wide = [
        (parts.created, Part::Input, &image.origin.input),
        (parts.created || parts.params, Part::Params, &image.params),
        (
            parts.created || parts.context,
            Part::Context,
            &image.context,
        ),
        (parts.created || parts.output, Part::Output, &image.output),
    ];
    for (_, part, dict) in wide.into_iter().filter(|(changed, ..)| *changed) {
        put(tx, image.id, part, dict, parts.created)?;
    }
    Ok(())
}

/// Results of a task's ended sub-executions do not count any more.
pub(super) fn unaccept(tx: &mut Tx<'_>, task: TaskId, only_failed: bool) -> Result<(), StoreError> {
    tx.send(UNACCEPT, (Key(task.0), only_failed))
}

fn put(
    tx: &mut Tx<'_>,
    id: ExecutionId,
    part: Part,
    dict: &Dict,
    created: bool,
) -> Result<(), StoreError> {
    match tx.dict(dict)? {
        Some(value) => {
            let row = (Key(id.0), part as i64, value);
            tx.send_row(PUT_VALUE, row, Expect::Anything)
        }
        None if created => Ok(()),
        None => tx.send_row(DROP_VALUE, (Key(id.0), part as i64), Expect::Anything),
    }
}

fn insert(tx: &mut Tx<'_>, image: &Execution) -> Result<(), StoreError> {
    let origin = &*image.origin;
    let counters = image.counters;
    let parent = origin.parent;
    if origin.root == image.id {
        deletion::finish(tx, image.id)?;
    }
    tx.send_row(
        INSERT,
        named_params! {
            ":id": Key(image.id.0),
            ":root": (origin.root != image.id).then_some(Key(origin.root.0)),
            ":external_id": origin.external_id,
            ":parent_execution": parent.map(|parent| Key(parent.execution.0)),
            ":parent_task": parent.map(|parent| Key(parent.task.0)),
            ":parent_index": parent.map(|parent| parent.index),
            ":workflow_id": Key(origin.workflow_id),
            ":workflow_name": origin.workflow_name,
            ":workflow_namespace": origin.workflow_namespace,
            ":workbook": origin.workbook,
            ":program": origin.program,
            ":project_id": origin.project_id,
            ":tags": write_tags(&origin.tags),
            ":created_at": Micros(origin.created_at),
            ":state": image.state.as_str(),
            ":state_info": image.state_info,
            ":description": image.description,
            ":backlog": write_backlog(&image.backlog),
            ":open": counters.open,
            ":unhandled": counters.unhandled,
            ":cancelled": counters.cancelled,
            ":total": counters.total,
            ":unprocessed": counters.unprocessed,
            ":accepted": image.accepted,
            ":updated_at": Micros(image.updated_at),
        },
        Expect::New(Box::new(duplicate(image))),
    )?;
    for tag in &*origin.tags {
        let tag = tag.to_ascii_lowercase();
        let row = (tag, Micros(origin.created_at), Key(image.id.0));
        tx.send_row(PUT_TAG, row, Expect::Anything)?;
    }
    match origin.root == image.id {
        true => fires::start(tx, image.id, origin.created_at),
        false => Ok(()),
    }
}

fn duplicate(image: &Execution) -> StoreError {
    let chosen = image.origin.external_id.clone();
    StoreError::Duplicate {
        resource: Resource::Execution,
        name: chosen.unwrap_or_else(|| image.id.to_string().into()),
        namespace: Arc::default(),
    }
}

fn update(tx: &mut Tx<'_>, image: &Execution) -> Result<(), StoreError> {
    let counters = image.counters;
    tx.send_row(
        UPDATE,
        named_params! {
            ":id": Key(image.id.0),
            ":state": image.state.as_str(),
            ":state_info": image.state_info,
            ":description": image.description,
            ":backlog": write_backlog(&image.backlog),
            ":open": counters.open,
            ":unhandled": counters.unhandled,
            ":cancelled": counters.cancelled,
            ":total": counters.total,
            ":unprocessed": counters.unprocessed,
            ":accepted": image.accepted,
            ":updated_at": Micros(image.updated_at),
        },
        Expect::Row(Resource::Execution, image.id.0),
    )
}

fn count(tx: &mut Tx<'_>, image: &Execution) -> Result<(), StoreError> {
    let counters = image.counters;
    tx.send_row(
        COUNT,
        named_params! {
            ":id": Key(image.id.0),
            ":open": counters.open,
            ":unhandled": counters.unhandled,
            ":cancelled": counters.cancelled,
            ":total": counters.total,
            ":unprocessed": counters.unprocessed,
        },
        Expect::Row(Resource::Execution, image.id.0),
    )
}
