//! Errors of PostgreSQL as errors of the store.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use tokio_postgres::error::SqlState;

use crate::{StoreError, Trouble};

/// The error of a step.
pub(super) fn failed(
    context: &'static str,
    source: impl Error + Send + Sync + 'static,
) -> StoreError {
    StoreError::Database {
        context,
        source: Arc::new(source),
    }
}

/// The server did not answer in time.
pub(super) fn unanswered(context: &'static str) -> StoreError {
    failed(context, std::io::Error::from(std::io::ErrorKind::TimedOut))
}

/// Whether a row with the same key was in the way.
pub(crate) fn is_conflict(error: &(dyn Error + 'static)) -> bool {
    code(error) == Some(&SqlState::UNIQUE_VIOLATION)
}

/// Whether the deadline ended the statement.
pub(super) fn is_late(error: &StoreError) -> bool {
    state(error) == Some(&SqlState::QUERY_CANCELED)
}

/// Why the server can not be used for now, if that is what it says.
pub(crate) fn trouble(error: &(dyn Error + 'static)) -> Option<Trouble> {
    match code(error) {
        Some(&SqlState::DISK_FULL) => Some(Trouble::Full),
        Some(&SqlState::READ_ONLY_SQL_TRANSACTION) => Some(Trouble::ReadOnly),
        // 53…: it lacks connections, memory or another resource.
        Some(code) if code.code().starts_with("53") => Some(Trouble::Away),
        _ => is_away(error).then_some(Trouble::Away),
    }
}

/// Whether the connection is gone, and with it whatever it was doing; or whether it is
/// of no use any more: a session that began when the database was read-only stays so.
pub(super) fn is_lost(error: &StoreError) -> bool {
    let StoreError::Database { source, .. } = error else {
        return false;
    };
    code(&**source) == Some(&SqlState::READ_ONLY_SQL_TRANSACTION) || is_away(&**source)
}

fn is_away(error: &(dyn Error + 'static)) -> bool {
    let Some(ServerError(error)) = error.downcast_ref() else {
        return error.is::<std::io::Error>();
    };
    // 57P01…57P03: the server goes down, comes up, or crashed.
    error.is_closed()
        || match error.code() {
            Some(code) => code.code().starts_with("57P") || code.code().starts_with("08"),
            None => true,
        }
}

fn state(error: &StoreError) -> Option<&SqlState> {
    match error {
        StoreError::Database { source, .. } => code(&**source),
        _ => None,
    }
}

fn code<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e SqlState> {
    error
        .downcast_ref()
        .and_then(|ServerError(error)| error.code())
}

/// `?` on PostgreSQL's results in code that writes or reads rows.
impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        of_server("the database failed", error)
    }
}

/// What the server or the connection says.
pub(super) fn of_server(context: &'static str, error: tokio_postgres::Error) -> StoreError {
    failed(context, ServerError(error))
}

/// By itself the library's error only says that there is one of the database's.
#[derive(Debug)]
struct ServerError(tokio_postgres::Error);

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_db_error() {
            Some(error) => write!(f, "{}: {}", error.severity(), error.message()),
            None => match self.0.source() {
                Some(cause) => write!(f, "{}: {cause}", self.0),
                None => self.0.fmt(f),
            },
        }
    }
}

impl Error for ServerError {}
