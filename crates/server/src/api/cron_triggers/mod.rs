//! `/v2/cron_triggers` (REST API §12), with fields and calls of our own: time
//! zones, what becomes of missed and overlapping runs, `PUT`, run, backfill and the
//! history (docs/cron.md).

pub(super) mod create;
pub(super) mod fires;
mod routes;
mod schedule;
mod update;

use axum::extract::{OriginalUri, State};
use engine::model::Timestamp;
use store::StoreError;
use store::query::CronTriggerColumn;
use store::trigger::CronTrigger;
use yaql::{Dict, Value};

pub(super) use self::routes::routes;
use super::caller::Caller;
use super::error::{ApiError, ApiResult};
use super::fields::{Attribute, Schema, json_object};
use super::list::{self, Listing};
use super::path::{BaseUrl, Segments};
use super::query::Query;
use super::reply;
use super::resource::{Field, Resource, SCOPES};
use super::selection::Selection;
use super::state::App;

static RESOURCE: Resource = Resource {
    name: "CronTrigger",
    about: "Starts a workflow by the clock.",
    fields: &[
        Field::text("id", ""),
        Field::text("name", "Unique within the project."),
        Field::text("workflow_name", ""),
        Field::text("workflow_id", ""),
        Field::object_text("workflow_input", ""),
        Field::object_text("workflow_params", ""),
        Field::text("project_id", ""),
        Field::word("scope", SCOPES, ""),
        Field::text("pattern", "Five fields, or six with seconds at the end."),
        Field::integer("remaining_executions", "How many times it still fires.").or_null(),
        Field::time("first_execution_time", "In bodies without seconds.").or_null(),
        Field::time("next_execution_time", "").or_null(),
        Field::time("created_at", ""),
        Field::time("updated_at", "").or_null(),
        Field::text("timezone", "Of the pattern, such as `Europe/Vilnius`."),
        Field::text(
            "catch_up",
            "What becomes of missed times: none, latest, all, or those of so many seconds.",
        ),
        Field::word(
            "overlap",
            OVERLAPS,
            "What happens while an earlier run has not ended.",
        ),
        Field::flag("enabled", ""),
        Field::integer("jitter", "Seconds by which a start may be late, at random."),
    ],
    is_partial: true,
};

/// The words of `overlap`.
const OVERLAPS: &[&str] = &["allow", "skip", "buffer_one", "cancel_previous"];

const SCHEMA: Schema = Schema {
    argument: "cron_trigger",
    attributes: &[
        Attribute::text("id"),
        Attribute::text("name"),
        Attribute::text("workflow_name"),
        Attribute::text("workflow_id"),
        Attribute::json("workflow_input"),
        Attribute::json("workflow_params"),
        Attribute::text("project_id").read_only(),
        Attribute::choice("scope", SCOPES),
        Attribute::text("pattern"),
        Attribute::integer("remaining_executions", 1),
        Attribute::text("first_execution_time"),
        Attribute::text("next_execution_time"),
        Attribute::text("created_at"),
        Attribute::text("updated_at"),
        Attribute::text("timezone"),
        Attribute::word("catch_up"),
        Attribute::choice("overlap", OVERLAPS),
        Attribute::bool("enabled"),
        Attribute::integer("jitter", 0),
    ],
};

const LISTING: Listing<CronTriggerColumn> = Listing {
    collection: "cron_triggers",
    resource: &RESOURCE,
    filters: &[
        CronTriggerColumn::Name,
        CronTriggerColumn::WorkflowName,
        CronTriggerColumn::WorkflowId,
        CronTriggerColumn::WorkflowInput,
        CronTriggerColumn::WorkflowParams,
        CronTriggerColumn::Scope,
        CronTriggerColumn::Pattern,
        CronTriggerColumn::RemainingExecutions,
        CronTriggerColumn::FirstExecutionTime,
        CronTriggerColumn::NextExecutionTime,
        CronTriggerColumn::Enabled,
        CronTriggerColumn::CreatedAt,
        CronTriggerColumn::UpdatedAt,
        CronTriggerColumn::ProjectId,
    ],
    flags: &["all_projects"],
    has_tags: false,
    has_nulls: false,
};

/// What a trigger without a pattern shows: a date that never comes.
const NEVER: &str = "0 0 30 2 0";

