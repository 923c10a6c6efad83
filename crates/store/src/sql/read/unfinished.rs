//! What goes on after a restart.

use crate::sql::Connection;
use engine::model::{ExecutionId, Id};

use super::all;
use crate::StoreError;
use crate::sql::fields::Key;

/// Each part reads its index in order, and no further than the page needs.
pub(super) const UNFINISHED: &str = "
SELECT root FROM (
    SELECT DISTINCT ifnull(root, id) AS root FROM executions
    WHERE state NOT IN ('SUCCESS', 'ERROR', 'CANCELLED', 'SKIPPED') AND ifnull(root, id) > ?1
    ORDER BY ifnull(root, id) LIMIT ?2
) executions
UNION
SELECT root FROM (
    SELECT id AS root FROM actions
    WHERE task IS NULL AND state NOT IN ('SUCCESS', 'ERROR', 'CANCELLED', 'SKIPPED') AND id > ?1
    ORDER BY id LIMIT ?2
) actions
UNION
SELECT root FROM (
    SELECT DISTINCT root FROM timers WHERE root > ?1 ORDER BY root LIMIT ?2
) timers
ORDER BY root LIMIT ?2";

pub(crate) fn unfinished(
    connection: &Connection,
    after: Option<ExecutionId>,
    limit: usize,
) -> Result<Vec<ExecutionId>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    // No id is below that of zeros, which nobody has.
    let after = after.map_or(Id::from_bytes([0; 16]), |after| after.0);
    all(connection, UNFINISHED, (Key(after), limit), |fields| {
        fields.execution()
    })
}
