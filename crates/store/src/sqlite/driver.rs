//! Shared statements on a connection to SQLite.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, Row};

use crate::StoreError;
use crate::sql::{Bound, Cell, Dialect, Driver, Each, Expect, Fields, Param, RowRef};

impl Driver for Connection {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn execute(&self, sql: &str, params: Bound<'_>) -> Result<usize, StoreError> {
        let mut statement = self.prepare_cached(sql)?;
        bind(&mut statement, params)?;
        Ok(statement.raw_execute()?)
    }

    fn query(&self, sql: &str, params: Bound<'_>, each: &mut Each<'_>) -> Result<(), StoreError> {
        let mut statement = self.prepare_cached(sql)?;
        bind(&mut statement, params)?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            if !each(&mut Fields::new(RowRef::Sqlite(row)))? {
                break;
            }
        }
        Ok(())
    }

    /// Nothing is far away: it is done at once.
    fn send(&self, sql: &str, params: Bound<'_>, expect: Expect) -> Result<usize, StoreError> {
        expect.check(Driver::execute(self, sql, params))
    }

    fn flush(&self) -> Result<usize, StoreError> {
        Ok(0)
    }
}

/// A column of a row.
pub(crate) fn cell<'r>(row: &'r Row<'_>, index: usize) -> Result<Cell<'r>, StoreError> {
    Ok(match row.get_ref(index)? {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Integer(number),
        ValueRef::Text(bytes) => Cell::Text(bytes),
        ValueRef::Blob(bytes) => Cell::Blob(bytes),
        ValueRef::Real(_) => Cell::Other,
    })
}

fn bind(statement: &mut CachedStatement<'_>, params: Bound<'_>) -> rusqlite::Result<()> {
    match params {
        Bound::Positional(params) => {
            for (index, param) in params.iter().enumerate() {
                statement.raw_bind_parameter(index + 1, output(*param))?;
            }
        }
        Bound::Named(params) => {
            let mut next = 1;
            for (name, param) in params {
                let index = index_of(statement, name, next)?;
                statement.raw_bind_parameter(index, output(*param))?;
                next = index + 1;
            }
        }
    }
    Ok(())
}

/// The number of a parameter, which mostly is the `likely` one: names come in the order
/// of the statement, and to look one up costs as much as to bind it.
fn index_of(statement: &CachedStatement<'_>, name: &str, likely: usize) -> rusqlite::Result<usize> {
    if statement.parameter_name(likely) == Some(name) {
        return Ok(likely);
    }
    let index = statement.parameter_index(name)?;
    index.ok_or_else(|| rusqlite::Error::InvalidParameterName(name.to_owned()))
}

fn output(param: Param<'_>) -> ToSqlOutput<'_> {
    ToSqlOutput::Borrowed(match param {
        Param::Null => ValueRef::Null,
        Param::Integer(number) => ValueRef::Integer(number),
        Param::Text(text) => ValueRef::Text(text.as_bytes()),
        Param::Blob(bytes) => ValueRef::Blob(bytes),
        Param::Hash(hash) => ValueRef::Blob(hash),
    })
}
