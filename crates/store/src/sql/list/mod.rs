//! Lists: questions as SQL.
//!
//! Each resource says in its file where its columns are. The text of a statement
//! is made only of those constants; everything that a caller gave is bound.

mod actions;
mod code;
mod condition;
mod cron_triggers;
mod definitions;
mod environments;
mod event_triggers;
mod executions;
mod fires;
mod order;
pub(crate) mod statement;
mod tasks;

use engine::model::{ExecutionId, Id};

use super::read::{Values, all};
use super::{Connection, Fields};
use crate::query::{Column, ListQuery, Page};
use crate::{Resource, StoreError};
pub(super) use fires::list_of;
use statement::{Sql, select};

/// The most rows of a page without a limit.
const MAX_ROWS: usize = 100_000;

/// The most bytes of wide columns in a page: then it ends early.
const MAX_BYTES: usize = 64 << 20;

/// Where the columns of a resource are.
pub(crate) trait Listed: Column {
    /// What a row becomes.
    type Record;

    /// For errors.
    const RESOURCE: Resource;
    /// The columns that [`Listed::read`] reads.
    const SELECT: &'static str;
    /// The tables, joined.
    const FROM: &'static str;
    /// A condition for rows to be there at all.
    const WHERE: Option<&'static str> = None;
    /// The owner.
    const PROJECT: &'static str;
    /// Who else may see it, where that can be said.
    const SCOPE: Option<&'static str> = None;
    /// The name that a marker may be, besides the id.
    const NAME: Option<&'static str> = None;
    /// The tree that owns large values.
    const ROOT: &'static str = "NULL";
    /// Ids are always made here, from the time: their order is that of creation.
    const IDS_IN_TIME_ORDER: bool = false;

    /// The expression for a column.
    fn sql(self) -> &'static str;

    /// A JSON operand as it is stored; `None` if no row can equal it.
    fn stored(self, operand: &yaql::Value) -> Option<yaql::Value> {
        Some(operand.clone())
    }

    /// A row, without wide columns.
    fn read(fields: &mut Fields<'_>) -> Result<Self::Record, StoreError>;

    /// Reads a wide column of a row.
    fn fill(
        self,
        record: &mut Self::Record,
        root: ExecutionId,
        values: &mut Values<'_>,
    ) -> Result<(), StoreError>;
}

/// A further condition that callers do not choose: the kind of definitions.
pub(crate) type Fixed = Option<(&'static str, &'static str)>;

/// One row by id, with its wide columns.
pub(crate) fn get<C: Listed>(
    connection: &Connection,
    id: Id,
) -> Result<Option<C::Record>, StoreError> {
    let mut sql = select::<C>(connection.dialect());
    let key = sql.bind(id.as_bytes().to_vec());
    sql.and(&format!("{} = {key}", C::ID.sql()));
    let wide: Vec<C> = C::wide().collect();
    let page = fetch(connection, &sql, &wide, 1)?;
    Ok(page.records.into_iter().next())
}

/// The rows that a query asks for.
pub(crate) fn list<C: Listed>(
    connection: &Connection,
    query: &ListQuery<C>,
    fixed: Fixed,
) -> Result<Page<C::Record>, StoreError> {
    let limit = query.limit.unwrap_or(MAX_ROWS).min(MAX_ROWS);
    let sql = statement::list(connection, query, fixed, limit)?;
    fetch(connection, &sql, &query.wide, limit)
}

fn fetch<C: Listed>(
    connection: &Connection,
    sql: &Sql,
    wide: &[C],
    limit: usize,
) -> Result<Page<C::Record>, StoreError> {
    let rows = all(connection, &sql.text, sql.values.as_slice(), |fields| {
        let root = fields.optional_id()?.map(ExecutionId);
        Ok((root, C::read(fields)?))
    })?;
    let mut values = Values::new(connection);
    let mut records = Vec::new();
    for (root, mut record) in rows {
        for column in wide {
            column.fill(&mut record, root.unwrap_or(NO_ROOT), &mut values)?;
        }
        records.push(record);
        if values.bytes() > MAX_BYTES {
            return Ok(Page {
                records,
                full: true,
            });
        }
    }
    let full = records.len() >= limit;
    Ok(Page { records, full })
}

/// Rows without a tree have no large values.
const NO_ROOT: ExecutionId = ExecutionId(Id::from_bytes([0; 16]));
