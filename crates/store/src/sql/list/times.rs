//! The times of creation and of the last change, which go together: nothing changes
//! before it is made, and most rows change for the last time soon after. Those that do
//! not, the strays, have an index of their own. So a condition on one time, or rows that
//! are in the order of one, say where to look in the order of the other.

use engine::model::Timestamp;

use super::Listed;
use super::order::{Order, Place};
use super::plan::{self, Driver};
use super::statement::{Sql, closed};
use super::term::{Access, Term};
use crate::StoreError;
use crate::query::{Direction, Filter, ListQuery, Op, Operand};
use crate::sql::read::all;
use crate::sql::{Connection, Dialect, Value};

/// How late a stray changed, in microseconds; the index of strays says the same.
const STRAY: i64 = 60_000_000;

/// The index of strays.
const INDEX: &str = "executions_strays";

/// Rows that are looked at beyond a page to learn where it ends.
const PROBE: usize = 1_000;

/// A piece's rows, by their times.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Band<C> {
    /// Further filters.
    pub(super) filters: Vec<Filter<C>>,
    /// Only strays.
    pub(super) strays: bool,
}

/// Where the last changes of a page's rows are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Window {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

impl<C> Band<C> {
    /// All rows.
    pub(crate) const ALL: Self = Self {
        filters: Vec::new(),
        strays: false,
    };
}

/// What a condition on one time says of the other: what was last changed before a time
/// was made before it, and what was made after it was last changed after it.
pub(super) fn implied<C: Listed>(filter: &Filter<C>) -> Option<Filter<C>> {
    let updated_at = C::UPDATED_AT?;
    let is_update = filter.column == updated_at;
    let (column, op) = match filter.op {
        Op::Less if is_update => (C::CREATED_AT, Op::Less),
        Op::LessOrEqual | Op::Equal if is_update => (C::CREATED_AT, Op::LessOrEqual),
        Op::Greater if filter.column == C::CREATED_AT => (updated_at, Op::Greater),
        Op::GreaterOrEqual | Op::Equal if filter.column == C::CREATED_AT => {
            (updated_at, Op::GreaterOrEqual)
        }
        _ => return None,
    };
    Some(Filter {
        column,
        op,
        operands: filter.operands.clone(),
    })
}

/// The bands of a list in the order of creation whose rows changed since a time: the
/// strays that were made long before it, and what was made since about then.
pub(super) fn bands<C: Listed>(
    query: &ListQuery<C>,
    order: &Order<C>,
    marker: Option<&Value>,
) -> Vec<Band<C>> {
    let of = |column| {
        interval(
            query
                .filters
                .iter()
                .filter(move |filter| filter.column == column),
        )
    };
    let since = C::UPDATED_AT.and_then(|updated_at| of(updated_at).0);
    let Some(since) = since.filter(|_| order.column == Some(C::CREATED_AT)) else {
        return vec![Band::ALL];
    };
    let made = since.plus_micros(-STRAY);
    if of(C::CREATED_AT).0.is_some_and(|from| from >= made) {
        return vec![Band::ALL];
    }
    let is_beyond = match marker {
        Some(Value::Integer(micros)) => Some(*micros >= made.micros()),
        _ => None,
    };
    let before = Band {
        filters: vec![at(C::CREATED_AT, Op::Less, made)],
        strays: true,
    };
    let rest = Band {
        filters: vec![at(C::CREATED_AT, Op::GreaterOrEqual, made)],
        strays: false,
    };
    match (order.direction(), is_beyond) {
        (Direction::Ascending, Some(true)) => vec![rest],
        (Direction::Ascending, _) => vec![before, rest],
        (Direction::Descending, Some(false)) => vec![before],
        (Direction::Descending, _) => vec![rest, before],
    }
}

