//! Sort order and paging.
//!
//! A page starts strictly after its marker: after the place of the marker's row
//! in the order as it is now, whatever was inserted or deleted meanwhile.

use super::plan::{self, Driver};
use super::statement::Sql;
use super::term::{Access, Term, terms, visible};
use super::times::{self, Band};
use super::{Fixed, Listed, condition};
use crate::StoreError;
use crate::query::{ColumnKind, Direction, ListQuery};
use crate::sql::read::one;
use crate::sql::{Connection, Dialect, Value};

/// The order of a list.
pub(super) struct Order<C> {
    keys: Vec<SortKey>,
    /// The column whose index is in this order.
    pub(super) column: Option<C>,
}

/// A sort key.
struct SortKey {
    sql: String,
    direction: Direction,
    nullable: bool,
}

/// A part of what is left of a list, which an index has together. A list is its pieces,
/// one after the other.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Piece<C> {
    pub(super) place: Place,
    pub(super) band: Band<C>,
}

/// Where a piece is in the order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Place {
    /// All.
    All,
    /// What comes after these values of the sort keys.
    After(Vec<Value>),
    /// Where the first key is null: what comes after these values of the other keys.
    NullsAfter(Vec<Value>),
    /// Where the first key is null.
    Nulls,
    /// Where it is not.
    Others,
}

#[cfg(test)]
impl<C> Piece<C> {
    /// The whole list.
    pub(crate) const ALL: Self = Self {
        place: Place::All,
        band: Band::ALL,
    };
}

impl<C: Listed> Order<C> {
    /// The order of a query; the id makes it total.
    pub(super) fn new(dialect: Dialect, sort: &[(C, Direction)], terms: &[Term<C>]) -> Self {
        let mut columns: Vec<(C, Direction)> = Vec::new();
        for (column, direction) in sort.iter().chain([&(C::ID, Direction::Ascending)]) {
            if columns.iter().all(|(other, _)| other != column) {
                columns.push((*column, *direction));
            }
        }
        // Nothing after the id can matter.
        let end = columns.iter().position(|(column, _)| *column == C::ID);
        columns.truncate(end.map_or(columns.len(), |end| end + 1));
        if let Some((first, direction)) = walk(&columns)
            && let Some(order) = Self::indexed(dialect, first, direction, terms)
        {
            return order;
        }
        let only = (columns.len() == 1).then_some(C::ID);
        let keys = columns.into_iter();
        let keys = keys.map(|(column, direction)| key(dialect, column, direction));
        Self {
            keys: keys.collect(),
            column: only,
        }
    }

    /// The common orders, up or down, need no sorting: an index (or the table) is in
    /// them already. It goes on with the time of creation and the id, the same way,
    /// which shows in ties only.
    fn indexed(
        dialect: Dialect,
        column: C,
        direction: Direction,
        terms: &[Term<C>],
    ) -> Option<Self> {
        let has_one_value = |term: &Term<C>| term.access == Access::Equal(column);
        let columns = if column != C::CREATED_AT && !C::INDEXED.contains(&column) {
            return None;
        } else if column == C::CREATED_AT && C::IDS_IN_TIME_ORDER {
            vec![C::ID]
        } else if column == C::CREATED_AT || terms.iter().any(has_one_value) {
            vec![C::CREATED_AT, C::ID]
        } else {
            vec![column, C::CREATED_AT, C::ID]
        };
        let first = columns.first().copied();
        let keys = columns.into_iter();
        let keys = keys.map(|column| key(dialect, column, direction));
        Some(Self {
            keys: keys.collect(),
            column: first,
        })
    }

    /// Another table has the time of creation and the id, too.
    pub(super) fn read_from(&mut self, created_at: &str, id: &str) {
        for key in &mut self.keys {
            if key.sql == C::CREATED_AT.sql() {
                created_at.clone_into(&mut key.sql);
            } else if key.sql == C::ID.sql() {
                id.clone_into(&mut key.sql);
            }
        }
    }

