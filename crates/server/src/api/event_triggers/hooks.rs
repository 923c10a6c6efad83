//! Web hooks: `POST /v2/hooks/{trigger id}` starts the trigger's workflow, for
//! whoever proves with a signature that they have the trigger's secret.
//!
//! Nothing of a request is read before its signature holds.

use std::sync::Arc;

use axum::extract::State;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, StatusCode};
use sha2::Sha256;
use store::trigger::EventTrigger;
use yaql::{Dict, Value, json};

use super::publish::{accepted, message};
use super::{of_store, own, parsed};
use crate::api::body::{EventBody, JsonBody};
use crate::api::caller::Caller;
use crate::api::error::{ApiError, ApiResult};
use crate::api::fields::{Attribute, Schema};
use crate::api::path::{BaseUrl, Segments};
use crate::api::query::Query;
use crate::api::reply;
use crate::api::state::{App, now};
use crate::triggers::incoming::Occurrence;

/// Proves that the sender has the secret: `sha256=` and the HMAC of the body in hex.
const SIGNATURE: &str = "x-hub-signature-256";

/// Where senders put the ids of their messages.
const MESSAGE_IDS: [&str; 3] = ["x-github-delivery", "webhook-id", "idempotency-key"];

/// Headers that workflows do not see: who asks, by which way.
const HIDDEN: [&str; 8] = [
    SIGNATURE,
    "x-hub-signature",
    "x-auth-token",
    "x-roles",
    "x-real-ip",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
];

/// The shortest secret that a caller may choose, in bytes.
const SHORTEST: usize = 16;

/// The longest one.
const LONGEST: usize = 256;

/// Headers that workflows see of a request at most, and bytes of each.
const MAX_HEADERS: usize = 32;
const MAX_HEADER: usize = 1_024;

pub(super) const SCHEMA: Schema = Schema {
    argument: "hook",
    attributes: &[Attribute::text("secret")],
};

/// `POST /v2/event_triggers/{id}/hook {"secret"?}`: gives the trigger a secret, or
/// another one. It is shown this once.
pub(super) async fn open(
    State(app): State<App>,
    caller: Caller,
    base: BaseUrl,
    Segments(id): Segments<String>,
    arguments: Query,
    body: JsonBody,
) -> ApiResult {
    arguments.check_known(&[])?;
    let secret = match body.len() {
        0 => None,
        _ => body.check(&SCHEMA)?.text("secret").map(Arc::from),
    };
    let secret: Arc<str> = match secret {
        Some(secret) => checked(secret)?,
        None => random_secret()?,
    };
    let row = own(&app, &caller, parsed(&id)?).await?;
    let mut shown = Dict::with_capacity(3);
    shown.insert("url", base.link(&format!("/v2/hooks/{}", row.id)));
    shown.insert("secret", secret.clone());
    shown.insert("header", "X-Hub-Signature-256");
    set(&app, row, Some(secret)).await?;
    Ok(reply::created(shown))
}

/// `DELETE /v2/event_triggers/{id}/hook`: the web hook does not answer any more.
pub(super) async fn close(
    State(app): State<App>,
    caller: Caller,
    Segments(id): Segments<String>,
    arguments: Query,
) -> ApiResult {
    arguments.check_known(&[])?;
    let row = own(&app, &caller, parsed(&id)?).await?;
    set(&app, row, None).await?;
    Ok(reply::no_content())
}

async fn set(app: &App, mut row: EventTrigger, secret: Option<Arc<str>>) -> ApiResult<()> {
    row.secret = secret;
    app.triggers(move |triggers| {
        let updated = triggers.update_event_trigger(now(), row.clone());
        updated.map(drop).map_err(|error| of_store(error, &row))
    })
    .await
}

fn checked(secret: Arc<str>) -> ApiResult<Arc<str>> {
    match (SHORTEST..=LONGEST).contains(&secret.len()) {
        true => Ok(secret),
        false => Err(ApiError::bad_request(format!(
            "A secret must have {SHORTEST} to {LONGEST} bytes."
        ))),
    }
}

