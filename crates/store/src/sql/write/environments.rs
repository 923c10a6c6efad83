//! Rows of environments.

use std::sync::Arc;

use crate::sql::named_params;
use engine::model::{Id, Timestamp};
use yaql::json;

use super::Tx;
use crate::sql::fields::{Key, Micros};
use crate::sql::read::environments::by_id;
use crate::{Environment, EnvironmentChange, NewEnvironment, Resource, StoreError};

const INSERT: &str = "
INSERT INTO environments (
    id, name, project_id, scope, description, variables, created_at, updated_at
) VALUES (
    :id, :name, :project_id, :scope, :description, :variables, :at, NULL
) ON CONFLICT DO NOTHING";

const UPDATE: &str = "
UPDATE environments SET
    scope = :scope, description = :description, variables = :variables, updated_at = :at
WHERE id = :id";

const DELETE: &str = "DELETE FROM environments WHERE id = ?1";

pub(crate) fn change_environment(
    tx: &mut Tx<'_>,
    at: Timestamp,
    change: EnvironmentChange,
) -> Result<Environment, StoreError> {
    match change {
        EnvironmentChange::Create(new) => create(tx, at, &new),
        EnvironmentChange::Update {
            id,
            description,
            variables,
            scope,
        } => {
            let mut row = existing(tx, id)?;
            row.description = description.unwrap_or(row.description);
            row.variables = variables.unwrap_or(row.variables);
            row.scope = scope.unwrap_or(row.scope);
            row.updated_at = Some(at);
            update(tx, at, &row)?;
            Ok(row)
        }
        EnvironmentChange::Delete { id } => {
            let row = existing(tx, id)?;
            tx.execute(DELETE, (Key(id),))?;
            Ok(row)
        }
    }
}

fn existing(tx: &Tx<'_>, id: Id) -> Result<Environment, StoreError> {
    by_id(tx.connection(), id)?.ok_or_else(|| StoreError::not_found(Resource::Environment, id))
}

fn create(tx: &mut Tx<'_>, at: Timestamp, new: &NewEnvironment) -> Result<Environment, StoreError> {
    let rows = tx.execute(
        INSERT,
        named_params! {
            ":id": Key(new.id),
            ":name": new.name,
            ":project_id": new.project_id,
            ":scope": new.scope.as_str(),
            ":description": new.description,
            ":variables": json::to_string(&new.variables.clone().into()),
            ":at": Micros(at),
        },
    )?;
    if rows == 0 {
        return Err(StoreError::Duplicate {
            resource: Resource::Environment,
            name: new.name.clone(),
            namespace: Arc::default(),
        });
    }
    existing(tx, new.id)
}

fn update(tx: &mut Tx<'_>, at: Timestamp, row: &Environment) -> Result<(), StoreError> {
    tx.execute(
        UPDATE,
        named_params! {
            ":id": Key(row.id),
            ":scope": row.scope.as_str(),
            ":description": row.description,
            ":variables": json::to_string(&row.variables.clone().into()),
            ":at": Micros(at),
        },
    )?;
    Ok(())
}
