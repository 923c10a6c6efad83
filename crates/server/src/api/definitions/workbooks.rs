//! `/v2/workbooks` (REST API §5): known by name only, never by id; the answer of a
//! write is the workbook itself.

use language::expression::Languages;
use store::query::{DefinitionColumn, Projects};
use store::{Definition, DefinitionKind};
use yaql::Value;

use super::{Answer, Defined, Purpose, Shape, Upload, Words};
use crate::api::error::{ApiError, ApiResult};
use crate::api::resource::{Field, Resource, SCOPES};
use crate::api::state::Reading;
use crate::definitions::{DefinitionError, Document, Owner};

static RESOURCE: Resource = Resource {
    name: "Workbook",
    about: "Workflows and actions in one definition.",
    fields: &[
        Field::text("id", ""),
        Field::text("name", ""),
        Field::text("namespace", ""),
        Field::text("definition", "YAML."),
        Field::texts("tags", ""),
        Field::word("scope", SCOPES, ""),
        Field::text("project_id", ""),
        Field::time("created_at", ""),
        Field::time("updated_at", "").or_null(),
    ],
    is_partial: true,
};

/// Workbooks.
pub(crate) struct Workbooks;

impl Defined for Workbooks {
    const KIND: DefinitionKind = DefinitionKind::Workbook;
    const PLURAL: &'static str = "workbooks";
    const RESOURCE: &'static Resource = &RESOURCE;
    const WORDS: Words = Words {
        tag: "Workbooks",
        list: "List workbooks",
        create: "Upload a workbook",
        update: "Give a workbook a new text",
        validate: "Check a text that defines a workbook",
        one: "A workbook, by name",
        delete: "Delete a workbook; its workflows and actions stay",
    };
    const WRITTEN: Shape = Shape::One;
    const FILTERS: &'static [DefinitionColumn] = &[
        DefinitionColumn::CreatedAt,
        DefinitionColumn::Definition,
        DefinitionColumn::Name,
        DefinitionColumn::Scope,
        DefinitionColumn::UpdatedAt,
        DefinitionColumn::Namespace,
    ];

    fn parse(text: &str, owner: &Owner, languages: &Languages) -> Result<Upload, DefinitionError> {
        let (workbook, members) = Document::workbook(text, owner, languages)?;
        Ok(Upload {
            own: vec![workbook],
            members,
        })
    }

    fn not_found(purpose: Purpose, identifier: &str, namespace: &str) -> ApiError {
        let label = match purpose {
            Purpose::Delete => "workbook_name",
            _ => "name",
        };
        ApiError::not_found(format!(
            "Workbook not found [{label}={identifier}, namespace={namespace}]"
        ))
    }

    fn find(
        reading: &Reading<'_>,
        identifier: &str,
        namespace: &str,
        projects: &Projects,
    ) -> ApiResult<Option<Definition>> {
        let catalog = reading.catalog;
        Ok(catalog.definition_by_name(Self::KIND, identifier, namespace, projects)?)
    }

    fn written(rows: &[Definition], _: bool) -> Value {
        rows.first()
            .map(|row| Self::shown(row, Answer::Write))
            .into()
    }
}
