//! Lists with filters, in the order of a column with few values: value by value.
//!
//! Rows of one value are in the order of creation, where an index begins at the times that
//! are asked for and where a few rows are found by any condition. A walk through all values
//! can do neither.

use engine::model::Id;

use super::order::{self, Order};
use super::plan::{self, Driver};
use super::statement::Sql;
use super::term::terms;
use super::times::Band;
use super::{Fixed, Listed, Row, found};
use crate::StoreError;
use crate::query::{ColumnKind, Direction, Filter, ListQuery, Op, Operand};
use crate::sql::read::one;
use crate::sql::{Connection, Dialect, Value};

/// The most values that a page is looked for in one by one.
const MOST: usize = 24;

/// The most values that are passed over.
const MOST_PASSED: usize = 1_000;

/// A walk from value to value.
pub(super) struct Walk<'a, C> {
    connection: &'a Connection<'a>,
    query: &'a ListQuery<C>,
    fixed: Fixed,
    column: C,
    direction: Direction,
}

/// What the rows of a step have in the column.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    Null,
    Is(Operand),
}

impl<'a, C: Listed> Walk<'a, C> {
    /// The walk for a list, if it is worth one: nothing that was asked for has few rows.
    pub(super) fn of(
        connection: &'a Connection,
        query: &'a ListQuery<C>,
        fixed: Fixed,
    ) -> Result<Option<Self>, StoreError> {
        let is_plain = query.filters.is_empty() && query.tags.is_empty() && query.nulls.is_empty();
        if connection.dialect() != Dialect::Sqlite || is_plain {
            return Ok(None);
        }
        let mut sql = Sql::new(connection.dialect());
        let terms = terms(&mut sql, query, &Band::ALL, fixed);
        let order = Order::new(connection.dialect(), &query.sort, &terms);
        let times = [Some(C::CREATED_AT), C::UPDATED_AT, Some(C::ID)];
        let Some(column) = order
            .column
            .filter(|column| !times.contains(&Some(*column)))
        else {
            return Ok(None);
        };
        let driver = plan::driver(connection, &sql, &terms, order.column)?;
        if matches!(driver, Driver::Few(_) | Driver::Free) {
            return Ok(None);
        }
        Ok(Some(Self {
            connection,
            query,
            fixed,
            column,
            direction: order.direction(),
        }))
    }

    pub(super) fn rows(&self, limit: usize) -> Result<Vec<Row<C>>, StoreError> {
        let mut rows = Vec::new();
        let mut step = self.first()?;
        let mut marker = self.query.marker.clone();
        for _ in 0..MOST {
            let Some(at) = step else { return Ok(rows) };
            let query = ListQuery {
                marker: marker.take(),
                ..self.at(&at)
            };
            rows.extend(found(
                self.connection,
                &query,
                self.fixed,
                limit - rows.len(),
            )?);
            if rows.len() >= limit {
                return Ok(rows);
            }
            step = self.after(&at)?;
        }
        if let Some(at) = step {
            for query in self.from(&at) {
                rows.extend(found(
                    self.connection,
                    &query,
                    self.fixed,
                    limit - rows.len(),
                )?);
            }
        }
        Ok(rows)
    }

    /// The rows of one step, in the order of creation.
    fn at(&self, step: &Step) -> ListQuery<C> {
        let mut query = ListQuery {
            sort: vec![
                (C::CREATED_AT, self.direction),
                (C::ID, Direction::Ascending),
            ],
            marker: None,
            ..self.query.clone()
        };
        match step {
            Step::Null => query.nulls.push(self.column),
            Step::Is(value) => {
                query.filters.retain(|filter| filter.column != self.column);
                query
                    .filters
                    .push(Filter::equal(self.column, value.clone()));
            }
        }
        query
    }

    /// All rows from a step on, in the order of the list.
    fn from(&self, step: &Step) -> Vec<ListQuery<C>> {
        let Step::Is(value) = step else {
            return vec![self.at(step)];
        };
        let op = match self.direction {
            Direction::Ascending => Op::GreaterOrEqual,
            Direction::Descending => Op::LessOrEqual,
        };
        let mut rest = ListQuery {
            marker: None,
            ..self.query.clone()
        };
        rest.filters.push(Filter {
            column: self.column,
            op,
            operands: vec![value.clone()],
        });
        let nulls = self.has_nulls() && self.direction == Direction::Descending;
        let nulls = nulls.then(|| self.at(&Step::Null));
        std::iter::once(rest).chain(nulls).collect()
    }

