//! What is read by key: whole trees for the engine, single rows for the API.

mod ahead;
pub(crate) mod code;
mod counts;
pub(crate) mod definitions;
pub(crate) mod environments;
mod expired;
mod journal;
pub(super) mod notifications;
mod places;
mod results;
pub(crate) mod rows;
mod run;
mod service_state;
mod snapshot;
pub(super) mod triggers;
mod unfinished;
mod values;

pub(crate) use ahead::{ROWS as ROWS_AHEAD, Sheet};
pub(crate) use counts::{counts, open_executions};
pub(crate) use expired::expired;
pub(crate) use journal::{journal, row as journal_row, timeline};
pub(crate) use places::{
    context, descendants, execution_by_external_id, glance_context, root_of_action,
    root_of_execution, root_of_task, states_below, transitions,
};
pub(crate) use results::{item_lists, task_children, task_results};
pub(crate) use run::run;
pub(crate) use service_state::service_state;
pub(crate) use snapshot::{load, load_part};
pub(crate) use unfinished::unfinished;
pub(crate) use values::{Glance, Values, Wide, glance_dict};

/// For the test of plans.
#[cfg(test)]
pub(crate) const HOT: &[(&str, &str)] = &[
    ("root of a task", places::OF_TASK),
    ("root of an action", places::OF_ACTION),
    ("an external id", places::BY_EXTERNAL_ID),
    ("sub-executions of a tree", places::DESCENDANTS),
    ("states of sub-executions", places::STATES_BELOW),
    ("what tasks led to", places::TRANSITIONS),
    ("open executions", counts::OPEN),
    ("what is unfinished", unfinished::UNFINISHED),
    ("actions of a task", results::ACTIONS),
    ("sub-executions of a task", results::EXECUTIONS),
    ("journal of a shard", journal::BY_SHARD),
    ("journal of a tree", journal::BY_ROOT),
    ("the next cron trigger", triggers::NEXT_DUE),
    ("what a trigger runs", triggers::RUNNING),
    ("the next delivery", notifications::NEXT),
    ("receivers that are due", notifications::RECEIVERS),
    ("who listens to an event", triggers::LISTENING),
];

use crate::StoreError;
use crate::sql::{Connection, Fields, Params};

/// All rows of a query.
pub(crate) fn all<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    mut read: impl FnMut(&mut Fields<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut found = Vec::new();
    params.with(|params| {
        connection.query(sql, params, &mut |fields| {
            found.push(read(fields)?);
            Ok(true)
        })
    })?;
    Ok(found)
}

/// The only row of a query, or none.
pub(crate) fn one<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&mut Fields<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    let (mut found, mut read) = (None, Some(read));
    params.with(|params| {
        connection.query(sql, params, &mut |fields| {
            found = read.take().map(|read| read(fields)).transpose()?;
            Ok(false)
        })
    })?;
    Ok(found)
}
