//! A transaction: statements, values and their cost.

use engine::model::{ExecutionId, Id};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Params, ToSql};

use super::Heads;
use crate::codec::{Encoded, encode, encode_dict};
use crate::sqlite::fields::Key;
use crate::{Cost, StoreError};

/// A running transaction. It ends elsewhere.
pub(crate) struct Tx<'c> {
    connection: &'c Connection,
    heads: Heads,
    cost: Cost,
    /// The tree that owns large values.
    root: ExecutionId,
}

/// What a value column holds.
pub(super) enum Stored {
    Text(String),
    Hash([u8; 32]),
}

const INSERT_BLOB: &str =
    "INSERT INTO blobs (root, hash, value) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";

impl<'c> Tx<'c> {
    pub(crate) fn new(connection: &'c Connection, heads: Heads) -> Self {
        Self {
            connection,
            heads,
            cost: Cost {
                commits: 1,
                ..Cost::default()
            },
            root: ExecutionId(Id::from_bytes([0; 16])),
        }
    }

    pub(crate) fn connection(&self) -> &'c Connection {
        self.connection
    }

    pub(crate) fn heads(&mut self) -> &mut Heads {
        &mut self.heads
    }

    pub(crate) fn finish(self) -> (Heads, Cost) {
        (self.heads, self.cost)
    }

    /// What follows belongs to that tree.
    pub(super) fn enter(&mut self, root: ExecutionId) {
        self.root = root;
    }

    /// Runs a statement; gives the number of rows changed.
    pub(super) fn execute(
        &mut self,
        sql: &'static str,
        params: impl Params,
    ) -> Result<usize, rusqlite::Error> {
        let rows = self.connection.prepare_cached(sql)?.execute(params)?;
        self.cost.statements += 1;
        self.cost.rows += rows as u64;
        Ok(rows)
    }

    /// Puts a value where it belongs; gives what its column holds.
    pub(super) fn value(&mut self, value: &yaql::Value) -> Result<Stored, StoreError> {
        self.store(encode(value))
    }

    /// The same for a dict; `None` for `{}`, which needs no row.
    pub(super) fn dict(&mut self, dict: &yaql::Dict) -> Result<Option<Stored>, StoreError> {
        if dict.is_empty() {
            return Ok(None);
        }
        self.store(encode_dict(dict)).map(Some)
    }

    fn store(&mut self, encoded: Encoded) -> Result<Stored, StoreError> {
        Ok(match encoded {
            Encoded::Inline(text) => {
                self.cost.bytes += text.len() as u64;
                Stored::Text(text)
            }
            Encoded::Blob(hash, text) => {
                let root = Key(self.root.0);
                if self.execute(INSERT_BLOB, (root, hash, &text))? > 0 {
                    self.cost.bytes += text.len() as u64;
                    self.cost.blob_bytes += text.len() as u64;
                }
                Stored::Hash(hash)
            }
        })
    }
}

impl ToSql for Stored {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Hash(hash) => ValueRef::Blob(hash),
        }))
    }
}