    fn first(&self) -> Result<Option<Step>, StoreError> {
        if self.query.marker.is_some() {
            let value = order::at_marker(self.connection, self.query, self.fixed, self.column)?;
            return Ok(step(value));
        }
        match self.direction {
            Direction::Ascending if self.has_nulls() => Ok(Some(Step::Null)),
            _ => self.next(None),
        }
    }

    fn after(&self, at: &Step) -> Result<Option<Step>, StoreError> {
        match (at, self.direction) {
            (Step::Null, Direction::Descending) => Ok(None),
            (Step::Null, Direction::Ascending) => self.next(None),
            (Step::Is(value), _) => self.next(Some(value)),
        }
    }

    /// The next value that the filters of the column let through.
    fn next(&self, after: Option<&Operand>) -> Result<Option<Step>, StoreError> {
        let mut after = after.cloned();
        for _ in 0..MOST_PASSED {
            let Some(value) = self.next_of_all(after.as_ref())? else {
                let ends_with_null = self.direction == Direction::Descending && self.has_nulls();
                return Ok(ends_with_null.then_some(Step::Null));
            };
            let filters = self.query.filters.iter();
            let mut own = filters.filter(|filter| filter.column == self.column);
            if own.all(|filter| passes(filter, &value)) {
                return Ok(Some(Step::Is(value)));
            }
            after = Some(value);
        }
        Ok(after.map(Step::Is))
    }

    /// One search in the index of the column.
    fn next_of_all(&self, after: Option<&Operand>) -> Result<Option<Operand>, StoreError> {
        let (name, table) = (self.column.sql(), C::TABLE);
        let (symbol, word) = match self.direction {
            Direction::Ascending => (">", ""),
            Direction::Descending => ("<", " DESC"),
        };
        let mut sql = Sql::new(Dialect::Sqlite);
        let beyond = match after {
            None => "IS NOT NULL".to_owned(),
            Some(value) => format!("{symbol} {}", sql.bind(bound(value))),
        };
        let text = format!(
            "SELECT {name} FROM {table} WHERE {name} {beyond} ORDER BY {name}{word} LIMIT 1"
        );
        let value = one(self.connection, &text, sql.values.as_slice(), |fields| {
            fields.value()
        })?;
        Ok(value.and_then(operand))
    }

    /// Whether rows without a value are in the list: no filter lets them through.
    fn has_nulls(&self) -> bool {
        let is_filtered = self
            .query
            .filters
            .iter()
            .any(|filter| filter.column == self.column);
        self.column.is_nullable() && !is_filtered
    }
}

fn step(value: Value) -> Option<Step> {
    match value {
        Value::Null => Some(Step::Null),
        value => operand(value).map(Step::Is),
    }
}

fn operand(value: Value) -> Option<Operand> {
    match value {
        Value::Text(text) => Some(Operand::Text(text)),
        Value::Blob(bytes) => Some(Operand::Id(Id::from_bytes(bytes.try_into().ok()?))),
        _ => None,
    }
}

fn bound(operand: &Operand) -> Value {
    match operand {
        Operand::Text(text) => Value::Text(text.clone()),
        Operand::Id(id) => Value::Blob(id.as_bytes().to_vec()),
        _ => Value::Null,
    }
}

/// Whether a value passes a filter, as the database would say.
fn passes<C: Listed>(filter: &Filter<C>, value: &Operand) -> bool {
    let order = |operand: &Operand| match (value, operand) {
        (Operand::Text(value), Operand::Text(other)) => Some(value.as_str().cmp(other.as_str())),
        (Operand::Id(value), Operand::Id(other)) => Some(value.cmp(other)),
        _ => None,
    };
    let compares = |test: fn(std::cmp::Ordering) -> bool| {
        let [operand] = filter.operands.as_slice() else {
            return false;
        };
        order(operand).is_some_and(test)
    };
    match filter.op {
        Op::Equal => compares(std::cmp::Ordering::is_eq),
        Op::NotEqual => compares(std::cmp::Ordering::is_ne),
        Op::Greater => compares(std::cmp::Ordering::is_gt),
        Op::GreaterOrEqual => compares(std::cmp::Ordering::is_ge),
        Op::Less => compares(std::cmp::Ordering::is_lt),
        Op::LessOrEqual => compares(std::cmp::Ordering::is_le),
        Op::In => filter.operands.contains(value),
        Op::NotIn => !filter.operands.contains(value),
        Op::Has => match (value, filter.operands.as_slice()) {
            (Operand::Text(value), [Operand::Text(part)])
                if filter.column.kind() == ColumnKind::Text =>
            {
                value
                    .to_ascii_lowercase()
                    .contains(&part.to_ascii_lowercase())
            }
            _ => false,
        },
    }
}
