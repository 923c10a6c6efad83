//! Rows of code sources and dynamic actions.

use crate::sql::named_params;
use engine::model::{Id, Timestamp};

use super::Tx;
use crate::query::{CodeSourceColumn, DynamicActionColumn};
use crate::sql::fields::{Key, Micros};
use crate::sql::list::get;
use crate::sql::read::one;
use crate::{
    CodeSource, CodeSourceChange, DynamicAction, DynamicActionChange, Label, Resource, StoreError,
};

const INSERT_SOURCE: &str = "
INSERT INTO code_sources (
    id, name, namespace, project_id, scope, version, content, created_at, updated_at
) VALUES (
    :id, :name, :namespace, :project_id, :scope, 1, :content, :at, NULL
) ON CONFLICT DO NOTHING";

const UPDATE_SOURCE: &str = "
UPDATE code_sources
SET scope = :scope, version = version + 1, content = :content, updated_at = :at
WHERE id = :id";

const DELETE_SOURCE: &str = "DELETE FROM code_sources WHERE id = ?1";
const DELETE_ACTIONS: &str = "DELETE FROM dynamic_actions WHERE code_source = ?1";

const INSERT_ACTION: &str = "
INSERT INTO dynamic_actions (
    id, name, namespace, project_id, scope, class_name, code_source, created_at, updated_at
) VALUES (
    :id, :name, :namespace, :project_id, :scope, :class_name, :code_source, :at, NULL
) ON CONFLICT DO NOTHING";

const UPDATE_ACTION: &str = "
UPDATE dynamic_actions
SET name = :name, scope = :scope, class_name = :class_name, code_source = :code_source,
    updated_at = :at
WHERE id = :id";

/// Another row with the name of this one.
const NAMESAKE: &str = "
SELECT id FROM dynamic_actions
WHERE name = ?1 AND namespace = ?2 AND project_id = ?3 AND id <> ?4";

const DELETE_ACTION: &str = "DELETE FROM dynamic_actions WHERE id = ?1";

pub(crate) fn change_code_source(
    tx: &mut Tx<'_>,
    at: Timestamp,
    change: &CodeSourceChange,
) -> Result<CodeSource, StoreError> {
    match change {
        CodeSourceChange::Create { id, label, content } => {
            let rows = tx.execute(
                INSERT_SOURCE,
                named_params! {
                    ":id": Key(*id),
                    ":name": label.name,
                    ":namespace": label.namespace,
                    ":project_id": label.project_id,
                    ":scope": label.scope.as_str(),
                    ":content": content,
                    ":at": Micros(at),
                },
            )?;
            expect_written(rows, Resource::CodeSource, label)?;
            source(tx, *id)
        }
        CodeSourceChange::Update { id, scope, content } => {
            tx.execute(
                UPDATE_SOURCE,
                named_params! {
                    ":id": Key(*id),
                    ":scope": scope.as_str(),
                    ":content": content,
                    ":at": Micros(at),
                },
            )?;
            source(tx, *id)
        }
        CodeSourceChange::Delete { id } => {
            let row = source(tx, *id)?;
            tx.execute(DELETE_ACTIONS, (Key(*id),))?;
            tx.execute(DELETE_SOURCE, (Key(*id),))?;
            Ok(row)
        }
    }
}

pub(crate) fn change_dynamic_action(
    tx: &mut Tx<'_>,
    at: Timestamp,
    change: DynamicActionChange,
) -> Result<DynamicAction, StoreError> {
    match change {
        DynamicActionChange::Create {
            id,
            label,
            class_name,
            code_source,
        } => {
            source(tx, code_source)?;
            let rows = tx.execute(
                INSERT_ACTION,
                named_params! {
                    ":id": Key(id),
                    ":name": label.name,
                    ":namespace": label.namespace,
                    ":project_id": label.project_id,
                    ":scope": label.scope.as_str(),
                    ":class_name": class_name,
                    ":code_source": Key(code_source),
                    ":at": Micros(at),
                },
            )?;
            expect_written(rows, Resource::DynamicAction, &label)?;
            action(tx, id)
        }
        DynamicActionChange::Update {
            id,
            name,
            class_name,
            code_source,
            scope,
        } => {
            let mut row = action(tx, id)?;
            row.label.name = name.unwrap_or(row.label.name);
            row.class_name = class_name.unwrap_or(row.class_name);
            row.code_source = code_source.unwrap_or(row.code_source);
            row.label.scope = scope.unwrap_or(row.label.scope);
            update_action(tx, at, &row)?;
            action(tx, id)
        }
        DynamicActionChange::Delete { id } => {
            let row = action(tx, id)?;
            tx.execute(DELETE_ACTION, (Key(id),))?;
            Ok(row)
        }
    }
}

fn update_action(tx: &mut Tx<'_>, at: Timestamp, row: &DynamicAction) -> Result<(), StoreError> {
    source(tx, row.code_source)?;
    let label = &row.label;
    let name = (
        &label.name,
        &label.namespace,
        &label.project_id,
        Key(row.id),
    );
    let namesake = one(tx.connection(), NAMESAKE, name, |fields| fields.id())?;
    expect_written(
        usize::from(namesake.is_none()),
        Resource::DynamicAction,
        label,
    )?;
    tx.execute(
        UPDATE_ACTION,
        named_params! {
            ":id": Key(row.id),
            ":name": row.label.name,
            ":scope": row.label.scope.as_str(),
            ":class_name": row.class_name,
            ":code_source": Key(row.code_source),
            ":at": Micros(at),
        },
    )?;
    Ok(())
}

fn source(tx: &Tx<'_>, id: Id) -> Result<CodeSource, StoreError> {
    let row = get::<CodeSourceColumn>(tx.connection(), id)?;
    row.ok_or_else(|| StoreError::not_found(Resource::CodeSource, id))
}

fn action(tx: &Tx<'_>, id: Id) -> Result<DynamicAction, StoreError> {
    let row = get::<DynamicActionColumn>(tx.connection(), id)?;
    row.ok_or_else(|| StoreError::not_found(Resource::DynamicAction, id))
}

/// No row was written: another one has the name.
fn expect_written(rows: usize, resource: Resource, label: &Label) -> Result<(), StoreError> {
    match rows {
        0 => Err(StoreError::Duplicate {
            resource,
            name: label.name.clone(),
            namespace: label.namespace.clone(),
        }),
        _ => Ok(()),
    }
}
