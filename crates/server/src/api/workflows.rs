//! `/v2/workflows` (REST API §6).

use axum::extract::{OriginalUri, State};
use axum::response::Response;
use store::query::{DefinitionColumn, Projects};
use store::{Definition, DefinitionChange, DefinitionKind};
use yaql::{Dict, List, Value};

use super::body::DefinitionBody;
use super::caller::Caller;
use super::error::{ApiError, ApiResult};
use super::fields::json_string;
use super::list::{self, Listing, texts};
use super::path::{BaseUrl, Segments};
use super::query::Query;
use super::reply;
use super::selection::Selection;
use super::state::{App, Reading};
use super::uploads::{self, Written};
use crate::definitions::Document;

const KIND: DefinitionKind = DefinitionKind::Workflow;

const ATTRIBUTES: &[&str] = &[
    "id",
    "name",
    "namespace",
    "input",
    "interface",
    "definition",
    "checksum",
    "tags",
    "scope",
    "project_id",
    "created_at",
    "updated_at",
];

const LISTING: Listing<DefinitionColumn> = Listing {
    collection: "workflows",
    attributes: ATTRIBUTES,
    filters: &[
        DefinitionColumn::Name,
        DefinitionColumn::Input,
        DefinitionColumn::Definition,
        DefinitionColumn::Scope,
        DefinitionColumn::ProjectId,
        DefinitionColumn::CreatedAt,
        DefinitionColumn::UpdatedAt,
        DefinitionColumn::Namespace,
    ],
    flags: &["all_projects"],
    has_tags: true,
    has_nulls: false,
};

/// `GET /v2/workflows`
pub(crate) async fn index(
    State(app): State<App>,
    caller: Caller,
    base: BaseUrl,
    OriginalUri(uri): OriginalUri,
    arguments: Query,
) -> ApiResult {
    let max = app.config().api.max_limit;
    let mut request = LISTING.parse(base.link(uri.path()), &arguments, &caller, max)?;
    request.query.wide = wide(&request.selection);
    let body = app.read(move |reading| {
        let page = reading.catalog.definitions(KIND, &request.query);
        let marker = request.query.marker.as_deref();
        let page = page.map_err(|error| list::unknown_marker(error, marker, marker_not_found))?;
        let last = page.records.last().map(|record| record.id.to_string());
        let entries = page.records.iter().map(|row| render(row, Interface::Text));
        Ok(request.answer(entries.collect(), page.full, last))
    });
    body.await.map(reply::ok)
}

fn wide(selection: &Selection) -> Vec<DefinitionColumn> {
    let columns = [DefinitionColumn::Interface, DefinitionColumn::Definition];
    columns
        .into_iter()
        .filter(|column| selection.shows(store::query::Column::name(*column)))
        .collect()
}

/// `GET /v2/workflows/{name or id}`
pub(crate) async fn show(
    State(app): State<App>,
    caller: Caller,
    Segments(identifier): Segments<String>,
    arguments: Query,
) -> ApiResult {
    arguments.check_known(&["namespace", "fields"])?;
    let selection = Selection::of_lenient_get(&arguments);
    let namespace = arguments.namespace().to_owned();
    let row =
        app.read(move |reading| find(reading, &identifier, &namespace, &uploads::visible(&caller)));
    Ok(reply::ok(
        selection.apply(render(&row.await?, Interface::Text)),
    ))
}

/// `POST /v2/workflows`
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    arguments: Query,
    body: DefinitionBody,
) -> ApiResult {
    let owner = uploads::owner(&arguments, &caller)?;
    let documents = app.read(move |reading| {
        let languages = reading.definitions.languages();
        let documents = Document::workflows(&body.0, &owner, languages)?;
        uploads::log_doubts(&body.0, languages);
        Ok(documents)
    });
    let documents = documents.await?.into_iter();
    let changes = documents
        .map(|document| uploads::create(&app, document))
        .collect();
    let rows = uploads::store(&app, changes).await?;
    Ok(listed(Written::Created, &rows))
}

/// `PUT /v2/workflows`: each of them must exist.
pub(crate) async fn update(
    State(app): State<App>,
    caller: Caller,
    arguments: Query,
    body: DefinitionBody,
) -> ApiResult {
    let rows = replace(&app, caller, None, &arguments, body).await?;
    Ok(listed(Written::Updated, &rows))
}

