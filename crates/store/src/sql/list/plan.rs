//! What a list is read by, where the database has no idea of it.
//!
//! SQLite takes any index on a column that is compared for a good one. Here it is looked
//! up: whose rows are few is read by, and what is left is sorted; if there are many of
//! all, the walk goes in the order that is asked for and finds enough soon. All other
//! conditions are written so that no index serves them.

use super::Listed;
use super::statement::Sql;
use super::term::{Access, Term};
use crate::StoreError;
use crate::sql::read::one;
use crate::sql::{Connection, Dialect};

/// What a list is read by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Driver {
    /// The database decides.
    Free,
    /// An index in the order that is asked for.
    Order,
    /// The condition of that number, together with the time of creation; what it finds is
    /// sorted.
    Window(usize),
    /// The index of rows that changed late.
    Strays,
    /// The condition of that number, which few rows satisfy.
    Few(usize),
    /// The condition of that number, whose rows are in the order that is asked for.
    Term(usize),
}

/// The most rows that are read and sorted: some ten milliseconds. A walk in the order
/// that is asked for finds rows that are more than these soon, unless they lie together
/// at its end. The stores of tests are small.
pub(crate) const MOST_SORTED: usize = if cfg!(test) { 4_000 } else { 20_000 };

/// Numbers of rows at which conditions are compared.
const STEPS: [usize; 3] = [40, 800, MOST_SORTED];

/// What serves the conditions of a list in the order of a column (`None`: of none that
/// has an index).
pub(super) fn driver<C: Listed>(
    connection: &Connection,
    sql: &Sql,
    terms: &[Term<C>],
    order: Option<C>,
) -> Result<Driver, StoreError> {
    if C::INDEXED.is_empty() {
        return Ok(Driver::Free);
    }
    let mut candidates: Vec<usize> = (0..terms.len())
        .filter(|index| match sql.dialect {
            Dialect::Sqlite => terms[*index].can_drive(),
            // It knows its columns, but not how tags are spread.
            Dialect::Postgres => matches!(terms[*index].access, Access::Tag(_)),
        })
        .collect();
    if candidates.is_empty() && sql.dialect == Dialect::Postgres {
        return Ok(Driver::Free);
    }
    let in_order: Vec<usize> = candidates
        .iter()
        .copied()
        .filter(|index| serves(&terms[*index], order))
        .collect();
    if candidates.len() == 1 && in_order.len() == 1 {
        return Ok(Driver::Term(candidates[0]));
    }
    for most in STEPS {
        let mut fewest = (most, None);
        for index in &candidates {
            let count = count(connection, sql, &terms[*index], most)?;
            if count < fewest.0 {
                fewest = (count, Some(*index));
            }
        }
        if let Some(index) = fewest.1 {
            return Ok(Driver::Few(index));
        }
    }
    candidates
        .retain(|index| !matches!(terms[*index].access, Access::Range(_) | Access::Spread(..)));
    Ok(match (in_order.first(), order, candidates.first()) {
        (Some(index), ..) => Driver::Term(*index),
        (None, None, Some(index)) => Driver::Term(*index),
        _ => Driver::Order,
    })
}

/// Whether the rows of a condition are in the order of a column, too.
pub(super) fn serves<C: Listed>(term: &Term<C>, order: Option<C>) -> bool {
    match (&term.access, order) {
        (_, None) | (Access::None | Access::Implied(_) | Access::Spread(..), _) => false,
        (Access::Equal(column), Some(order)) => order == C::CREATED_AT || *column == order,
        (Access::OneOf(..) | Access::Tag(_), Some(order)) => order == C::CREATED_AT,
        (Access::Range(column), Some(order)) => *column == order,
    }
}

/// Whether an index may be used for a condition.
pub(super) fn is_open<C: Listed>(
    terms: &[Term<C>],
    index: usize,
    driver: Driver,
    order: Option<C>,
) -> bool {
    let follows_order = terms[index].column().is_some_and(|column| {
        let ranges = matches!(terms[index].access, Access::Range(_) | Access::Implied(_));
        ranges && Some(column) == order
    });
    if driver != Driver::Free && terms[index].is_in_band(terms) {
        return false;
    }
    let is_range = matches!(terms[index].access, Access::Range(_) | Access::Implied(_));
    let by_creation = is_range && terms[index].column() == Some(C::CREATED_AT);
    match driver {
        Driver::Free => true,
        Driver::Window(chosen) => chosen == index || by_creation,
        Driver::Strays => false,
        Driver::Order => follows_order,
        Driver::Few(chosen) | Driver::Term(chosen) if chosen == index => true,
        Driver::Few(chosen) | Driver::Term(chosen) => {
            let same = matches!(&terms[index].access, Access::Range(column)
                if terms[chosen].access == Access::Range(*column));
            same || (follows_order && serves(&terms[chosen], order))
        }
    }
}

/// How many rows satisfy a condition, up to `most`.
fn count<C: Listed>(
    connection: &Connection,
    sql: &Sql,
    term: &Term<C>,
    most: usize,
) -> Result<usize, StoreError> {
    let table = C::TABLE;
    let rows = |condition: &str| format!("SELECT 1 FROM {table} WHERE {condition}");
    let mut values = &sql.values[..term.parameters];
    let rows = match &term.access {
        // Its only parameter is its last.
        Access::Tag(_) => {
            values = &values[term.parameters - 1..];
            "SELECT 1 FROM execution_tags x WHERE x.tag = ?1".to_owned()
        }
        Access::Spread(_, parts) if !parts.is_empty() => {
            let parts: Vec<_> = parts.iter().map(|part| rows(part)).collect();
            parts.join(" UNION ALL ")
        }
        _ => rows(&term.condition),
    };
    let text = format!("SELECT count(*) FROM ({rows} LIMIT {most}) AS found");
    let found = one(connection, &text, values, |fields| fields.integer())?;
    Ok(found.map_or(0, |count| usize::try_from(count).unwrap_or(0)))
}
