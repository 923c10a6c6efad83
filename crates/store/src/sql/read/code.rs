//! Code sources and dynamic actions by name.

use crate::sql::Connection;
use engine::model::Id;

use super::one;
use crate::StoreError;
use crate::query::Projects;

const SOURCE: &str = "
SELECT id FROM code_sources
WHERE name = ?1 AND namespace = ?2 AND (CAST(?3 AS TEXT) IS NULL OR project_id = ?3 OR scope = 'public')
ORDER BY project_id IS DISTINCT FROM ?3, created_at, id LIMIT 1";

const ACTION: &str = "
SELECT id FROM dynamic_actions
WHERE name = ?1 AND namespace = ?2 AND (CAST(?3 AS TEXT) IS NULL OR project_id = ?3 OR scope = 'public')
ORDER BY project_id IS DISTINCT FROM ?3, created_at, id LIMIT 1";

/// The code source that a project means by a name.
pub(crate) fn source_by_name(
    connection: &Connection,
    name: &str,
    namespace: &str,
    projects: &Projects,
) -> Result<Option<Id>, StoreError> {
    let key = (name, namespace, projects.own());
    one(connection, SOURCE, key, |fields| fields.id())
}

/// The dynamic action that a project means by a name.
pub(crate) fn action_by_name(
    connection: &Connection,
    name: &str,
    namespace: &str,
    projects: &Projects,
) -> Result<Option<Id>, StoreError> {
    let key = (name, namespace, projects.own());
    one(connection, ACTION, key, |fields| fields.id())
}
