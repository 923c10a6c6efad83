//! Filters by a part of a text, `has:`, on columns with an index and few values: which
//! values have the part is looked up, and an index finds their rows.

use std::borrow::Cow;

use super::Listed;
use crate::StoreError;
use crate::query::{ColumnKind, Filter, ListQuery, Op, Operand};
use crate::sql::read::all;
use crate::sql::{Connection, Dialect};

/// The most values that are looked at. A column that has more stays as it is.
const MOST: usize = 1_000;

/// The query with such filters by the values that pass.
pub(super) fn by_value<'q, C: Listed>(
    connection: &Connection,
    query: &'q ListQuery<C>,
) -> Result<Cow<'q, ListQuery<C>>, StoreError> {
    let mut found = Cow::Borrowed(query);
    for (index, filter) in query.filters.iter().enumerate() {
        if let Some(operands) = values(connection, filter)? {
            found.to_mut().filters[index] = Filter {
                column: filter.column,
                op: Op::In,
                operands,
            };
        }
    }
    Ok(found)
}

/// The values that have the part; `None` if they are not to be looked up.
fn values<C: Listed>(
    connection: &Connection,
    filter: &Filter<C>,
) -> Result<Option<Vec<Operand>>, StoreError> {
    let column = filter.column;
    let is_served = connection.dialect() == Dialect::Sqlite
        && C::INDEXED.contains(&column)
        && column.kind() == ColumnKind::Text
        && C::STATE != Some(column);
    let (true, Op::Has, [Operand::Text(part)]) = (is_served, filter.op, &*filter.operands) else {
        return Ok(None);
    };
    let part = part.to_ascii_lowercase();
    let (table, name) = (C::TABLE, column.sql());
    // From value to value, each a search in the index.
    let text = format!(
        "WITH RECURSIVE v (value) AS (
            SELECT min({name}) FROM {table}
            UNION ALL
            SELECT (SELECT min({name}) FROM {table} WHERE {name} > v.value)
            FROM v WHERE v.value IS NOT NULL LIMIT {}
        ) SELECT value FROM v WHERE value IS NOT NULL",
        MOST + 1
    );
    let known = all(connection, &text, (), |fields| fields.text())?;
    if known.len() > MOST - 1 {
        return Ok(None);
    }
    let has = known
        .into_iter()
        .filter(|value| value.to_ascii_lowercase().contains(&part));
    Ok(Some(
        has.map(|value| Operand::Text(value.to_string())).collect(),
    ))
}
