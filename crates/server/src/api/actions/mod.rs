//! `/v2/actions` (REST API §7): built-in and ad-hoc actions together.

mod list;
mod render;

use axum::extract::State;
use engine::world::AdHoc;
use store::{Definition, DefinitionChange, DefinitionKind};
use yaql::{Dict, List};

use super::body::DefinitionBody;
use super::caller::Caller;
use super::error::{ApiError, ApiResult};
use super::path::Segments;
use super::query::Query;
use super::reply;
use super::state::{App, Reading};
use super::uploads::{self, Written};
use crate::definitions::Document;

pub(crate) use self::list::index;

const KIND: DefinitionKind = DefinitionKind::Action;

/// `GET /v2/actions/{name or id}`
pub(crate) async fn show(
    State(app): State<App>,
    caller: Caller,
    Segments(identifier): Segments<String>,
    arguments: Query,
) -> ApiResult {
    let namespace = arguments.namespace().to_owned();
    single(&app, caller, identifier, namespace, &arguments).await
}

/// `GET /v2/actions/{name or id}/{namespace}`
pub(crate) async fn show_in(
    State(app): State<App>,
    caller: Caller,
    Segments((identifier, namespace)): Segments<(String, String)>,
    arguments: Query,
) -> ApiResult {
    single(&app, caller, identifier, namespace, &arguments).await
}

async fn single(
    app: &App,
    caller: Caller,
    identifier: String,
    namespace: String,
    arguments: &Query,
) -> ApiResult {
    arguments.check_known(&["namespace"])?;
    let found = app.read(move |reading| {
        if let Some(shown) = render::built_in_by_name(reading, &identifier) {
            return Ok(shown);
        }
        let in_default = if namespace.is_empty() { None } else { Some("") };
        for namespace in std::iter::once(namespace.as_str()).chain(in_default) {
            if let Some(row) = find(reading, &identifier, namespace, &caller)? {
                return Ok(render::adhoc(&row));
            }
        }
        Err(ApiError::not_found(format!(
            "Action not found [name={identifier}, namespace={namespace}]"
        )))
    });
    found.await.map(reply::ok)
}

/// `POST /v2/actions`
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    arguments: Query,
    body: DefinitionBody,
) -> ApiResult {
    let owner = uploads::owner(&arguments, &caller)?;
    let documents = app.read(move |reading| {
        let languages = reading.definitions.languages();
        let documents = Document::actions(&body.0, &owner, languages)?;
        uploads::log_doubts(&body.0, languages);
        documents
            .into_iter()
            .map(|document| not_built_in(reading, document))
            .collect()
    });
    let documents: Vec<Document> = documents.await?;
    let changes = documents
        .into_iter()
        .map(|document| uploads::create(&app, document));
    let rows = uploads::store(&app, changes.collect()).await?;
    Ok(listed(Written::Created, &rows))
}

/// A built-in action would hide an ad-hoc one of its name for ever.
fn not_built_in(reading: &Reading<'_>, document: Document) -> ApiResult<Document> {
    let name = &document.content.name;
    match render::built_in_by_name(reading, name) {
        None => Ok(document),
        Some(_) => Err(ApiError::conflict(format!(
            "Duplicate entry for Action ['name', 'namespace', 'project_id']: {name}, {}, None",
            document.content.namespace
        ))),
    }
}

/// `PUT /v2/actions`: each of them must exist.
pub(crate) async fn update(
    State(app): State<App>,
    caller: Caller,
    arguments: Query,
    body: DefinitionBody,
) -> ApiResult {
    replace(&app, caller, None, &arguments, body).await
}

/// `PUT /v2/actions/{name or id}`: exactly one.
pub(crate) async fn update_one(
    State(app): State<App>,
    caller: Caller,
    Segments(identifier): Segments<String>,
    arguments: Query,
    body: DefinitionBody,
) -> ApiResult {
    replace(&app, caller, Some(identifier), &arguments, body).await
}

