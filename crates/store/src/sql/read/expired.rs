//! Finished executions that are too old, or too many.
//!
//! These are scans, from time to time and beside the writer: an index on what changes
//! at every step would cost more.

use engine::model::{ExecutionId, State};

use super::all;
use crate::sql::Connection;
use crate::sql::fields::Micros;
use crate::{Expiry, StoreError};

pub(crate) fn expired(
    connection: &Connection,
    expiry: &Expiry,
    limit: usize,
) -> Result<Vec<ExecutionId>, StoreError> {
    let states: Vec<_> = expiry.states.iter().map(|state| quoted(*state)).collect();
    if states.is_empty() {
        return Ok(Vec::new());
    }
    let found = format!(
        "SELECT id FROM executions WHERE root IS NULL AND state IN ({})",
        states.join(", ")
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let read = |fields: &mut crate::sql::Fields<'_>| fields.execution();
    if let Some(before) = expiry.before {
        let sql = format!("{found} AND updated_at < ?1 ORDER BY updated_at, id LIMIT ?2");
        let old = all(connection, &sql, (Micros(before), limit), read)?;
        if !old.is_empty() {
            return Ok(old);
        }
    }
    let Some(keep) = expiry.keep else {
        return Ok(Vec::new());
    };
    let sql = format!("{found} ORDER BY updated_at DESC, id DESC LIMIT ?1 OFFSET ?2");
    all(connection, &sql, (limit, i64::from(keep)), read)
}

fn quoted(state: State) -> String {
    format!("'{}'", state.as_str())
}
