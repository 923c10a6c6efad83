//! `PUT /v2/cron_triggers/{name or id}`: what is given changes, the rest stays.

use axum::extract::State;
use engine::model::Timestamp;
use store::trigger::CronTrigger;

use super::{SCHEMA, create, duplicate, own, render, schedule};
use crate::api::body::JsonBody;
use crate::api::caller::Caller;
use crate::api::error::{ApiError, ApiResult};
use crate::api::fields::Given;
use crate::api::path::Segments;
use crate::api::query::Query;
use crate::api::reply;
use crate::api::state::{App, now};

/// Attempts against a trigger that fires at the same moment.
const ATTEMPTS: usize = 5;

/// Attributes that change the times.
const TIMES: [&str; 4] = ["pattern", "first_execution_time", "timezone", "enabled"];

pub(super) async fn update(
    State(app): State<App>,
    caller: Caller,
    Segments(identifier): Segments<String>,
    arguments: Query,
    body: JsonBody,
) -> ApiResult {
    arguments.check_known(&[])?;
    let given = body.check(&SCHEMA)?;
    for _ in 0..ATTEMPTS {
        let found = own(&app, &caller, &identifier).await?;
        let now = now();
        let changed = changed(&app, &caller, &given, found, now).await?;
        let updated = app.triggers(move |triggers| {
            let updated = triggers.update_cron_trigger(now, changed);
            updated.map_err(duplicate)
        });
        if let Some(updated) = updated.await? {
            app.reschedule();
            return Ok(reply::ok(render(&updated)));
        }
    }
    Err(ApiError::conflict(
        "The cron trigger changes too often at the moment; try again.",
    ))
}

async fn changed(
    app: &App,
    caller: &Caller,
    given: &Given,
    mut row: CronTrigger,
    now: Timestamp,
) -> ApiResult<CronTrigger> {
    if given.has("name") {
        row.name = create::name(given)?.into();
    }
    row.scope = create::scope(given, caller)?.unwrap_or(row.scope);
    row.schedule = schedule::read(given, row.schedule, now)?;
    if given.mentions("remaining_executions") {
        row.remaining = create::count(given)?;
    }
    if row.schedule.pattern.is_none() {
        row.remaining = row.remaining.or(Some(1));
    }
    schedule::check_count(&row.schedule, row.remaining)?;
    if given.has("workflow_params") {
        row.params = create::dict(given, "workflow_params");
    }
    change_workflow(app, caller, given, &mut row).await?;
    set_times(given, &mut row, now)?;
    Ok(row)
}

async fn change_workflow(
    app: &App,
    caller: &Caller,
    given: &Given,
    row: &mut CronTrigger,
) -> ApiResult<()> {
    let (named, input) = (
        given.has("workflow_id") || given.has("workflow_name"),
        given.has("workflow_input"),
    );
    if input {
        row.input = create::dict(given, "workflow_input");
    }
    if named {
        let definition = create::workflow(app, caller, given).await?;
        row.workflow_id = definition.id;
        row.workflow_name = definition.name.clone();
        create::check_input(&definition, &row.input)?;
    } else if input {
        let (id, projects) = (
            row.workflow_id.to_string(),
            crate::api::list::visible(caller),
        );
        let definition = app.read(move |reading| {
            let found = reading.definitions.workflow(&id, "", &projects)?;
            found.ok_or_else(|| crate::api::definitions::workflows::not_found(&id, ""))
        });
        create::check_input(&definition.await?, &row.input)?;
    }
    Ok(())
}

/// The next time, anew from now if anything changes it.
fn set_times(given: &Given, row: &mut CronTrigger, now: Timestamp) -> ApiResult<()> {
    let timetable = schedule::timetable(row.id, &row.schedule)?;
    if TIMES.iter().any(|name| given.mentions(name)) {
        row.next_at = match row.schedule.enabled {
            true => timetable.begin(now),
            false => None,
        };
    }
    row.due_at = row.next_at.map(|at| timetable.due(at));
    Ok(())
}
