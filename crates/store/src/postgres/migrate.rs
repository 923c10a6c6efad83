//! Brings the schema of a database up to date: forward only, one transaction each.
//!
//! Several nodes may start at once: an advisory lock lets one of them migrate. Nodes of two
//! versions may work at once: each migration says which programs work beside it, and
//! neither a program nor a migration comes to a database where that is not so.

use super::session::Session;
use crate::StoreError;

/// From one schema to the next. A text never changes once it was released.
struct Step {
    number: i64,
    name: &'static str,
    /// Programs that know the schema up to this number work beside it: what they need is
    /// still there, and what is new they need not know.
    beside: i64,
    text: &'static str,
}

impl Step {
    const fn new(number: i64, name: &'static str, beside: i64, text: &'static str) -> Self {
        Self {
            number,
            name,
            beside,
            text,
        }
    }
}

const STEPS: &[Step] = &[
    Step::new(1, "initial", 0, include_str!("migrations/0001_initial.sql")),
    Step::new(
        2,
        "triggers",
        1,
        include_str!("migrations/0002_triggers.sql"),
    ),
    Step::new(
        3,
        "resources",
        2,
        include_str!("migrations/0003_resources.sql"),
    ),
    Step::new(
        4,
        "request keys",
        3,
        include_str!("migrations/0004_request_keys.sql"),
    ),
    Step::new(
        6,
        "list indexes",
        4,
        include_str!("migrations/0006_list_indexes.sql"),
    ),
    Step::new(
        7,
        "event triggers",
        6,
        include_str!("migrations/0007_event_triggers.sql"),
    ),
    Step::new(
        8,
        "notifications",
        7,
        include_str!("migrations/0008_notifications.sql"),
    ),
    Step::new(9, "cluster", 8, include_str!("migrations/0009_cluster.sql")),
    Step::new(
        10,
        "stray executions",
        9,
        include_str!("migrations/0010_stray_executions.sql"),
    ),
    Step::new(
        11,
        "receivers",
        10,
        include_str!("migrations/0011_receivers.sql"),
    ),
    Step::new(12, "offers", 11, include_str!("migrations/0012_offers.sql")),
    Step::new(
        13,
        "started",
        12,
        include_str!("migrations/0013_started.sql"),
    ),
    Step::new(
        14,
        "versions",
        12,
        include_str!("migrations/0014_versions.sql"),
    ),
    Step::new(
        15,
        "shared rows",
        15,
        include_str!("migrations/0015_shared_rows.sql"),
    ),
];

/// The newest schema that this program knows.
pub(super) const KNOWN: i64 = STEPS[STEPS.len() - 1].number;

/// Any number, the same for all versions: "Ostr".
const LOCK: &str = "SELECT pg_advisory_lock(1332966514)";
const HOLD: &str = "SELECT pg_advisory_xact_lock(1332966514)";
const UNLOCK: &str = "SELECT pg_advisory_unlock(1332966514)";

const TABLE: &str = "
CREATE TABLE IF NOT EXISTS migrations (
    number bigint PRIMARY KEY,
    name text NOT NULL,
    checksum bytea NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    beside bigint
);
ALTER TABLE migrations ADD COLUMN IF NOT EXISTS beside bigint";

/// Before the table was made by a program of this version, it has fewer columns.
const APPLIED: &str = "
SELECT number, name, checksum, CAST(to_jsonb(m) ->> 'beside' AS bigint)
FROM migrations m ORDER BY number";

/// A node at work that does not know enough. One of a version that did not say what it
/// knows knows what is there.
const TOO_OLD: &str = "
SELECT name, version FROM nodes n
WHERE NOT dead AND expires_at > clock_timestamp()
AND coalesce(CAST(to_jsonb(n) ->> 'schema_version' AS bigint), $2) < $1
ORDER BY name LIMIT 1";

/// A migration and whether a database has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Its number; they ascend.
    pub number: i64,
    /// Its name.
    pub name: String,
    /// Whether it is applied.
    pub applied: bool,
    /// Whether this program has it; else it is of a newer one, beside which this one works.
    pub known: bool,
}

/// A row of the database.
struct Applied {
    number: i64,
    name: String,
    checksum: Vec<u8>,
    beside: Option<i64>,
}

/// Applies what is missing; gives the names of what was applied.
pub(super) fn run(session: &Session) -> Result<Vec<&'static str>, StoreError> {
    lock(session)?;
    let applied = session.run(TABLE).and_then(|()| apply_missing(session));
    session.run(UNLOCK)?;
    applied
}