/// The interval that comparisons of a time leave: from the first to before the second.
fn interval<'f, C: 'f>(
    filters: impl Iterator<Item = &'f Filter<C>>,
) -> (Option<Timestamp>, Option<Timestamp>) {
    let (mut from, mut until): (Option<Timestamp>, Option<Timestamp>) = (None, None);
    for filter in filters {
        let [Operand::Time(begin, end)] = filter.operands.as_slice() else {
            continue;
        };
        let (least, beyond) = match filter.op {
            Op::Equal => (Some(*begin), Some(*end)),
            Op::GreaterOrEqual => (Some(*begin), None),
            Op::Greater => (Some(*end), None),
            Op::Less => (None, Some(*begin)),
            Op::LessOrEqual => (None, Some(*end)),
            _ => (None, None),
        };
        from = from.max(least);
        until = match (until, beyond) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
    (from, until)
}

/// A comparison with a point in time.
fn at<C>(column: C, op: Op, time: Timestamp) -> Filter<C> {
    let to = match op {
        // What is until a point includes it.
        Op::LessOrEqual => time.plus_micros(1),
        _ => time,
    };
    Filter {
        column,
        op,
        operands: vec![Operand::Time(time, to)],
    }
}

/// That rows are strays, as conditions, and the tables to put before those of the list:
/// where the database does not choose, the index is read and nothing else, until a row is
/// wanted.
pub(super) fn strays<C: Listed>(
    sql: &mut Sql,
    query: &ListQuery<C>,
    band: &Band<C>,
) -> (String, Vec<String>) {
    let name = match sql.dialect {
        Dialect::Sqlite => "l",
        Dialect::Postgres => "e",
    };
    let mut conditions = vec![format!("{name}.updated_at - {name}.created_at > {STRAY}")];
    for column in [Some(C::CREATED_AT), C::UPDATED_AT].into_iter().flatten() {
        let filters = query.filters.iter().chain(&band.filters);
        let (from, until) = interval(filters.filter(|filter| filter.column == column));
        for (symbol, bound) in [(">=", from), ("<", until)] {
            if let Some(bound) = bound {
                let bound = sql.bind(bound.micros());
                conditions.push(format!("{name}.{} {symbol} {bound}", column.name()));
            }
        }
    }
    if sql.dialect == Dialect::Postgres {
        return (String::new(), conditions);
    }
    conditions.push(format!("{} = l.id", C::ID.sql()));
    let table = C::TABLE.split(' ').next().unwrap_or_default();
    (
        format!("{table} l INDEXED BY {INDEX} CROSS JOIN "),
        conditions,
    )
}

impl Window {
    /// The filters of rows that are no strays, and those of strays.
    pub(super) fn bands<C: Listed>(self) -> Vec<Band<C>> {
        let ends = |filters: &mut Vec<Filter<C>>| {
            let Some(updated_at) = C::UPDATED_AT else {
                return;
            };
            filters.extend(
                self.from
                    .map(|from| at(updated_at, Op::GreaterOrEqual, from)),
            );
            filters.extend(self.to.map(|to| at(updated_at, Op::LessOrEqual, to)));
        };
        let made = self.from.map(|from| from.plus_micros(-STRAY));
        let mut near = Vec::new();
        near.extend(made.map(|made| at(C::CREATED_AT, Op::GreaterOrEqual, made)));
        near.extend(self.to.map(|to| at(C::CREATED_AT, Op::LessOrEqual, to)));
        ends(&mut near);
        let mut bands = vec![Band {
            filters: near,
            strays: false,
        }];
        if let Some(made) = made {
            let mut far = vec![at(C::CREATED_AT, Op::Less, made)];
            ends(&mut far);
            bands.push(Band {
                filters: far,
                strays: true,
            });
        }
        bands
    }
}

/// What a window is looked for with.
pub(super) struct Probe<'a, C> {
    pub(super) connection: &'a Connection<'a>,
    pub(super) terms: &'a [Term<C>],
    pub(super) order: &'a Order<C>,
    pub(super) driver: Driver,
    pub(super) place: &'a Place,
    pub(super) limit: usize,
}

