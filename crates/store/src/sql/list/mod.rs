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
mod notifications;
pub(crate) mod order;
mod parts;
pub(crate) mod plan;
pub(crate) mod statement;
mod tasks;
mod term;
mod times;
mod values;

use engine::model::{ExecutionId, Id};

use super::read::{ROWS_AHEAD, Sheet, Values, all};
use super::{Connection, Fields};
use crate::query::{Column, ListQuery, Page};
use crate::{Resource, StoreError};
pub(super) use executions::{
    glance as glance_execution, glance_in_full as glance_execution_in_full,
};
pub(super) use fires::list_of;
use order::Piece;
use statement::Sql;
use values::Walk;

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
    /// Columns with an index that goes on with the time of creation and the id; that
    /// of creation is one of them.
    const INDEXED: &'static [Self] = &[];
    /// The table of these indexes, with its name in statements.
    const TABLE: &'static str = "";
    /// The column that holds a state.
    const STATE: Option<Self> = None;
    /// Columns that are null in the same rows.
    const NULL_TOGETHER: &'static [Self] = &[];
    /// The column of the last change, where rows that changed late have an index.
    const UPDATED_AT: Option<Self> = None;
    /// Whether tags are in a table of their own, too.
    const TAG_TABLE: bool = false;

    /// The expression for a column.
    fn sql(self) -> &'static str;

    /// A JSON operand as it is stored; `None` if no row can equal it.
    fn stored(self, operand: &yaql::Value) -> Option<yaql::Value> {
        Some(operand.clone())
    }

    /// A row, without wide columns.
    fn read(fields: &mut Fields<'_>) -> Result<Self::Record, StoreError>;

    /// The id of a row with wide columns, where these may be read ahead.
    fn id(_record: &Self::Record) -> Option<Id> {
        None
    }

    /// Where a wide column is.
    fn part(self) -> Option<(Sheet, i64)> {
        None
    }

    /// Reads a wide column of a row. Most have none.
    fn fill(
        self,
        _record: &mut Self::Record,
        _root: ExecutionId,
        _values: &mut Values<'_>,
    ) -> Result<(), StoreError> {
        Ok(())
    }
}

/// A further condition that callers do not choose: the kind of definitions.
pub(crate) type Fixed = Option<(&'static str, &'static str)>;

/// One row by id, with its wide columns.
pub(crate) fn get<C: Listed>(
    connection: &Connection,
    id: Id,
) -> Result<Option<C::Record>, StoreError> {
    let sql = statement::single::<C>(connection.dialect(), id);
    let wide: Vec<C> = C::wide().collect();
    let rows = rows::<C>(connection, &sql)?;
    let page = filled(connection, rows, &wide, 1)?;
    Ok(page.records.into_iter().next())
}

/// The rows that a query asks for.
pub(crate) fn list<C: Listed>(
    connection: &Connection,
    query: &ListQuery<C>,
    fixed: Fixed,
) -> Result<Page<C::Record>, StoreError> {
    let query = &*parts::by_value(connection, query)?;
    let limit = limit(query);
    let rows = match Walk::of(connection, query, fixed)? {
        Some(walk) => walk.rows(limit)?,
        None => found(connection, query, fixed, limit)?,
    };
    filled(connection, rows, &query.wide, limit)
}

fn limit<C>(query: &ListQuery<C>) -> usize {
    query.limit.unwrap_or(MAX_ROWS).min(MAX_ROWS)
}

/// Up to `limit` rows of a query.
fn found<C: Listed>(
    connection: &Connection,
    query: &ListQuery<C>,
    fixed: Fixed,
    limit: usize,
) -> Result<Vec<Row<C>>, StoreError> {
    in_pieces(connection, query, fixed, limit, |piece, limit| {
        statement::list(connection, query, fixed, piece, limit)
    })
}

/// The rows of all pieces, up to the limit.
fn in_pieces<C: Listed>(
    connection: &Connection,
    query: &ListQuery<C>,
    fixed: Fixed,
    limit: usize,
    statement: impl Fn(&Piece<C>, usize) -> Result<Sql, StoreError>,
) -> Result<Vec<Row<C>>, StoreError> {
    let mut found = Vec::new();
    for piece in order::pieces(connection, query, fixed)? {
        let sql = statement(&piece, limit - found.len())?;
        found.extend(rows::<C>(connection, &sql)?);
        if found.len() >= limit {
            break;
        }
    }
    Ok(found)
}

/// A row, and the tree that owns its large values.
type Row<C> = (Option<ExecutionId>, <C as Listed>::Record);

fn rows<C: Listed>(connection: &Connection, sql: &Sql) -> Result<Vec<Row<C>>, StoreError> {
    all(connection, &sql.text, sql.values.as_slice(), |fields| {
        let root = fields.optional_id()?.map(ExecutionId);
        Ok((root, C::read(fields)?))
    })
}

fn filled<C: Listed>(
    connection: &Connection,
    mut rows: Vec<Row<C>>,
    wide: &[C],
    limit: usize,
) -> Result<Page<C::Record>, StoreError> {
    let mut values = Values::new(connection);
    let mut full = rows.len() >= limit;
    let mut filled = 0;
    for rows in rows.chunks_mut(ROWS_AHEAD) {
        if values.bytes() > MAX_BYTES {
            break;
        }
        ahead(rows, wide, &mut values)?;
        for (root, record) in rows {
            if values.bytes() > MAX_BYTES {
                break;
            }
            for column in wide {
                column.fill(record, root.unwrap_or(NO_ROOT), &mut values)?;
            }
            filled += 1;
        }
    }
    full |= filled < rows.len();
    rows.truncate(filled);
    let records = rows.into_iter().map(|(_, record)| record).collect();
    Ok(Page { records, full })
}

/// Reads what [`Listed::fill`] will ask for.
fn ahead<C: Listed>(
    rows: &[Row<C>],
    wide: &[C],
    values: &mut Values<'_>,
) -> Result<(), StoreError> {
    let places: Vec<_> = wide.iter().filter_map(|column| column.part()).collect();
    let Some((sheet, _)) = places.first() else {
        return Ok(());
    };
    let parts: Vec<_> = places.iter().map(|(_, part)| *part).collect();
    let ids: Vec<_> = rows.iter().filter_map(|(_, row)| C::id(row)).collect();
    values.ahead(*sheet, &ids, &parts)
}

/// Rows without a tree have no large values.
const NO_ROOT: ExecutionId = ExecutionId(Id::from_bytes([0; 16]));
