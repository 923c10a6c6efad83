//! `/v2/actions` (REST API §7): built-in and ad-hoc actions together.

mod list;
mod render;

use engine::world::AdHoc;
use language::expression::Languages;
use store::query::{DefinitionColumn, Projects};
use store::{Definition, DefinitionKind};
use yaql::{Dict, Value};

use super::definitions::{Answer, Defined, Purpose, Upload, Words};
use super::error::{ApiError, ApiResult};
use super::resource::{Field, Resource, SCOPES};
use super::state::Reading;
use crate::definitions::{DefinitionError, Document, Owner};

pub(crate) use self::list::{index, listed};

static RESOURCE: Resource = Resource {
    name: "Action",
    about: "An ad-hoc, dynamic or built-in action.",
    fields: &[
        Field::text("id", "Of built-in and dynamic ones the name."),
        Field::text("name", ""),
        Field::flag("is_system", "Whether it is built in."),
        Field::text("input", "The inputs in one line, with their defaults.").or_null(),
        Field::text("description", "").or_null(),
        Field::texts("tags", "").or_null(),
        Field::text("definition", "YAML; empty for those that have none."),
        Field::word("scope", SCOPES, "").or_null(),
        Field::text("project_id", "").or_null(),
        Field::time("created_at", "Empty for built-in ones."),
        Field::time("updated_at", "Empty for built-in ones.").or_null(),
        Field::text("namespace", ""),
    ],
    is_partial: true,
};

/// Ad-hoc actions; the built-in ones are beside them in reads.
pub(crate) struct Actions;

impl Defined for Actions {
    const KIND: DefinitionKind = DefinitionKind::Action;
    const PLURAL: &'static str = "actions";
    const RESOURCE: &'static Resource = &RESOURCE;
    const WORDS: Words = Words {
        tag: "Actions",
        list: "List actions",
        create: "Upload ad-hoc actions",
        update: "Give ad-hoc actions new texts",
        validate: "Check a text that defines ad-hoc actions",
        one: "An action, by name or id",
        delete: "Delete an ad-hoc action",
    };
    /// The list of actions has two sources and filters of its own.
    const FILTERS: &'static [DefinitionColumn] = &[];

    fn parse(text: &str, owner: &Owner, languages: &Languages) -> Result<Upload, DefinitionError> {
        Document::actions(text, owner, languages).map(Upload::of)
    }

    fn not_found(purpose: Purpose, identifier: &str, namespace: &str) -> ApiError {
        ApiError::not_found(match purpose {
            Purpose::Get => format!("Action not found [name={identifier}, namespace={namespace}]"),
            _ => format!(
                "Action definition not found [action_name={identifier}, namespace={namespace}]"
            ),
        })
    }

    /// A built-in action would hide an ad-hoc one of its name for ever.
    fn admit(reading: &Reading<'_>, document: &Document) -> ApiResult<()> {
        let content = &document.content;
        match render::built_in_by_name(reading, &content.name) {
            None => Ok(()),
            Some(_) => Err(ApiError::conflict(format!(
                "Duplicate entry for Action ['name', 'namespace', 'project_id']: {}, {}, None",
                content.name, content.namespace
            ))),
        }
    }

    /// Looks in the namespace, then in the default one.
    fn single(
        reading: &Reading<'_>,
        identifier: &str,
        namespace: &str,
        projects: &Projects,
    ) -> ApiResult<Dict> {
        if let Some(shown) = render::built_in_by_name(reading, identifier) {
            return Ok(shown);
        }
        let in_default = if namespace.is_empty() { None } else { Some("") };
        for namespace in std::iter::once(namespace).chain(in_default) {
            if let Some(row) = Self::find(reading, identifier, namespace, projects)? {
                return Ok(Self::shown(&row, Answer::Read));
            }
        }
        let catalog = reading.catalog;
        match catalog.dynamic_action_by_name(identifier, namespace, projects)? {
            Some(row) => Ok(render::dynamic(&row)),
            None => Err(Self::not_found(Purpose::Get, identifier, namespace)),
        }
    }

    /// In the answer of a write no input is null.
    fn shown(row: &Definition, answer: Answer) -> Dict {
        let mut shown = super::definitions::shown(row, &RESOURCE, answer);
        if answer == Answer::Write && row.content.input.is_empty() {
            shown.insert("input", Value::Null);
        }
        shown
    }
}

/// The ad-hoc actions that come with the server.
fn preinstalled<'a>(reading: &'a Reading<'_>) -> impl Iterator<Item = &'a AdHoc> {
    reading
        .definitions
        .preinstalled()
        .iter()
        .map(|adhoc| &**adhoc)
}
