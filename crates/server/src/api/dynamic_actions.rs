//! `/v2/dynamic_actions` (REST API §8.2): actions that are classes in code sources,
//! for administrators. They are kept and listed; nothing here runs Python.

use axum::extract::State;
use engine::model::Id;
use http::StatusCode;
use store::query::{DynamicActionColumn, ListQuery, Page, Projects};
use store::{CodeSource, DynamicAction, DynamicActionChange, Label, Scope, Store, StoreError};
use yaql::Dict;

use super::body::JsonBody;
use super::caller::Caller;
use super::error::{ApiError, ApiResult};
use super::fields::{Attribute, Given, Schema};
use super::kept::{self, Kept, MAX_NAME_LENGTH};
use super::list::{self, Listing};
use super::openapi::{Operation, Routes};
use super::query::Query;
use super::reply;
use super::resource::{Field, Resource, SCOPES};
use super::state::{App, Reading, now};

static RESOURCE: Resource = Resource {
    name: "DynamicAction",
    about: "An action that is a class in a code source.",
    fields: &[
        Field::text("id", ""),
        Field::text("name", ""),
        Field::text("namespace", ""),
        Field::text("code_source_id", ""),
        Field::text("code_source_name", ""),
        Field::text("class_name", "The name of the Python class."),
        Field::text("project_id", ""),
        Field::word("scope", SCOPES, ""),
        Field::time("created_at", ""),
        Field::time("updated_at", "").or_null(),
    ],
    is_partial: true,
};

const SCHEMA: Schema = Schema {
    argument: "dyn_action",
    attributes: &[
        Attribute::text("id"),
        Attribute::text("name"),
        Attribute::text("namespace"),
        Attribute::text("code_source_id"),
        Attribute::text("code_source_name"),
        Attribute::text("class_name"),
        Attribute::text("project_id").read_only(),
        Attribute::choice("scope", SCOPES),
        Attribute::text("created_at"),
        Attribute::text("updated_at"),
    ],
};

impl Kept for DynamicAction {
    type Column = DynamicActionColumn;
    type Change = DynamicActionChange;

    const NAME: &'static str = "Dynamic Action";
    const LISTING: Listing<DynamicActionColumn> = Listing {
        collection: "dynamic_actions",
        resource: &RESOURCE,
        filters: &[
            DynamicActionColumn::Name,
            DynamicActionColumn::Scope,
            DynamicActionColumn::ProjectId,
            DynamicActionColumn::CreatedAt,
            DynamicActionColumn::UpdatedAt,
            DynamicActionColumn::Namespace,
            DynamicActionColumn::ClassName,
            DynamicActionColumn::CodeSourceId,
            DynamicActionColumn::CodeSourceName,
        ],
        flags: &["all_projects"],
        has_tags: true,
        has_nulls: false,
    };

    fn by_id(reading: &Reading<'_>, id: Id) -> Result<Option<Self>, StoreError> {
        reading.catalog.dynamic_action(id)
    }

    fn by_name(
        reading: &Reading<'_>,
        name: &str,
        namespace: &str,
        projects: &Projects,
    ) -> Result<Option<Self>, StoreError> {
        let catalog = reading.catalog;
        catalog.dynamic_action_by_name(name, namespace, projects)
    }

    fn page(
        reading: &Reading<'_>,
        query: &ListQuery<DynamicActionColumn>,
    ) -> Result<Page<Self>, StoreError> {
        reading.catalog.dynamic_actions(query)
    }

    fn change(store: &dyn Store, change: DynamicActionChange) -> Result<Self, StoreError> {
        store.change_dynamic_action(now(), change)
    }

    fn deletion(id: Id) -> DynamicActionChange {
        DynamicActionChange::Delete { id }
    }

    fn duplicate(name: &str, namespace: &str) -> String {
        format!(
            "Duplicate entry for dynamic action definition [name={name}, \
             namespace={namespace}, project_id=None]"
        )
    }

    fn id(&self) -> Id {
        self.id
    }

    fn render(&self) -> Dict {
        let mut shown = Dict::with_capacity(10);
        shown.insert("id", self.id.to_string());
        shown.insert("name", self.label.name.clone());
        shown.insert("namespace", self.label.namespace.clone());
        shown.insert("code_source_id", self.code_source.to_string());
        shown.insert("code_source_name", self.code_source_name.clone());
        shown.insert("class_name", self.class_name.clone());
        shown.insert("project_id", self.label.project_id.clone());
        shown.insert("scope", self.label.scope.as_str());
        shown.insert("created_at", self.created_at.to_string());
        shown.insert("updated_at", self.updated_at.map(|at| at.to_string()));
        shown
    }
}

/// The routes of this resource.
pub(super) fn routes() -> Routes {
    let (all, one) = ("/v2/dynamic_actions", "/v2/dynamic_actions/{id}");
    let body = |summary| {
        Operation::new(summary)
            .json_body("DynamicActionBody", &SCHEMA, &RESOURCE)
            .faults(&[404, 409])
            .admin()
    };
    let single = |summary| Operation::new(summary).namespace().admin();
    Routes::of("Dynamic actions")
        .get(
            all,
            kept::index::<DynamicAction>,
            Operation::new("List dynamic actions")
                .list(&DynamicAction::LISTING)
                .admin()
                .tagged(),
        )
        .post(
            all,
            create,
            body("Make an action of a class in a code source").answers(201, &RESOURCE),
        )
        .put(
            all,
            update,
            body("Change the dynamic action that the body names").answers(200, &RESOURCE),
        )
        .get(
            one,
            kept::show::<DynamicAction>,
            single("A dynamic action")
                .fields(&RESOURCE)
                .answers(200, &RESOURCE)
                .tagged(),
        )
        .delete(
            one,
            kept::delete::<DynamicAction>,
            single("Delete a dynamic action").empty(204),
        )
}

