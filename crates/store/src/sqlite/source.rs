//! A database file that is copied: all its rows, as they were when it was opened.

use std::cell::Cell;
use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use super::connection;
use super::lock::DatabaseLock;
use super::migrate;
use crate::StoreError;
use crate::copy::{Column, CopyError, Digest, Digester, NextRow, Table};
use crate::sql::Value;

const TABLES: &str = "
SELECT name FROM sqlite_schema
WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'migrations' ORDER BY name";

const COLUMNS: &str = "SELECT name, type = 'ANY' FROM pragma_table_info(?1) ORDER BY cid";

/// The file, locked against servers, and in it a transaction that reads.
#[derive(Debug)]
pub(crate) struct Source {
    connection: Connection,
    texts_with_nul: Cell<u64>,
    _lock: DatabaseLock,
}

impl Source {
    /// Opens a file whose schema is that of this program.
    pub(crate) fn open(path: &Path) -> Result<Self, CopyError> {
        let lock = DatabaseLock::take(path)?;
        let connection = connection::reader(path)?;
        let missing = migrate::missing(&connection)?;
        if !missing.is_empty() {
            return Err(CopyError::OldSource(missing.join(", ")));
        }
        connection
            .execute_batch("BEGIN")
            .map_err(StoreError::from)?;
        Ok(Self {
            connection,
            texts_with_nul: Cell::new(0),
            _lock: lock,
        })
    }

    /// All tables with what is to be copied.
    pub(crate) fn tables(&self) -> Result<Vec<Table>, StoreError> {
        let mut statement = self.connection.prepare(TABLES)?;
        let names = statement.query_map([], |row| row.get(0))?;
        let mut tables = Vec::new();
        for name in names {
            let name: String = name?;
            let columns = self.columns(&name)?;
            tables.push(Table { name, columns });
        }
        Ok(tables)
    }

    fn columns(&self, table: &str) -> Result<Vec<Column>, StoreError> {
        let mut statement = self.connection.prepare(COLUMNS)?;
        let columns = statement.query_map([table], |row| {
            Ok(Column {
                name: row.get(0)?,
                is_wide: row.get(1)?,
            })
        })?;
        Ok(columns.collect::<Result<_, _>>()?)
    }

    /// Hands the rows of a table to `work`, one after the other.
    pub(crate) fn read<T>(
        &self,
        table: &Table,
        work: impl FnOnce(&mut NextRow<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut statement = self.connection.prepare(&table.select())?;
        let mut rows = statement.query([])?;
        work(&mut || match rows.next()? {
            Some(row) => self.values(table, row).map(Some),
            None => Ok(None),
        })
    }

    pub(crate) fn digest(&self, table: &Table) -> Result<Digest, StoreError> {
        self.read(table, |next| {
            let mut digester = Digester::default();
            while let Some(row) = next()? {
                row.iter().for_each(|value| digester.value(value));
                digester.end_row();
            }
            Ok(digester.digest())
        })
    }

    /// How many texts were read so far that had to be changed.
    pub(crate) fn texts_with_nul(&self) -> u64 {
        self.texts_with_nul.get()
    }

    fn values(&self, table: &Table, row: &Row<'_>) -> Result<Vec<Value>, StoreError> {
        let mut values = Vec::with_capacity(table.columns.len());
        for (index, column) in table.columns.iter().enumerate() {
            let value = match row.get_ref(index)? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(number) => Value::Integer(number),
                ValueRef::Text(bytes) => self
                    .text(bytes, column)
                    .ok_or_else(|| damaged(table, column, "text that is not UTF-8"))?,
                ValueRef::Blob(bytes) if column.is_wide => {
                    let hash = bytes.try_into();
                    Value::Hash(hash.map_err(|_| damaged(table, column, "no hash"))?)
                }
                ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
                ValueRef::Real(_) => return Err(damaged(table, column, "a broken number")),
            };
            values.push(value);
        }
        Ok(values)
    }

    /// As PostgreSQL can keep it; the store writes it so, too.
    fn text(&self, bytes: &[u8], column: &Column) -> Option<Value> {
        let text = std::str::from_utf8(bytes).ok()?;
        if !text.contains('\0') {
            return Some(Value::Text(text.to_owned()));
        }
        // Nobody reads the keys of received events, whose parts it keeps apart.
        if column.name != "origin" {
            self.texts_with_nul.set(self.texts_with_nul.get() + 1);
        }
        Some(Value::Text(text.replace('\0', "\u{fffd}")))
    }
}

fn damaged(table: &Table, column: &Column, what: &str) -> StoreError {
    StoreError::Damaged(format!("{}.{} has {what}", table.name, column.name).into())
}
