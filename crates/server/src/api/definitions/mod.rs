//! Workbooks, workflows and ad-hoc actions: one resource in three kinds (REST
//! API §5, §6, §7).
//!
//! A [`Defined`] says what is special about a kind; the handlers are the same for
//! all. Invariant: an upload is stored as a whole or not at all.

pub(crate) mod handlers;
mod routes;
mod shown;
pub(crate) mod uploads;
mod workbooks;
pub(crate) mod workflows;

use language::expression::Languages;
use store::query::{DefinitionColumn, Projects};
use store::{Definition, DefinitionKind};
use yaql::{Dict, List, Value};

use super::error::{ApiError, ApiResult};
use super::list::Listing;
use super::resource::Resource;
use super::state::Reading;
use crate::definitions::{DefinitionError, Document, Owner};

pub(crate) use self::routes::{Shape, Words, in_namespace, routes, update_one};
pub(crate) use self::shown::shown;
pub(crate) use self::workbooks::Workbooks;
pub(crate) use self::workflows::Workflows;

/// What is special about one kind of definition.
pub(crate) trait Defined: Sized + Send + Sync + 'static {
    /// The kind in the store.
    const KIND: DefinitionKind;
    /// Key of several in an answer, and the path.
    const PLURAL: &'static str;
    /// What it looks like.
    const RESOURCE: &'static Resource;
    /// What the document says of its routes.
    const WORDS: Words;
    /// What writes answer.
    const WRITTEN: Shape = Shape::List;
    /// Columns that may be filters.
    const FILTERS: &'static [DefinitionColumn];
    /// Flags of the list.
    const FLAGS: &'static [&'static str] = &[];

    /// Reads an uploaded text.
    fn parse(text: &str, owner: &Owner, languages: &Languages) -> Result<Upload, DefinitionError>;

    /// The refusal of something that is not there.
    fn not_found(purpose: Purpose, identifier: &str, namespace: &str) -> ApiError;

    /// Refuses a definition that must not be new.
    fn admit(_: &Reading<'_>, _: &Document) -> ApiResult<()> {
        Ok(())
    }

    /// Finds by name within exactly a namespace, or by id in any.
    fn find(
        reading: &Reading<'_>,
        identifier: &str,
        namespace: &str,
        projects: &Projects,
    ) -> ApiResult<Option<Definition>> {
        uploads::find(reading, Self::KIND, identifier, namespace, projects)
    }

    /// What a single get answers.
    fn single(
        reading: &Reading<'_>,
        identifier: &str,
        namespace: &str,
        projects: &Projects,
    ) -> ApiResult<Dict> {
        let row = Self::find(reading, identifier, namespace, projects)?;
        let row = row.ok_or_else(|| Self::not_found(Purpose::Get, identifier, namespace))?;
        Ok(Self::shown(&row, Answer::Read))
    }

    /// A row as callers see it.
    fn shown(row: &Definition, answer: Answer) -> Dict {
        shown(row, Self::RESOURCE, answer)
    }

    /// What a write answers; `named` says that the path named the definition.
    fn written(rows: &[Definition], named: bool) -> Value {
        let _ = named;
        let rows = rows.iter().map(|row| Self::shown(row, Answer::Write));
        let body: Dict = [(Self::PLURAL, rows.collect::<List>())]
            .into_iter()
            .collect();
        body.into()
    }

    /// What the list accepts.
    fn listing() -> Listing<DefinitionColumn> {
        Listing {
            collection: Self::PLURAL,
            resource: Self::RESOURCE,
            filters: Self::FILTERS,
            flags: Self::FLAGS,
            has_tags: true,
            has_nulls: false,
        }
    }
}

/// What a text defines.
pub(crate) struct Upload {
    /// What is created or updated by name.
    pub(crate) own: Vec<Document>,
    /// What comes with it and is created or updated as need be: members of a workbook.
    pub(crate) members: Vec<Document>,
}

/// What somebody wanted with a definition that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To see it.
    Get,
    /// To give it a new text.
    Update,
    /// To be rid of it.
    Delete,
    /// To start a page after it.
    Marker,
}

/// What a row is shown in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// A get or a list.
    Read,
    /// The answer of a create or an update.
    Write,
}

impl Upload {
    /// Definitions on their own.
    pub(crate) fn of(own: Vec<Document>) -> Self {
        Self {
            own,
            members: Vec::new(),
        }
    }
}
