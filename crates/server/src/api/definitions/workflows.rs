//! `/v2/workflows` (REST API §6): an update by identifier answers the workflow
//! itself, other writes a list.

use language::expression::Languages;
use store::query::DefinitionColumn;
use store::{Definition, DefinitionKind};
use yaql::{Dict, List, Value};

use super::{Answer, Defined, Purpose, Upload, Words};
use crate::api::error::ApiError;
use crate::api::resource::{Field, Resource, SCOPES};
use crate::definitions::{DefinitionError, Document, Owner};

static RESOURCE: Resource = Resource {
    name: "Workflow",
    about: "A workflow's definition.",
    fields: &[
        Field::text("id", ""),
        Field::text("name", ""),
        Field::text("namespace", ""),
        Field::text("input", "The inputs in one line, with their defaults."),
        Field::interface(
            "interface",
            "`input` and `output` as the definition has them.",
        ),
        Field::text("definition", "YAML."),
        Field::text(
            "checksum",
            "MD5 of the definition; null for members of workbooks.",
        )
        .or_null(),
        Field::texts("tags", ""),
        Field::word("scope", SCOPES, ""),
        Field::text("project_id", ""),
        Field::time("created_at", ""),
        Field::time("updated_at", "").or_null(),
    ],
    is_partial: true,
};

/// Workflows.
pub(crate) struct Workflows;

impl Defined for Workflows {
    const KIND: DefinitionKind = DefinitionKind::Workflow;
    const PLURAL: &'static str = "workflows";
    const RESOURCE: &'static Resource = &RESOURCE;
    const WORDS: Words = Words {
        tag: "Workflows",
        list: "List workflows",
        create: "Upload workflows",
        update: "Give workflows new texts",
        validate: "Check a text that defines workflows",
        one: "A workflow, by name or id",
        delete: "Delete a workflow",
    };
    const FILTERS: &'static [DefinitionColumn] = &[
        DefinitionColumn::Name,
        DefinitionColumn::Input,
        DefinitionColumn::Definition,
        DefinitionColumn::Scope,
        DefinitionColumn::ProjectId,
        DefinitionColumn::CreatedAt,
        DefinitionColumn::UpdatedAt,
        DefinitionColumn::Namespace,
    ];
    const FLAGS: &'static [&'static str] = &["all_projects"];

    fn parse(text: &str, owner: &Owner, languages: &Languages) -> Result<Upload, DefinitionError> {
        Document::workflows(text, owner, languages).map(Upload::of)
    }

    fn not_found(purpose: Purpose, identifier: &str, namespace: &str) -> ApiError {
        match purpose {
            Purpose::Marker => {
                ApiError::not_found(format!("Workflow not found [workflow_id={identifier}]"))
            }
            _ => not_found(identifier, namespace),
        }
    }

    fn written(rows: &[Definition], named: bool) -> Value {
        let mut rows = rows.iter().map(|row| Self::shown(row, Answer::Write));
        if named {
            return rows.next().into();
        }
        let body: Dict = [(Self::PLURAL, rows.collect::<List>())]
            .into_iter()
            .collect();
        body.into()
    }
}

/// 404 in the words of the contract.
pub(crate) fn not_found(identifier: &str, namespace: &str) -> ApiError {
    ApiError::not_found(format!(
        "Workflow not found [workflow_identifier={identifier}, namespace={namespace}]"
    ))
}
