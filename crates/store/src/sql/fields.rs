//! Between columns and the types of the model.

use std::sync::Arc;

use engine::model::{ActionId, ExecutionId, Id, State, TaskId, Timestamp};

use super::read::Wide;
use super::{Param, Parameter, Value};
use crate::StoreError;
use crate::codec::{damaged, read_state};

/// An id as a parameter.
#[derive(Clone, Copy)]
pub(crate) struct Key(pub(crate) Id);

impl Parameter for Key {
    fn param(&self) -> Param<'_> {
        Param::Blob(self.0.as_bytes())
    }
}

/// A point in time as a parameter.
#[derive(Clone, Copy)]
pub(crate) struct Micros(pub(crate) Timestamp);

impl Parameter for Micros {
    fn param(&self) -> Param<'_> {
        Param::Integer(self.0.micros())
    }
}

/// A row of either database.
#[derive(Clone, Copy)]
pub(crate) enum RowRef<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(&'r tokio_postgres::Row),
}

/// A column of a row.
pub(crate) enum Cell<'r> {
    Null,
    Integer(i64),
    Text(&'r [u8]),
    Blob(&'r [u8]),
    /// Of a type that no column here has.
    Other,
}

/// Reads the columns of a row one after the other, in the order of the SELECT.
pub(crate) struct Fields<'r> {
    row: RowRef<'r>,
    next: usize,
}

impl<'r> Fields<'r> {
    pub(crate) fn new(row: RowRef<'r>) -> Self {
        Self { row, next: 0 }
    }

