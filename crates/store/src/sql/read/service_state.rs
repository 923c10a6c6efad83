//! What the operator told the service: words by name.

use std::sync::Arc;

use crate::sql::Connection;

use super::one;
use crate::StoreError;

const GET: &str = "SELECT value FROM service_state WHERE name = ?1";

pub(crate) fn service_state(
    connection: &Connection,
    name: &str,
) -> Result<Option<Arc<str>>, StoreError> {
    one(connection, GET, (name,), |fields| fields.text())
}
