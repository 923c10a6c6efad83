//! Where the columns of code sources and dynamic actions are.

use engine::model::ExecutionId;

use super::Listed;
use super::definitions::scope;
use crate::query::{CodeSourceColumn, DynamicActionColumn};
use crate::sql::fields::Fields;
use crate::sql::read::Values;
use crate::{CodeSource, DynamicAction, Label, Resource, StoreError};

impl Listed for CodeSourceColumn {
    type Record = CodeSource;

    const RESOURCE: Resource = Resource::CodeSource;
    const SELECT: &'static str = "
        c.id, c.name, c.namespace, c.project_id, c.scope, c.version, c.created_at, c.updated_at";
    const FROM: &'static str = "code_sources c";
    const PROJECT: &'static str = "c.project_id";
    const SCOPE: Option<&'static str> = Some("c.scope");
    const NAME: Option<&'static str> = Some("c.name");

    fn sql(self) -> &'static str {
        match self {
            Self::Id => "c.id",
            Self::Name => "c.name",
            Self::Namespace => "c.namespace",
            Self::Content => "c.content",
            Self::ProjectId => "c.project_id",
            Self::Scope => "c.scope",
            Self::CreatedAt => "c.created_at",
            Self::UpdatedAt => "c.updated_at",
        }
    }

    fn read(fields: &mut Fields<'_>) -> Result<CodeSource, StoreError> {
        Ok(CodeSource {
            id: fields.id()?,
            label: label(fields)?,
            content: Default::default(),
            version: fields.u32()?,
            created_at: fields.time()?,
            updated_at: fields.optional_time()?,
        })
    }

    fn fill(
        self,
        record: &mut CodeSource,
        _: ExecutionId,
        values: &mut Values<'_>,
    ) -> Result<(), StoreError> {
        if self == Self::Content {
            record.content = values.code(record.id)?;
        }
        Ok(())
    }
}

impl Listed for DynamicActionColumn {
    type Record = DynamicAction;

    const RESOURCE: Resource = Resource::DynamicAction;
    const SELECT: &'static str = "
        y.id, y.name, y.namespace, y.project_id, y.scope, y.class_name, y.code_source, c.name,
        y.created_at, y.updated_at";
    const FROM: &'static str = "dynamic_actions y JOIN code_sources c ON c.id = y.code_source";
    const PROJECT: &'static str = "y.project_id";
    const SCOPE: Option<&'static str> = Some("y.scope");
    const NAME: Option<&'static str> = Some("y.name");

    fn sql(self) -> &'static str {
        match self {
            Self::Id => "y.id",
            Self::Name => "y.name",
            Self::Namespace => "y.namespace",
            Self::CodeSourceId => "y.code_source",
            Self::CodeSourceName => "c.name",
            Self::ClassName => "y.class_name",
            Self::ProjectId => "y.project_id",
            Self::Scope => "y.scope",
            Self::CreatedAt => "y.created_at",
            Self::UpdatedAt => "y.updated_at",
        }
    }

    fn read(fields: &mut Fields<'_>) -> Result<DynamicAction, StoreError> {
        Ok(DynamicAction {
            id: fields.id()?,
            label: label(fields)?,
            class_name: fields.text()?,
            code_source: fields.id()?,
            code_source_name: fields.text()?,
            created_at: fields.time()?,
            updated_at: fields.optional_time()?,
        })
    }
}

fn label(fields: &mut Fields<'_>) -> Result<Label, StoreError> {
    Ok(Label {
        name: fields.text()?,
        namespace: fields.text()?,
        project_id: fields.text()?,
        scope: scope(fields)?,
    })
}
