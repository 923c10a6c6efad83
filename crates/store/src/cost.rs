//! What writing costs, counted for tests and metrics.

/// Counters since the store was opened. They only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Transactions committed.
    pub commits: u64,
    /// Statements run in them.
    pub statements: u64,
    /// Rows inserted, updated or deleted.
    pub rows: u64,
    /// Bytes of values written, large ones (in the blob table) among them.
    pub bytes: u64,
    /// Bytes of large values among those.
    pub blob_bytes: u64,
}

impl Cost {
    /// The sum of both.
    pub(crate) fn plus(&self, other: &Self) -> Self {
        Self {
            commits: self.commits + other.commits,
            statements: self.statements + other.statements,
            rows: self.rows + other.rows,
            bytes: self.bytes + other.bytes,
            blob_bytes: self.blob_bytes + other.blob_bytes,
        }
    }
}
