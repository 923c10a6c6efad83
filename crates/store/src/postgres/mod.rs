//! The store in a PostgreSQL database, which many nodes may share.
//!
//! One connection writes what the runner made, another one what requests write
//! (definitions, environments); a few read. All statements are those of `sql`.

mod error;
mod migrate;
mod pool;
mod session;
mod value;
mod writer;

use std::time::Duration;

use tokio_postgres::Config;

use crate::sql::write::{self, Tx};
use crate::sql::{Backend, Connection};
use crate::{Batch, Committed, Cost, Shard, StoreError};
use error::failed;
pub(crate) use error::is_conflict;
pub use migrate::Migration;
use pool::Pool;
use session::Session;
pub(crate) use value::cell;
use writer::Writer;

/// A store in PostgreSQL; both a [`Store`](crate::Store) and a [`Catalog`](crate::Catalog).
#[derive(Debug)]
pub struct Postgres {
    /// For the runner.
    writer: Writer,
    /// For requests.
    editor: Writer,
    /// For the API, with a deadline.
    readers: Pool,
    /// For lists; they begin in the quick lane.
    quick: Pool,
    slow: Pool,
    /// For the runner: a slow list must not hold it up.
    loaders: Pool,
}

/// How to use a database.
#[derive(Clone, Debug)]
pub struct Options {
    /// Connections for the API's reads.
    pub readers: usize,
    /// The longest that a statement of the API's reads may take.
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

/// The longest that a statement of a list may take at first. Then it begins again in
/// the slow lane, which is narrow: nobody else waits for it.
const QUICK: Duration = Duration::from_millis(250);

/// Connections of the slow lane.
const SLOW_LANE: usize = 2;

/// The most lists that wait for it.
const SLOW_WAITING: usize = 32;

/// How long a connection may take to come about.
const CONNECTING: Duration = Duration::from_secs(5);

impl Postgres {
    /// Connects to the database of a `postgres://` address and brings its schema
    /// up to date.
    ///
    /// # Errors
    /// [`StoreError::Schema`] if it is from a newer version.
    pub fn open(url: &str, options: &Options) -> Result<Self, StoreError> {
        migrate(url)?;
        let config = config(url)?;
        let (limit, readers) = (options.read_deadline, options.readers.max(1));
        let deadline = Some(limit);
        Ok(Self {
            writer: Writer::open(config.clone())?,
            editor: Writer::open(config.clone())?,
            readers: Pool::new(config.clone(), readers, deadline),
            quick: Pool::new(config.clone(), readers, Some(QUICK.min(limit))),
            slow: Pool::new(config.clone(), SLOW_LANE, deadline).refusing_beyond(SLOW_WAITING),
            loaders: Pool::new(config, 2, None),
        })
    }
}

/// Brings the schema of a database up to date; gives the names of the migrations
/// that were missing.
///
/// # Errors
/// [`StoreError::Schema`] if it is from a newer version.
pub fn migrate(url: &str) -> Result<Vec<&'static str>, StoreError> {
    migrate::run(&Session::open(&config(url)?, "")?)
}

/// The migrations of this program, and which of them a database has.
///
/// # Errors
/// As [`migrate`].
pub fn status(url: &str) -> Result<Vec<Migration>, StoreError> {
    migrate::status(&Session::open(&config(url)?, "")?)
}

/// Runs statements that have no parameters, for tests and tools.
///
/// # Errors
/// What the server says.
pub fn execute(url: &str, sql: &str) -> Result<(), StoreError> {
    Session::open(&config(url)?, "")?.run(sql)
}

fn config(url: &str) -> Result<Config, StoreError> {
    let mut config: Config = url
        .parse()
        .map_err(|error: tokio_postgres::Error| failed("reading the database's address", error))?;
    if config.get_application_name().is_none() {
        config.application_name("ostro");
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECTING);
    }
    Ok(config)
}

impl Backend for Postgres {
    fn read<T>(
        &self,
        work: impl Fn(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.readers.read(work)
    }

    fn list<T>(
        &self,
        work: impl Fn(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match self.quick.read(&work) {
            Err(StoreError::Deadline { .. }) => self.slow.read(&work),
            result => result,
        }
    }

    fn fetch<T>(
        &self,
        work: impl Fn(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.loaders.read(work)
    }

    fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.editor.write(work)
    }

    fn commit_batch(&self, batch: Batch) -> Result<Committed, StoreError> {
        self.writer.write(|tx| write::batch(tx, &batch))
    }

    fn next_seq(&self, shard: Shard) -> u64 {
        self.writer.next_seq(shard)
    }

    fn cost(&self) -> Cost {
        self.writer.cost()
    }
}
