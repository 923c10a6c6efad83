//! What uploads of workflows, workbooks and actions have in common.

use engine::model::Id;
use http::StatusCode;
use language::expression::Languages;
use store::query::Projects;
use store::{Definition, DefinitionChange, DefinitionKind, Resource, Scope, StoreError};
use yaql::json;

use crate::api::caller::Caller;
use crate::api::error::{ApiError, ApiResult};
use crate::api::query::Query;
use crate::api::state::{App, Reading, now};
use crate::definitions::{DefinitionError, Document, Owner, doubts, is_visible};

/// How many doubts about one text are logged.
const LOGGED_DOUBTS: usize = 20;

impl From<DefinitionError> for ApiError {
    fn from(error: DefinitionError) -> Self {
        match error {
            DefinitionError::Store(error) => error.into(),
            DefinitionError::Refused(refusal) => Self::bad_request(refusal.text),
        }
    }
}

/// Whose the uploaded definitions become. The scope is private unless the
/// request says otherwise, for updates too.
pub(crate) fn owner(arguments: &Query, caller: &Caller) -> ApiResult<Owner> {
    let word = arguments.get("scope").unwrap_or("private");
    let Some(scope) = Scope::by_name(word) else {
        return Err(ApiError::bad_request(format!(
            "Scope must be one of the following: {{'private', 'public'}}; actual: {word}"
        )));
    };
    if scope == Scope::Public {
        caller.require_admin()?;
    }
    Ok(Owner {
        project_id: caller.project_id.clone(),
        scope,
        namespace: arguments.namespace().into(),
    })
}

/// Stores definitions, all or nothing.
pub(crate) async fn store(app: &App, changes: Vec<DefinitionChange>) -> ApiResult<Vec<Definition>> {
    let definitions = app.definitions().clone();
    let kind = changes.first().map(kind_of);
    app.write(move |store| {
        let written = store.define(now(), changes);
        definitions.invalidate();
        written.map_err(|error| match (error, kind) {
            (
                StoreError::Duplicate {
                    name, namespace, ..
                },
                Some(kind),
            ) => duplicate(kind, &name, &namespace),
            (error, _) => error.into(),
        })
    })
    .await
}

/// Deletes a definition, which the caller named by `identifier`.
///
/// # Errors
/// 400 for a workflow that triggers would start.
pub(crate) async fn delete(
    app: &App,
    change: DefinitionChange,
    row: &Definition,
    identifier: String,
) -> ApiResult<()> {
    let definitions = app.definitions().clone();
    let namespace = row.content.namespace.clone();
    app.write(move |store| {
        let deleted = store.define(now(), vec![change]);
        definitions.invalidate();
        match deleted {
            Ok(_) => Ok(()),
            Err(StoreError::Needed { by, ids, .. }) => {
                Err(needed(&identifier, &namespace, by, &ids))
            }
            Err(error) => Err(error.into()),
        }
    })
    .await
}

fn needed(identifier: &str, namespace: &str, by: Resource, ids: &[Id]) -> ApiError {
    let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    let ids = ids.join(", ");
    ApiError::bad_request(match by {
        Resource::EventTrigger => format!(
            "Can't delete workflow that has event triggers associated. \
             [workflow_identifier={identifier}], [event_trigger_id(s)={ids}]"
        ),
        _ => format!(
            "Can't delete workflow that has cron triggers associated. \
             [workflow_identifier={identifier}, namespace={namespace}], \
             [cron_trigger_id(s)={ids}]"
        ),
    })
}

/// The change that makes a new definition.
pub(crate) fn create(app: &App, document: Document) -> DefinitionChange {
    DefinitionChange::Create {
        id: app.new_id(),
        content: document.content,
        source: document.source,
    }
}

/// The change that gives an existing definition a new content.
pub(crate) fn replace(row: &Definition, document: Document) -> DefinitionChange {
    let mut content = document.content;
    // An administrator may change a definition; it stays its owner's.
    content.project_id = row.content.project_id.clone();
    DefinitionChange::Update {
        id: row.id,
        content,
        source: document.source,
    }
}

/// A definition by name, within exactly that namespace, or by id, in any.
pub(crate) fn find(
    reading: &Reading<'_>,
    kind: DefinitionKind,
    name_or_id: &str,
    namespace: &str,
    projects: &Projects,
) -> ApiResult<Option<Definition>> {
    if let Ok(id) = name_or_id.parse() {
        let row = reading.catalog.definition(kind, id)?;
        if let Some(row) = row.filter(|row| is_visible(row, projects)) {
            return Ok(Some(row));
        }
    }
    Ok(reading
        .catalog
        .definition_by_name(kind, name_or_id, namespace, projects)?)
}

/// Passes callers that may change a definition.
///
/// # Errors
/// 403: it belongs to another project.
pub(crate) fn check_own(row: &Definition, caller: &Caller) -> ApiResult<()> {
    if caller.is_admin || row.content.project_id == caller.project_id {
        return Ok(());
    }
    let class = class_of(row.content.kind);
    Err(ApiError::forbidden(format!(
        "Can not access {class} resource of other projects, ID: {}",
        row.id
    )))
}

/// The verdict on an uploaded text.
pub(crate) async fn validate(
    app: &App,
    text: String,
    check: fn(&str, &Owner, &App) -> Result<(), DefinitionError>,
) -> ApiResult {
    let app_there = app.clone();
    let verdict = app.read(move |reading| {
        let nobody = Owner {
            project_id: "".into(),
            scope: Scope::Private,
            namespace: "".into(),
        };
        let result = match check(&text, &nobody, &app_there) {
            Ok(()) => Ok(()),
            Err(DefinitionError::Refused(refusal)) => Err(refusal),
            Err(error) => return Err(error.into()),
        };
        Ok((result, doubts(&text, reading.definitions.languages())))
    });
    let (result, warnings) = verdict.await?;
    Ok(crate::api::reply::verdict(result, warnings))
}

/// Logs what is doubtful about an accepted text.
pub(crate) fn log_doubts(text: &str, languages: &Languages) {
    let doubts = doubts(text, languages);
    for doubt in doubts.iter().take(LOGGED_DOUBTS) {
        tracing::warn!(doubt = json::to_string(doubt), "uploaded definition");
    }
    if let Some(more) = doubts.len().checked_sub(LOGGED_DOUBTS).filter(|n| *n > 0) {
        tracing::warn!("uploaded definition: {more} more doubts");
    }
}

/// The status of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// 201
    Created,
    /// 200
    Updated,
}

impl Written {
    /// As HTTP says it.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Created => StatusCode::CREATED,
            Self::Updated => StatusCode::OK,
        }
    }
}

fn duplicate(kind: DefinitionKind, name: &str, namespace: &str) -> ApiError {
    let entry = match kind {
        DefinitionKind::Action => "Action",
        other => class_of(other),
    };
    ApiError::conflict(format!(
        "Duplicate entry for {entry} ['name', 'namespace', 'project_id']: {name}, {namespace}, None"
    ))
}

fn class_of(kind: DefinitionKind) -> &'static str {
    match kind {
        DefinitionKind::Workflow => "WorkflowDefinition",
        DefinitionKind::Workbook => "WorkbookDefinition",
        DefinitionKind::Action => "ActionDefinition",
    }
}

fn kind_of(change: &DefinitionChange) -> DefinitionKind {
    match change {
        DefinitionChange::Create { content, .. }
        | DefinitionChange::Put { content, .. }
        | DefinitionChange::Update { content, .. } => content.kind,
        DefinitionChange::Delete { kind, .. } => *kind,
    }
}