/// `GET /v2/cron_triggers`
async fn index(
    State(app): State<App>,
    caller: Caller,
    base: BaseUrl,
    OriginalUri(uri): OriginalUri,
    arguments: Query,
) -> ApiResult {
    let max = app.config().api.max_limit;
    let request = LISTING.parse(base.link(uri.path()), &arguments, &caller, max)?;
    let body = app.triggers(move |triggers| {
        let page = triggers.cron_triggers(&request.query);
        let marker = request.query.marker.as_deref();
        let page = page.map_err(|error| list::unknown_marker(error, marker, not_found))?;
        let last = page.records.last().map(|row| row.id.to_string());
        let entries = page.records.iter().map(render).collect();
        Ok(request.answer(entries, page.full, last))
    });
    body.await.map(reply::ok)
}

/// `GET /v2/cron_triggers/{name or id}`
async fn show(
    State(app): State<App>,
    caller: Caller,
    Segments(identifier): Segments<String>,
    arguments: Query,
) -> ApiResult {
    arguments.check_known(&["fields"])?;
    let selection = Selection::of_lenient_get(&arguments);
    let found = find(&app, &caller, &identifier).await?;
    Ok(reply::ok(selection.apply(render(&found))))
}

/// `DELETE /v2/cron_triggers/{name or id}`
async fn delete(
    State(app): State<App>,
    caller: Caller,
    Segments(identifier): Segments<String>,
    arguments: Query,
) -> ApiResult {
    arguments.check_known(&[])?;
    let found = own(&app, &caller, &identifier).await?;
    let deleted = app.triggers(move |triggers| {
        let deleted = triggers.delete_cron_trigger(found.id);
        deleted.map_err(|error| match error {
            StoreError::NotFound { .. } => not_found(&identifier),
            error => error.into(),
        })
    });
    deleted.await?;
    Ok(reply::no_content())
}

/// A trigger that the caller sees, by name or id.
async fn find(app: &App, caller: &Caller, identifier: &str) -> ApiResult<CronTrigger> {
    let (identifier, projects) = (identifier.to_owned(), list::visible(caller));
    let caller = caller.clone();
    app.triggers(move |triggers| {
        if let Ok(id) = identifier.parse()
            && let Some(row) = triggers.cron_trigger(id)?
            && (caller.is_admin
                || row.project_id == caller.project_id
                || row.scope == store::Scope::Public)
        {
            return Ok(row);
        }
        let row = triggers.cron_trigger_by_name(&identifier, &projects)?;
        row.ok_or_else(|| not_found(&identifier))
    })
    .await
}

/// A trigger that the caller may change: its own one, or any for an admin.
async fn own(app: &App, caller: &Caller, identifier: &str) -> ApiResult<CronTrigger> {
    let found = find(app, caller, identifier).await?;
    match caller.is_admin || found.project_id == caller.project_id {
        true => Ok(found),
        false => Err(ApiError::forbidden(format!(
            "Can not access CronTrigger resource of other projects, ID: {}",
            found.id
        ))),
    }
}

fn render(row: &CronTrigger) -> Dict {
    let schedule = &row.schedule;
    let time = |at: Option<Timestamp>| at.map(|at| at.to_string());
    let mut shown = Dict::with_capacity(RESOURCE.fields.len());
    shown.insert("id", row.id.to_string());
    shown.insert("name", row.name.clone());
    shown.insert("workflow_name", row.workflow_name.clone());
    shown.insert("workflow_id", row.workflow_id.to_string());
    shown.insert("workflow_input", json_object(&row.input));
    shown.insert("workflow_params", json_object(&row.params));
    shown.insert("project_id", row.project_id.clone());
    shown.insert("scope", row.scope.as_str());
    shown.insert(
        "pattern",
        schedule.pattern.as_deref().unwrap_or(NEVER).to_owned(),
    );
    let remaining = row.remaining.map(i64::from);
    shown.insert(
        "remaining_executions",
        remaining.map_or(Value::Null, Value::from),
    );
    shown.insert("first_execution_time", time(schedule.first_at));
    shown.insert("next_execution_time", time(row.next_at));
    shown.insert("created_at", row.created_at.to_string());
    shown.insert("updated_at", time(row.updated_at));
    shown.insert(
        "timezone",
        schedule.timezone.as_deref().unwrap_or("UTC").to_owned(),
    );
    shown.insert("catch_up", schedule.catch_up.to_string());
    shown.insert("overlap", schedule.overlap.as_str());
    shown.insert("enabled", schedule.enabled);
    shown.insert("jitter", i64::from(schedule.jitter));
    shown
}

fn not_found(identifier: &str) -> ApiError {
    ApiError::not_found(format!("Cron trigger not found [identifier={identifier}]"))
}

/// The refusal of a trigger that is there already.
fn duplicate(error: StoreError) -> ApiError {
    match error {
        StoreError::Duplicate { name, .. } => ApiError::conflict(format!(
            "Duplicate entry for cron trigger ['name', 'project_id']: {name}, None"
        )),
        error => error.into(),
    }
}