/// Keeps others from looking at the schema, until the session ends.
pub(super) fn lock(session: &Session) -> Result<(), StoreError> {
    session.run(LOCK)
}

/// Keeps the schema as it is until the transaction ends, if this program works with it.
pub(super) fn hold(session: &Session) -> Result<(), StoreError> {
    session.run(HOLD)?;
    applied(session).map(drop)
}

/// What this program knows, and what the database has.
pub(super) fn status(session: &Session) -> Result<Vec<Migration>, StoreError> {
    let applied = match has_table(session, "migrations")? {
        true => applied(session)?,
        false => Vec::new(),
    };
    let known = STEPS.iter().map(|step| Migration {
        number: step.number,
        name: step.name.to_owned(),
        applied: applied.iter().any(|row| row.number == step.number),
        known: true,
    });
    let others = applied.iter().filter(|row| step(row.number).is_none());
    let others = others.map(|row| Migration {
        number: row.number,
        name: row.name.clone(),
        applied: true,
        known: false,
    });
    Ok(known.chain(others).collect())
}

fn apply_missing(session: &Session) -> Result<Vec<&'static str>, StoreError> {
    let done = applied(session)?;
    let newest = done.iter().map(|row| row.number).max().unwrap_or_default();
    let missing = STEPS
        .iter()
        .filter(|step| done.iter().all(|row| row.number != step.number));
    missing
        .map(|step| {
            check_nodes(session, step, newest)?;
            apply(session, step)?;
            Ok(step.name)
        })
        .collect()
}

/// Nothing is taken from under nodes that are at work.
fn check_nodes(session: &Session, step: &Step, newest: i64) -> Result<(), StoreError> {
    if !has_table(session, "nodes")? {
        return Ok(());
    }
    let rows = session.rows(TOO_OLD, &[&step.beside, &newest])?;
    let Some(row) = rows.first() else {
        return Ok(());
    };
    let (node, version): (&str, &str) = (row.get(0), row.get(1));
    let Step { number, name, .. } = step;
    let text = format!(
        "the node '{node}' (version {version}) is at work and too old for migration {number} \
         ({name}); stop the nodes of that version first, or go by the version between"
    );
    Err(StoreError::Schema(text.into()))
}

/// What is applied, with all of which this program works.
fn applied(session: &Session) -> Result<Vec<Applied>, StoreError> {
    let rows = session.rows(APPLIED, &[])?;
    let rows = rows.iter().map(|row| Applied {
        number: row.get(0),
        name: row.get(1),
        checksum: row.get(2),
        beside: row.get(3),
    });
    rows.map(|row| row.check().map(|()| row)).collect()
}

fn step(number: i64) -> Option<&'static Step> {
    STEPS.iter().find(|step| step.number == number)
}

fn has_table(session: &Session, name: &str) -> Result<bool, StoreError> {
    let rows = session.rows("SELECT to_regclass($1) IS NOT NULL", &[&name])?;
    Ok(rows.first().is_some_and(|row| row.get(0)))
}

impl Applied {
    fn check(&self) -> Result<(), StoreError> {
        let Self { number, name, .. } = self;
        let text = match (step(*number), self.beside) {
            (Some(step), _) if self.checksum == blake3::hash(step.text.as_bytes()).as_bytes() => {
                return Ok(());
            }
            (Some(step), _) => {
                let name = step.name;
                format!("its migration {number} ({name}) is not that of this program")
            }
            (None, Some(beside)) if beside <= KNOWN => return Ok(()),
            (None, _) => format!(
                "its schema is version {number} ({name}), this program knows {KNOWN} and is \
                 too old to work beside it; use a newer version"
            ),
        };
        Err(StoreError::Schema(text.into()))
    }
}

fn apply(session: &Session, step: &Step) -> Result<(), StoreError> {
    session.run("BEGIN")?;
    let checksum = *blake3::hash(step.text.as_bytes()).as_bytes();
    let insert = "INSERT INTO migrations (number, name, checksum, beside) VALUES ($1, $2, $3, $4)";
    let result = session.run(step.text).and_then(|()| {
        let checksum = checksum.as_slice();
        session.rows(insert, &[&step.number, &step.name, &checksum, &step.beside])
    });
    match result {
        Ok(_) => session.run("COMMIT"),
        Err(error) => {
            session.run("ROLLBACK")?;
            Err(error)
        }
    }
}