    /// The direction of the first key.
    pub(super) fn direction(&self) -> Direction {
        self.keys[0].direction
    }

    /// The keys as further columns, and ORDER BY them: an order that no index of a part
    /// of a union serves.
    pub(super) fn apart(&self) -> (String, String) {
        let (mut columns, mut order) = (String::new(), Vec::new());
        for (number, key) in self.keys.iter().enumerate() {
            columns.push_str(&format!(", +({}) AS k{number}", key.sql));
            let descending = key.direction == Direction::Descending;
            order.push(format!(
                "k{number}{}",
                if descending { " DESC" } else { "" }
            ));
        }
        (columns, format!(" ORDER BY {}", order.join(", ")))
    }

    /// ORDER BY. Where the rows are not read in this order, the database must not be led
    /// to read them by an index that is.
    pub(super) fn by(&self, dialect: Dialect, in_order: bool) -> String {
        let keys = self.keys.iter().map(|key| {
            let descending = key.direction == Direction::Descending;
            let order = |sql: &str| dialect.order(sql, descending, key.nullable);
            match in_order {
                true => order(&key.sql),
                false => order(&dialect.anew(&key.sql)),
            }
        });
        format!(" ORDER BY {}", keys.collect::<Vec<_>>().join(", "))
    }

    /// The condition that rows are of a piece.
    pub(super) fn after(&self, sql: &mut Sql, place: &Place) -> Option<String> {
        let first = &self.keys[0].sql;
        match place {
            Place::All => None,
            Place::After(values) if self.is_walk() => Some(beyond_all(sql, &self.keys, values)),
            Place::After(values) => Some(beyond_each(sql, &self.keys, values)),
            Place::NullsAfter(values) => {
                let rest = beyond_all(sql, &self.keys[1..], values);
                Some(format!("{first} IS NULL AND {rest}"))
            }
            Place::Nulls => Some(format!("{first} IS NULL")),
            Place::Others => Some(format!("{first} IS NOT NULL")),
        }
    }

