//! `/v2/environments` (REST API §14).

use axum::extract::State;
use http::StatusCode;
use store::query::{EnvironmentColumn, Projects};
use store::{Environment, EnvironmentChange, NewEnvironment, Scope, StoreError};
use yaql::Dict;

use super::body::JsonBody;
use super::caller::Caller;
use super::error::{ApiError, ApiResult};
use super::fields::{Attribute, Given, Schema, json_object};
use super::list::{self, ListCall, Listing};
use super::openapi::{Operation, Routes};
use super::path::Segments;
use super::query::Query;
use super::reply;
use super::resource::{Field, Resource, SCOPES};
use super::selection::Selection;
use super::state::{App, Reading, now};

static RESOURCE: Resource = Resource {
    name: "Environment",
    about: "Variables under a name, for executions.",
    fields: &[
        Field::text("id", ""),
        Field::text("name", "Unique within the project."),
        Field::text("description", "").or_null(),
        Field::object_text("variables", "What `env()` sees."),
        Field::word("scope", SCOPES, ""),
        Field::text("project_id", ""),
        Field::time("created_at", ""),
        Field::time("updated_at", "").or_null(),
    ],
    is_partial: true,
};

const SCHEMA: Schema = Schema {
    argument: "env",
    attributes: &[
        Attribute::text("id"),
        Attribute::text("name"),
        Attribute::text("description"),
        Attribute::json("variables"),
        Attribute::choice("scope", SCOPES),
        Attribute::text("project_id").read_only(),
        Attribute::text("created_at"),
        Attribute::text("updated_at"),
    ],
};

const LISTING: Listing<EnvironmentColumn> = Listing {
    collection: "environments",
    resource: &RESOURCE,
    filters: &[
        EnvironmentColumn::Name,
        EnvironmentColumn::Description,
        EnvironmentColumn::Variables,
        EnvironmentColumn::Scope,
        EnvironmentColumn::CreatedAt,
        EnvironmentColumn::UpdatedAt,
    ],
    flags: &[],
    has_tags: false,
    has_nulls: false,
};

/// The routes of this resource.
pub(super) fn routes() -> Routes {
    let by_name = "/v2/environments/{name}";
    Routes::of("Environments")
        .get(
            "/v2/environments",
            index,
            Operation::new("List environments").list(&LISTING).tagged(),
        )
        .post(
            "/v2/environments",
            create,
            Operation::new("Create an environment")
                .json_body("EnvironmentBody", &SCHEMA, &RESOURCE)
                .answers(201, &RESOURCE)
                .faults(&[403, 409]),
        )
        .put(
            "/v2/environments",
            update,
            Operation::new("Change the environment that the body names")
                .about("What is not given stays; `variables` are replaced as a whole.")
                .json_body("EnvironmentBody", &SCHEMA, &RESOURCE)
                .answers(200, &RESOURCE)
                .faults(&[403, 404]),
        )
        .get(
            by_name,
            show,
            Operation::new("An environment")
                .fields(&RESOURCE)
                .answers(200, &RESOURCE)
                .tagged(),
        )
        .delete(
            by_name,
            delete,
            Operation::new("Delete an environment").empty(204),
        )
}

/// The longest name (workflow language §1.6).
const MAX_NAME_LENGTH: usize = 200;

/// `GET /v2/environments`
async fn index(call: ListCall) -> ApiResult {
    let request = call.request(&LISTING)?;
    call.answer(move |reading| {
        let page = reading.catalog.environments(&request.query);
        request.page(page, not_found, |row| (row.id.to_string(), render(row)))
    })
    .await
}

/// `GET /v2/environments/{name}`
async fn show(
    State(app): State<App>,
    caller: Caller,
    Segments(name): Segments<String>,
    arguments: Query,
) -> ApiResult {
    arguments.check_known(&["fields"])?;
    let selection = Selection::of_lenient_get(&arguments);
    let projects = list::visible(&caller);
    let found = app
        .read(move |reading| find(reading, &name, &projects))
        .await?;
    Ok(reply::ok(selection.apply(render(&found))))
}

/// `POST /v2/environments`
async fn create(
    State(app): State<App>,
    caller: Caller,
    arguments: Query,
    body: JsonBody,
) -> ApiResult {
    arguments.check_known(&[])?;
    let given = body.check(&SCHEMA)?;
    check_definition_keys(&given, "'name', 'description', 'variables', 'scope'")?;
    let name = name(&given)?.to_owned();
    let new = NewEnvironment {
        id: app.new_id(),
        name: name.as_str().into(),
        description: given.text("description").map(Into::into),
        variables: given.dict("variables").cloned().unwrap_or_default(),
        scope: scope(&given, &caller)?.unwrap_or_default(),
        project_id: caller.project_id.clone(),
    };
    let change = EnvironmentChange::Create(new);
    let created = app.write(move |store| {
        store
            .change_environment(now(), change)
            .map_err(|error| match error {
                StoreError::Duplicate { .. } => duplicate(&name),
                error => error.into(),
            })
    });
    Ok(reply::json(StatusCode::CREATED, render(&created.await?)))
}

