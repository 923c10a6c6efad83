//! Events and what they start: an event with an id of its own is known by it, in
//! the transaction that orders its starts.

use engine::model::{ExecutionId, Timestamp};

use super::{Tx, fires};
use crate::StoreError;
use crate::codec::damaged;
use crate::query::{EventTriggerColumn, FireColumn};
use crate::sql::fields::Micros;
use crate::sql::list::get;
use crate::sql::read::one;
use crate::trigger::{Arrival, Arrived, Fire};

const KNOWN: &str = "SELECT fires FROM received_events WHERE origin = ?1 AND message = ?2";

const KEEP: &str =
    "INSERT INTO received_events (origin, message, received_at, fires) VALUES (?1, ?2, ?3, ?4)";

/// Few at a time: no event waits for the forgetting of many.
pub(super) const FORGET: &str = "
DELETE FROM received_events WHERE (origin, message) IN (
    SELECT origin, message FROM received_events WHERE received_at < ?1
    ORDER BY received_at LIMIT 100)";

pub(crate) fn receive(
    tx: &mut Tx<'_>,
    at: Timestamp,
    oldest: Timestamp,
    arrivals: Vec<Arrival>,
) -> Result<Vec<Arrived>, StoreError> {
    tx.execute(FORGET, (Micros(oldest),))?;
    arrivals
        .into_iter()
        .map(|arrival| receive_one(tx, at, arrival))
        .collect()
}

fn receive_one(tx: &mut Tx<'_>, at: Timestamp, arrival: Arrival) -> Result<Arrived, StoreError> {
    if arrival.starts.is_empty() {
        return Ok(Arrived::default());
    }
    if let Some(message) = &arrival.message
        && let Some(fires) = known(tx, &arrival.origin, message)?
    {
        return Ok(Arrived {
            fires,
            is_repeated: true,
        });
    }
    let mut ordered = Vec::new();
    for (owner, new) in arrival.starts {
        if get::<EventTriggerColumn>(tx.connection(), owner)?.is_some() {
            ordered.push(fires::of_event(tx, at, owner, new)?);
        }
    }
    if let Some(message) = &arrival.message {
        let ids: Vec<_> = ordered.iter().map(|fire| fire.id.to_string()).collect();
        tx.execute(KEEP, (&arrival.origin, message, Micros(at), ids.join(",")))?;
    }
    Ok(Arrived {
        fires: ordered,
        is_repeated: false,
    })
}

/// The starts of an event that came before, as far as the history has them.
fn known(tx: &Tx<'_>, origin: &str, message: &str) -> Result<Option<Vec<Fire>>, StoreError> {
    let connection = tx.connection();
    let Some(ids) = one(connection, KNOWN, (origin, message), |fields| fields.text())? else {
        return Ok(None);
    };
    let mut fires = Vec::new();
    for id in ids.split(',').filter(|id| !id.is_empty()) {
        let id: ExecutionId = id.parse().map_err(|_| damaged("the starts of an event"))?;
        fires.extend(get::<FireColumn>(connection, id.0)?);
    }
    Ok(Some(fires))
}
