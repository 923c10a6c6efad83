//! `POST /v2/event_triggers` and `PUT /v2/event_triggers/{id}`.

use axum::extract::State;
use engine::event::Definition;
use engine::model::Id;
use store::trigger::EventTrigger;

use super::{SCHEMA, of_store, own, parsed, render};
use crate::api::body::JsonBody;
use crate::api::caller::Caller;
use crate::api::cron_triggers::create::{check_input, dict, scope};
use crate::api::error::{ApiError, ApiResult};
use crate::api::fields::{Given, shown};
use crate::api::path::Segments;
use crate::api::query::Query;
use crate::api::state::{App, now};
use crate::api::{list, reply};

/// The longest name (REST API §1.4).
const MAX_NAME: usize = 200;

/// The longest exchange, topic and event (workflow language §13.9).
const MAX_PLACE: usize = 80;

/// What makes a trigger.
const NEEDED: [&str; 4] = ["topic", "exchange", "workflow_id", "event"];

/// Makes a trigger. The workflow's input is checked now, not at the first event.
pub(super) async fn create(
    State(app): State<App>,
    caller: Caller,
    arguments: Query,
    body: JsonBody,
) -> ApiResult {
    arguments.check_known(&[])?;
    let given = body.check(&SCHEMA)?;
    let workflow = workflow_id(&given)?;
    if NEEDED.iter().any(|name| given.filled_text(name).is_none()) {
        return Err(ApiError::bad_request(
            "Params {'topic', 'exchange', 'workflow_id', 'event'} must be provided for \
             creating event trigger.",
        ));
    }
    let scope = scope(&given, &caller)?.unwrap_or_default();
    let name = name(&given)?;
    let definition = definition(&app, &caller, workflow).await?;
    let input = dict(&given, "workflow_input");
    check_input(&definition, &input)?;
    let trigger = EventTrigger {
        id: app.new_id(),
        name,
        project_id: caller.project_id,
        scope,
        workflow_id: definition.id,
        workflow_name: definition.name,
        input,
        params: dict(&given, "workflow_params"),
        exchange: place(&given, "exchange")?,
        topic: place(&given, "topic")?,
        event: place(&given, "event")?,
        secret: None,
        created_at: now(),
        updated_at: None,
    };
    let created = app.triggers(move |triggers| {
        let created = triggers.create_event_trigger(trigger.clone());
        created.map_err(|error| of_store(error, &trigger))
    });
    let created = created.await?;
    app.receiver().changed().notify_one();
    Ok(reply::created(render(&created)))
}

/// Changes what is given; what it listens to stays.
pub(super) async fn update(
    State(app): State<App>,
    caller: Caller,
    Segments(id): Segments<String>,
    arguments: Query,
    body: JsonBody,
) -> ApiResult {
    arguments.check_known(&[])?;
    let id = parsed(&id)?;
    let given = body.check(&SCHEMA)?;
    if ["exchange", "topic", "event"]
        .iter()
        .any(|name| given.has(name))
    {
        return Err(ApiError::bad_request(
            "Can not update fields ['exchange', 'topic', 'event'] of event trigger.",
        ));
    }
    let workflow = workflow_id(&given)?;
    let row = own(&app, &caller, id).await?;
    let changed = changed(&app, &caller, &given, row, workflow).await?;
    let updated = app.triggers(move |triggers| {
        let updated = triggers.update_event_trigger(now(), changed.clone());
        updated.map_err(|error| of_store(error, &changed))
    });
    Ok(reply::ok(render(&updated.await?)))
}

async fn changed(
    app: &App,
    caller: &Caller,
    given: &Given,
    mut row: EventTrigger,
    workflow: Option<Id>,
) -> ApiResult<EventTrigger> {
    if given.has("name") {
        row.name = name(given)?;
    }
    row.scope = scope(given, caller)?.unwrap_or(row.scope);
    if given.has("workflow_params") {
        row.params = dict(given, "workflow_params");
    }
    if given.has("workflow_input") {
        row.input = dict(given, "workflow_input");
    }
    if workflow.is_some() || given.has("workflow_input") {
        let definition = definition(app, caller, workflow.or(Some(row.workflow_id))).await?;
        check_input(&definition, &row.input)?;
        row.workflow_id = definition.id;
        row.workflow_name = definition.name;
    }
    Ok(row)
}

/// The workflow's id, if one is given.
fn workflow_id(given: &Given) -> ApiResult<Option<Id>> {
    let Some(text) = given.filled_text("workflow_id") else {
        return Ok(None);
    };
    let refused =
        || ApiError::bad_request(format!("Expected a uuid but received {}.", shown(text)));
    text.parse().map(Some).map_err(|_| refused())
}

async fn definition(app: &App, caller: &Caller, id: Option<Id>) -> ApiResult<Definition> {
    let (id, projects) = (
        id.map_or_else(String::new, |id| id.to_string()),
        list::visible(caller),
    );
    app.read(move |reading| {
        let found = reading.definitions.workflow(&id, "", &projects)?;
        found.ok_or_else(|| no_workflow(&id))
    })
    .await
}

pub(super) fn no_workflow(id: &str) -> ApiError {
    ApiError::not_found(format!("Workflow not found [workflow_id={id}]"))
}

fn name(given: &Given) -> ApiResult<Option<std::sync::Arc<str>>> {
    bounded(given, "name", MAX_NAME)
}

fn place(given: &Given, name: &'static str) -> ApiResult<std::sync::Arc<str>> {
    Ok(bounded(given, name, MAX_PLACE)?.unwrap_or_default())
}

fn bounded(given: &Given, name: &str, limit: usize) -> ApiResult<Option<std::sync::Arc<str>>> {
    match given.text(name) {
        Some(text) if text.chars().count() > limit => Err(ApiError::bad_request(format!(
            "The {name} of an event trigger must not exceed {limit} characters."
        ))),
        text => Ok(text.map(Into::into)),
    }
}
