//! Brings the schema of a database up to date: forward only, one transaction each.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::error::failed;
use crate::StoreError;

/// Marks our files: "Ostr".
const APPLICATION_ID: i32 = 0x4f73_7472;

/// Number, name and text; a text never changes once it was released.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "initial", include_str!("migrations/0001_initial.sql")),
    (2, "triggers", include_str!("migrations/0002_triggers.sql")),
    (
        3,
        "resources",
        include_str!("migrations/0003_resources.sql"),
    ),
    (
        4,
        "request keys",
        include_str!("migrations/0004_request_keys.sql"),
    ),
    (
        6,
        "list indexes",
        include_str!("migrations/0006_list_indexes.sql"),
    ),
    (
        7,
        "event triggers",
        include_str!("migrations/0007_event_triggers.sql"),
    ),
    (
        8,
        "notifications",
        include_str!("migrations/0008_notifications.sql"),
    ),
    (
        10,
        "stray executions",
        include_str!("migrations/0010_stray_executions.sql"),
    ),
    (
        11,
        "receivers",
        include_str!("migrations/0011_receivers.sql"),
    ),
    (13, "started", include_str!("migrations/0013_started.sql")),
    (
        15,
        "shared rows",
        include_str!("migrations/0015_shared_rows.sql"),
    ),
];

const TABLE: &str = "
CREATE TABLE IF NOT EXISTS migrations (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    checksum BLOB NOT NULL,
    applied_at INTEGER NOT NULL
) STRICT";

/// Applies what is missing; gives the names of what was applied.
pub(super) fn run(connection: &mut Connection) -> Result<Vec<&'static str>, StoreError> {
    apply_all(connection, MIGRATIONS)
}

fn apply_all(
    connection: &mut Connection,
    migrations: &[(i64, &'static str, &str)],
) -> Result<Vec<&'static str>, StoreError> {
    check_owner(connection)?;
    connection.execute_batch(TABLE)?;
    refuse_newer(connection, migrations)?;
    let mut applied = Vec::new();
    for (number, name, text) in migrations {
        if apply(connection, *number, name, text)? {
            applied.push(*name);
        }
    }
    Ok(applied)
}

/// The names of the migrations that a file of ours lacks; changes nothing.
pub(super) fn missing(connection: &Connection) -> Result<Vec<&'static str>, StoreError> {
    if application_id(connection)? != APPLICATION_ID {
        return Err(StoreError::Schema("another program made this file".into()));
    }
    refuse_newer(connection, MIGRATIONS)?;
    let mut missing = Vec::new();
    for (number, name, text) in MIGRATIONS {
        if !is_applied(connection, *number, name, blake3::hash(text.as_bytes()))? {
            missing.push(*name);
        }
    }
    Ok(missing)
}

/// Refuses files that another program made.
fn check_owner(connection: &Connection) -> Result<(), StoreError> {
    let id = application_id(connection)?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    match (id, tables) {
        (APPLICATION_ID, _) => Ok(()),
        (0, 0) => Ok(connection.pragma_update(None, "application_id", APPLICATION_ID)?),
        _ => Err(StoreError::Schema("another program made this file".into())),
    }
}

fn application_id(connection: &Connection) -> Result<i32, StoreError> {
    connection
        .query_row("PRAGMA application_id", [], |row| row.get(0))
        .map_err(|error| failed("reading the database", error))
}

fn refuse_newer(
    connection: &Connection,
    migrations: &[(i64, &str, &str)],
) -> Result<(), StoreError> {
    let known = migrations.iter().map(|(number, ..)| *number).max();
    let known = known.unwrap_or_default();
    let sql = "SELECT ifnull(max(number), 0) FROM migrations";
    let newest: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    if newest > known {
        let text = format!("its schema is version {newest}, this program knows {known}");
        return Err(StoreError::Schema(text.into()));
    }
    Ok(())
}

/// Applies a migration unless it is; tells whether it did.
fn apply(
    connection: &mut Connection,
    number: i64,
    name: &str,
    text: &str,
) -> Result<bool, StoreError> {
    let checksum = blake3::hash(text.as_bytes());
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if is_applied(&transaction, number, name, checksum)? {
        return Ok(false);
    }
    transaction
        .execute_batch(text)
        .map_err(|error| failed("migrating the database", error))?;
    transaction.execute(
        "INSERT INTO migrations VALUES (?1, ?2, ?3, unixepoch() * 1000000)",
        params![number, name, checksum.as_bytes()],
    )?;
    transaction.commit()?;
    Ok(true)
}

fn is_applied(
    connection: &Connection,
    number: i64,
    name: &str,
    checksum: blake3::Hash,
) -> Result<bool, StoreError> {
    let sql = "SELECT checksum FROM migrations WHERE number = ?1";
    let applied: Option<[u8; 32]> = connection
        .query_row(sql, [number], |row| row.get(0))
        .optional()?;
    match applied {
        None => Ok(false),
        Some(found) if found == *checksum.as_bytes() => Ok(true),
        Some(_) => {
            let text = format!("its migration {number} ({name}) is not that of this program");
            Err(StoreError::Schema(text.into()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal<T: std::fmt::Debug>(result: Result<T, StoreError>) -> String {
        match result {
            Err(StoreError::Schema(text)) => text.to_string(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn numbers_ascend() {
        assert!(MIGRATIONS.is_sorted_by(|(a, ..), (b, ..)| a < b));
    }

    #[test]
    fn migrations_run_once() {
        let mut connection = Connection::open_in_memory().unwrap();
        let first = (1, "first", "CREATE TABLE a (x)");
        apply_all(&mut connection, &[first]).unwrap();
        let second = (2, "second", "CREATE TABLE b (x)");
        apply_all(&mut connection, &[first, second]).unwrap();
        let altered = (1, "first", "CREATE TABLE a (x, y)");
        assert_eq!(
            refusal(apply_all(&mut connection, &[altered, second])),
            "its migration 1 (first) is not that of this program"
        );
        assert_eq!(
            refusal(apply_all(&mut connection, &[first])),
            "its schema is version 2, this program knows 1"
        );
    }

    /// Branches of the program may bring their migrations in any order.
    #[test]
    fn a_number_that_was_left_out_is_applied_later() {
        let mut connection = Connection::open_in_memory().unwrap();
        let first = (1, "first", "CREATE TABLE a (x)");
        let second = (2, "second", "CREATE TABLE b (x)");
        let third = (3, "third", "CREATE TABLE c (x)");
        apply_all(&mut connection, &[first, third]).unwrap();
        apply_all(&mut connection, &[first, second, third]).unwrap();
        let count = "SELECT count(*) FROM sqlite_schema WHERE name IN ('a', 'b', 'c')";
        let tables: i64 = connection.query_row(count, [], |row| row.get(0)).unwrap();
        assert_eq!(tables, 3);
    }

    #[test]
    fn a_failing_migration_leaves_nothing() {
        let mut connection = Connection::open_in_memory().unwrap();
        let broken = (1, "broken", "CREATE TABLE a (x); CREATE TABLE a (x)");
        assert!(apply_all(&mut connection, &[broken]).is_err());
        let fixed = (1, "fixed", "CREATE TABLE a (x)");
        apply_all(&mut connection, &[fixed]).unwrap();
    }

    #[test]
    fn strange_files_are_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE theirs (x)").unwrap();
        assert_eq!(
            refusal(run(&mut connection)),
            "another program made this file"
        );
    }
}
