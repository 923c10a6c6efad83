//! The statement of a list: select, conditions, order, limit.

use engine::model::Id;

use super::order::{Order, Piece, Place};
use super::plan::{self, Driver};
use super::term::{Access, Term, terms};
use super::times::{self, Probe, Window};
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

    /// The same parameters, without text.
    pub(super) fn copy(&self) -> Self {
        Self {
            text: String::new(),
            values: self.values.clone(),
            dialect: self.dialect,
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
    piece: &Piece<C>,
    limit: usize,
) -> Result<Sql, StoreError> {
    let mut sql = Sql::new(connection.dialect());
    let terms = terms(&mut sql, query, &piece.band, fixed);
    let order = Order::new(sql.dialect, &query.sort, &terms);
    let driver = match piece.band.strays {
        true => Driver::Strays,
        false => plan::driver(connection, &sql, &terms, order.column)?,
    };
    let probe = Probe {
        connection,
        terms: &terms,
        order: &order,
        driver,
        place: &piece.place,
        limit,
    };
    let window = match sql.dialect {
        Dialect::Sqlite => probe.window(&sql)?,
        Dialect::Postgres => None,
    };
    let Some((window, term)) = window else {
        return Ok(finish(sql, query, &terms, order, driver, piece, limit));
    };
    Ok(union(query, fixed, (window, term), &piece.place, limit))
}

/// The rows of a query that belong to something: a column holds its id.
pub(super) fn list_of<C: Listed>(
    connection: &Connection,
    query: &ListQuery<C>,
    (column, owner): (&str, Id),
    piece: &Piece<C>,
    limit: usize,
) -> Result<Sql, StoreError> {
    let mut sql = Sql::new(connection.dialect());
    let owner = sql.bind(owner.as_bytes().to_vec());
    let owned = Term::plain(&sql, format!("{column} = {owner}"));
    let mut terms = terms(&mut sql, query, &piece.band, None);
    terms.push(owned);
    let order = Order::new(sql.dialect, &query.sort, &terms);
    let driver = plan::driver(connection, &sql, &terms, order.column)?;
    Ok(finish(sql, query, &terms, order, driver, piece, limit))
}

/// One walk, or one sort.
fn finish<C: Listed>(
    mut sql: Sql,
    query: &ListQuery<C>,
    terms: &[Term<C>],
    mut order: Order<C>,
    driver: Driver,
    piece: &Piece<C>,
    limit: usize,
) -> Sql {
    let in_order = is_in_order(terms, driver, order.column);
    let rows = rows(&mut sql, query, terms, &mut order, driver, piece);
    let walks = match driver {
        Driver::Few(index) | Driver::Term(index) => Some(&terms[index]),
        _ => None,
    };
    let by = order.by(sql.dialect, in_order);
    let limit = sql.bind(i64::try_from(limit).unwrap_or(i64::MAX));
    sql.text = match walks.map(|term| (&term.access, &term.condition)) {
        Some((Access::OneOf(_, walks), all)) if in_order => {
            merged::<C>(&rows.conditions, all, walks) + &by + " LIMIT " + &limit
        }
        _ if !in_order => {
            let ids = rows.ids::<C>("");
            of_ids::<C>(sql.dialect, &format!("{ids}{by} LIMIT {limit}"), &by)
        }
        _ => format!(
            "{}{by} LIMIT {limit}",
            select::<C>(&rows.tables, &rows.conditions)
        ),
    };
    sql
}

/// The rows of a window, which are sorted: those that are no strays by a condition, and
/// the strays.
fn union<C: Listed>(
    query: &ListQuery<C>,
    fixed: Fixed,
    (window, term): (Window, usize),
    place: &Place,
    limit: usize,
) -> Sql {
    let mut sql = Sql::new(Dialect::Sqlite);
    let mut parts = Vec::new();
    let (mut apart, mut by) = (String::new(), String::new());
    for band in window.bands::<C>() {
        let terms = terms(&mut sql, query, &band, fixed);
        let mut order = Order::new(sql.dialect, &query.sort, &terms);
        let driver = match band.strays {
            true => Driver::Strays,
            false => Driver::Window(term),
        };
        let place = place.clone();
        let piece = Piece { place, band };
        let rows = rows(&mut sql, query, &terms, &mut order, driver, &piece);
        by = order.by(sql.dialect, false);
        let keys;
        (keys, apart) = order.apart();
        parts.push(rows.ids::<C>(&keys));
    }
    let limit = sql.bind(i64::try_from(limit).unwrap_or(i64::MAX));
    let parts = parts.join(" UNION ALL ");
    let ids = format!("{parts}{apart} LIMIT {limit}");
    sql.text = of_ids::<C>(sql.dialect, &ids, &by);
    sql
}

fn is_in_order<C: Listed>(terms: &[Term<C>], driver: Driver, order: Option<C>) -> bool {
    match driver {
        Driver::Free | Driver::Order => true,
        Driver::Few(index) | Driver::Term(index) => plan::serves(&terms[index], order),
        Driver::Strays | Driver::Window(_) => false,
    }
}

/// What a statement reads: tables before those of the resource, and conditions.
struct Rows {
    tables: String,
    conditions: Vec<String>,
}

impl Rows {
    /// The ids of the rows, with further columns: what is sorted should be small.
    fn ids<C: Listed>(&self, further: &str) -> String {
        let (id, tables, table) = (C::ID.sql(), &self.tables, C::TABLE);
        let conditions = match self.conditions.is_empty() {
            true => "1 = 1".to_owned(),
            false => self.conditions.join(" AND "),
        };
        format!("SELECT {id} AS id{further} FROM {tables}{table} WHERE {conditions}")
    }
}

/// The rows with these ids, in the order of the list.
fn of_ids<C: Listed>(dialect: Dialect, ids: &str, by: &str) -> String {
    let (root, columns, tables, id) = (C::ROOT, C::SELECT, C::FROM, C::ID.sql());
    let then = dialect.then();
    format!("SELECT {root}, {columns} FROM ({ids}) s{then}{tables} WHERE {id} = s.id{by}")
}

fn rows<C: Listed>(
    sql: &mut Sql,
    query: &ListQuery<C>,
    terms: &[Term<C>],
    order: &mut Order<C>,
    driver: Driver,
    piece: &Piece<C>,
) -> Rows {
    let in_order = is_in_order(terms, driver, order.column);
    let mut tables = String::new();
    let mut conditions: Vec<String> = C::WHERE.map(str::to_owned).into_iter().collect();
    if piece.band.strays {
        let (table, own) = times::strays(sql, query, &piece.band);
        tables = table;
        conditions.extend(own);
    }
    let chosen = match driver {
        Driver::Few(chosen) | Driver::Term(chosen) | Driver::Window(chosen) => Some(chosen),
        Driver::Free | Driver::Order | Driver::Strays => None,
    };
    let by_tag = chosen.is_some_and(|chosen| matches!(terms[chosen].access, Access::Tag(_)));
    for (index, term) in terms.iter().enumerate() {
        match &term.access {
            Access::Tag(place) if chosen == Some(index) => {
                tables = format!("execution_tags x{}", sql.dialect.then());
                conditions.push(format!("x.tag = {place} AND {} = x.execution", C::ID.sql()));
                if in_order {
                    order.read_from("x.created_at", "x.execution");
                }
            }
            // The table of tags has the time of creation, too.
            Access::Range(column) | Access::Implied(column)
                if by_tag && *column == C::CREATED_AT =>
            {
                let condition = &term.condition;
                conditions.push(condition.replace(C::CREATED_AT.sql(), "x.created_at"));
            }
            _ if plan::is_open(terms, index, driver, order.column) => {
                conditions.push(term.condition.clone());
            }
            _ => conditions.push(closed(sql.dialect, &term.condition)),
        }
    }
    if let Some(after) = order.after(sql, &piece.place) {
        conditions.push(match in_order {
            true => after,
            false => closed(sql.dialect, &after),
        });
    }
    Rows { tables, conditions }
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

/// A condition that no index serves. PostgreSQL knows better which one is worth it.
pub(super) fn closed(dialect: Dialect, condition: &str) -> String {
    match dialect {
        Dialect::Sqlite => format!("+({condition})"),
        Dialect::Postgres => condition.to_owned(),
    }
}
