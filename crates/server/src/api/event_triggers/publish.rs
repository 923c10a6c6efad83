//! `POST /v2/events/publish`: an event from a caller.

use axum::extract::State;
use store::query::Projects;
use store::trigger::Arrived;
use yaql::{Dict, List, Value};

use crate::api::body::JsonBody;
use crate::api::caller::Caller;
use crate::api::error::{ApiError, ApiResult};
use crate::api::fields::{Attribute, Given, Schema};
use crate::api::query::Query;
use crate::api::state::{App, now};
use crate::api::{list, reply};
use crate::triggers::incoming::Occurrence;

/// The longest id of a message, in characters.
const MAX_MESSAGE: usize = 255;

pub(super) const SCHEMA: Schema = Schema {
    argument: "event",
    attributes: &[
        Attribute::text("exchange"),
        Attribute::text("topic"),
        Attribute::text("event_type"),
        Attribute::any_json("payload"),
        Attribute::text("publisher"),
        Attribute::text("timestamp"),
        Attribute::json("context"),
        Attribute::text("message_id"),
    ],
};

/// Answers when what the event starts is durable.
pub(super) async fn publish(
    State(app): State<App>,
    caller: Caller,
    arguments: Query,
    body: JsonBody,
) -> ApiResult {
    arguments.check_known(&[])?;
    let limit = app.config().event_engine.max_event_bytes;
    if body.len() > limit {
        return Err(ApiError::too_large(format!(
            "The event is larger than {limit} bytes."
        )));
    }
    let given = body.check(&SCHEMA)?;
    let event = occurrence(&given, &caller)?;
    let projects = audience(&caller);
    let app_ = app.clone();
    let arrived = app.triggers(move |_| Ok(app_.receiver().receive(vec![(event, projects)])?));
    let arrived = arrived.await?.into_iter().next().unwrap_or_default();
    Ok(accepted(&arrived))
}

/// Whose triggers an event of a caller starts.
fn audience(caller: &Caller) -> Projects {
    list::visible(caller)
}

fn occurrence(given: &Given, caller: &Caller) -> ApiResult<Occurrence> {
    let needed = |name| {
        given
            .filled_text(name)
            .ok_or_else(|| ApiError::bad_request("An event needs exchange, topic and event_type."))
    };
    let (exchange, topic) = (needed("exchange")?, needed("topic")?);
    let message = message(given.filled_text("message_id"))?;
    let mut context = given.dict("context").cloned().unwrap_or_default();
    if !context.contains_key("project_id") {
        context.insert("project_id", caller.project_id.clone());
    }
    let timestamp = given.text("timestamp");
    Ok(Occurrence {
        origin: format!("publish\0{}\0{exchange}\0{topic}", caller.project_id).into(),
        message,
        exchange: exchange.into(),
        topic: topic.into(),
        event_type: needed("event_type")?.into(),
        payload: given.value("payload").cloned().unwrap_or_default(),
        publisher: given.value("publisher").cloned().unwrap_or_default(),
        timestamp: timestamp.map_or_else(|| now().to_string().into(), Value::from),
        context,
        headers: None,
    })
}

/// A sender's id of a message, if it gave one.
pub(super) fn message(text: Option<&str>) -> ApiResult<Option<std::sync::Arc<str>>> {
    match text {
        Some(text) if text.chars().count() > MAX_MESSAGE => Err(ApiError::bad_request(format!(
            "The id of a message must not exceed {MAX_MESSAGE} characters."
        ))),
        text => Ok(text.map(Into::into)),
    }
}

/// 202: what the event started, or had started when it came before.
pub(super) fn accepted(arrived: &Arrived) -> axum::response::Response {
    let started = arrived.fires.iter().map(|fire| {
        let mut shown = Dict::with_capacity(3);
        shown.insert("event_trigger_id", fire.owner.to_string());
        let refused = fire.state == store::trigger::FireState::Refused;
        shown.insert("execution_id", (!refused).then(|| fire.id.to_string()));
        shown.insert("reason", fire.reason.clone());
        Value::from(shown)
    });
    let mut body = Dict::with_capacity(2);
    body.insert("repeated", arrived.is_repeated);
    body.insert("started", started.collect::<List>());
    reply::json(http::StatusCode::ACCEPTED, body)
}
