//! `/v2/code_sources` (REST API §8.1): Python modules, for administrators.

use axum::extract::State;
use engine::model::Id;
use http::StatusCode;
use store::query::{CodeSourceColumn, ListQuery, Page, Projects};
use store::{CodeSource, CodeSourceChange, Label, Store, StoreError};
use yaql::{Dict, Value};

use super::body::DefinitionBody;
use super::caller::Caller;
use super::definitions::uploads;
use super::error::{ApiError, ApiResult};
use super::kept::{self, Kept, MAX_NAME_LENGTH};
use super::list::Listing;
use super::openapi::{Operation, Routes};
use super::path::Segments;
use super::query::Query;
use super::reply;
use super::resource::{Field, Resource, SCOPES};
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

impl Kept for CodeSource {
    type Column = CodeSourceColumn;
    type Change = CodeSourceChange;

    const NAME: &'static str = "Code Source";
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

    fn by_id(reading: &Reading<'_>, id: Id) -> Result<Option<Self>, StoreError> {
        reading.catalog.code_source(id)
    }

    fn by_name(
        reading: &Reading<'_>,
        name: &str,
        namespace: &str,
        projects: &Projects,
    ) -> Result<Option<Self>, StoreError> {
        let catalog = reading.catalog;
        catalog.code_source_by_name(name, namespace, projects)
    }

    fn page(
        reading: &Reading<'_>,
        query: &ListQuery<CodeSourceColumn>,
    ) -> Result<Page<Self>, StoreError> {
        reading.catalog.code_sources(query)
    }

    fn change(store: &dyn Store, change: CodeSourceChange) -> Result<Self, StoreError> {
        store.change_code_source(now(), change)
    }

    fn deletion(id: Id) -> CodeSourceChange {
        CodeSourceChange::Delete { id }
    }

    fn duplicate(name: &str, namespace: &str) -> String {
        format!(
            "Duplicate entry for CodeSource ['name', 'namespace', 'project_id']: \
             {name}, {namespace}, None"
        )
    }

    fn id(&self) -> Id {
        self.id
    }

    fn render(&self) -> Dict {
        let mut shown = Dict::with_capacity(9);
        shown.insert("id", self.id.to_string());
        shown.insert("name", self.label.name.clone());
        shown.insert("namespace", self.label.namespace.clone());
        shown.insert("content", self.content.clone());
        shown.insert("version", Value::Int(self.version.into()));
        shown.insert("project_id", self.label.project_id.clone());
        shown.insert("scope", self.label.scope.as_str());
        shown.insert("created_at", self.created_at.to_string());
        shown.insert("updated_at", self.updated_at.map(|at| at.to_string()));
        shown
    }
}

/// The routes of this resource.
pub(super) fn routes() -> Routes {
    let (all, one) = ("/v2/code_sources", "/v2/code_sources/{id}");
    Routes::of("Code sources")
        .get(
            all,
            kept::index::<CodeSource>,
            Operation::new("List code sources")
                .list(&CodeSource::LISTING)
                .admin()
                .tagged(),
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
            kept::show::<CodeSource>,
            single("A code source")
                .fields(&RESOURCE)
                .answers(200, &RESOURCE)
                .tagged(),
        )
        .put(
            one,
            update_one,
            writes("Give a code source a new text").answers(200, &RESOURCE),
        )
        .delete(
            one,
            kept::delete::<CodeSource>,
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
    let row: CodeSource = kept::apply(&app, change).await?;
    Ok(reply::json(StatusCode::CREATED, row.render()))
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
    let row: CodeSource = kept::existing(app, caller, identifier, arguments.namespace()).await?;
    let change = CodeSourceChange::Update {
        id: row.id,
        scope: owner.scope,
        content: body.0.into(),
    };
    let row: CodeSource = kept::apply(app, change).await?;
    Ok(reply::ok(row.render()))
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
