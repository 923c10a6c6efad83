//! Where the columns of environments are.

use super::Listed;
use super::definitions::scope;
use crate::codec::{read_dict, read_value};
use crate::query::EnvironmentColumn as C;
use crate::sql::fields::Fields;
use crate::{Environment, Resource, StoreError};

impl Listed for C {
    type Record = Environment;

    const RESOURCE: Resource = Resource::Environment;
    const SELECT: &'static str = "
        v.id, v.name, v.description, v.variables, v.scope, v.project_id,
        v.created_at, v.updated_at";
    const FROM: &'static str = "environments v";
    const PROJECT: &'static str = "v.project_id";
    const SCOPE: Option<&'static str> = Some("v.scope");
    const NAME: Option<&'static str> = Some("v.name");

    fn sql(self) -> &'static str {
        match self {
            C::Id => "v.id",
            C::Name => "v.name",
            C::Description => "v.description",
            C::Variables => "v.variables",
            C::Scope => "v.scope",
            C::ProjectId => "v.project_id",
            C::CreatedAt => "v.created_at",
            C::UpdatedAt => "v.updated_at",
        }
    }

    fn read(fields: &mut Fields<'_>) -> Result<Environment, StoreError> {
        Ok(Environment {
            id: fields.id()?,
            name: fields.text()?,
            description: fields.optional_text()?,
            variables: read_dict(read_value(fields.str()?)?)?,
            scope: scope(fields)?,
            project_id: fields.text()?,
            created_at: fields.time()?,
            updated_at: fields.optional_time()?,
        })
    }
}
