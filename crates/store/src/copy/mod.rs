//! Moves a database file into PostgreSQL.
//!
//! Invariant: the target has all of the file or nothing of it: filling it, reading both
//! sides again to compare them, and the commit are one transaction. Memory does not
//! depend on how much there is: rows go one by one.

mod digest;

use std::fmt::Write;
use std::path::Path;

pub use digest::Digest;
pub(crate) use digest::Digester;

use crate::StoreError;
use crate::postgres::Target;
use crate::sql::Value;
use crate::sqlite::Source;

/// Why a database is not copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// One of the databases.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file was last used by an older version.
    #[error(
        "the schema of the file is older than this program, it lacks {0}; bring it up to date \
         first, with `ostro db migrate --database sqlite://FILE`"
    )]
    OldSource(String),
    /// The target has an older schema, so nodes of an older version may use it.
    #[error(
        "the schema of the target is older than this program, it lacks {0}; bring it up to date \
         first, with `ostro db migrate --database URL`, or copy into a new database"
    )]
    OldTarget(String),
    /// There are rows in the target.
    #[error("the target is not empty, there are {0}; copy into a new database (CREATE DATABASE)")]
    NotEmpty(String),
    /// A node is running on the target.
    #[error("the node {0:?} runs on the target; stop it first")]
    Served(String),
}

/// What was copied, table by table.
#[derive(Clone, Debug)]
pub struct Copied {
    /// The tables, by name.
    pub tables: Vec<CopiedTable>,
    /// Texts with the character NUL, which PostgreSQL does not have: U+FFFD is in its
    /// place.
    pub texts_with_nul: u64,
}

/// A table on both sides.
#[derive(Clone, Debug)]
pub struct CopiedTable {
    /// Its name.
    pub name: String,
    /// What the file holds.
    pub source: Digest,
    /// What the target held afterwards.
    pub target: Digest,
}

/// A table that both databases have.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<Column>,
}

#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// It holds a JSON text, or the hash of one.
    pub(crate) is_wide: bool,
}

/// Gives the next row, until there is none.
pub(crate) type NextRow<'r> = dyn FnMut() -> Result<Option<Vec<Value>>, StoreError> + 'r;

/// Copies a database file that no server has open into an empty PostgreSQL database,
/// whose schema is made if it has none. `progress` hears of each table that is written.
///
/// If both sides differ afterwards ([`Copied::is_same`]), nothing was committed.
///
/// # Errors
/// See [`CopyError`]; nothing was committed.
pub fn copy(
    from: &Path,
    to: &str,
    mut progress: impl FnMut(&str, u64),
) -> Result<Copied, CopyError> {
    let source = Source::open(from)?;
    let tables = source.tables()?;
    let target = Target::open(to, &tables)?;
    for table in &tables {
        let rows = source.read(table, |next| target.fill(table, next))?;
        progress(&table.name, rows);
    }
    let texts_with_nul = source.texts_with_nul();
    let compared = tables.iter().map(|table| {
        Ok(CopiedTable {
            name: table.name.clone(),
            source: source.digest(table)?,
            target: target.digest(table)?,
        })
    });
    let copied = Copied {
        tables: compared.collect::<Result<_, StoreError>>()?,
        texts_with_nul,
    };
    if copied.is_same() {
        target.commit(&tables)?;
    }
    Ok(copied)
}

impl Copied {
    /// Whether both sides hold the same, and the copy was committed.
    pub fn is_same(&self) -> bool {
        self.tables.iter().all(CopiedTable::is_same)
    }
}

impl CopiedTable {
    /// Whether both sides hold the same.
    pub fn is_same(&self) -> bool {
        self.source == self.target
    }
}

impl Table {
    /// The names of the columns, as a statement lists them.
    pub(crate) fn column_list(&self) -> String {
        let mut list = String::new();
        for column in &self.columns {
            let comma = if list.is_empty() { "" } else { ", " };
            write!(list, "{comma}\"{}\"", column.name).expect("a String takes all");
        }
        list
    }

    /// The statement that reads all of it.
    pub(crate) fn select(&self) -> String {
        format!("SELECT {} FROM \"{}\"", self.column_list(), self.name)
    }
}
