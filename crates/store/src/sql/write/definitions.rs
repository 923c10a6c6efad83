//! Rows of definitions and of the programs made of them.

use std::sync::Arc;

use crate::sql::named_params;
use engine::model::{Id, Timestamp};
use md5::{Digest, Md5};
use yaql::json;

use super::Tx;
use crate::codec::write_tags;
use crate::sql::fields::{Key, Micros};
use crate::sql::read::definitions::{by_id, id_by_name};
use crate::sql::read::triggers;
use crate::{Content, Definition, DefinitionChange, DefinitionKind, Resource, Source, StoreError};

const INSERT: &str = "
INSERT INTO definitions (
    id, kind, name, namespace, project_id, scope, input, description, tags, checksum,
    workbook_name, program, created_at, updated_at
) VALUES (
    :id, :kind, :name, :namespace, :project_id, :scope, :input, :description, :tags, :checksum,
    :workbook_name, :program, :at, NULL
)";

const UPDATE: &str = "
UPDATE definitions SET
    kind = :kind, name = :name, namespace = :namespace, project_id = :project_id,
    scope = :scope, input = :input, description = :description, tags = :tags,
    checksum = :checksum, workbook_name = :workbook_name, program = :program, updated_at = :at
WHERE id = :id";

const PUT_TEXT: &str = "
INSERT INTO definition_texts (definition, text, interface, spec) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (definition) DO UPDATE SET
    text = excluded.text, interface = excluded.interface, spec = excluded.spec";

const DELETE: &str = "DELETE FROM definitions WHERE id = ?1";
const DELETE_TEXT: &str = "DELETE FROM definition_texts WHERE definition = ?1";

const KEEP_PROGRAM: &str = "
INSERT INTO programs (hash, text, member, workbook) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT DO NOTHING";

const KEEP_PROGRAM_TEXT: &str =
    "INSERT INTO program_texts (hash, text) VALUES (?1, ?2) ON CONFLICT DO NOTHING";

pub(crate) fn define(
    tx: &mut Tx<'_>,
    at: Timestamp,
    changes: &[DefinitionChange],
) -> Result<Vec<Definition>, StoreError> {
    changes.iter().map(|change| apply(tx, at, change)).collect()
}

fn apply(
    tx: &mut Tx<'_>,
    at: Timestamp,
    change: &DefinitionChange,
) -> Result<Definition, StoreError> {
    match change {
        DefinitionChange::Create {
            id,
            content,
            source,
        } => {
            refuse_name(tx, None, content)?;
            insert(tx, at, *id, content, source.as_ref())
        }
        DefinitionChange::Put {
            id,
            content,
            source,
        } => match find(tx, content)? {
            Some(id) => update(tx, at, id, content, source.as_ref()),
            None => insert(tx, at, *id, content, source.as_ref()),
        },
        DefinitionChange::Update {
            id,
            content,
            source,
        } => {
            existing(tx, content.kind, *id)?;
            refuse_name(tx, Some(*id), content)?;
            update(tx, at, *id, content, source.as_ref())
        }
        DefinitionChange::Delete { id, kind } => {
            let definition = existing(tx, *kind, *id)?;
            refuse_needed(tx, *id)?;
            tx.execute(DELETE, (Key(*id),))?;
            tx.execute(DELETE_TEXT, (Key(*id),))?;
            Ok(definition)
        }
    }
}

pub(super) fn existing(
    tx: &Tx<'_>,
    kind: DefinitionKind,
    id: Id,
) -> Result<Definition, StoreError> {
    by_id(tx.connection(), kind, id)?.ok_or_else(|| StoreError::not_found(kind.resource(), id))
}

/// Refuses to delete a workflow that triggers would start. Ids are unique over all
/// kinds, so no trigger has that of a definition of another kind.
fn refuse_needed(tx: &Tx<'_>, id: Id) -> Result<(), StoreError> {
    for (by, ids) in triggers::of_workflow(tx.connection(), id)? {
        if !ids.is_empty() {
            return Err(StoreError::Needed {
                needed: Resource::Workflow,
                key: id.to_string().into(),
                by,
                ids: ids.into(),
            });
        }
    }
    Ok(())
}

fn find(tx: &Tx<'_>, content: &Content) -> Result<Option<Id>, StoreError> {
    let Content {
        kind,
        name,
        namespace,
        project_id,
        ..
    } = content;
    id_by_name(tx.connection(), *kind, name, namespace, project_id)
}

/// Refuses a name that another row than `own` has.
fn refuse_name(tx: &Tx<'_>, own: Option<Id>, content: &Content) -> Result<(), StoreError> {
    match find(tx, content)? {
        Some(id) if Some(id) != own => Err(StoreError::Duplicate {
            resource: content.kind.resource(),
            name: content.name.clone(),
            namespace: content.namespace.clone(),
        }),
        _ => Ok(()),
    }
}

fn insert(
    tx: &mut Tx<'_>,
    at: Timestamp,
    id: Id,
    content: &Content,
    source: Option<&Source>,
) -> Result<Definition, StoreError> {
    put(tx, INSERT, at, id, content, source)
}

fn update(
    tx: &mut Tx<'_>,
    at: Timestamp,
    id: Id,
    content: &Content,
    source: Option<&Source>,
) -> Result<Definition, StoreError> {
    put(tx, UPDATE, at, id, content, source)
}

fn put(
    tx: &mut Tx<'_>,
    sql: &'static str,
    at: Timestamp,
    id: Id,
    content: &Content,
    source: Option<&Source>,
) -> Result<Definition, StoreError> {
    let program = source.map(|source| keep(tx, source)).transpose()?;
    tx.execute(
        sql,
        named_params! {
            ":id": Key(id),
            ":kind": content.kind.as_str(),
            ":name": content.name,
            ":namespace": content.namespace,
            ":project_id": content.project_id,
            ":scope": content.scope.as_str(),
            ":input": content.input,
            ":description": content.description,
            ":tags": write_tags(&content.tags),
            ":checksum": checksum(content),
            ":workbook_name": content.workbook,
            ":program": program,
            ":at": Micros(at),
        },
    )?;
    let interface = json::to_string(&content.interface);
    let spec = json::to_string(&content.spec);
    tx.execute(PUT_TEXT, (Key(id), &content.definition, interface, spec))?;
    existing(tx, content.kind, id)
}

/// Members of a workbook have no checksum (REST contract §6).
fn checksum(content: &Content) -> Option<String> {
    if content.workbook.is_some() {
        return None;
    }
    let digest = Md5::digest(content.definition.as_bytes());
    Some(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn keep(tx: &mut Tx<'_>, source: &Source) -> Result<[u8; 32], StoreError> {
    let hash = source.hash();
    let text: [u8; 32] = blake3::hash(source.text.as_bytes()).into();
    let workbook: Option<&Arc<str>> = source.workbook.as_ref();
    if tx.execute(KEEP_PROGRAM, (hash, text, &source.member, workbook))? > 0 {
        tx.execute(KEEP_PROGRAM_TEXT, (text, &source.text))?;
    }
    Ok(hash)
}
