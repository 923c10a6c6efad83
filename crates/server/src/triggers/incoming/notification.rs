//! OpenStack's notifications: the envelope of oslo.messaging, version 2, or none.

use std::sync::Arc;

use yaql::{Dict, Value, json};

use super::Occurrence;

/// What the names of the sender's context begin with.
const CONTEXT: &str = "_context_";

/// Reads a message of a topic.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read(body: &[u8], (exchange, topic): (&str, &str)) -> Result<Occurrence, String> {
    let text = std::str::from_utf8(body).map_err(|_| "it is not UTF-8")?;
    let outer = json::parse(text).map_err(|error| error.to_string())?;
    let message = match outer.as_dict().and_then(|outer| outer.get("oslo.message")) {
        Some(Value::String(inner)) => json::parse(inner).map_err(|error| error.to_string())?,
        Some(inner) => inner.clone(),
        None => outer,
    };
    let message = message.as_dict().ok_or("it is no JSON object")?;
    let text = |name| message.get(name).and_then(Value::as_str);
    let value = |name| message.get(name).cloned().unwrap_or_default();
    let event_type = text("event_type").ok_or("it has no event_type")?;
    let id = text("message_id").or(text("_unique_id"));
    Ok(Occurrence {
        origin: format!("amqp\0{exchange}\0{topic}").into(),
        message: id.filter(|id| !id.is_empty()).map(Arc::from),
        exchange: exchange.into(),
        topic: topic.into(),
        event_type: event_type.into(),
        payload: value("payload"),
        publisher: value("publisher_id"),
        timestamp: value("timestamp"),
        context: context(message),
        headers: None,
    })
}

fn context(message: &Dict) -> Dict {
    let mut context = Dict::new();
    for (name, value) in message {
        if let Some(name) = name.as_str().and_then(|name| name.strip_prefix(CONTEXT)) {
            context.insert(name, value.clone());
        }
    }
    if !context.contains_key("project_id")
        && let Some(tenant) = context.get("tenant").cloned()
    {
        context.insert("project_id", tenant);
    }
    context
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: (&str, &str) = ("nova", "notifications");

    #[test]
    fn an_envelope_of_version_two() {
        let inner = r#"{"message_id": "m-1", "publisher_id": "compute.h", "event_type": "a.b",
            "priority": "INFO", "payload": {"x": 1}, "timestamp": "2027-01-01 00:00:00.000001",
            "_unique_id": "u", "_context_project_id": "p", "_context_user_id": "u-1"}"#;
        let inner = json::to_string(&inner.into());
        let body = format!(r#"{{"oslo.version": "2.0", "oslo.message": {inner}}}"#);
        let event = read(body.as_bytes(), PLACE).unwrap();
        assert_eq!(event.message.as_deref(), Some("m-1"));
        assert_eq!(&*event.event_type, "a.b");
        assert_eq!(event.publisher, "compute.h".into());
        let context = json::to_string(&event.context.into());
        assert_eq!(context, r#"{"project_id":"p","user_id":"u-1"}"#);
        assert_eq!(json::to_string(&event.payload), r#"{"x":1}"#);
    }

    #[test]
    fn without_an_envelope() {
        let body = br#"{"event_type": "a", "_unique_id": "u", "_context_tenant": "t"}"#;
        let event = read(body, PLACE).unwrap();
        assert_eq!(event.message.as_deref(), Some("u"));
        assert_eq!(event.context.get("project_id"), Some(&"t".into()));
    }

    #[test]
    fn what_is_no_notification() {
        let refusal = |body: &[u8]| read(body, PLACE).unwrap_err();
        assert_eq!(refusal(b"\xff"), "it is not UTF-8");
        assert_eq!(refusal(b"[1]"), "it is no JSON object");
        assert_eq!(refusal(b"{}"), "it has no event_type");
        assert!(read(br#"{"oslo.message": "{"}"#, PLACE).is_err());
    }
}