impl<C: Listed> Probe<'_, C> {
    /// The window of a page in the order of the last change, and the condition whose rows
    /// are in that of creation. Where such a condition holds for many rows that changed
    /// long ago, or long after others, a walk in the order of the last change finds none of
    /// them for long; but the first of them in the order of creation tell when their page
    /// begins or ends.
    pub(super) fn window(&self, sql: &Sql) -> Result<Option<(Window, usize)>, StoreError> {
        let by_update = C::UPDATED_AT.is_some() && self.order.column == C::UPDATED_AT;
        let walks_far = match self.driver {
            Driver::Order => true,
            Driver::Term(index) => matches!(self.terms[index].access, Access::Range(_)),
            Driver::Free | Driver::Few(_) | Driver::Strays | Driver::Window(_) => false,
        };
        let (Some(term), true) = (self.in_order_of_creation(), by_update && walks_far) else {
            return Ok(None);
        };
        let Some(marker) = self.marker() else {
            return Ok(None);
        };
        let descending = self.order.direction() == Direction::Descending;
        let (seen, mut changes) = self.changes(sql, term, marker)?;
        changes.sort();
        if descending {
            changes.reverse();
        }
        let end = match changes.get(self.limit.saturating_sub(1)) {
            Some(end) => Some(*end),
            // There are no more.
            None if seen < self.limit + PROBE => None,
            None => return Ok(None),
        };
        let window = match descending {
            true => Window {
                from: end,
                to: marker,
            },
            false => Window {
                from: marker,
                to: end,
            },
        };
        Ok(Some((window, term)))
    }

    fn in_order_of_creation(&self) -> Option<usize> {
        let created_at = Some(C::CREATED_AT);
        let serves = |index: &usize| plan::serves(&self.terms[*index], created_at);
        let mut serving = (0..self.terms.len()).filter(serves);
        let is_narrow =
            |index: &usize| matches!(self.terms[*index].access, Access::Equal(_) | Access::Tag(_));
        serving
            .clone()
            .find(is_narrow)
            .or_else(|| serving.find(|index| matches!(self.terms[*index].access, Access::Range(_))))
    }

    /// The last change of the marker, if there is one; none at all if the page is not a
    /// walk after it.
    fn marker(&self) -> Option<Option<Timestamp>> {
        match self.place {
            Place::All => Some(None),
            Place::After(values) => match values.first() {
                Some(Value::Integer(micros)) => Some(Some(Timestamp::from_micros(*micros))),
                _ => None,
            },
            _ => None,
        }
    }

    /// Of the first rows in the order of creation: how many were looked at, and the last
    /// changes of those that the list has.
    fn changes(
        &self,
        sql: &Sql,
        term: usize,
        marker: Option<Timestamp>,
    ) -> Result<(usize, Vec<Timestamp>), StoreError> {
        let mut sql = sql.copy();
        let chosen = &self.terms[term];
        let direction = self.order.direction();
        let (mut table, mut walk, columns) = match &chosen.access {
            Access::Tag(place) => (
                "execution_tags x".to_owned(),
                format!("x.tag = {place}"),
                ["x.created_at".to_owned(), "x.execution".to_owned()],
            ),
            _ => (
                C::TABLE.to_owned(),
                chosen.condition.clone(),
                [C::CREATED_AT.sql().to_owned(), C::ID.sql().to_owned()],
            ),
        };
        let made = self.terms.iter().enumerate();
        let made = made.filter(|(index, other)| {
            let is_range = matches!(other.access, Access::Range(_) | Access::Implied(_));
            *index != term && is_range && other.column() == Some(C::CREATED_AT)
        });
        for (_, other) in made {
            let condition = other.condition.replace(C::CREATED_AT.sql(), &columns[0]);
            walk.push_str(&format!(" AND {condition}"));
        }
        if let Some(marker) = marker {
            let (op, bound) = match direction {
                Direction::Descending => ("<=", marker),
                Direction::Ascending => (">=", marker.plus_micros(-STRAY)),
            };
            let bound = sql.bind(bound.micros());
            walk.push_str(&format!(" AND {} {op} {bound}", columns[0]));
        }
        let word = match direction {
            Direction::Descending => " DESC",
            Direction::Ascending => "",
        };
        let most = sql.bind((self.limit + PROBE) as i64);
        table = format!(
            "(SELECT {} AS id FROM {table} WHERE {walk} ORDER BY {}{word}, {}{word} LIMIT {most}) w",
            columns[1], columns[0], columns[1]
        );
        let others = self.terms.iter().enumerate();
        let others = others.filter(|(index, _)| *index != term);
        let mut conditions: Vec<String> = others
            .map(|(_, other)| closed(sql.dialect, &other.condition))
            .collect();
        conditions.extend(
            self.order
                .after(&mut sql, self.place)
                .map(|after| closed(sql.dialect, &after)),
        );
        conditions.push("1".to_owned());
        let updated_at = C::UPDATED_AT.map_or("NULL", Listed::sql);
        let text = format!(
            "SELECT {updated_at}, {} FROM {table} CROSS JOIN {} WHERE {} = w.id",
            conditions.join(" AND "),
            C::TABLE,
            C::ID.sql()
        );
        let rows = all(self.connection, &text, sql.values.as_slice(), |fields| {
            Ok((fields.time()?, fields.value()? == Value::Integer(1)))
        })?;
        let seen = rows.len();
        let listed = rows.into_iter().filter(|(_, is_listed)| *is_listed);
        Ok((seen, listed.map(|(at, _)| at).collect()))
    }
}
