//! The statement of a list: select, conditions, order, limit.

use engine::model::Id;

use crate::sql::{Connection, Dialect, Value};

use super::{Fixed, Listed, condition, order};
use crate::StoreError;
use crate::query::{ListQuery, Projects};

/// A statement and its parameters.
pub(crate) struct Sql {
    pub(crate) text: String,
    pub(crate) values: Vec<Value>,
    pub(super) dialect: Dialect,
    /// Whether there is a WHERE.
    conditions: bool,
}

impl Sql {
    pub(super) fn new(dialect: Dialect, text: String) -> Self {
        Self {
            text,
            values: Vec::new(),
            dialect,
            conditions: false,
        }
    }

    /// Adds a parameter; gives its place.
    pub(super) fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }

    /// Adds a condition.
    pub(super) fn and(&mut self, condition: &str) {
        self.text
            .push_str(if self.conditions { " AND " } else { " WHERE " });
        self.text.push_str(condition);
        self.conditions = true;
    }
}

/// All rows: first the root that owns large values, then what `read` reads.
pub(super) fn select<C: Listed>(dialect: Dialect) -> Sql {
    let text = format!("SELECT {}, {} FROM {}", C::ROOT, C::SELECT, C::FROM);
    let mut sql = Sql::new(dialect, text);
    if let Some(condition) = C::WHERE {
        sql.and(condition);
    }
    sql
}

/// The rows of a query.
pub(crate) fn list<C: Listed>(
    connection: &Connection,
    query: &ListQuery<C>,
    fixed: Fixed,
    limit: usize,
) -> Result<Sql, StoreError> {
    let mut sql = select::<C>(connection.dialect());
    restrict::<C>(&mut sql, &query.projects, fixed);
    finish(connection, sql, query, fixed, limit)
}

/// The rows of a query that belong to something: a column holds its id.
pub(super) fn list_of<C: Listed>(
    connection: &Connection,
    query: &ListQuery<C>,
    (column, owner): (&str, Id),
    limit: usize,
) -> Result<Sql, StoreError> {
    let mut sql = select::<C>(connection.dialect());
    let owner = sql.bind(owner.as_bytes().to_vec());
    sql.and(&format!("{column} = {owner}"));
    finish(connection, sql, query, None, limit)
}

fn finish<C: Listed>(
    connection: &Connection,
    mut sql: Sql,
    query: &ListQuery<C>,
    fixed: Fixed,
    limit: usize,
) -> Result<Sql, StoreError> {
    for filter in &query.filters {
        condition::filter(&mut sql, filter);
    }
    for tag in &query.tags {
        condition::tag::<C>(&mut sql, tag);
    }
    for column in &query.nulls {
        sql.and(&format!("{} IS NULL", column.sql()));
    }
    let keys = order::keys(sql.dialect, &query.sort);
    if let Some(marker) = &query.marker {
        order::after(connection, &mut sql, &keys, marker, query, fixed)?;
    }
    order::by(&mut sql, &keys);
    let limit = sql.bind(i64::try_from(limit).unwrap_or(i64::MAX));
    sql.text.push_str(" LIMIT ");
    sql.text.push_str(&limit);
    Ok(sql)
}

/// Only rows that the caller may see.
pub(super) fn restrict<C: Listed>(sql: &mut Sql, projects: &Projects, fixed: Fixed) {
    if let Some((expression, value)) = fixed {
        let value = sql.bind(value.to_owned());
        sql.and(&format!("{expression} = {value}"));
    }
    if let Projects::Of(project) = projects {
        let project = sql.bind(project.to_string());
        let own = format!("{} = {project}", C::PROJECT);
        match C::SCOPE {
            Some(scope) => sql.and(&format!("({own} OR {scope} = 'public')")),
            None => sql.and(&own),
        }
    }
}
