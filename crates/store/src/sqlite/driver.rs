//! Shared statements on a connection to SQLite.

use std::cell::RefCell;
use std::ptr;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, Row};

use crate::StoreError;
use crate::sql::{Bound, Cell, Dialect, Driver, Each, Expect, Fields, Param, RowRef};

/// A connection for a transaction. Statements that changed something stay at hand, where
/// their address finds them: among all that are prepared their text does, and the names of
/// their parameters are looked up anew.
pub(crate) struct Session<'c> {
    connection: &'c Connection,
    at_hand: RefCell<Vec<(&'static str, Ready<'c>)>>,
}

impl<'c> Session<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Self {
        Self {
            connection,
            at_hand: RefCell::default(),
        }
    }
}

impl Driver for Session<'_> {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn execute(&self, sql: &'static str, params: Bound<'_>) -> Result<usize, StoreError> {
        let mut at_hand = self.at_hand.borrow_mut();
        let known = at_hand.iter().position(|(known, _)| ptr::eq(*known, sql));
        let place = known.unwrap_or(at_hand.len());
        if known.is_none() {
            at_hand.push((sql, Ready::new(self.connection, sql)?));
        }
        let (_, ready) = &mut at_hand[place];
        ready.bind(params)?;
        Ok(ready.statement.raw_execute()?)
    }

    fn query(&self, sql: &str, params: Bound<'_>, each: &mut Each<'_>) -> Result<(), StoreError> {
        let mut ready = Ready::new(self.connection, sql)?;
        ready.bind(params)?;
        let mut rows = ready.statement.raw_query();
        while let Some(row) = rows.next()? {
            if !each(&mut Fields::new(RowRef::Sqlite(row)))? {
                break;
            }
        }
        Ok(())
    }

    /// Nothing is far away: it is done at once.
    fn send(
        &self,
        sql: &'static str,
        params: Bound<'_>,
        expect: Expect,
    ) -> Result<usize, StoreError> {
        expect.check(self.execute(sql, params))
    }

    fn flush(&self) -> Result<usize, StoreError> {
        Ok(0)
    }
}

/// A prepared statement.
struct Ready<'c> {
    statement: CachedStatement<'c>,
    /// Its parameters in the order in which they were bound by name, with their numbers.
    numbers: Vec<(&'static str, usize)>,
}

impl<'c> Ready<'c> {
    fn new(connection: &'c Connection, sql: &str) -> rusqlite::Result<Self> {
        Ok(Self {
            statement: connection.prepare_cached(sql)?,
            numbers: Vec::new(),
        })
    }

    fn bind(&mut self, params: Bound<'_>) -> rusqlite::Result<()> {
        match params {
            Bound::Positional(params) => {
                for (index, param) in params.iter().enumerate() {
                    self.statement
                        .raw_bind_parameter(index + 1, output(*param))?;
                }
            }
            Bound::Named(params) => {
                for (at, (name, param)) in params.iter().enumerate() {
                    let number = self.number(at, name)?;
                    self.statement.raw_bind_parameter(number, output(*param))?;
                }
            }
        }
        Ok(())
    }

    /// The number of the parameter that comes at that place.
    fn number(&mut self, at: usize, name: &'static str) -> rusqlite::Result<usize> {
        if let Some((known, number)) = self.numbers.get(at)
            && ptr::eq(*known, name)
        {
            return Ok(*number);
        }
        self.numbers.truncate(at);
        let last = self.numbers.last().map_or(0, |(_, number)| *number);
        let number = number_of(&self.statement, name, last + 1)?;
        self.numbers.push((name, number));
        Ok(number)
    }
}

/// The number of a parameter, which mostly is the `likely` one: names come in the order
/// of the statement, and to look one up costs as much as to bind it.
fn number_of(
    statement: &CachedStatement<'_>,
    name: &str,
    likely: usize,
) -> rusqlite::Result<usize> {
    if statement.parameter_name(likely) == Some(name) {
        return Ok(likely);
    }
    let number = statement.parameter_index(name)?;
    number.ok_or_else(|| rusqlite::Error::InvalidParameterName(name.to_owned()))
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

fn output(param: Param<'_>) -> ToSqlOutput<'_> {
    ToSqlOutput::Borrowed(match param {
        Param::Null => ValueRef::Null,
        Param::Integer(number) => ValueRef::Integer(number),
        Param::Text(text) => ValueRef::Text(text.as_bytes()),
        Param::Blob(bytes) => ValueRef::Blob(bytes),
        Param::Hash(hash) => ValueRef::Blob(hash),
    })
}
