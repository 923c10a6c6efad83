//! Wide columns and the large values behind them.

use std::collections::HashMap;
use std::sync::Arc;

use crate::sql::Connection;
use engine::model::{ExecutionId, Id};
use yaql::{Dict, Value};

use super::{all, one};
use crate::StoreError;
use crate::codec::{damaged, read_dict, read_value};
use crate::sql::fields::Key;
use crate::sql::write::{ActionPart, ExecutionPart};

const EXECUTION: &str = "SELECT value FROM execution_values WHERE execution = ?1 AND part = ?2";
const ACTION: &str = "SELECT value FROM action_values WHERE action = ?1 AND part = ?2";
const ALL_OF_ACTION: &str = "SELECT part, value FROM action_values WHERE action = ?1";
const PUBLISHED: &str = "SELECT value FROM task_published WHERE task = ?1";
const ITEMS: &str = "SELECT value FROM task_items WHERE task = ?1";
const CODE: &str = "SELECT content FROM code_sources WHERE id = ?1";
const DEFINITION: &str = "SELECT text FROM definition_texts WHERE definition = ?1";
const SPECIFICATION: &str = "SELECT interface, spec FROM definition_texts WHERE definition = ?1";
const BLOB: &str = "SELECT value FROM blobs WHERE root = ?1 AND hash = ?2";

/// Reads wide columns. A large value that several rows refer to is read once and
/// shared. Counts the bytes of what it read.
pub(crate) struct Values<'c> {
    connection: &'c Connection,
    large: HashMap<(ExecutionId, [u8; 32]), Value>,
    bytes: usize,
}

/// A wide column as it is in its row.
pub(crate) enum Wide {
    Text(String),
    Hash([u8; 32]),
}

impl Wide {
    /// The text of a column; that of PostgreSQL marks a hash with `#`, with which no
    /// JSON text begins.
    pub(crate) fn of_text(bytes: &[u8]) -> Result<Self, StoreError> {
        let text = std::str::from_utf8(bytes).map_err(|_| damaged("text that is not UTF-8"))?;
        let Some(hex) = text.strip_prefix('#') else {
            return Ok(Self::Text(text.to_owned()));
        };
        let hash = blake3::Hash::from_hex(hex);
        hash.map(|hash| Self::Hash(hash.into()))
            .map_err(|_| damaged("a hash of the wrong length"))
    }
}

impl<'c> Values<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Self {
        Self {
            connection,
            large: HashMap::new(),
            bytes: 0,
        }
    }

    /// Bytes of JSON text read so far.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// A wide column of an execution; `{}` has no row.
    pub(crate) fn execution(
        &mut self,
        root: ExecutionId,
        id: ExecutionId,
        part: ExecutionPart,
    ) -> Result<Dict, StoreError> {
        let value = self.get(root, EXECUTION, (Key(id.0), part as i64))?;
        value.map_or_else(|| Ok(Dict::new()), read_dict)
    }

    pub(crate) fn action(
        &mut self,
        root: ExecutionId,
        id: Id,
        part: ActionPart,
    ) -> Result<Option<Value>, StoreError> {
        self.get(root, ACTION, (Key(id), part as i64))
    }

    /// All wide columns of an action.
    pub(crate) fn all_of_action(
        &mut self,
        root: ExecutionId,
        id: Id,
    ) -> Result<Vec<(ActionPart, Value)>, StoreError> {
        let wide = all(self.connection, ALL_OF_ACTION, (Key(id),), |fields| {
            Ok((ActionPart::of(fields.integer()?)?, fields.wide()?))
        })?;
        let values = wide
            .into_iter()
            .map(|(part, wide)| Ok((part, self.resolve(root, wide)?)));
        values.collect()
    }

    pub(crate) fn published(
        &mut self,
        root: ExecutionId,
        task: Id,
    ) -> Result<Option<Dict>, StoreError> {
        let value = self.get(root, PUBLISHED, (Key(task),))?;
        value.map(read_dict).transpose()
    }

    pub(crate) fn items(
        &mut self,
        root: ExecutionId,
        task: Id,
    ) -> Result<Option<Value>, StoreError> {
        self.get(root, ITEMS, (Key(task),))
    }

    /// The text of a definition.
    pub(crate) fn definition(&mut self, id: Id) -> Result<Arc<str>, StoreError> {
        let text = one(self.connection, DEFINITION, (Key(id),), |fields| {
            fields.text()
        })?;
        let text =
            text.ok_or_else(|| damaged(&format!("the text of definition {id} is missing")))?;
        self.bytes += text.len();
        Ok(text)
    }

    /// The text of a code source.
    pub(crate) fn code(&mut self, id: Id) -> Result<Arc<str>, StoreError> {
        let text = one(self.connection, CODE, (Key(id),), |fields| fields.text())?;
        let text = text.ok_or_else(|| damaged(&format!("the code source {id} is missing")))?;
        self.bytes += text.len();
        Ok(text)
    }

    /// Interface and specification of a definition.
    pub(crate) fn specification(&mut self, id: Id) -> Result<(Arc<str>, Arc<str>), StoreError> {
        let texts = one(self.connection, SPECIFICATION, (Key(id),), |fields| {
            Ok((fields.text()?, fields.text()?))
        })?;
        let texts =
            texts.ok_or_else(|| damaged(&format!("the text of definition {id} is missing")))?;
        self.bytes += texts.0.len() + texts.1.len();
        Ok(texts)
    }

    fn get(
        &mut self,
        root: ExecutionId,
        sql: &str,
        params: impl crate::sql::Params,
    ) -> Result<Option<Value>, StoreError> {
        let wide = one(self.connection, sql, params, |fields| fields.wide())?;
        wide.map(|wide| self.resolve(root, wide)).transpose()
    }

    /// The value of a column of a tree's row.
    pub(crate) fn resolve(&mut self, root: ExecutionId, wide: Wide) -> Result<Value, StoreError> {
        let hash = match wide {
            Wide::Text(text) => {
                self.bytes += text.len();
                return read_value(&text);
            }
            Wide::Hash(hash) => hash,
        };
        if let Some(value) = self.large.get(&(root, hash)) {
            return Ok(value.clone());
        }
        let text = one(self.connection, BLOB, (Key(root.0), hash), |fields| {
            fields.text()
        })?;
        let text = text.ok_or_else(|| damaged(&format!("a large value of {root} is missing")))?;
        self.bytes += text.len();
        let value = read_value(&text)?;
        self.large.insert((root, hash), value.clone());
        Ok(value)
    }
}
