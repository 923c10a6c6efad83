//! Receivers whose turn it is, and what they are to get.

use engine::model::{Id, Timestamp};

use super::{all, one};
use crate::StoreError;
use crate::codec::{read_dict, read_value};
use crate::notification::{Notification, Receiver};
use crate::query::NotificationColumn;
use crate::sql::Connection;
use crate::sql::fields::{Key, Micros};
use crate::sql::list::Listed;

pub(super) const NEXT: &str = "SELECT min(due_at) FROM receivers WHERE due_at IS NOT NULL";

pub(super) const RECEIVERS: &str = "
SELECT id, publisher, failures FROM receivers WHERE due_at <= ?1 ORDER BY due_at LIMIT ?2";

pub(crate) fn next_delivery(connection: &Connection) -> Result<Option<Timestamp>, StoreError> {
    let next = one(connection, NEXT, (), |fields| fields.optional_time())?;
    Ok(next.flatten())
}

pub(crate) fn due_receivers(
    connection: &Connection,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Receiver>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    all(connection, RECEIVERS, (Micros(now), limit), |fields| {
        Ok(Receiver {
            id: fields.id()?,
            publisher: read_dict(read_value(fields.str()?)?)?,
            failures: fields.u32()?,
        })
    })
}

pub(crate) fn due(
    connection: &Connection,
    receiver: Id,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Notification>, StoreError> {
    let sql = format!(
        "SELECT {} FROM {} WHERE v.receiver = ?1 AND v.due_at <= ?2 \
         ORDER BY v.due_at, v.seq LIMIT ?3",
        NotificationColumn::SELECT,
        NotificationColumn::FROM
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let params = (Key(receiver), Micros(now), limit);
    all(connection, &sql, params, NotificationColumn::read)
}