/// `POST /v2/dynamic_actions`
async fn create(
    State(app): State<App>,
    caller: Caller,
    arguments: Query,
    body: JsonBody,
) -> ApiResult {
    caller.require_admin()?;
    arguments.check_known(&[])?;
    let given = body.check(&SCHEMA)?;
    let id = app.new_id();
    let projects = list::visible(&caller);
    let change = app.read(move |reading| {
        let code_source = code_source(reading, &given, &projects)?.ok_or_else(|| {
            ApiError::bad_request("Either 'code_source_id' or 'code_source_name' must be provided.")
        })?;
        let label = Label {
            name: needed(&given, "name")?.into(),
            namespace: given.text("namespace").unwrap_or_default().into(),
            project_id: caller.project_id.clone(),
            scope: scope(&given).unwrap_or_default(),
        };
        Ok(DynamicActionChange::Create {
            id,
            label,
            class_name: needed(&given, "class_name")?.into(),
            code_source: code_source.id,
        })
    });
    let row: DynamicAction = kept::apply(&app, change.await?).await?;
    Ok(reply::json(StatusCode::CREATED, row.render()))
}

/// `PUT /v2/dynamic_actions`: the id or name is in the body.
async fn update(
    State(app): State<App>,
    caller: Caller,
    arguments: Query,
    body: JsonBody,
) -> ApiResult {
    caller.require_admin()?;
    arguments.check_known(&[])?;
    let given = body.check(&SCHEMA)?;
    let projects = list::visible(&caller);
    let change = app.read(move |reading| {
        let named = given.filled_text("id").or(given.filled_text("name"));
        let identifier = named
            .ok_or_else(|| ApiError::bad_request("Either 'name' or 'id' must be provided."))?;
        let namespace = given.text("namespace").unwrap_or_default();
        let row: DynamicAction = kept::find(reading, identifier, namespace, &projects)?;
        let code_source = code_source(reading, &given, &projects)?;
        Ok(DynamicActionChange::Update {
            id: row.id,
            name: optional(&given, "name")?,
            class_name: optional(&given, "class_name")?,
            code_source: code_source.map(|source| source.id),
            scope: scope(&given),
        })
    });
    let row: DynamicAction = kept::apply(&app, change.await?).await?;
    Ok(reply::ok(row.render()))
}

/// All that a project sees, for the list of actions.
pub(super) fn visible(reading: &Reading<'_>, projects: Projects) -> ApiResult<Vec<DynamicAction>> {
    let query = store::query::ListQuery {
        projects,
        ..store::query::ListQuery::default()
    };
    Ok(reading.catalog.dynamic_actions(&query)?.records)
}

/// Refuses to run an action that is a dynamic one.
pub(super) fn refuse_to_run(
    reading: &Reading<'_>,
    name: &str,
    namespace: &str,
    projects: &Projects,
) -> ApiResult<()> {
    let catalog = reading.catalog;
    match catalog.dynamic_action_by_name(name, namespace, projects)? {
        None => Ok(()),
        Some(_) => Err(ApiError::not_implemented(format!(
            "The action {name} is a dynamic action, and this server has nothing that runs \
             Python. Use std.ssh or std.http to run code elsewhere."
        ))),
    }
}

/// The code source that a body names.
fn code_source(
    reading: &Reading<'_>,
    given: &Given,
    projects: &Projects,
) -> ApiResult<Option<CodeSource>> {
    let id = given.filled_text("code_source_id");
    let named = id.or(given.filled_text("code_source_name"));
    let namespace = given.text("namespace").unwrap_or_default();
    named
        .map(|identifier| kept::find(reading, identifier, namespace, projects))
        .transpose()
}

fn needed<'a>(given: &'a Given, attribute: &str) -> ApiResult<&'a str> {
    match given.filled_text(attribute) {
        Some(text) => checked(text, attribute),
        None => Err(ApiError::bad_request(format!(
            "'{attribute}' must be provided."
        ))),
    }
}

fn optional(given: &Given, attribute: &str) -> ApiResult<Option<std::sync::Arc<str>>> {
    let text = given.filled_text(attribute);
    let text = text.map(|text| checked(text, attribute)).transpose()?;
    Ok(text.map(Into::into))
}

fn checked<'a>(text: &'a str, attribute: &str) -> ApiResult<&'a str> {
    match text.chars().count() > MAX_NAME_LENGTH {
        false => Ok(text),
        true => Err(ApiError::bad_request(format!(
            "'{attribute}' must not exceed {MAX_NAME_LENGTH} characters."
        ))),
    }
}

fn scope(given: &Given) -> Option<Scope> {
    given.text("scope").and_then(Scope::by_name)
}
