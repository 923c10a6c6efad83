//! Between columns and the types of the model.

use std::sync::Arc;

use engine::model::{ActionId, ExecutionId, Id, State, TaskId, Timestamp};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Row, ToSql};

use super::read::Wide;
use crate::StoreError;
use crate::codec::{damaged, read_state};

/// An id as a parameter.
#[derive(Clone, Copy)]
pub(super) struct Key(pub(super) Id);

impl ToSql for Key {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Blob(self.0.as_bytes())))
    }
}

/// A point in time as a parameter.
#[derive(Clone, Copy)]
pub(super) struct Micros(pub(super) Timestamp);

impl ToSql for Micros {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.micros().into())
    }
}

/// Reads the columns of a row one after the other, in the order of the SELECT.
pub(super) struct Fields<'r> {
    row: &'r Row<'r>,
    next: usize,
}

impl<'r> Fields<'r> {
    pub(super) fn new(row: &'r Row<'r>) -> Self {
        Self { row, next: 0 }
    }

    fn raw(&mut self) -> Result<ValueRef<'r>, StoreError> {
        self.next += 1;
        Ok(self.row.get_ref(self.next - 1)?)
    }

    fn unexpected(&self, wanted: &str, found: ValueRef<'_>) -> StoreError {
        let name = self.row.as_ref().column_name(self.next - 1).unwrap_or("?");
        damaged(&format!("{name} is {}, not {wanted}", found.data_type()))
    }

    pub(super) fn optional_str(&mut self) -> Result<Option<&'r str>, StoreError> {
        match self.raw()? {
            ValueRef::Null => Ok(None),
            ValueRef::Text(bytes) => std::str::from_utf8(bytes)
                .map(Some)
                .map_err(|_| damaged("text that is not UTF-8")),
            other => Err(self.unexpected("text", other)),
        }
    }

    pub(super) fn str(&mut self) -> Result<&'r str, StoreError> {
        let text = self.optional_str()?;
        text.ok_or_else(|| self.unexpected("text", ValueRef::Null))
    }

    pub(super) fn text(&mut self) -> Result<Arc<str>, StoreError> {
        self.str().map(Arc::from)
    }

    pub(super) fn optional_text(&mut self) -> Result<Option<Arc<str>>, StoreError> {
        Ok(self.optional_str()?.map(Arc::from))
    }

    pub(super) fn optional_bytes(&mut self) -> Result<Option<&'r [u8]>, StoreError> {
        match self.raw()? {
            ValueRef::Null => Ok(None),
            ValueRef::Blob(bytes) => Ok(Some(bytes)),
            other => Err(self.unexpected("bytes", other)),
        }
    }

    pub(super) fn bytes(&mut self) -> Result<&'r [u8], StoreError> {
        let bytes = self.optional_bytes()?;
        bytes.ok_or_else(|| self.unexpected("bytes", ValueRef::Null))
    }

    pub(super) fn optional_array<const N: usize>(&mut self) -> Result<Option<[u8; N]>, StoreError> {
        let bytes = self.optional_bytes()?;
        bytes
            .map(|bytes| bytes.try_into())
            .transpose()
            .map_err(|_| damaged(&format!("not {N} bytes")))
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], StoreError> {
        let bytes = self.optional_array()?;
        bytes.ok_or_else(|| self.unexpected("bytes", ValueRef::Null))
    }

    pub(super) fn id(&mut self) -> Result<Id, StoreError> {
        self.array().map(Id::from_bytes)
    }

    pub(super) fn optional_id(&mut self) -> Result<Option<Id>, StoreError> {
        Ok(self.optional_array()?.map(Id::from_bytes))
    }

    pub(super) fn execution(&mut self) -> Result<ExecutionId, StoreError> {
        self.id().map(ExecutionId)
    }

    pub(super) fn task(&mut self) -> Result<TaskId, StoreError> {
        self.id().map(TaskId)
    }

    pub(super) fn action(&mut self) -> Result<ActionId, StoreError> {
        self.id().map(ActionId)
    }

    pub(super) fn optional_integer(&mut self) -> Result<Option<i64>, StoreError> {
        match self.raw()? {
            ValueRef::Null => Ok(None),
            ValueRef::Integer(number) => Ok(Some(number)),
            other => Err(self.unexpected("an integer", other)),
        }
    }

    pub(super) fn integer(&mut self) -> Result<i64, StoreError> {
        let number = self.optional_integer()?;
        number.ok_or_else(|| self.unexpected("an integer", ValueRef::Null))
    }

    pub(super) fn u32(&mut self) -> Result<u32, StoreError> {
        u32::try_from(self.integer()?).map_err(|_| damaged("a count out of range"))
    }

    pub(super) fn optional_u32(&mut self) -> Result<Option<u32>, StoreError> {
        let number = self.optional_integer()?.map(u32::try_from).transpose();
        number.map_err(|_| damaged("a count out of range"))
    }

    pub(super) fn flag(&mut self) -> Result<bool, StoreError> {
        Ok(self.integer()? != 0)
    }

    pub(super) fn time(&mut self) -> Result<Timestamp, StoreError> {
        self.integer().map(Timestamp::from_micros)
    }

    pub(super) fn optional_time(&mut self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.optional_integer()?.map(Timestamp::from_micros))
    }

    pub(super) fn state(&mut self) -> Result<State, StoreError> {
        read_state(self.str()?)
    }

    pub(super) fn optional_state(&mut self) -> Result<Option<State>, StoreError> {
        self.optional_str()?.map(read_state).transpose()
    }
}

impl Fields<'_> {
    /// A wide column: text or hash.
    pub(super) fn wide(&mut self) -> Result<Wide, StoreError> {
        let value = self.optional_wide()?;
        value.ok_or_else(|| self.unexpected("a value", ValueRef::Null))
    }

    /// The same, or null.
    pub(super) fn optional_wide(&mut self) -> Result<Option<Wide>, StoreError> {
        match self.raw()? {
            ValueRef::Null => Ok(None),
            ValueRef::Text(bytes) => String::from_utf8(bytes.to_owned())
                .map(|text| Some(Wide::Text(text)))
                .map_err(|_| damaged("text that is not UTF-8")),
            ValueRef::Blob(bytes) => bytes
                .try_into()
                .map(|hash| Some(Wide::Hash(hash)))
                .map_err(|_| damaged("a hash of the wrong length")),
            other => Err(self.unexpected("a value", other)),
        }
    }
}
