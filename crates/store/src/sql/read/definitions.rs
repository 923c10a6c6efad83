//! Definitions by id and name, and the sources of programs.

use crate::sql::Connection;
use engine::model::Id;

use super::one;
use crate::query::{DefinitionColumn, Projects};
use crate::sql::fields::Fields;
use crate::sql::list::get;
use crate::{Definition, DefinitionKind, Source, StoreError, WorkflowRef};

const BY_KEY: &str = "
SELECT id FROM definitions
WHERE kind = ?1 AND name = ?2 AND namespace = ?3 AND project_id = ?4";

const BY_NAME: &str = "
SELECT id FROM definitions
WHERE kind = ?1 AND name = ?2 AND namespace = ?3 AND (CAST(?4 AS TEXT) IS NULL OR project_id = ?4 OR scope = 'public')
ORDER BY project_id IS DISTINCT FROM ?4, created_at, id LIMIT 1";

/// The same row, with what a start needs of it.
const WORKFLOW: &str = "
SELECT id, name, namespace, workbook_name, program FROM definitions
WHERE kind = 'workflow' AND name = ?1 AND namespace = ?2 AND (CAST(?3 AS TEXT) IS NULL OR project_id = ?3 OR scope = 'public')
ORDER BY project_id IS DISTINCT FROM ?3, created_at, id LIMIT 1";

const SOURCE: &str = "
SELECT t.text, p.member, p.workbook
FROM programs p JOIN program_texts t ON t.hash = p.text
WHERE p.hash = ?1";

/// The workflow that a project means by a name.
pub(crate) fn workflow_by_name(
    connection: &Connection,
    name: &str,
    namespace: &str,
    projects: &Projects,
) -> Result<Option<WorkflowRef>, StoreError> {
    let key = (name, namespace, projects.own());
    one(connection, WORKFLOW, key, |fields| {
        Ok(WorkflowRef {
            id: fields.id()?,
            name: fields.text()?,
            namespace: fields.text()?,
            workbook: fields.optional_text()?,
            program: fields.optional_array()?,
        })
    })
}

pub(crate) fn by_id(
    connection: &Connection,
    kind: DefinitionKind,
    id: Id,
) -> Result<Option<Definition>, StoreError> {
    let definition = get::<DefinitionColumn>(connection, id)?;
    Ok(definition.filter(|definition| definition.content.kind == kind))
}

/// The row with exactly that key.
pub(crate) fn id_by_name(
    connection: &Connection,
    kind: DefinitionKind,
    name: &str,
    namespace: &str,
    project_id: &str,
) -> Result<Option<Id>, StoreError> {
    let key = (kind.as_str(), name, namespace, project_id);
    one(connection, BY_KEY, key, |fields| fields.id())
}

/// The row that a project means by a name.
pub(crate) fn by_name(
    connection: &Connection,
    kind: DefinitionKind,
    name: &str,
    namespace: &str,
    projects: &Projects,
) -> Result<Option<Definition>, StoreError> {
    let key = (kind.as_str(), name, namespace, projects.own());
    match one(connection, BY_NAME, key, |fields| fields.id())? {
        Some(id) => by_id(connection, kind, id),
        None => Ok(None),
    }
}

pub(crate) fn source(
    connection: &Connection,
    program: &[u8; 32],
) -> Result<Option<Source>, StoreError> {
    one(connection, SOURCE, (program,), |fields| {
        Ok(Source {
            text: fields.text()?,
            member: fields.text()?,
            workbook: fields.optional_text()?,
        })
    })
}

/// The kind by the name in its column.
pub(crate) fn kind(fields: &mut Fields<'_>) -> Result<DefinitionKind, StoreError> {
    let name = fields.str()?;
    DefinitionKind::ALL
        .into_iter()
        .find(|kind| kind.as_str() == name)
        .ok_or_else(|| crate::codec::damaged(&format!("unknown kind of definition {name:?}")))
}
