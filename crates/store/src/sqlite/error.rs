//! Errors of SQLite as errors of the store.

use std::error::Error;
use std::sync::Arc;

use rusqlite::ErrorCode;

use crate::{StoreError, Trouble};

/// The error of a step that is not SQL, or of SQL that should not fail.
pub(super) fn failed(
    context: &'static str,
    source: impl Error + Send + Sync + 'static,
) -> StoreError {
    StoreError::Database {
        context,
        source: Arc::new(source),
    }
}

/// Whether a row with the same key was in the way.
pub(crate) fn is_conflict(error: &(dyn Error + 'static)) -> bool {
    let error = error.downcast_ref::<rusqlite::Error>();
    error.and_then(rusqlite::Error::sqlite_error_code) == Some(ErrorCode::ConstraintViolation)
}

/// Why the file can not be used for now, if that is what it says.
pub(crate) fn trouble(error: &(dyn Error + 'static)) -> Option<Trouble> {
    let error = error.downcast_ref::<rusqlite::Error>()?;
    match error.sqlite_error_code()? {
        ErrorCode::DiskFull => Some(Trouble::Full),
        ErrorCode::ReadOnly => Some(Trouble::ReadOnly),
        ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::DatabaseBusy => {
            Some(Trouble::Away)
        }
        _ => None,
    }
}

/// Whether the deadline ended the statement.
pub(super) fn is_interrupt(error: &StoreError) -> bool {
    let StoreError::Database { source, .. } = error else {
        return false;
    };
    let error = source.downcast_ref::<rusqlite::Error>();
    error.and_then(rusqlite::Error::sqlite_error_code) == Some(ErrorCode::OperationInterrupted)
}

/// `?` on SQLite's results in code that writes or reads rows.
impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        failed("the database failed", error)
    }
}
