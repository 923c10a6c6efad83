//! Where the columns of definitions are.

use engine::model::ExecutionId;
use yaql::Value;

use super::Listed;
use crate::codec::{damaged, read_tags, read_value};
use crate::query::DefinitionColumn as C;
use crate::sql::fields::Fields;
use crate::sql::read::{Values, definitions::kind};
use crate::{Content, Definition, Resource, Scope, StoreError};

impl Listed for C {
    type Record = Definition;

    const RESOURCE: Resource = Resource::Workflow;
    const SELECT: &'static str = "
        d.id, d.kind, d.name, d.namespace, d.project_id, d.scope, d.input, d.description, d.tags,
        d.workbook_name, d.checksum, d.program, d.created_at, d.updated_at";
    const FROM: &'static str = "definitions d";
    const PROJECT: &'static str = "d.project_id";
    const SCOPE: Option<&'static str> = Some("d.scope");
    const NAME: Option<&'static str> = Some("d.name");

    fn sql(self) -> &'static str {
        match self {
            C::Id => "d.id",
            C::Name => "d.name",
            C::Namespace => "d.namespace",
            C::Input => "d.input",
            C::Interface => {
                "(SELECT x.interface FROM definition_texts x WHERE x.definition = d.id)"
            }
            C::Description => "d.description",
            C::Definition => "(SELECT x.text FROM definition_texts x WHERE x.definition = d.id)",
            C::Checksum => "d.checksum",
            C::Tags => "d.tags",
            C::WorkbookName => "d.workbook_name",
            C::Scope => "d.scope",
            C::ProjectId => "d.project_id",
            C::CreatedAt => "d.created_at",
            C::UpdatedAt => "d.updated_at",
        }
    }

    fn read(fields: &mut Fields<'_>) -> Result<Definition, StoreError> {
        let id = fields.id()?;
        let content = Content {
            kind: kind(fields)?,
            name: fields.text()?,
            namespace: fields.text()?,
            project_id: fields.text()?,
            scope: scope(fields)?,
            input: fields.text()?,
            description: fields.optional_text()?,
            tags: read_tags(fields.str()?)?,
            workbook: fields.optional_text()?,
            definition: Default::default(),
            interface: Value::Null,
            spec: Value::Null,
        };
        Ok(Definition {
            id,
            content,
            checksum: fields.optional_text()?,
            program: fields.optional_array()?,
            created_at: fields.time()?,
            updated_at: fields.optional_time()?,
        })
    }

    fn fill(
        self,
        record: &mut Definition,
        _: ExecutionId,
        values: &mut Values<'_>,
    ) -> Result<(), StoreError> {
        match self {
            C::Definition => record.content.definition = values.definition(record.id)?,
            C::Interface => {
                let (interface, spec) = values.specification(record.id)?;
                record.content.interface = read_value(&interface)?;
                record.content.spec = read_value(&spec)?;
            }
            _ => {}
        }
        Ok(())
    }
}

/// The scope by the name in its column.
pub(super) fn scope(fields: &mut Fields<'_>) -> Result<Scope, StoreError> {
    let name = fields.str()?;
    Scope::by_name(name).ok_or_else(|| damaged(&format!("unknown scope {name:?}")))
}
