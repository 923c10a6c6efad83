//! `/v2/code_sources` (REST API §8.1): Python modules, for administrators.

use axum::extract::State;
use http::StatusCode;
use store::query::{CodeSourceColumn, Column, Projects};
use store::{CodeSource, CodeSourceChange, Label, StoreError};
use yaql::{Dict, Value};

use super::body::DefinitionBody;
use super::caller::Caller;
use super::definitions::uploads;
use super::error::{ApiError, ApiResult};
use super::list::{self, ListCall, Listing};
use super::openapi::{Operation, Routes};
use super::path::Segments;
use super::query::Query;
use super::reply;
use super::resource::{Field, Resource, SCOPES};
use super::selection::Selection;
use super::state::{App, Reading, now};

static RESOURCE: Resource = Resource {
    name: "CodeSource",
    about: "A Python module with actions.",
    fields: &[
        Field::text("id", ""),
        Field::text("name", ""),
        Field::text("namespace", ""),
        Field::text("content", "The module's text."),
        Field::integer("version", "Counts the updates, from 1."),
        Field::text("project_id", ""),
        Field::word("scope", SCOPES, ""),
        Field::any("actions", "Never sent."),
        Field::time("created_at", ""),
        Field::time("updated_at", "").or_null(),
    ],
    is_partial: true,
};

const LISTING: Listing<CodeSourceColumn> = Listing {
    collection: "code_sources",
    resource: &RESOURCE,
    filters: &[
        CodeSourceColumn::Name,
        CodeSourceColumn::Scope,
        CodeSourceColumn::ProjectId,
        CodeSourceColumn::CreatedAt,
        CodeSourceColumn::UpdatedAt,
        CodeSourceColumn::Namespace,
    ],
    flags: &["all_projects"],
    has_tags: true,
    has_nulls: false,
};

/// The routes of this resource.
pub(super) fn routes() -> Routes {
    let (all, one) = ("/v2/code_sources", "/v2/code_sources/{id}");
    Routes::of("Code sources")
        .get(
            all,
            index,
            Operation::new("List code sources").list(&LISTING).admin(),
        )
        .post(
            all,
            create,
            writes("Upload a module")
                .text_argument("name", "The name of the code source.")
                .answers(201, &RESOURCE),
        )
        .put(
            all,
            update,
            writes("Give a code source a new text")
                .text_argument("identifier", "Its name or id.")
                .answers(200, &RESOURCE)
                .faults(&[404]),
        )
        .get(
            one,
            show,
            single("A code source")
                .fields(&RESOURCE)
                .answers(200, &RESOURCE),
        )
        .put(
            one,
            update_one,
            writes("Give a code source a new text").answers(200, &RESOURCE),
        )
        .delete(
            one,
            delete,
            single("Delete a code source")
                .about("Its dynamic actions go with it.")
                .empty(204),
        )
}

fn writes(summary: &'static str) -> Operation {
    single(summary)
        .scope()
        .text_body("The Python module.")
        .faults(&[409])
}

fn single(summary: &'static str) -> Operation {
    Operation::new(summary).namespace().admin()
}

/// The longest name.
pub(super) const MAX_NAME_LENGTH: usize = 255;

/// `GET /v2/code_sources`
async fn index(call: ListCall) -> ApiResult {
    call.caller.require_admin()?;
    let mut request = call.request(&LISTING)?;
    let content = CodeSourceColumn::Content;
    let shows = request.selection.shows(content.name());
    request.query.wide = shows.then_some(content).into_iter().collect();
    call.answer(move |reading| {
        let page = reading.catalog.code_sources(&request.query);
        request.page(
            page,
            |marker| not_found(marker, ""),
            |row| (row.id.to_string(), render(row)),
        )
    })
    .await
}

/// `GET /v2/code_sources/{name or id}`
async fn show(
    State(app): State<App>,
    caller: Caller,
    Segments(identifier): Segments<String>,
    arguments: Query,
) -> ApiResult {
    caller.require_admin()?;
    arguments.check_known(&["namespace", "fields"])?;
    let selection = Selection::of_lenient_get(&arguments);
    let row = existing(&app, &caller, identifier, arguments.namespace()).await?;
    Ok(reply::ok(selection.apply(render(&row))))
}

/// `POST /v2/code_sources`: the name is an argument, the body the module.
async fn create(
    State(app): State<App>,
    caller: Caller,
    arguments: Query,
    body: DefinitionBody,
) -> ApiResult {
    caller.require_admin()?;
    let owner = uploads::owner(&arguments, &caller)?;
    let label = Label {
        name: name(&arguments)?.into(),
        namespace: owner.namespace,
        project_id: owner.project_id,
        scope: owner.scope,
    };
    let change = CodeSourceChange::Create {
        id: app.new_id(),
        label,
        content: body.0.into(),
    };
    let row = apply(&app, change).await?;
    Ok(reply::json(StatusCode::CREATED, render(&row)))
}