/// `PUT /v2/workflows/{name or id}`: exactly one, whose name may change.
pub(crate) async fn update_one(
    State(app): State<App>,
    caller: Caller,
    Segments(identifier): Segments<String>,
    arguments: Query,
    body: DefinitionBody,
) -> ApiResult {
    let rows = replace(&app, caller, Some(identifier), &arguments, body).await?;
    let row = rows.first().map(|row| render(row, Interface::Object));
    Ok(reply::definition(Written::Updated.status(), row))
}

async fn replace(
    app: &App,
    caller: Caller,
    identifier: Option<String>,
    arguments: &Query,
    body: DefinitionBody,
) -> ApiResult<Vec<Definition>> {
    let owner = uploads::owner(arguments, &caller)?;
    let namespace = arguments.namespace().to_owned();
    let changes = app.read(move |reading| {
        let languages = reading.definitions.languages();
        let documents = Document::workflows(&body.0, &owner, languages)?;
        uploads::log_doubts(&body.0, languages);
        if let Some(identifier) = identifier.as_ref().filter(|_| documents.len() != 1) {
            return Err(ApiError::bad_request(format!(
                "More than one workflows are not supported for update with identifier. \
                 [identifier: {identifier}]"
            )));
        }
        let change = |document: Document| {
            let name = identifier.as_deref().unwrap_or(&document.content.name);
            let row = find(reading, name, &namespace, &uploads::visible(&caller))?;
            uploads::check_own(&row, &caller)?;
            Ok(uploads::replace(&row, document))
        };
        documents
            .into_iter()
            .map(change)
            .collect::<ApiResult<Vec<_>>>()
    });
    uploads::store(app, changes.await?).await
}

/// `DELETE /v2/workflows/{name or id}`
pub(crate) async fn delete(
    State(app): State<App>,
    caller: Caller,
    Segments(identifier): Segments<String>,
    arguments: Query,
) -> ApiResult {
    arguments.check_known(&["namespace"])?;
    let namespace = arguments.namespace().to_owned();
    let row = app.read(move |reading| {
        let row = find(reading, &identifier, &namespace, &uploads::visible(&caller))?;
        uploads::check_own(&row, &caller)?;
        Ok(row)
    });
    let delete = DefinitionChange::Delete {
        id: row.await?.id,
        kind: KIND,
    };
    uploads::store(&app, vec![delete]).await?;
    Ok(reply::no_content())
}

/// `POST /v2/workflows/validate`
pub(crate) async fn validate(State(app): State<App>, body: DefinitionBody) -> ApiResult {
    uploads::validate(&app, body.0, |text, owner, app| {
        Document::workflows(text, owner, app.definitions().languages()).map(|_| ())
    })
    .await
}

fn listed(written: Written, rows: &[Definition]) -> Response {
    let workflows: List = rows
        .iter()
        .map(|row| render(row, Interface::Object))
        .collect();
    let body: Dict = [("workflows", workflows)].into_iter().collect();
    reply::definition(written.status(), body)
}

/// How `interface` is shown: writes answer an object, reads a text.
#[derive(Clone, Copy)]
enum Interface {
    Object,
    Text,
}

fn render(row: &Definition, interface: Interface) -> Dict {
    let content = &row.content;
    let mut shown = Dict::with_capacity(12);
    shown.insert("id", row.id.to_string());
    shown.insert("name", content.name.clone());
    shown.insert("namespace", content.namespace.clone());
    shown.insert("input", content.input.clone());
    shown.insert(
        "interface",
        match interface {
            Interface::Object => content.interface.clone(),
            Interface::Text => json_string(Some(&content.interface)),
        },
    );
    shown.insert("definition", content.definition.clone());
    shown.insert("checksum", row.checksum.clone());
    shown.insert("tags", texts(&content.tags));
    shown.insert("scope", content.scope.as_str());
    shown.insert("project_id", content.project_id.clone());
    shown.insert("created_at", row.created_at.to_string());
    shown.insert(
        "updated_at",
        row.updated_at
            .map_or(Value::Null, |at| at.to_string().into()),
    );
    shown
}

fn find(
    reading: &Reading<'_>,
    identifier: &str,
    namespace: &str,
    projects: &Projects,
) -> ApiResult<Definition> {
    let row = uploads::find(reading, KIND, identifier, namespace, projects)?;
    row.ok_or_else(|| not_found(identifier, namespace))
}

/// 404 in the words of the contract.
pub(crate) fn not_found(identifier: &str, namespace: &str) -> ApiError {
    ApiError::not_found(format!(
        "Workflow not found [workflow_identifier={identifier}, namespace={namespace}]"
    ))
}

fn marker_not_found(marker: &str) -> ApiError {
    ApiError::not_found(format!("Workflow not found [workflow_id={marker}]"))
}
