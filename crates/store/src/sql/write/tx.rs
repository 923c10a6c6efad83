//! A transaction: statements, values and their cost.

use engine::model::{ExecutionId, Id};

use super::{Heads, deletion};
use crate::codec::{Encoded, encode, encode_dict};
use crate::sql::fields::Key;
use crate::sql::{Connection, Expect, Param, Parameter, Params};
use crate::{Cost, StoreError};

/// A running transaction. It ends elsewhere.
pub(crate) struct Tx<'c> {
    connection: &'c Connection<'c>,
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
    pub(crate) fn new(connection: &'c Connection<'c>, heads: Heads) -> Self {
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

    pub(crate) fn connection(&self) -> &'c Connection<'c> {
        self.connection
    }

    pub(crate) fn heads(&mut self) -> &mut Heads {
        &mut self.heads
    }

    /// Waits for what was sent; then nothing is left but to commit.
    pub(crate) fn finish(mut self) -> Result<(Heads, Cost), StoreError> {
        self.cost.rows += self.connection.flush()? as u64;
        self.cost.statements -= self.connection.spared();
        Ok((self.heads, self.cost))
    }

    /// What follows belongs to that tree.
    pub(super) fn enter(&mut self, root: ExecutionId) {
        self.root = root;
    }

    /// Whether deleted trees have rows left.
    pub(super) fn is_anything_doomed(&mut self) -> Result<bool, StoreError> {
        if self.heads.nothing_doomed {
            return Ok(false);
        }
        let found = deletion::next_doomed(self.connection)?.is_some();
        self.heads.nothing_doomed = !found;
        Ok(found)
    }

    /// A tree is being deleted.
    pub(super) fn doom(&mut self) {
        self.heads.nothing_doomed = false;
    }

    /// Runs a statement and waits for it; gives the number of rows changed.
    pub(super) fn execute(
        &mut self,
        sql: &'static str,
        params: impl Params,
    ) -> Result<usize, StoreError> {
        let rows = params.with(|params| self.connection.execute(sql, params))?;
        self.cost.statements += 1;
        self.cost.rows += rows as u64;
        Ok(rows)
    }

    /// Runs a statement whose result nobody waits for.
    pub(crate) fn send(
        &mut self,
        sql: &'static str,
        params: impl Params,
    ) -> Result<(), StoreError> {
        self.send_expecting(sql, params, Expect::Anything)
    }

    /// The same, for a statement that must do something.
    pub(crate) fn send_expecting(
        &mut self,
        sql: &'static str,
        params: impl Params,
        expect: Expect,
    ) -> Result<(), StoreError> {
        let rows = params.with(|params| self.connection.send(sql, params, expect))?;
        self.cost.statements += 1;
        self.cost.rows += rows as u64;
        Ok(())
    }

    /// Writes a row of which the transaction writes nothing else.
    pub(super) fn send_row(
        &mut self,
        sql: &'static str,
        params: impl Params,
        expect: Expect,
    ) -> Result<(), StoreError> {
        let rows = params.with(|params| self.connection.send_row(sql, params, expect))?;
        self.cost.statements += 1;
        self.cost.rows += rows as u64;
        Ok(())
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
            Encoded::Large(large) => {
                let (own, parts) = large.rows();
                // If it is there, so are its parts: they go with the tree only.
                if self.blob(large.hash, &own)? {
                    for (hash, text) in parts {
                        self.blob(hash, text)?;
                    }
                }
                Stored::Hash(large.hash)
            }
        })
    }

    /// Tells whether the tree did not have the row yet.
    fn blob(&mut self, hash: [u8; 32], text: &str) -> Result<bool, StoreError> {
        let root = Key(self.root.0);
        let is_new = self.execute(INSERT_BLOB, (root, hash, text))? > 0;
        if is_new {
            self.cost.bytes += text.len() as u64;
            self.cost.blob_bytes += text.len() as u64;
        }
        Ok(is_new)
    }
}

impl Parameter for Stored {
    fn param(&self) -> Param<'_> {
        match self {
            Self::Text(text) => Param::Text(text),
            Self::Hash(hash) => Param::Hash(hash),
        }
    }
}