/// `PUT /v2/code_sources?identifier=`
async fn update(
    State(app): State<App>,
    caller: Caller,
    arguments: Query,
    body: DefinitionBody,
) -> ApiResult {
    let identifier = arguments.get("identifier").unwrap_or_default().to_owned();
    if identifier.is_empty() {
        let text = "Argument identifier, the name or id of the code source, must be given.";
        return Err(ApiError::bad_request(text));
    }
    replace(&app, &caller, identifier, &arguments, body).await
}

/// `PUT /v2/code_sources/{name or id}`
async fn update_one(
    State(app): State<App>,
    caller: Caller,
    Segments(identifier): Segments<String>,
    arguments: Query,
    body: DefinitionBody,
) -> ApiResult {
    replace(&app, &caller, identifier, &arguments, body).await
}

async fn replace(
    app: &App,
    caller: &Caller,
    identifier: String,
    arguments: &Query,
    body: DefinitionBody,
) -> ApiResult {
    caller.require_admin()?;
    let owner = uploads::owner(arguments, caller)?;
    let row = existing(app, caller, identifier, arguments.namespace()).await?;
    let change = CodeSourceChange::Update {
        id: row.id,
        scope: owner.scope,
        content: body.0.into(),
    };
    Ok(reply::ok(render(&apply(app, change).await?)))
}

/// `DELETE /v2/code_sources/{name or id}`: its dynamic actions go with it.
async fn delete(
    State(app): State<App>,
    caller: Caller,
    Segments(identifier): Segments<String>,
    arguments: Query,
) -> ApiResult {
    caller.require_admin()?;
    arguments.check_known(&["namespace"])?;
    let row = existing(&app, &caller, identifier, arguments.namespace()).await?;
    apply(&app, CodeSourceChange::Delete { id: row.id }).await?;
    Ok(reply::no_content())
}

/// A code source by id, or by name within exactly a namespace.
pub(super) fn find(
    reading: &Reading<'_>,
    identifier: &str,
    namespace: &str,
    projects: &Projects,
) -> ApiResult<CodeSource> {
    let by_id = match identifier.parse() {
        Ok(id) => reading.catalog.code_source(id)?,
        Err(_) => None,
    };
    let found = match by_id {
        None => reading
            .catalog
            .code_source_by_name(identifier, namespace, projects)?,
        found => found,
    };
    found.ok_or_else(|| not_found(identifier, namespace))
}

async fn existing(
    app: &App,
    caller: &Caller,
    identifier: String,
    namespace: &str,
) -> ApiResult<CodeSource> {
    let (projects, namespace) = (list::visible(caller), namespace.to_owned());
    app.read(move |reading| find(reading, &identifier, &namespace, &projects))
        .await
}

async fn apply(app: &App, change: CodeSourceChange) -> ApiResult<CodeSource> {
    app.write(move |store| {
        store
            .change_code_source(now(), change)
            .map_err(|error| match error {
                StoreError::Duplicate {
                    name, namespace, ..
                } => ApiError::conflict(format!(
                    "Duplicate entry for CodeSource ['name', 'namespace', 'project_id']: \
                     {name}, {namespace}, None"
                )),
                StoreError::NotFound { key, .. } => not_found(&key, ""),
                error => error.into(),
            })
    })
    .await
}

fn name(arguments: &Query) -> ApiResult<&str> {
    match arguments.get("name").unwrap_or_default() {
        "" => Err(ApiError::bad_request(
            "Argument name, the name of the code source, must be given.",
        )),
        name if name.chars().count() > MAX_NAME_LENGTH => Err(ApiError::bad_request(format!(
            "The name of a code source must not exceed {MAX_NAME_LENGTH} characters."
        ))),
        name => Ok(name),
    }
}

fn render(row: &CodeSource) -> Dict {
    let mut shown = Dict::with_capacity(9);
    shown.insert("id", row.id.to_string());
    shown.insert("name", row.label.name.clone());
    shown.insert("namespace", row.label.namespace.clone());
    shown.insert("content", row.content.clone());
    shown.insert("version", Value::Int(row.version.into()));
    shown.insert("project_id", row.label.project_id.clone());
    shown.insert("scope", row.label.scope.as_str());
    shown.insert("created_at", row.created_at.to_string());
    shown.insert("updated_at", row.updated_at.map(|at| at.to_string()));
    shown
}

fn not_found(identifier: &str, namespace: &str) -> ApiError {
    ApiError::not_found(format!(
        "Code Source not found [name={identifier},namespace={namespace}]"
    ))
}
