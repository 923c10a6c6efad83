//! Environments by id and name.

use crate::sql::Connection;
use engine::model::Id;

use super::one;
use crate::query::{EnvironmentColumn, Projects};
use crate::sql::list::get;
use crate::{Environment, StoreError};

const BY_NAME: &str = "
SELECT id FROM environments
WHERE name = ?1 AND (CAST(?2 AS TEXT) IS NULL OR project_id = ?2 OR scope = 'public')
ORDER BY project_id IS DISTINCT FROM ?2, created_at, id LIMIT 1";

pub(crate) fn by_id(connection: &Connection, id: Id) -> Result<Option<Environment>, StoreError> {
    get::<EnvironmentColumn>(connection, id)
}

/// The row that a project means by a name.
pub(crate) fn by_name(
    connection: &Connection,
    name: &str,
    projects: &Projects,
) -> Result<Option<Environment>, StoreError> {
    match one(connection, BY_NAME, (name, projects.own()), |fields| {
        fields.id()
    })? {
        Some(id) => by_id(connection, id),
        None => Ok(None),
    }
}
