//! `/v2/event_triggers` (REST API §13), and the ways in which events come: published
//! by callers (`publish.rs`) and by web hooks (`hooks.rs`; docs/event-triggers.md).

mod change;
mod hooks;
mod publish;
mod routes;

use axum::extract::{OriginalUri, State};
use engine::model::Id;
use store::StoreError;
use store::query::{Direction, EventTriggerColumn, FireColumn};
use store::trigger::EventTrigger;
use yaql::Dict;

pub(super) use self::routes::routes;
use super::caller::Caller;
use super::cron_triggers::fires;
use super::error::{ApiError, ApiResult};
use super::fields::{Attribute, Schema, json_object};
use super::list::{ListCall, Listing};
use super::path::{BaseUrl, Segments};
use super::query::{self, Query};
use super::reply;
use super::resource::{Field, Resource, SCOPES};
use super::selection::Selection;
use super::state::App;

static RESOURCE: Resource = Resource {
    name: "EventTrigger",
    about: "Starts a workflow when an event arrives.",
    fields: &[
        Field::text("id", ""),
        Field::time("created_at", ""),
        Field::time("updated_at", "").or_null(),
        Field::text("project_id", ""),
        Field::text("name", "").or_null(),
        Field::text("workflow_id", ""),
        Field::object_text("workflow_input", ""),
        Field::object_text("workflow_params", ""),
        Field::text("exchange", ""),
        Field::text("topic", ""),
        Field::text("event", "The type of the events."),
        Field::word("scope", SCOPES, ""),
    ],
    is_partial: true,
};

const SCHEMA: Schema = Schema {
    argument: "event_trigger",
    attributes: &[
        Attribute::text("id").read_only(),
        Attribute::text("created_at").read_only(),
        Attribute::text("updated_at").read_only(),
        Attribute::text("project_id").read_only(),
        Attribute::text("name"),
        Attribute::text("workflow_id"),
        Attribute::json("workflow_input"),
        Attribute::json("workflow_params"),
        Attribute::text("exchange"),
        Attribute::text("topic"),
        Attribute::text("event"),
        Attribute::choice("scope", SCOPES),
    ],
};

const LISTING: Listing<EventTriggerColumn> = Listing {
    collection: "event_triggers",
    resource: &RESOURCE,
    filters: &[
        EventTriggerColumn::Name,
        EventTriggerColumn::WorkflowId,
        EventTriggerColumn::WorkflowInput,
        EventTriggerColumn::WorkflowParams,
        EventTriggerColumn::Exchange,
        EventTriggerColumn::Topic,
        EventTriggerColumn::Event,
        EventTriggerColumn::Scope,
        EventTriggerColumn::CreatedAt,
        EventTriggerColumn::UpdatedAt,
        EventTriggerColumn::ProjectId,
    ],
    flags: &["all_projects"],
    has_tags: false,
    has_nulls: false,
};

/// `GET /v2/event_triggers`
async fn index(call: ListCall) -> ApiResult {
    let request = call.request(&LISTING)?;
    let body = call.app.triggers(move |triggers| {
        let page = triggers.event_triggers(&request.query);
        request.page(page, unknown_marker, |row| {
            (row.id.to_string(), render(row))
        })
    });
    body.await.map(reply::ok)
}

/// `GET /v2/event_triggers/{id}`
async fn show(
    State(app): State<App>,
    caller: Caller,
    Segments(id): Segments<String>,
    arguments: Query,
) -> ApiResult {
    arguments.check_known(&["fields"])?;
    let id = parsed(&id)?;
    let selection = Selection::of_get(&arguments, &RESOURCE)?;
    let found = find(&app, &caller, id).await?;
    Ok(reply::ok(selection.apply(render(&found))))
}

/// `DELETE /v2/event_triggers/{id}`
async fn delete(
    State(app): State<App>,
    caller: Caller,
    Segments(id): Segments<String>,
    arguments: Query,
) -> ApiResult {
    arguments.check_known(&[])?;
    let found = own(&app, &caller, parsed(&id)?).await?;
    let deleted = app.triggers(move |triggers| {
        let deleted = triggers.delete_event_trigger(found.id);
        deleted.map_err(|error| of_store(error, &found))
    });
    deleted.await?;
    app.receiver().changed().notify_one();
    Ok(reply::no_content())
}

