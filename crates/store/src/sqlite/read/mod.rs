//! What is read by key: whole trees for the engine, single rows for the API.

mod counts;
pub(super) mod definitions;
pub(super) mod environments;
mod journal;
mod places;
mod results;
pub(super) mod rows;
mod snapshot;
mod unfinished;
mod values;

pub(super) use counts::counts;
pub(super) use journal::{journal, timeline};
pub(super) use places::{
    context, descendants, execution_by_external_id, root_of_action, root_of_execution, root_of_task,
};
pub(super) use results::{item_lists, task_children, task_results};
pub(super) use snapshot::load;
pub(super) use unfinished::unfinished;
pub(super) use values::{Values, Wide};

/// For the test of plans.
#[cfg(test)]
pub(super) const HOT: &[(&str, &str)] = &[
    ("root of a task", places::OF_TASK),
    ("root of an action", places::OF_ACTION),
    ("an external id", places::BY_EXTERNAL_ID),
    ("sub-executions of a tree", places::DESCENDANTS),
    ("what is unfinished", unfinished::UNFINISHED),
    ("actions of a task", results::ACTIONS),
    ("sub-executions of a task", results::EXECUTIONS),
    ("journal of a shard", journal::BY_SHARD),
    ("journal of a tree", journal::BY_ROOT),
];

use rusqlite::{Connection, Params};

use super::fields::Fields;
use crate::StoreError;

/// All rows of a query.
pub(super) fn all<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    mut read: impl FnMut(&mut Fields<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(&mut Fields::new(row))?);
    }
    Ok(found)
}

/// The only row of a query, or none.
pub(super) fn one<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&mut Fields<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    match rows.next()? {
        Some(row) => read(&mut Fields::new(row)).map(Some),
        None => Ok(None),
    }
}
