//! What an operator does with a database file that no server has open.

use std::path::Path;

use super::connection;
use super::error::failed;
use super::lock::DatabaseLock;
use super::migrate as schema;
use crate::StoreError;

/// How much a table holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableSize {
    /// Its name.
    pub name: String,
    /// Its rows.
    pub rows: u64,
    /// Bytes of its pages, those of its indexes among them.
    pub bytes: u64,
}

const TABLES: &str = "
SELECT s.tbl_name, sum(d.pgsize) FROM dbstat d JOIN sqlite_schema s ON s.name = d.name
WHERE s.tbl_name NOT LIKE 'sqlite_%' AND d.aggregate = TRUE GROUP BY s.tbl_name ORDER BY 2 DESC, 1";

/// What the tables of a database hold, the largest first.
///
/// # Errors
/// [`StoreError::InUse`] if a server has it open; the file can't be read.
pub fn sizes(path: &Path) -> Result<Vec<TableSize>, StoreError> {
    let _lock = DatabaseLock::take(path)?;
    let connection = connection::reader(path)?;
    let mut statement = connection.prepare(TABLES)?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
    let tables: Vec<(String, i64)> = rows.collect::<Result<_, _>>()?;
    let mut sizes = Vec::with_capacity(tables.len());
    for (name, bytes) in tables {
        // The name comes from the schema.
        let count = format!("SELECT count(*) FROM \"{name}\"");
        let rows: i64 = connection.query_row(&count, [], |row| row.get(0))?;
        sizes.push(TableSize {
            name,
            rows: u64::try_from(rows).unwrap_or(0),
            bytes: u64::try_from(bytes).unwrap_or(0),
        });
    }
    Ok(sizes)
}

/// Brings the schema of a database up to date; gives the names of the migrations that
/// were missing.
///
/// # Errors
/// [`StoreError::InUse`] if a server has it open, [`StoreError::Schema`] if it is not
/// ours or from a newer version.
pub fn migrate(path: &Path) -> Result<Vec<&'static str>, StoreError> {
    let _lock = DatabaseLock::take(path)?;
    schema::run(&mut connection::writer(path)?)
}

/// Gives the space of deleted rows back to the system. Needs as much free space as the
/// database has bytes.
///
/// # Errors
/// [`StoreError::InUse`] if a server has it open; there is not enough space.
pub fn vacuum(path: &Path) -> Result<(), StoreError> {
    let _lock = DatabaseLock::take(path)?;
    let connection = connection::writer(path)?;
    connection
        .execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE);")
        .map_err(|error| failed("vacuuming the database", error))
}
