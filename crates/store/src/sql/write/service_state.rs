//! What the operator told the service: words by name.

use super::Tx;
use crate::StoreError;

const PUT: &str = "
INSERT INTO service_state (name, value) VALUES (?1, ?2)
ON CONFLICT (name) DO UPDATE SET value = excluded.value";

pub(crate) fn set_service_state(
    tx: &mut Tx<'_>,
    name: &str,
    value: &str,
) -> Result<(), StoreError> {
    tx.execute(PUT, (name, value))?;
    Ok(())
}