/// `GET /v2/event_triggers/{id}/fires`: what it started, the newest first, unless
/// sorted.
async fn fires(
    State(app): State<App>,
    caller: Caller,
    base: BaseUrl,
    Segments(id): Segments<String>,
    OriginalUri(uri): OriginalUri,
    arguments: Query,
) -> ApiResult {
    let max = app.config().api.max_limit;
    let address = base.link(uri.path());
    let mut request = fires::LISTING.parse(address, &arguments, &caller, max)?;
    if arguments.get("sort_keys").is_none() {
        request.query.sort = vec![(FireColumn::CreatedAt, Direction::Descending)];
    }
    let trigger = find(&app, &caller, parsed(&id)?).await?;
    let body = app.triggers(move |triggers| {
        let page = triggers.fires(trigger.id, &request.query);
        request.page(page, fires::not_found, |fire| {
            (fire.id.to_string(), fires::render(fire))
        })
    });
    body.await.map(reply::ok)
}

fn parsed(id: &str) -> ApiResult<Id> {
    id.parse().map_err(|_| query::not_a_uuid("id", id))
}

/// A trigger that the caller sees.
async fn find(app: &App, caller: &Caller, id: Id) -> ApiResult<EventTrigger> {
    let found = app.triggers(move |triggers| Ok(triggers.event_trigger(id)?));
    let found = found.await?.filter(|row| {
        caller.is_admin || row.project_id == caller.project_id || row.scope == store::Scope::Public
    });
    found.ok_or_else(|| not_found(&id.to_string()))
}

/// A trigger that the caller may change: its own one, or any for an admin.
async fn own(app: &App, caller: &Caller, id: Id) -> ApiResult<EventTrigger> {
    let found = find(app, caller, id).await?;
    match caller.is_admin || found.project_id == caller.project_id {
        true => Ok(found),
        false => Err(ApiError::forbidden(format!(
            "Can not access EventTrigger resource of other projects, ID: {id}"
        ))),
    }
}

fn render(row: &EventTrigger) -> Dict {
    let mut shown = Dict::with_capacity(RESOURCE.fields.len());
    shown.insert("id", row.id.to_string());
    shown.insert("created_at", row.created_at.to_string());
    shown.insert("updated_at", row.updated_at.map(|at| at.to_string()));
    shown.insert("project_id", row.project_id.clone());
    shown.insert("name", row.name.clone());
    shown.insert("workflow_id", row.workflow_id.to_string());
    shown.insert("workflow_input", json_object(&row.input));
    shown.insert("workflow_params", json_object(&row.params));
    shown.insert("exchange", row.exchange.clone());
    shown.insert("topic", row.topic.clone());
    shown.insert("event", row.event.clone());
    shown.insert("scope", row.scope.as_str());
    shown
}

fn not_found(id: &str) -> ApiError {
    ApiError::not_found(format!("Event trigger not found [id={id}]."))
}

/// Event triggers have no unique names: a marker is an id.
fn unknown_marker(marker: &str) -> ApiError {
    match marker.parse::<Id>() {
        Ok(_) => not_found(marker),
        Err(_) => query::not_a_uuid("marker", marker),
    }
}

/// What the store refuses, in the words of the contract.
fn of_store(error: StoreError, row: &EventTrigger) -> ApiError {
    match error {
        StoreError::Duplicate { .. } => ApiError::conflict(format!(
            "Duplicate entry for EventTrigger \
             ['exchange', 'topic', 'event', 'workflow_id', 'project_id']: {}, {}, {}, {}, None",
            row.exchange, row.topic, row.event, row.workflow_id
        )),
        StoreError::NotFound {
            resource: store::Resource::Workflow,
            ..
        } => change::no_workflow(&row.workflow_id.to_string()),
        StoreError::NotFound { .. } => not_found(&row.id.to_string()),
        error => error.into(),
    }
}
