//! Wide columns and the large values behind them.

use std::collections::HashMap;
use std::sync::Arc;

use crate::sql::Connection;
use engine::model::{ExecutionId, Id};
use yaql::{Dict, Value};

use super::ahead::{Ahead, Sheet};
use super::{all, one};
use crate::StoreError;
use crate::codec::{Piece, Row, damaged, read_dict, read_row, read_value, read_with_holes};
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

/// Reads wide columns. A large value that several rows refer to, or that is a part of
/// several, is read once and shared. Counts the bytes of what it gave.
pub(crate) struct Values<'c> {
    connection: &'c Connection<'c>,
    large: HashMap<(ExecutionId, [u8; 32]), Known>,
    ahead: Ahead,
    bytes: usize,
}

/// A large value, and how long its text is.
#[derive(Clone)]
struct Known {
    value: Value,
    length: usize,
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

/// What one statement gave.
pub(crate) enum Glance<T> {
    /// All of it.
    Whole(T),
    /// A value is a large one, which is elsewhere.
    Part,
}

/// A dict as it is in its row; `{}` has none.
pub(crate) fn glance_dict(wide: Option<Wide>) -> Result<Glance<Dict>, StoreError> {
    match wide {
        None => Ok(Glance::Whole(Dict::new())),
        Some(Wide::Text(text)) => read_dict(read_value(&text)?).map(Glance::Whole),
        Some(Wide::Hash(_)) => Ok(Glance::Part),
    }
}

impl<'c> Values<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Self {
        Self {
            connection,
            large: HashMap::new(),
            ahead: Ahead::default(),
            bytes: 0,
        }
    }

    /// Tells which parts of which rows will be asked for next.
    pub(crate) fn ahead(
        &mut self,
        sheet: Sheet,
        ids: &[Id],
        parts: &[i64],
    ) -> Result<(), StoreError> {
        self.ahead.read(self.connection, sheet, ids, parts)
    }

    /// Bytes of the JSON texts of all that was read so far: what several rows hold
    /// counts for each.
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
        let value = self.part_of(root, Sheet::Executions, id.0, part as i64)?;
        value.map_or_else(|| Ok(Dict::new()), read_dict)
    }

    pub(crate) fn action(
        &mut self,
        root: ExecutionId,
        id: Id,
        part: ActionPart,
    ) -> Result<Option<Value>, StoreError> {
        self.part_of(root, Sheet::Actions, id, part as i64)
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
        let value = self.part_of(root, Sheet::Published, task, 0)?;
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

    fn part_of(
        &mut self,
        root: ExecutionId,
        sheet: Sheet,
        id: Id,
        part: i64,
    ) -> Result<Option<Value>, StoreError> {
        if let Some(wide) = self.ahead.take(sheet, id, part) {
            return wide.map(|wide| self.resolve(root, wide)).transpose();
        }
        match sheet {
            Sheet::Executions => self.get(root, EXECUTION, (Key(id), part)),
            Sheet::Actions => self.get(root, ACTION, (Key(id), part)),
            Sheet::Published => self.get(root, PUBLISHED, (Key(id),)),
        }
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
        let known = match self.large.get(&(root, hash)) {
            Some(known) => known.clone(),
            None => self.large(root, hash)?,
        };
        self.bytes += known.length;
        Ok(known.value)
    }

    fn large(&mut self, root: ExecutionId, hash: [u8; 32]) -> Result<Known, StoreError> {
        let text = self.blob(root, hash)?;
        let known = match read_row(&text)? {
            Row::Text(text) => Known {
                value: read_value(text)?,
                length: text.len(),
            },
            Row::List(pieces) => self.join(root, pieces)?,
        };
        self.large.insert((root, hash), known.clone());
        Ok(known)
    }

    /// Pieces as one value, which shares those that are values.
    fn join(&mut self, root: ExecutionId, pieces: Vec<Piece>) -> Result<Known, StoreError> {
        let (mut text, mut parts, mut length) = (String::new(), Vec::new(), 0);
        for piece in pieces {
            match piece {
                Piece::Text(piece) => text.push_str(&piece),
                Piece::Run(hash) => text.push_str(&self.blob(root, hash)?),
                Piece::Value(hash) => {
                    let part = self.part(root, hash)?;
                    length += part.length;
                    text.push('#');
                    parts.push(part.value);
                }
            }
        }
        length += text.len() - parts.len();
        let value = read_with_holes(&text, &parts)?;
        Ok(Known { value, length })
    }

    /// A value that is a piece; those have no pieces themselves.
    fn part(&mut self, root: ExecutionId, hash: [u8; 32]) -> Result<Known, StoreError> {
        if let Some(known) = self.large.get(&(root, hash)) {
            return Ok(known.clone());
        }
        let text = self.blob(root, hash)?;
        let known = Known {
            value: read_value(&text)?,
            length: text.len(),
        };
        self.large.insert((root, hash), known.clone());
        Ok(known)
    }

    fn blob(&self, root: ExecutionId, hash: [u8; 32]) -> Result<Arc<str>, StoreError> {
        let text = one(self.connection, BLOB, (Key(root.0), hash), |fields| {
            fields.text()
        })?;
        text.ok_or_else(|| damaged(&format!("a large value of {root} is missing")))
    }
}
