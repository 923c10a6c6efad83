//! Sort order and paging.
//!
//! A page starts strictly after its marker: after the place of the marker's row
//! in the order as it is now, whatever was inserted or deleted meanwhile.

use super::condition;
use super::statement::{Sql, restrict};
use super::{Fixed, Listed};
use crate::StoreError;
use crate::query::{ColumnKind, Direction, ListQuery};
use crate::sql::read::one;
use crate::sql::{Connection, Dialect, Value};

/// A sort key.
pub(super) struct SortKey {
    sql: String,
    direction: Direction,
    nullable: bool,
}

/// The sort keys of a query; the id makes them total.
pub(super) fn keys<C: Listed>(dialect: Dialect, sort: &[(C, Direction)]) -> Vec<SortKey> {
    let mut columns: Vec<(C, Direction)> = Vec::new();
    for (column, direction) in sort.iter().chain([&(C::ID, Direction::Ascending)]) {
        if columns.iter().all(|(other, _)| other != column) {
            columns.push((*column, *direction));
        }
    }
    // The common order, up or down, needs no sorting: the index (or the table) is
    // in it already. So the id goes the way of the time, which shows in ties only.
    if let [(first, direction), (second, Direction::Ascending)] = columns.as_slice()
        && (*first, *second) == (C::CREATED_AT, C::ID)
    {
        let time = (!C::IDS_IN_TIME_ORDER).then(|| key(dialect, C::CREATED_AT, *direction));
        return time
            .into_iter()
            .chain([key(dialect, C::ID, *direction)])
            .collect();
    }
    // Nothing after the id can matter.
    let end = columns.iter().position(|(column, _)| *column == C::ID);
    columns.truncate(end.map_or(columns.len(), |end| end + 1));
    let keys = columns.into_iter();
    keys.map(|(column, direction)| key(dialect, column, direction))
        .collect()
}

fn key<C: Listed>(dialect: Dialect, column: C, direction: Direction) -> SortKey {
    SortKey {
        sql: match column.kind() {
            ColumnKind::Json => condition::text(dialect, column),
            _ => column.sql().to_owned(),
        },
        direction,
        nullable: column.is_nullable(),
    }
}

/// Adds ORDER BY.
pub(super) fn by(sql: &mut Sql, keys: &[SortKey]) {
    let dialect = sql.dialect;
    let keys = keys.iter().map(|key| {
        let descending = key.direction == Direction::Descending;
        dialect.order(&key.sql, descending, key.nullable)
    });
    sql.text.push_str(" ORDER BY ");
    sql.text.push_str(&keys.collect::<Vec<_>>().join(", "));
}

/// Adds the condition that rows come after the marker.
pub(super) fn after<C: Listed>(
    connection: &Connection,
    sql: &mut Sql,
    keys: &[SortKey],
    marker: &str,
    query: &ListQuery<C>,
    fixed: Fixed,
) -> Result<(), StoreError> {
    let values = place(connection, keys, marker, query, fixed)?;
    // So that an index on the first key starts at the right place.
    if let (Some(key), Some(value)) = (keys.first(), values.first())
        && !key.nullable
    {
        let bound = sql.bind(value.clone());
        let symbol = match key.direction {
            Direction::Ascending => ">=",
            Direction::Descending => "<=",
        };
        sql.and(&format!("{} {symbol} {bound}", key.sql));
    }
    let later = keys
        .iter()
        .zip(values)
        .rev()
        .fold(None, |rest, (key, value)| {
            Some(beyond(sql, key, value, rest))
        });
    sql.and(&later.unwrap_or_else(|| condition::NOTHING.to_owned()));
    Ok(())
}

/// Beyond the value in this key, or equal and later in the other keys.
fn beyond(sql: &mut Sql, key: &SortKey, value: Value, rest: Option<String>) -> String {
    let SortKey {
        sql: expression,
        direction,
        ..
    } = key;
    let is_null = value == Value::Null;
    let place = sql.bind(value);
    let strictly = match (direction, is_null) {
        (Direction::Ascending, true) => format!("{expression} IS NOT NULL"),
        (Direction::Ascending, false) => format!("{expression} > {place}"),
        (Direction::Descending, true) => condition::NOTHING.to_owned(),
        (Direction::Descending, false) => {
            format!("({expression} < {place} OR {expression} IS NULL)")
        }
    };
    match rest {
        Some(rest) => {
            format!("({strictly} OR ({expression} IS NOT DISTINCT FROM {place} AND {rest}))")
        }
        None => strictly,
    }
}

/// The sort keys of the marker's row: by id, or by name among those one may see.
fn place<C: Listed>(
    connection: &Connection,
    keys: &[SortKey],
    marker: &str,
    query: &ListQuery<C>,
    fixed: Fixed,
) -> Result<Vec<Value>, StoreError> {
    let id: Option<engine::model::Id> = marker.parse().ok();
    let by_id = id.map(|id| (C::ID.sql(), Value::Blob(id.as_bytes().to_vec())));
    let by_name = C::NAME.map(|name| (name, Value::Text(marker.to_owned())));
    for (expression, value) in [by_id, by_name].into_iter().flatten() {
        let selected: Vec<_> = keys.iter().map(|key| key.sql.as_str()).collect();
        let mut sql = Sql::new(
            connection.dialect(),
            format!("SELECT {} FROM {}", selected.join(", "), C::FROM),
        );
        restrict::<C>(&mut sql, &query.projects, fixed);
        let value = sql.bind(value);
        sql.and(&format!("{expression} = {value}"));
        sql.text
            .push_str(&format!(" ORDER BY {} LIMIT 1", C::ID.sql()));
        if let Some(found) = first_row(connection, &sql, keys.len())? {
            return Ok(found);
        }
    }
    Err(StoreError::UnknownMarker {
        resource: C::RESOURCE,
        key: marker.into(),
    })
}

fn first_row(
    connection: &Connection,
    sql: &Sql,
    columns: usize,
) -> Result<Option<Vec<Value>>, StoreError> {
    one(connection, &sql.text, sql.values.as_slice(), |fields| {
        (0..columns).map(|_| fields.value()).collect()
    })
}
