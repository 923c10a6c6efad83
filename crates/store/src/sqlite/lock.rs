//! The lock file that keeps a second process away.
//!
//! SQLite itself would let it in: both would then hand out the same actions.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::error::failed;
use crate::StoreError;

/// Held as long as the database is open; the system frees it with the process.
#[derive(Debug)]
pub(super) struct DatabaseLock {
    _file: File,
}

impl DatabaseLock {
    /// Takes the lock on `<database>.lock`. The file stays when the lock goes:
    /// removing it would race with the next owner.
    pub(super) fn take(database: &Path) -> Result<Self, StoreError> {
        let lock = path_of(database);
        let file = open(&lock).map_err(|error| failed("opening the lock file", error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse {
                database: database.to_owned(),
                lock,
            }),
            Err(TryLockError::Error(error)) => Err(failed("locking the database", error)),
        }
    }
}

fn path_of(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

fn open(path: &Path) -> io::Result<File> {
    File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
}
