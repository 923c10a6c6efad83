//! `POST /v2/cron_triggers`.

use axum::extract::State;
use engine::event::Definition;
use engine::model::Timestamp;
use store::Scope;
use store::trigger::{CronTrigger, Schedule};
use yaql::Dict;

use super::{SCHEMA, duplicate, render, schedule};
use crate::api::body::JsonBody;
use crate::api::caller::Caller;
use crate::api::definitions::workflows;
use crate::api::error::{ApiError, ApiResult};
use crate::api::fields::Given;
use crate::api::query::Query;
use crate::api::state::{App, now};
use crate::api::{list, reply};

/// The longest name (workflow language §1.6).
const MAX_NAME_LENGTH: usize = 200;

/// Makes a trigger. The workflow's input is checked now, not at the first run.
pub(super) async fn create(
    State(app): State<App>,
    caller: Caller,
    arguments: Query,
    body: JsonBody,
) -> ApiResult {
    arguments.check_known(&[])?;
    let given = body.check(&SCHEMA)?;
    let now = now();
    let name = name(&given)?.to_owned();
    let scope = scope(&given, &caller)?.unwrap_or_default();
    let schedule = schedule::read(&given, Schedule::default(), now)?;
    let remaining = remaining(&given, &schedule)?;
    let id = app.new_id();
    let next_at = next(&given, id, &schedule, now)?;
    let definition = workflow(&app, &caller, &given).await?;
    let input = dict(&given, "workflow_input");
    check_input(&definition, &input)?;
    let timetable = schedule::timetable(id, &schedule)?;
    let trigger = CronTrigger {
        id,
        name: name.into(),
        project_id: caller.project_id,
        scope,
        workflow_id: definition.id,
        workflow_name: definition.name,
        input,
        params: dict(&given, "workflow_params"),
        due_at: next_at.map(|at| timetable.due(at)),
        next_at,
        schedule,
        remaining,
        version: 0,
        created_at: now,
        updated_at: None,
    };
    let created =
        app.triggers(move |triggers| triggers.create_cron_trigger(trigger).map_err(duplicate));
    let created = created.await?;
    app.reschedule();
    Ok(reply::created(render(&created)))
}

/// The first time; 400 if there is none.
fn next(
    given: &Given,
    id: engine::model::Id,
    schedule: &Schedule,
    now: Timestamp,
) -> ApiResult<Option<Timestamp>> {
    let timetable = schedule::timetable(id, schedule)?;
    let begin = timetable.begin(now).ok_or_else(|| {
        let pattern = given.text("pattern").unwrap_or_default();
        ApiError::bad_request(format!("The specified pattern never comes up: {pattern}"))
    })?;
    Ok(schedule.enabled.then_some(begin))
}

/// A single first time is one run.
fn remaining(given: &Given, schedule: &Schedule) -> ApiResult<Option<u32>> {
    let count = count(given)?;
    schedule::check_count(schedule, count)?;
    match schedule.pattern {
        None => Ok(Some(1)),
        Some(_) => Ok(count),
    }
}

/// The count, which fits 32 bits.
pub(super) fn count(given: &Given) -> ApiResult<Option<u32>> {
    let Some(count) = given.integer("remaining_executions") else {
        return Ok(None);
    };
    let fits = u32::try_from(count).map(Some);
    fits.map_err(|_| {
        let reason = format!("Value should be lower or equal to {}", u32::MAX);
        ApiError::invalid_input("remaining_executions", count.to_string(), reason)
    })
}

/// The workflow that a body names, by id or name; in the default namespace.
pub(super) async fn workflow(app: &App, caller: &Caller, given: &Given) -> ApiResult<Definition> {
    let named = given
        .filled_text("workflow_id")
        .or(given.filled_text("workflow_name"));
    let identifier = named.unwrap_or("None").to_owned();
    let projects = list::visible(caller);
    app.read(move |reading| {
        let found = reading.definitions.workflow(&identifier, "", &projects)?;
        found.ok_or_else(|| workflows::not_found(&identifier, ""))
    })
    .await
}

/// Refuses an input that the workflow would not take.
pub(in crate::api) fn check_input(definition: &Definition, input: &Dict) -> ApiResult<()> {
    engine::check_input(&definition.program, input).map_err(ApiError::bad_request)
}

pub(super) fn name(given: &Given) -> ApiResult<&str> {
    let Some(name) = given.filled_text("name") else {
        return Err(ApiError::bad_request(
            "Name of the cron trigger is not provided.",
        ));
    };
    if name.chars().count() > MAX_NAME_LENGTH {
        return Err(ApiError::bad_request(format!(
            "The name of a cron trigger must not exceed {MAX_NAME_LENGTH} characters."
        )));
    }
    Ok(name)
}

pub(in crate::api) fn scope(given: &Given, caller: &Caller) -> ApiResult<Option<Scope>> {
    let scope = given.text("scope").and_then(Scope::by_name);
    if scope == Some(Scope::Public) {
        caller.require_admin()?;
    }
    Ok(scope)
}

pub(in crate::api) fn dict(given: &Given, name: &str) -> Dict {
    given.dict(name).cloned().unwrap_or_default()
}
