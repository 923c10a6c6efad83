//! Brings the schema of a database up to date: forward only, one transaction each.
//!
//! Several nodes may start at once: an advisory lock lets one of them migrate.

use super::session::Session;
use crate::StoreError;

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
    (9, "cluster", include_str!("migrations/0009_cluster.sql")),
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
    (12, "offers", include_str!("migrations/0012_offers.sql")),
    (13, "started", include_str!("migrations/0013_started.sql")),
];

/// Any number, the same for all versions: "Ostr".
const LOCK: &str = "SELECT pg_advisory_lock(1332966514)";
const UNLOCK: &str = "SELECT pg_advisory_unlock(1332966514)";

const TABLE: &str = "
CREATE TABLE IF NOT EXISTS migrations (
    number bigint PRIMARY KEY,
    name text NOT NULL,
    checksum bytea NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)";

/// A migration and whether a database has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Its number; they ascend.
    pub number: i64,
    /// Its name.
    pub name: &'static str,
    /// Whether it is applied.
    pub applied: bool,
}

/// Applies what is missing; gives the names of what was applied.
pub(super) fn run(session: &Session) -> Result<Vec<&'static str>, StoreError> {
    run_all(session, MIGRATIONS)
}

/// Keeps others from looking at the schema, until the session ends.
pub(super) fn lock(session: &Session) -> Result<(), StoreError> {
    session.run(LOCK)
}

fn run_all(
    session: &Session,
    migrations: &[(i64, &'static str, &str)],
) -> Result<Vec<&'static str>, StoreError> {
    lock(session)?;
    let applied = session
        .run(TABLE)
        .and_then(|()| apply_missing(session, migrations));
    session.run(UNLOCK)?;
    applied
}

/// What this program knows, and what the database has.
pub(super) fn status(session: &Session) -> Result<Vec<Migration>, StoreError> {
    let there = session.rows("SELECT to_regclass('migrations') IS NOT NULL", &[])?;
    let there = there.first().is_some_and(|row| row.get(0));
    let applied = match there {
        true => applied(session, MIGRATIONS)?,
        false => Vec::new(),
    };
    let known = MIGRATIONS.iter().map(|(number, name, _)| Migration {
        number: *number,
        name,
        applied: applied.contains(number),
    });
    Ok(known.collect())
}

fn apply_missing(
    session: &Session,
    migrations: &[(i64, &'static str, &str)],
) -> Result<Vec<&'static str>, StoreError> {
    let done = applied(session, migrations)?;
    let missing = migrations
        .iter()
        .filter(|(number, ..)| !done.contains(number));
    missing
        .map(|(number, name, text)| {
            apply(session, *number, name, text)?;
            Ok(*name)
        })
        .collect()
}

/// The numbers of those that are applied, which all must be those of this program.
fn applied(session: &Session, migrations: &[(i64, &str, &str)]) -> Result<Vec<i64>, StoreError> {
    let rows = session.rows(
        "SELECT number, checksum FROM migrations ORDER BY number",
        &[],
    )?;
    let numbers = rows.iter().map(|row| {
        let (number, checksum): (i64, Vec<u8>) = (row.get(0), row.get(1));
        check(migrations, number, &checksum).map(|()| number)
    });
    numbers.collect()
}

fn check(migrations: &[(i64, &str, &str)], number: i64, checksum: &[u8]) -> Result<(), StoreError> {
    let Some((_, name, text)) = migrations.iter().find(|(known, ..)| *known == number) else {
        let known = migrations.iter().map(|(known, ..)| *known).max();
        let known = known.unwrap_or_default();
        let text = format!("its schema is version {number}, this program knows {known}");
        return Err(StoreError::Schema(text.into()));
    };
    if checksum != blake3::hash(text.as_bytes()).as_bytes() {
        let text = format!("its migration {number} ({name}) is not that of this program");
        return Err(StoreError::Schema(text.into()));
    }
    Ok(())
}

fn apply(session: &Session, number: i64, name: &str, text: &str) -> Result<(), StoreError> {
    session.run("BEGIN")?;
    let checksum = *blake3::hash(text.as_bytes()).as_bytes();
    let insert = "INSERT INTO migrations (number, name, checksum) VALUES ($1, $2, $3)";
    let result = session
        .run(text)
        .and_then(|()| session.rows(insert, &[&number, &name, &checksum.as_slice()]));
    match result {
        Ok(_) => session.run("COMMIT"),
        Err(error) => {
            session.run("ROLLBACK")?;
            Err(error)
        }
    }
}
