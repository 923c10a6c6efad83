//! `/v2/actions` (REST API §7): built-in and ad-hoc actions together.

mod list;
mod render;

use engine::world::AdHoc;
use language::expression::Languages;
use store::query::{DefinitionColumn, Projects};
use store::{Definition, DefinitionKind};
use yaql::{Dict, Value};

use super::definitions::{Answer, Defined, Purpose, Upload};
use super::error::{ApiError, ApiResult};
use super::state::Reading;
use crate::definitions::{DefinitionError, Document, Owner};

pub(crate) use self::list::index;

/// Ad-hoc actions; the built-in ones are beside them in reads.
pub(crate) struct Actions;

impl Defined for Actions {
    const KIND: DefinitionKind = DefinitionKind::Action;
    const PLURAL: &'static str = "actions";
    const ATTRIBUTES: &'static [&'static str] = &[
        "id",
        "name",
        "is_system",
        "input",
        "description",
        "tags",
        "definition",
        "scope",
        "project_id",
        "created_at",
        "updated_at",
        "namespace",
    ];
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
        let mut shown = super::definitions::shown(row, Self::ATTRIBUTES, answer);
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