/// `PUT /v2/environments`: the name is in the body.
async fn update(
    State(app): State<App>,
    caller: Caller,
    arguments: Query,
    body: JsonBody,
) -> ApiResult {
    arguments.check_known(&[])?;
    let given = body.check(&SCHEMA)?;
    let name = name(&given)?.to_owned();
    check_definition_keys(&given, "'description', 'variables', 'scope'")?;
    let scope = scope(&given, &caller)?;
    let found = own(&app, &caller, &name).await?;
    let change = EnvironmentChange::Update {
        id: found.id,
        description: given
            .mentions("description")
            .then(|| given.text("description").map(Into::into)),
        variables: given.dict("variables").cloned(),
        scope,
    };
    apply(&app, name, change)
        .await
        .map(|updated| reply::ok(render(&updated)))
}

/// `DELETE /v2/environments/{name}`
async fn delete(
    State(app): State<App>,
    caller: Caller,
    Segments(name): Segments<String>,
    arguments: Query,
) -> ApiResult {
    arguments.check_known(&[])?;
    let found = own(&app, &caller, &name).await?;
    apply(&app, name, EnvironmentChange::Delete { id: found.id }).await?;
    Ok(reply::no_content())
}

async fn apply(app: &App, name: String, change: EnvironmentChange) -> ApiResult<Environment> {
    app.write(move |store| {
        store
            .change_environment(now(), change)
            .map_err(|error| match error {
                StoreError::NotFound { .. } => not_found(&name),
                error => error.into(),
            })
    })
    .await
}

/// An environment that the caller may change: its own one, or any for an admin.
async fn own(app: &App, caller: &Caller, name: &str) -> ApiResult<Environment> {
    let (name, caller) = (name.to_owned(), caller.clone());
    app.read(move |reading| {
        let found = find(reading, &name, &list::visible(&caller))?;
        match caller.is_admin || found.project_id == caller.project_id {
            true => Ok(found),
            false => Err(not_found(&name)),
        }
    })
    .await
}

fn find(reading: &Reading<'_>, name: &str, projects: &Projects) -> ApiResult<Environment> {
    let found = reading.catalog.environment(name, projects)?;
    found.ok_or_else(|| not_found(name))
}

/// Refuses attributes that the resource has but a definition has not.
/// `shown` is what the refusal calls the keys that may be given.
fn check_definition_keys(given: &Given, shown: &str) -> ApiResult<()> {
    let allowed = ["name", "description", "variables", "scope"];
    let mut others = RESOURCE.names().filter(|name| !allowed.contains(name));
    match others.any(|name| given.has(name)) {
        false => Ok(()),
        true => Err(ApiError::bad_request(format!(
            "Please, check your environment definition. Only: [{shown}] \
             are allowed as definition keys."
        ))),
    }
}

fn name(given: &Given) -> ApiResult<&str> {
    let Some(name) = given.filled_text("name") else {
        return Err(ApiError::bad_request(
            "Name of the environment is not provided.",
        ));
    };
    if name.chars().count() > MAX_NAME_LENGTH {
        return Err(ApiError::bad_request(format!(
            "The name of an environment must not exceed {MAX_NAME_LENGTH} characters."
        )));
    }
    Ok(name)
}

fn scope(given: &Given, caller: &Caller) -> ApiResult<Option<Scope>> {
    let scope = given.text("scope").and_then(Scope::by_name);
    if scope == Some(Scope::Public) {
        caller.require_admin()?;
    }
    Ok(scope)
}

fn render(environment: &Environment) -> Dict {
    let mut shown = Dict::with_capacity(8);
    shown.insert("id", environment.id.to_string());
    shown.insert("name", environment.name.clone());
    shown.insert("description", environment.description.clone());
    shown.insert("variables", json_object(&environment.variables));
    shown.insert("scope", environment.scope.as_str());
    shown.insert("project_id", environment.project_id.clone());
    shown.insert("created_at", environment.created_at.to_string());
    shown.insert(
        "updated_at",
        environment.updated_at.map(|at| at.to_string()),
    );
    shown
}

fn not_found(name: &str) -> ApiError {
    ApiError::not_found(format!("Environment not found [name={name}]"))
}

fn duplicate(name: &str) -> ApiError {
    ApiError::conflict(format!(
        "Duplicate entry for Environment ['name', 'project_id']: {name}, None"
    ))
}
