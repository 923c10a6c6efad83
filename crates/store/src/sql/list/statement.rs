//! The statement of a list: select, conditions, order, limit.

use engine::model::Id;

use super::order::{Order, Piece};
use super::plan::{self, Driver};
use super::term::{Access, Term, terms};
use super::{Fixed, Listed};
use crate::StoreError;
use crate::query::ListQuery;
use crate::sql::{Connection, Dialect, Value};

/// A statement and its parameters.
pub(crate) struct Sql {
    pub(crate) text: String,
    pub(crate) values: Vec<Value>,
    pub(super) dialect: Dialect,
}

impl Sql {
    /// Without text yet.
    pub(super) fn new(dialect: Dialect) -> Self {
        Self {
            text: String::new(),
            values: Vec::new(),
            dialect,
        }
    }

    /// Adds a parameter; gives its place.
    pub(super) fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }
}

/// The row of an id: first the root that owns large values, then what `read` reads.
pub(super) fn single<C: Listed>(dialect: Dialect, id: Id) -> Sql {
    let mut sql = Sql::new(dialect);
    let key = sql.bind(id.as_bytes().to_vec());
    let conditions = C::WHERE.map(str::to_owned).into_iter();
    let conditions = conditions.chain([format!("{} = {key}", C::ID.sql())]);
    sql.text = select::<C>("", &conditions.collect::<Vec<_>>());
    sql
}

/// The rows of a piece of a query.
pub(crate) fn list<C: Listed>(
    connection: &Connection,
    query: &ListQuery<C>,
    fixed: Fixed,
    piece: &Piece,
    limit: usize,
) -> Result<Sql, StoreError> {
    let mut sql = Sql::new(connection.dialect());
    let terms = terms(&mut sql, query, fixed);
    finish(connection, sql, &terms, query, piece, limit)
}

/// The rows of a query that belong to something: a column holds its id.
pub(super) fn list_of<C: Listed>(
    connection: &Connection,
    query: &ListQuery<C>,
    (column, owner): (&str, Id),
    piece: &Piece,
    limit: usize,
) -> Result<Sql, StoreError> {
    let mut sql = Sql::new(connection.dialect());
    let owner = sql.bind(owner.as_bytes().to_vec());
    let owned = Term {
        condition: format!("{column} = {owner}"),
        access: Access::None,
        parameters: sql.values.len(),
    };
    let mut terms = terms(&mut sql, query, None);
    terms.push(owned);
    finish(connection, sql, &terms, query, piece, limit)
}

fn finish<C: Listed>(
    connection: &Connection,
    mut sql: Sql,
    terms: &[Term<C>],
    query: &ListQuery<C>,
    piece: &Piece,
    limit: usize,
) -> Result<Sql, StoreError> {
    let mut order = Order::new(sql.dialect, &query.sort, terms);
    let driver = plan::driver(connection, &sql, terms, order.column)?;
    let chosen = match driver {
        Driver::Term(index) => Some(&terms[index]),
        Driver::Free | Driver::Order => None,
    };
    let in_order = chosen.is_none_or(|term| plan::serves(term, order.column));
    let mut conditions: Vec<String> = C::WHERE.map(str::to_owned).into_iter().collect();
    let mut tables = "";
    for (index, term) in terms.iter().enumerate() {
        match &term.access {
            Access::Tag(place) if driver == Driver::Term(index) => {
                tables = "execution_tags x CROSS JOIN ";
                conditions.push(format!("x.tag = {place} AND {} = x.execution", C::ID.sql()));
                if in_order {
                    order.read_from("x.created_at", "x.execution");
                }
            }
            _ if plan::is_open(terms, index, driver, order.column) => {
                conditions.push(term.condition.clone());
            }
            _ => conditions.push(closed(&term.condition)),
        }
    }
    if let Some(after) = order.after(&mut sql, piece) {
        conditions.push(if in_order { after } else { closed(&after) });
    }
    let mut text = match chosen.map(|term| (&term.access, &term.condition)) {
        Some((Access::OneOf(_, walks), all)) if in_order => merged::<C>(&conditions, all, walks),
        _ => select::<C>(tables, &conditions),
    };
    text.push_str(&order.by(sql.dialect, in_order));
    let limit = sql.bind(i64::try_from(limit).unwrap_or(i64::MAX));
    text.push_str(" LIMIT ");
    text.push_str(&limit);
    sql.text = text;
    Ok(sql)
}

/// All rows: first the root that owns large values, then what `read` reads.
fn select<C: Listed>(tables: &str, conditions: &[String]) -> String {
    let mut text = format!("SELECT {}, {} FROM {tables}{}", C::ROOT, C::SELECT, C::FROM);
    if !conditions.is_empty() {
        text.push_str(" WHERE ");
        text.push_str(&conditions.join(" AND "));
    }
    text
}

/// A walk for each value of a column instead of the condition for all of them. Each is
/// in order, so the database need only merge them.
fn merged<C: Listed>(conditions: &[String], all: &str, walks: &[String]) -> String {
    let walks = walks.iter().map(|walk| {
        let conditions = conditions.iter();
        let own = conditions.map(|condition| match condition == all {
            true => walk.clone(),
            false => condition.clone(),
        });
        select::<C>("", &own.collect::<Vec<_>>())
    });
    walks.collect::<Vec<_>>().join(" UNION ALL ")
}

/// A condition that no index serves, in SQLite.
fn closed(condition: &str) -> String {
    format!("+({condition})")
}
