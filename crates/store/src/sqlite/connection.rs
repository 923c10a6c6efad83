//! Connections and their settings.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::error::failed;
use crate::StoreError;

/// Statements kept prepared per connection: more than the store has.
const STATEMENTS: usize = 160;

/// Nobody else writes, so waiting is for strangers (a backup, a shell).
const BUSY: Duration = Duration::from_secs(10);

/// For every connection. `trusted_schema`: the schema calls no functions.
/// `foreign_keys`: there are none; the engine keeps rows together, and deletion
/// goes in slices.
const COMMON: &str = "
PRAGMA trusted_schema = OFF;
PRAGMA foreign_keys = OFF;
PRAGMA temp_store = MEMORY;
";

/// `page_size`: a commit writes whole pages to the log, and most commits touch
/// few bytes on many pages; so small pages (of a new file). `synchronous = FULL`: a
/// commit that returned is on disk. `wal_autocheckpoint`: 8,000 pages (16 MiB) let a page
/// that changes often be written back once, and keep the pause of a checkpoint
/// near that of a large commit. `journal_size_limit`: a log that a slow reader
/// made grow shrinks again.
const WRITER: &str = "
PRAGMA page_size = 2048;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA wal_autocheckpoint = 8000;
PRAGMA journal_size_limit = 67108864;
PRAGMA cache_size = -32768;
";

/// `mmap_size`: lists read pages where the system has them, without a copy, of files up
/// to 2 GiB as a whole. The writer has no use for it: pages that change must be copied
/// anyway.
const READER: &str = "
PRAGMA query_only = ON;
PRAGMA mmap_size = 2147418112;
PRAGMA cache_size = -8192;
";

/// The connection that writes. Makes the file.
pub(super) fn writer(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    open(path, flags, WRITER)
}

/// A connection that reads the file of a writer.
pub(super) fn reader(path: &Path) -> Result<Connection, StoreError> {
    // Read-write, as the index of the write-ahead log is shared memory.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    open(path, flags, READER)
}

/// A connection of its own, to nothing that lasts.
pub(super) fn memory() -> Result<Connection, StoreError> {
    let connection = Connection::open_in_memory()?;
    set(connection, "PRAGMA page_size = 2048;")
}

fn open(path: &Path, flags: OpenFlags, pragmas: &str) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(path, flags)
        .map_err(|error| failed("opening the database", error))?;
    connection.busy_timeout(BUSY)?;
    set(connection, pragmas)
}

fn set(connection: Connection, pragmas: &str) -> Result<Connection, StoreError> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection
        .execute_batch(pragmas)
        .and_then(|()| connection.execute_batch(COMMON))
        // Otherwise a statement with `LIMIT ?` is compiled again at each run, for its plan
        // may depend on the number: https://sqlite.org/queryplanner-ng.html#qpstab
        .and_then(|()| connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true))
        .map_err(|error| failed("setting up the database", error))?;
    Ok(connection)
}

/// Runs a statement that begins or ends a transaction; it stays prepared.
pub(super) fn run(connection: &Connection, sql: &str) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let result = statement.execute([]);
    result
        .map(drop)
        .map_err(|error| failed("the transaction", error))
}