    fn raw(&mut self) -> Result<Cell<'r>, StoreError> {
        self.next += 1;
        let index = self.next - 1;
        match self.row {
            RowRef::Sqlite(row) => crate::sqlite::cell(row, index),
            RowRef::Postgres(row) => crate::postgres::cell(row, index),
        }
    }

    fn name(&self) -> &str {
        let index = self.next - 1;
        let name = match self.row {
            RowRef::Sqlite(row) => row.as_ref().column_name(index).ok(),
            RowRef::Postgres(row) => row.columns().get(index).map(|column| column.name()),
        };
        name.unwrap_or("?")
    }

    fn unexpected(&self, wanted: &str, found: &Cell<'_>) -> StoreError {
        let found = match found {
            Cell::Null => "null",
            Cell::Integer(_) => "an integer",
            Cell::Text(_) => "text",
            Cell::Blob(_) => "bytes",
            Cell::Other => "of a strange type",
        };
        damaged(&format!("{} is {found}, not {wanted}", self.name()))
    }

    /// A column of any type.
    pub(crate) fn value(&mut self) -> Result<Value, StoreError> {
        match self.raw()? {
            Cell::Null => Ok(Value::Null),
            Cell::Integer(number) => Ok(Value::Integer(number)),
            Cell::Text(bytes) => Ok(Value::Text(String::from_utf8_lossy(bytes).into_owned())),
            Cell::Blob(bytes) => Ok(Value::Blob(bytes.to_vec())),
            Cell::Other => Err(self.unexpected("a value", &Cell::Other)),
        }
    }

    pub(crate) fn optional_str(&mut self) -> Result<Option<&'r str>, StoreError> {
        match self.raw()? {
            Cell::Null => Ok(None),
            Cell::Text(bytes) => std::str::from_utf8(bytes)
                .map(Some)
                .map_err(|_| damaged("text that is not UTF-8")),
            other => Err(self.unexpected("text", &other)),
        }
    }

    pub(crate) fn str(&mut self) -> Result<&'r str, StoreError> {
        let text = self.optional_str()?;
        text.ok_or_else(|| self.unexpected("text", &Cell::Null))
    }

    pub(crate) fn text(&mut self) -> Result<Arc<str>, StoreError> {
        self.str().map(Arc::from)
    }

    pub(crate) fn optional_text(&mut self) -> Result<Option<Arc<str>>, StoreError> {
        Ok(self.optional_str()?.map(Arc::from))
    }

    pub(crate) fn optional_bytes(&mut self) -> Result<Option<&'r [u8]>, StoreError> {
        match self.raw()? {
            Cell::Null => Ok(None),
            Cell::Blob(bytes) => Ok(Some(bytes)),
            other => Err(self.unexpected("bytes", &other)),
        }
    }

    pub(crate) fn bytes(&mut self) -> Result<&'r [u8], StoreError> {
        let bytes = self.optional_bytes()?;
        bytes.ok_or_else(|| self.unexpected("bytes", &Cell::Null))
    }

    pub(crate) fn optional_array<const N: usize>(&mut self) -> Result<Option<[u8; N]>, StoreError> {
        let bytes = self.optional_bytes()?;
        bytes
            .map(|bytes| bytes.try_into())
            .transpose()
            .map_err(|_| damaged(&format!("not {N} bytes")))
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], StoreError> {
        let bytes = self.optional_array()?;
        bytes.ok_or_else(|| self.unexpected("bytes", &Cell::Null))
    }

    pub(crate) fn id(&mut self) -> Result<Id, StoreError> {
        self.array().map(Id::from_bytes)
    }

    pub(crate) fn optional_id(&mut self) -> Result<Option<Id>, StoreError> {
        Ok(self.optional_array()?.map(Id::from_bytes))
    }

    pub(crate) fn execution(&mut self) -> Result<ExecutionId, StoreError> {
        self.id().map(ExecutionId)
    }

    pub(crate) fn task(&mut self) -> Result<TaskId, StoreError> {
        self.id().map(TaskId)
    }

    pub(crate) fn action(&mut self) -> Result<ActionId, StoreError> {
        self.id().map(ActionId)
    }

    pub(crate) fn optional_integer(&mut self) -> Result<Option<i64>, StoreError> {
        match self.raw()? {
            Cell::Null => Ok(None),
            Cell::Integer(number) => Ok(Some(number)),
            other => Err(self.unexpected("an integer", &other)),
        }
    }

    pub(crate) fn integer(&mut self) -> Result<i64, StoreError> {
        let number = self.optional_integer()?;
        number.ok_or_else(|| self.unexpected("an integer", &Cell::Null))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, StoreError> {
        u32::try_from(self.integer()?).map_err(|_| damaged("a count out of range"))
    }

    pub(crate) fn optional_u32(&mut self) -> Result<Option<u32>, StoreError> {
        let number = self.optional_integer()?.map(u32::try_from).transpose();
        number.map_err(|_| damaged("a count out of range"))
    }

    pub(crate) fn flag(&mut self) -> Result<bool, StoreError> {
        Ok(self.integer()? != 0)
    }

    pub(crate) fn time(&mut self) -> Result<Timestamp, StoreError> {
        self.integer().map(Timestamp::from_micros)
    }

    pub(crate) fn optional_time(&mut self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.optional_integer()?.map(Timestamp::from_micros))
    }

    pub(crate) fn state(&mut self) -> Result<State, StoreError> {
        read_state(self.str()?)
    }

    pub(crate) fn optional_state(&mut self) -> Result<Option<State>, StoreError> {
        self.optional_str()?.map(read_state).transpose()
    }
}

impl Fields<'_> {
    /// A wide column: text or hash.
    pub(crate) fn wide(&mut self) -> Result<Wide, StoreError> {
        let value = self.optional_wide()?;
        value.ok_or_else(|| self.unexpected("a value", &Cell::Null))
    }

    /// The same, or null.
    pub(crate) fn optional_wide(&mut self) -> Result<Option<Wide>, StoreError> {
        match self.raw()? {
            Cell::Null => Ok(None),
            Cell::Text(bytes) => Wide::of_text(bytes).map(Some),
            Cell::Blob(bytes) => bytes
                .try_into()
                .map(|hash| Some(Wide::Hash(hash)))
                .map_err(|_| damaged("a hash of the wrong length")),
            other => Err(self.unexpected("a value", &other)),
        }
    }
}