/// 256 bits from the system, in hex.
fn random_secret() -> ApiResult<Arc<str>> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| ApiError::unavailable(&error))?;
    Ok(bytes
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<String>()
        .into())
}

/// `POST /v2/hooks/{trigger id}`: answers when what it starts is durable.
pub(super) async fn receive(
    State(app): State<App>,
    Segments(id): Segments<String>,
    headers: HeaderMap,
    EventBody(body): EventBody,
) -> ApiResult {
    let unknown = || ApiError::not_found(format!("There is no web hook {id}."));
    let trigger_id = id.parse().map_err(|_| unknown())?;
    let trigger = app.triggers(move |triggers| Ok(triggers.event_trigger(trigger_id)?));
    let trigger = trigger.await?;
    let Some((secret, trigger)) = trigger.and_then(|row| Some((row.secret.clone()?, row))) else {
        return Err(unknown());
    };
    if !is_signed(&secret, body.as_bytes(), &headers) {
        return Err(ApiError::new(
            StatusCode::UNAUTHORIZED,
            "X-Hub-Signature-256 is missing, or does not fit the body and the secret.",
        ));
    }
    let event = occurrence(&trigger, &headers, &body)?;
    let receiver = app.receiver().clone();
    let arrived = app.triggers(move |_| Ok(receiver.receive_for(trigger, &event)?));
    Ok(accepted(&arrived.await?))
}

/// Compares in constant time.
fn is_signed(secret: &str, body: &[u8], headers: &HeaderMap) -> bool {
    let given = headers.get(SIGNATURE).and_then(|value| value.to_str().ok());
    let hex = given.and_then(|text| text.trim().strip_prefix("sha256="));
    let Some(signature) = hex.and_then(from_hex) else {
        return false;
    };
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes());
    mac.is_ok_and(|mac| mac.chain_update(body).verify_slice(&signature).is_ok())
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|c| Some(c.to_digit(16)? as u8)).collect();
    let digits = digits.filter(|digits| digits.len() == 64)?;
    Some(
        digits
            .chunks(2)
            .map(|pair| pair[0] << 4 | pair[1])
            .collect(),
    )
}

fn occurrence(trigger: &EventTrigger, headers: &HeaderMap, body: &str) -> ApiResult<Occurrence> {
    let ids = MESSAGE_IDS
        .iter()
        .find_map(|name| headers.get(*name)?.to_str().ok());
    let payload = match json::parse(body) {
        Ok(value) => value,
        Err(_) => Value::from(body),
    };
    let context = [("project_id", trigger.project_id.clone())];
    Ok(Occurrence {
        origin: format!("hook\0{}", trigger.id).into(),
        message: message(ids)?,
        exchange: trigger.exchange.clone(),
        topic: trigger.topic.clone(),
        event_type: trigger.event.clone(),
        payload,
        publisher: "webhook".into(),
        timestamp: now().to_string().into(),
        context: context.into_iter().collect(),
        headers: Some(seen(headers)),
    })
}

/// The headers that say what the event is.
fn seen(headers: &HeaderMap) -> Dict {
    let own = headers.iter().filter(|(name, value)| {
        name.as_str().starts_with("x-")
            && !HIDDEN.contains(&name.as_str())
            && value.len() <= MAX_HEADER
    });
    let texts = own.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    texts.take(MAX_HEADERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(signature: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(SIGNATURE, signature.parse().unwrap());
        is_signed("It's a Secret to Everybody", b"Hello, World!", &headers)
    }

    #[test]
    fn signatures() {
        // The example in GitHub's documentation of web hooks.
        let right = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        assert!(signed(right));
        assert!(signed(&right.to_uppercase().replace("SHA", "sha")));
        assert!(!signed(&right.replace("757", "758")));
        assert!(!signed(&right[..70]));
        assert!(!signed(&format!("{right}00")));
        assert!(!signed("sha256="));
        assert!(!signed("sha1=757107ea"));
        assert!(!signed("sha256=ééé"));
        assert!(!is_signed("s", b"", &HeaderMap::new()));
    }
}