async fn replace(
    app: &App,
    caller: Caller,
    identifier: Option<String>,
    arguments: &Query,
    body: DefinitionBody,
) -> ApiResult {
    let owner = uploads::owner(arguments, &caller)?;
    let changes = app.read(move |reading| {
        let languages = reading.definitions.languages();
        let documents = Document::actions(&body.0, &owner, languages)?;
        uploads::log_doubts(&body.0, languages);
        if let Some(identifier) = identifier.as_ref().filter(|_| documents.len() != 1) {
            return Err(ApiError::bad_request(format!(
                "More than one actions are not supported for update with identifier. \
                 [identifier: {identifier}]"
            )));
        }
        let change = |document: Document| {
            let name = identifier.as_deref().unwrap_or(&document.content.name);
            let row = existing(reading, name, &owner.namespace, &caller)?;
            Ok(uploads::replace(&row, document))
        };
        documents
            .into_iter()
            .map(change)
            .collect::<ApiResult<Vec<_>>>()
    });
    let rows = uploads::store(app, changes.await?).await?;
    Ok(listed(Written::Updated, &rows))
}

/// `DELETE /v2/actions/{name or id}`
pub(crate) async fn delete(
    State(app): State<App>,
    caller: Caller,
    Segments(identifier): Segments<String>,
    arguments: Query,
) -> ApiResult {
    let namespace = arguments.namespace().to_owned();
    remove(&app, caller, identifier, namespace, &arguments).await
}

/// `DELETE /v2/actions/{name or id}/{namespace}`
pub(crate) async fn delete_in(
    State(app): State<App>,
    caller: Caller,
    Segments((identifier, namespace)): Segments<(String, String)>,
    arguments: Query,
) -> ApiResult {
    remove(&app, caller, identifier, namespace, &arguments).await
}

async fn remove(
    app: &App,
    caller: Caller,
    identifier: String,
    namespace: String,
    arguments: &Query,
) -> ApiResult {
    arguments.check_known(&["namespace"])?;
    let row = app.read(move |reading| existing(reading, &identifier, &namespace, &caller));
    let delete = DefinitionChange::Delete {
        id: row.await?.id,
        kind: KIND,
    };
    uploads::store(app, vec![delete]).await?;
    Ok(reply::no_content())
}

/// `POST /v2/actions/validate`
pub(crate) async fn validate(State(app): State<App>, body: DefinitionBody) -> ApiResult {
    uploads::validate(&app, body.0, |text, owner, app| {
        Document::actions(text, owner, app.definitions().languages()).map(|_| ())
    })
    .await
}

fn listed(written: Written, rows: &[Definition]) -> axum::response::Response {
    let actions: List = rows.iter().map(render::written).collect();
    let body: Dict = [("actions", actions)].into_iter().collect();
    reply::definition(written.status(), body)
}

fn find(
    reading: &Reading<'_>,
    identifier: &str,
    namespace: &str,
    caller: &Caller,
) -> ApiResult<Option<Definition>> {
    uploads::find(
        reading,
        KIND,
        identifier,
        namespace,
        &uploads::visible(caller),
    )
}

/// An ad-hoc action that the caller may change.
fn existing(
    reading: &Reading<'_>,
    identifier: &str,
    namespace: &str,
    caller: &Caller,
) -> ApiResult<Definition> {
    let row = find(reading, identifier, namespace, caller)?.ok_or_else(|| {
        ApiError::not_found(format!(
            "Action definition not found [action_name={identifier}, namespace={namespace}]"
        ))
    })?;
    uploads::check_own(&row, caller)?;
    Ok(row)
}

/// The ad-hoc actions that come with the server.
fn preinstalled<'a>(reading: &'a Reading<'_>) -> impl Iterator<Item = &'a AdHoc> {
    reading
        .definitions
        .preinstalled()
        .iter()
        .map(|adhoc| &**adhoc)
}
