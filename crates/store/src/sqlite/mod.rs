//! The store in one SQLite file (or in memory).
//!
//! One connection writes: whoever finds it free does the waiting work of all
//! others in the same transaction. Other connections read, each call from one
//! snapshot. The SQL of a topic is in the file of that topic.

mod connection;
mod driver;
mod error;
#[cfg(test)]
mod list_pages;
#[cfg(test)]
mod list_plans;
mod lock;
mod migrate;
#[cfg(test)]
mod plans;
mod pool;
mod source;
mod upkeep;
mod writer;

use std::path::Path;
use std::time::Duration;

use crate::sql::write::{self, Tx};
use crate::sql::{Backend, Connection};
use crate::{Batch, Committed, Cost, Shard, StoreError};
use driver::Session;
pub(crate) use driver::cell;
pub(crate) use error::{is_conflict, trouble};
use lock::DatabaseLock;
use pool::Pool;
pub(crate) use source::Source;
pub use upkeep::{TableSize, migrate, sizes, vacuum};
use writer::Writer;

/// A store in SQLite; both a [`Store`](crate::Store) and a [`Catalog`](crate::Catalog).
#[derive(Debug)]
pub struct Sqlite {
    writer: Writer,
    /// For the API, with a deadline; `None` in memory.
    readers: Option<Pool>,
    /// For lists; `None` in memory.
    lists: Option<Lists>,
    /// For the runner: a slow list must not hold it up.
    loaders: Option<Pool>,
    deadline: Duration,
    _lock: Option<DatabaseLock>,
}

/// Most lists are read at once. Those that are not begin again in the slow lane, which
/// is narrow: they take turns there, and nobody else waits for them.
#[derive(Debug)]
struct Lists {
    quick: Pool,
    slow: Pool,
}

/// The longest that a list may take in the quick lane.
const QUICK: Duration = Duration::from_millis(250);

/// Connections of the slow lane.
const SLOW_LANE: usize = 2;

/// The most lists that wait for it.
const SLOW_WAITING: usize = 32;

/// How to open a database.
#[derive(Clone, Debug)]
pub struct Options {
    /// Connections for the API's reads.
    pub readers: usize,
    /// The longest that a read of the API may take.
    pub read_deadline: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            readers: 4,
            read_deadline: Duration::from_secs(10),
        }
    }
}

impl Sqlite {
    /// Opens a database file, which is made if it is not there, and brings its
    /// schema up to date. The parent folder must exist.
    ///
    /// # Errors
    /// [`StoreError::InUse`] if another process has it open,
    /// [`StoreError::Schema`] if it is not ours or from a newer version.
    pub fn open(path: &Path, options: &Options) -> Result<Self, StoreError> {
        let lock = DatabaseLock::take(path)?;
        let mut connection = connection::writer(path)?;
        migrate::run(&mut connection)?;
        let limit = options.read_deadline;
        let deadline = Some(limit);
        Ok(Self {
            writer: Writer::new(connection)?,
            readers: Some(Pool::new(path, options.readers.max(1), deadline)),
            lists: Some(Lists {
                quick: Pool::new(path, options.readers.max(1), Some(QUICK.min(limit))),
                slow: Pool::new(path, SLOW_LANE, deadline).refusing_beyond(SLOW_WAITING),
            }),
            loaders: Some(Pool::new(path, 2, None)),
            deadline: options.read_deadline,
            _lock: Some(lock),
        })
    }

    /// A database in memory, for runs that need not last. Reads and writes take
    /// turns.
    ///
    /// # Errors
    /// [`StoreError::Database`] if there is no memory for it.
    pub fn in_memory() -> Result<Self, StoreError> {
        let mut connection = connection::memory()?;
        migrate::run(&mut connection)?;
        Ok(Self {
            writer: Writer::new(connection)?,
            readers: None,
            lists: None,
            loaders: None,
            deadline: Options::default().read_deadline,
            _lock: None,
        })
    }
}

impl Backend for Sqlite {
    fn read<T>(
        &self,
        work: impl Fn(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match &self.readers {
            Some(pool) => pool.read(|connection| work(&Session::new(connection))),
            None => self.writer.read(Some(self.deadline), |connection| {
                work(&Session::new(connection))
            }),
        }
    }

    fn list<T>(
        &self,
        work: impl Fn(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let Some(Lists { quick, slow }) = &self.lists else {
            return self.read(work);
        };
        match quick.read(|connection| work(&Session::new(connection))) {
            Err(StoreError::Deadline { .. }) => {
                slow.read(|connection| work(&Session::new(connection)))
            }
            result => result,
        }
    }

    fn fetch<T>(
        &self,
        work: impl Fn(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match &self.loaders {
            Some(pool) => pool.read(|connection| work(&Session::new(connection))),
            None => self
                .writer
                .read(None, |connection| work(&Session::new(connection))),
        }
    }

    fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.writer.write(work)
    }

    fn commit_batch(&self, batch: Batch) -> Result<Committed, StoreError> {
        self.writer.write(move |tx| write::batch(tx, &batch))
    }

    fn next_seq(&self, shard: Shard) -> u64 {
        self.writer.next_seq(shard)
    }

    fn cost(&self) -> Cost {
        self.writer.cost()
    }
}
