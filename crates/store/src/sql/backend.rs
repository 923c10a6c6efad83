//! What the shared reads and writes need of a database.

use super::Connection;
use super::write::Tx;
use crate::{Batch, Committed, Cost, Shard, StoreError};

/// A database that runs the shared statements. Whatever is one is a
/// [`Store`](crate::Store) and a [`Catalog`](crate::Catalog).
pub(crate) trait Backend: Send + Sync {
    /// Reads for the API, from one snapshot, within the deadline.
    fn read<T>(&self, work: impl Fn(&Connection) -> Result<T, StoreError>)
    -> Result<T, StoreError>;

    /// The same for a single statement, which sees one state of the database by itself.
    fn glance<T>(
        &self,
        work: impl Fn(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.read(work)
    }

    /// Reads for the API that may take long: it has connections of its own, so that neither
    /// the runner nor other reads wait for it.
    fn list<T>(&self, work: impl Fn(&Connection) -> Result<T, StoreError>)
    -> Result<T, StoreError>;

    /// Reads for the runner, from one snapshot.
    fn fetch<T>(
        &self,
        work: impl Fn(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError>;

    /// Runs `work` in a transaction.
    fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static;

    /// Writes what the runner made, if it still may.
    fn commit_batch(&self, batch: Batch) -> Result<Committed, StoreError>;

    /// The number that a shard's next journal entry gets.
    fn next_seq(&self, shard: Shard) -> u64;

    /// What writing cost so far.
    fn cost(&self) -> Cost;
}
