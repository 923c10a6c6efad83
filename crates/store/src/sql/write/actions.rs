//! Rows of action executions.

use engine::change::ActionParts;
use engine::model::{Action, ActionId, TaskId};

use super::Tx;
use super::tx::Stored;
use crate::codec::{damaged, write_base};
use crate::sql::fields::{Key, Micros};
use crate::sql::{Expect, named_params};
use crate::{Resource, StoreError};

const INSERT: &str = "
INSERT INTO actions (
    id, task, execution, item, run, name, is_sync, safe_rerun, target, timeout,
    description, project_id, created_at, state, state_info, accepted, claim,
    started, updated_at
) VALUES (
    :id, :task, :execution, :item, :run, :name, :is_sync, :safe_rerun, :target, :timeout,
    :description, :project_id, :created_at, :state, :state_info, :accepted, :claim,
    :started, :updated_at
)";

pub(super) const UPDATE: &str = "
UPDATE actions SET
    state = :state, state_info = :state_info, accepted = :accepted, claim = :claim,
    started = :started, updated_at = :updated_at
WHERE id = :id";

const PUT_VALUE: &str = "
INSERT INTO action_values (action, part, value) VALUES (?1, ?2, ?3)
ON CONFLICT (action, part) DO UPDATE SET value = excluded.value";

const DROP_VALUE: &str = "DELETE FROM action_values WHERE action = ?1 AND part = ?2";

pub(super) const UNACCEPT: &str = "
UPDATE actions SET accepted = 0
WHERE task = ?1 AND accepted <> 0 AND state IN ('SUCCESS', 'ERROR', 'CANCELLED', 'SKIPPED')
AND (?2 = 0 OR state <> 'SUCCESS')";

pub(super) const DROP_OUTPUTS: &str = "
DELETE FROM action_values
WHERE part = 2 AND action IN (SELECT id FROM actions WHERE task = ?1)";

/// The numbers of the wide columns.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Input = 0,
    Base = 1,
    Output = 2,
}

impl Part {
    /// The column with that number.
    pub(crate) fn of(number: i64) -> Result<Self, StoreError> {
        [Self::Input, Self::Base, Self::Output]
            .into_iter()
            .find(|part| *part as i64 == number)
            .ok_or_else(|| damaged(&format!("an action has no wide column {number}")))
    }
}

/// Writes an action; an output that is not kept is not written at all.
pub(super) fn write(
    tx: &mut Tx<'_>,
    image: &Action,
    parts: ActionParts,
    keeps_output: bool,
) -> Result<(), StoreError> {
    if parts.created {
        insert(tx, image)?;
        if let Some(input) = tx.dict(&image.input)? {
            put(tx, image.id, Part::Input, &input)?;
        }
        if let Some(base) = &image.base {
            let base = tx.value(&write_base(base))?;
            put(tx, image.id, Part::Base, &base)?;
        }
    } else if parts.state {
        update(tx, image)?;
    }
    match &image.output {
        Some(output) if keeps_output && (parts.created || parts.output) => {
            let output = tx.value(output)?;
            put(tx, image.id, Part::Output, &output)?;
        }
        None if parts.output && !parts.created => {
            let row = (Key(image.id.0), Part::Output as i64);
            tx.send_row(DROP_VALUE, row, Expect::Anything)?;
        }
        _ => {}
    }
    Ok(())
}

/// Results of a task's ended actions do not count any more.
pub(super) fn unaccept(tx: &mut Tx<'_>, task: TaskId, only_failed: bool) -> Result<(), StoreError> {
    tx.send(UNACCEPT, (Key(task.0), only_failed))
}

/// Outputs of a task's actions go.
pub(super) fn drop_outputs(tx: &mut Tx<'_>, task: TaskId) -> Result<(), StoreError> {
    tx.send(DROP_OUTPUTS, (Key(task.0),))
}

fn put(tx: &mut Tx<'_>, id: ActionId, part: Part, value: &Stored) -> Result<(), StoreError> {
    tx.send_row(PUT_VALUE, (Key(id.0), part as i64, value), Expect::Anything)
}

fn insert(tx: &mut Tx<'_>, image: &Action) -> Result<(), StoreError> {
    tx.send_row(
        INSERT,
        named_params! {
            ":id": Key(image.id.0),
            ":task": image.task.map(|task| Key(task.0)),
            ":execution": image.execution.map(|execution| Key(execution.0)),
            ":item": image.index,
            ":run": image.run,
            ":name": image.name,
            ":is_sync": image.is_sync,
            ":safe_rerun": image.safe_rerun,
            ":target": image.target,
            ":timeout": image.timeout.map(bits),
            ":description": image.description,
            ":project_id": image.project_id,
            ":created_at": Micros(image.created_at),
            ":state": image.state.as_str(),
            ":state_info": image.state_info,
            ":accepted": image.accepted,
            ":claim": image.claim.map(|claim| bits(claim.0)),
            ":started": image.is_started,
            ":updated_at": Micros(image.updated_at),
        },
        Expect::Anything,
    )
}

fn update(tx: &mut Tx<'_>, image: &Action) -> Result<(), StoreError> {
    tx.send_row(
        UPDATE,
        named_params! {
            ":id": Key(image.id.0),
            ":state": image.state.as_str(),
            ":state_info": image.state_info,
            ":accepted": image.accepted,
            ":claim": image.claim.map(|claim| bits(claim.0)),
            ":started": image.is_started,
            ":updated_at": Micros(image.updated_at),
        },
        Expect::Row(Resource::ActionExecution, image.id.0),
    )
}

/// SQLite has signed integers only; all 64 bits come back.
fn bits(number: u64) -> i64 {
    number.cast_signed()
}
