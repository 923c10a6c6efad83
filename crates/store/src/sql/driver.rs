//! What a connection to a database must be able to do.

use engine::model::Id;

use super::{Bound, Dialect, Fields};
use crate::{Resource, StoreError};

/// A connection to whichever database it is.
pub(crate) type Connection<'d> = dyn Driver + 'd;

/// Sees a row; tells whether it wants the next one.
pub(crate) type Each<'e> = dyn FnMut(&mut Fields<'_>) -> Result<bool, StoreError> + 'e;

/// Runs statements, one after the other. Those that change something are constants: a
/// connection may know them by their place in memory.
pub(crate) trait Driver {
    /// How statements are written.
    fn dialect(&self) -> Dialect;

    /// Runs a statement; gives the number of rows changed.
    fn execute(&self, sql: &'static str, params: Bound<'_>) -> Result<usize, StoreError>;

    /// Runs a query.
    fn query(&self, sql: &str, params: Bound<'_>, each: &mut Each<'_>) -> Result<(), StoreError>;

    /// Runs a statement now or, if waiting for its answer is what costs, together
    /// with those that follow: at the latest before the next other call. Gives the
    /// number of rows changed by what was done.
    fn send(
        &self,
        sql: &'static str,
        params: Bound<'_>,
        expect: Expect,
    ) -> Result<usize, StoreError>;

    /// The same for a statement about one row, by its key, that no other statement of the
    /// transaction concerns: rows of the same statement may go together, at the latest
    /// before the next other call.
    fn send_row(
        &self,
        sql: &'static str,
        params: Bound<'_>,
        expect: Expect,
    ) -> Result<usize, StoreError> {
        self.send(sql, params, expect)
    }

    /// How many statements were not needed since the last call, as their rows went along
    /// with others.
    fn spared(&self) -> u64 {
        0
    }

    /// Waits for all that was sent; gives the number of rows changed by it.
    fn flush(&self) -> Result<usize, StoreError>;
}

/// What a statement that was sent must do.
#[derive(Debug)]
pub(crate) enum Expect {
    /// Whatever it does is right.
    Anything,
    /// Change one row: that of this thing, which must be there.
    Row(Resource, Id),
    /// Insert a row; this is the error if its key is taken.
    New(Box<StoreError>),
}

impl Expect {
    /// Checks what a statement did.
    pub(crate) fn check(self, result: Result<usize, StoreError>) -> Result<usize, StoreError> {
        match (self, result) {
            (Self::Row(resource, id), Ok(rows)) if rows != 1 => {
                Err(StoreError::not_found(resource, id))
            }
            (Self::New(taken), Err(error)) if error.is_conflict() => Err(*taken),
            (_, result) => result,
        }
    }
}