    /// Whether all keys go the same way, null in the first at most.
    fn is_walk(&self) -> bool {
        let way = self.keys[0].direction;
        let same = self.keys.iter().all(|key| key.direction == way);
        let last = self.keys.len() == 1 && self.keys[0].nullable;
        same && !last && self.keys[1..].iter().all(|key| !key.nullable)
    }
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

/// The column and direction of the common orders: by a column, then perhaps by the time of
/// creation, then by the id, all the same way; or by the id ascending, which is added to
/// every order and shows in ties only.
fn walk<C: Listed>(columns: &[(C, Direction)]) -> Option<(C, Direction)> {
    let (&(first, direction), rest) = columns.split_first()?;
    let created = (C::CREATED_AT, direction);
    let rest = rest.strip_prefix(&[created]).unwrap_or(rest);
    let is_tie_break = |(column, way): &(C, Direction)| {
        *column == C::ID && (*way == direction || *way == Direction::Ascending)
    };
    (rest.len() == 1 && rest.iter().all(is_tie_break)).then_some((first, direction))
}

/// What is to be read for a query, from its marker on.
pub(crate) fn pieces<C: Listed>(
    connection: &Connection,
    query: &ListQuery<C>,
    fixed: Fixed,
) -> Result<Vec<Piece<C>>, StoreError> {
    let mut scratch = Sql::new(connection.dialect());
    let terms = terms(&mut scratch, query, &Band::ALL, fixed);
    let order = Order::new(connection.dialect(), &query.sort, &terms);
    let places = places(connection, &order, query, fixed)?;
    // Few rows are sorted as they are.
    let driver = plan::driver(connection, &scratch, &terms, order.column)?;
    let is_whole = matches!(driver, Driver::Few(_));
    let pieces = places.into_iter().flat_map(|place| {
        let marker = match &place {
            Place::After(values) => values.first(),
            _ => None,
        };
        let bands = match is_whole {
            true => vec![Band::ALL],
            false => times::bands(query, &order, marker),
        };
        let bands = bands.into_iter();
        let pieces = bands.map(|band| {
            let place = place.clone();
            Piece { place, band }
        });
        pieces.collect::<Vec<_>>()
    });
    Ok(pieces.collect())
}

fn places<C: Listed>(
    connection: &Connection,
    order: &Order<C>,
    query: &ListQuery<C>,
    fixed: Fixed,
) -> Result<Vec<Place>, StoreError> {
    let Some(marker) = &query.marker else {
        return Ok(vec![Place::All]);
    };
    let mut values = place::<C>(connection, &order.keys, marker, query, fixed)?;
    let first = &order.keys[0];
    if !(first.nullable && order.is_walk()) {
        return Ok(vec![Place::After(values)]);
    }
    let is_null = values[0] == Value::Null;
    Ok(match (first.direction, is_null) {
        (Direction::Ascending, true) => {
            vec![Place::NullsAfter(values.split_off(1)), Place::Others]
        }
        (Direction::Ascending, false) => vec![Place::After(values)],
        (Direction::Descending, true) => vec![Place::NullsAfter(values.split_off(1))],
        (Direction::Descending, false) => vec![Place::After(values), Place::Nulls],
    })
}

/// Beyond the values in keys that all go the same way, in the form in which an index
/// starts right there. Null is beyond nothing.
fn beyond_all(sql: &mut Sql, keys: &[SortKey], values: &[Value]) -> String {
    let symbol = match keys[0].direction {
        Direction::Ascending => ">",
        Direction::Descending => "<",
    };
    let names: Vec<_> = keys.iter().map(|key| key.sql.as_str()).collect();
    let places: Vec<_> = values.iter().map(|value| sql.bind(value.clone())).collect();
    match names.as_slice() {
        [name] => format!("{name} {symbol} {}", places[0]),
        names => format!("({}) {symbol} ({})", names.join(", "), places.join(", ")),
    }
}

/// The same for any keys.
fn beyond_each(sql: &mut Sql, keys: &[SortKey], values: &[Value]) -> String {
    let mut conditions = Vec::new();
    // So that an index on the first key starts at the right place.
    if let (Some(key), Some(value)) = (keys.first(), values.first())
        && !key.nullable
    {
        let bound = sql.bind(value.clone());
        let symbol = match key.direction {
            Direction::Ascending => ">=",
            Direction::Descending => "<=",
        };
        conditions.push(format!("{} {symbol} {bound}", key.sql));
    }
    let later = keys
        .iter()
        .zip(values)
        .rev()
        .fold(None, |rest, (key, value)| {
            Some(beyond(sql, key, value.clone(), rest))
        });
    conditions.push(later.unwrap_or_else(|| condition::NOTHING.to_owned()));
    conditions.join(" AND ")
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

/// What the marker's row has in a column.
pub(super) fn at_marker<C: Listed>(
    connection: &Connection,
    query: &ListQuery<C>,
    fixed: Fixed,
    column: C,
) -> Result<Value, StoreError> {
    let marker = query.marker.as_deref().unwrap_or_default();
    let key = key(connection.dialect(), column, Direction::Ascending);
    let values = place::<C>(connection, &[key], marker, query, fixed)?;
    Ok(values.into_iter().next().unwrap_or(Value::Null))
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
    let selected: Vec<_> = keys.iter().map(|key| key.sql.as_str()).collect();
    for (expression, value) in [by_id, by_name].into_iter().flatten() {
        let mut sql = Sql::new(connection.dialect());
        let visible = visible::<C>(&mut sql, &query.projects, fixed);
        let mut conditions: Vec<_> = visible.into_iter().map(|term| term.condition).collect();
        let value = sql.bind(value);
        conditions.push(format!("{expression} = {value}"));
        sql.text = format!(
            "SELECT {} FROM {} WHERE {} ORDER BY {} LIMIT 1",
            selected.join(", "),
            C::FROM,
            conditions.join(" AND "),
            C::ID.sql()
        );
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
