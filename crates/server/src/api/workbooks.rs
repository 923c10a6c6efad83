//! `/v2/workbooks` (REST API §5).

use axum::extract::{OriginalUri, State};
use store::query::{Column, DefinitionColumn};
use store::{Definition, DefinitionChange, DefinitionKind};
use yaql::{Dict, Value};

use super::body::DefinitionBody;
use super::caller::Caller;
use super::error::{ApiError, ApiResult};
use super::list::{self, Listing, texts};
use super::path::{BaseUrl, Segments};
use super::query::Query;
use super::reply;
use super::selection::Selection;
use super::state::{App, Reading};
use super::uploads::{self, Written};
use crate::definitions::Document;

const KIND: DefinitionKind = DefinitionKind::Workbook;

const ATTRIBUTES: &[&str] = &[
    "id",
    "name",
    "namespace",
    "definition",
    "tags",
    "scope",
    "project_id",
    "created_at",
    "updated_at",
];

const LISTING: Listing<DefinitionColumn> = Listing {
    collection: "workbooks",
    attributes: ATTRIBUTES,
    filters: &[
        DefinitionColumn::CreatedAt,
        DefinitionColumn::Definition,
        DefinitionColumn::Name,
        DefinitionColumn::Scope,
        DefinitionColumn::UpdatedAt,
        DefinitionColumn::Namespace,
    ],
    flags: &[],
    has_tags: true,
    has_nulls: false,
};

/// `GET /v2/workbooks`
pub(crate) async fn index(
    State(app): State<App>,
    caller: Caller,
    base: BaseUrl,
    OriginalUri(uri): OriginalUri,
    arguments: Query,
) -> ApiResult {
    let max = app.config().api.max_limit;
    let mut request = LISTING.parse(base.link(uri.path()), &arguments, &caller, max)?;
    let definition = DefinitionColumn::Definition;
    request.query.wide = match request.selection.shows(definition.name()) {
        true => vec![definition],
        false => Vec::new(),
    };
    let body = app.read(move |reading| {
        let page = reading.catalog.definitions(KIND, &request.query);
        let marker = request.query.marker.as_deref();
        let page = page.map_err(|error| {
            list::unknown_marker(error, marker, |marker| not_found("name", marker, ""))
        })?;
        let last = page.records.last().map(|record| record.id.to_string());
        Ok(request.answer(page.records.iter().map(render).collect(), page.full, last))
    });
    body.await.map(reply::ok)
}

/// `GET /v2/workbooks/{name}`
pub(crate) async fn show(
    State(app): State<App>,
    caller: Caller,
    Segments(name): Segments<String>,
    arguments: Query,
) -> ApiResult {
    let namespace = arguments.namespace().to_owned();
    single(&app, caller, name, namespace, &arguments).await
}

/// `GET /v2/workbooks/{name}/{namespace}`
pub(crate) async fn show_in(
    State(app): State<App>,
    caller: Caller,
    Segments((name, namespace)): Segments<(String, String)>,
    arguments: Query,
) -> ApiResult {
    single(&app, caller, name, namespace, &arguments).await
}

async fn single(
    app: &App,
    caller: Caller,
    name: String,
    namespace: String,
    arguments: &Query,
) -> ApiResult {
    arguments.check_known(&["namespace", "fields"])?;
    let selection = Selection::of_lenient_get(arguments);
    let row = app
        .read(move |reading| find(reading, "name", &name, &namespace, &caller))
        .await?;
    Ok(reply::ok(selection.apply(render(&row))))
}

/// `POST /v2/workbooks`: its members are created or updated.
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    arguments: Query,
    body: DefinitionBody,
) -> ApiResult {
    write(&app, caller, &arguments, body, Written::Created).await
}

/// `PUT /v2/workbooks`: it must exist; its members are created or updated.
pub(crate) async fn update(
    State(app): State<App>,
    caller: Caller,
    arguments: Query,
    body: DefinitionBody,
) -> ApiResult {
    write(&app, caller, &arguments, body, Written::Updated).await
}

async fn write(
    app: &App,
    caller: Caller,
    arguments: &Query,
    body: DefinitionBody,
    written: Written,
) -> ApiResult {
    let owner = uploads::owner(arguments, &caller)?;
    let maker = app.clone();
    let changes = app.read(move |reading| {
        let languages = reading.definitions.languages();
        let (workbook, members) = Document::workbook(&body.0, &owner, languages)?;
        uploads::log_doubts(&body.0, languages);
        let first = match written {
            Written::Created => uploads::create(&maker, workbook),
            Written::Updated => {
                let name = &workbook.content.name;
                let row = find(reading, "name", name, &owner.namespace, &caller)?;
                uploads::check_own(&row, &caller)?;
                uploads::replace(&row, workbook)
            }
        };
        let members = members.into_iter().map(|member| DefinitionChange::Put {
            id: maker.new_id(),
            content: member.content,
            source: member.source,
        });
        Ok(std::iter::once(first).chain(members).collect())
    });
    let rows = uploads::store(app, changes.await?).await?;
    Ok(reply::definition(
        written.status(),
        rows.first().map(render),
    ))
}

/// `DELETE /v2/workbooks/{name}`: its members stay.
pub(crate) async fn delete(
    State(app): State<App>,
    caller: Caller,
    Segments(name): Segments<String>,
    arguments: Query,
) -> ApiResult {
    let namespace = arguments.namespace().to_owned();
    remove(&app, caller, name, namespace, &arguments).await
}

/// `DELETE /v2/workbooks/{name}/{namespace}`
pub(crate) async fn delete_in(
    State(app): State<App>,
    caller: Caller,
    Segments((name, namespace)): Segments<(String, String)>,
    arguments: Query,
) -> ApiResult {
    remove(&app, caller, name, namespace, &arguments).await
}

async fn remove(
    app: &App,
    caller: Caller,
    name: String,
    namespace: String,
    arguments: &Query,
) -> ApiResult {
    arguments.check_known(&["namespace"])?;
    let row = app.read(move |reading| {
        let row = find(reading, "workbook_name", &name, &namespace, &caller)?;
        uploads::check_own(&row, &caller)?;
        Ok(row)
    });
    let delete = DefinitionChange::Delete {
        id: row.await?.id,
        kind: KIND,
    };
    uploads::store(app, vec![delete]).await?;
    Ok(reply::no_content())
}

/// `POST /v2/workbooks/validate`
pub(crate) async fn validate(State(app): State<App>, body: DefinitionBody) -> ApiResult {
    uploads::validate(&app, body.0, |text, owner, app| {
        Document::workbook(text, owner, app.definitions().languages()).map(|_| ())
    })
    .await
}

fn render(row: &Definition) -> Dict {
    let content = &row.content;
    let mut shown = Dict::with_capacity(9);
    shown.insert("id", row.id.to_string());
    shown.insert("name", content.name.clone());
    shown.insert("namespace", content.namespace.clone());
    shown.insert("definition", content.definition.clone());
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

/// By name only, never by id. `label` is what the 404 calls the name.
fn find(
    reading: &Reading<'_>,
    label: &str,
    name: &str,
    namespace: &str,
    caller: &Caller,
) -> ApiResult<Definition> {
    let projects = uploads::visible(caller);
    let row = reading
        .catalog
        .definition_by_name(KIND, name, namespace, &projects)?;
    row.ok_or_else(|| not_found(label, name, namespace))
}

fn not_found(label: &str, name: &str, namespace: &str) -> ApiError {
    ApiError::not_found(format!(
        "Workbook not found [{label}={name}, namespace={namespace}]"
    ))
}
