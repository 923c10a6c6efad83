//! Entries of `notify`: who is told, how, and of which events.

use std::sync::Arc;

use engine::model::Id;
use yaql::{Dict, Value, json};

/// What of an entry is shown: the rest may be secret.
const SHOWN: [&str; 5] = ["type", "url", "to", "from", "subject"];

/// What chooses events is no part of a receiver.
const EVENT_TYPES: &str = "event_types";

/// An entry that tells somebody.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Publisher {
    /// The entry without its events.
    pub(super) entry: Dict,
    /// Its hash.
    pub(super) receiver: Id,
    /// Events; `None` is all of them.
    events: Option<Vec<Arc<str>>>,
}

impl Publisher {
    /// Reads an entry. What is no object, of no known type or tells nobody is none.
    pub(super) fn read(entry: &Value) -> Option<Self> {
        let entry = entry.as_dict()?;
        let kind = entry.get("type").and_then(Value::as_str)?;
        if !matches!(kind, "webhook" | "chat" | "email") {
            return None;
        }
        let events = entry.get(EVENT_TYPES).and_then(Value::as_list);
        let events = events.filter(|list| !list.is_empty()).map(|list| {
            let texts = list.iter().filter_map(Value::as_str);
            texts.map(Arc::from).collect()
        });
        let own = entry
            .iter()
            .filter(|(name, _)| name.as_str() != Some(EVENT_TYPES));
        let entry: Dict = own
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let hash = blake3::hash(json::to_string(&entry.clone().into()).as_bytes());
        let mut id = [0; 16];
        id.copy_from_slice(&hash.as_bytes()[..16]);
        Some(Self {
            entry,
            receiver: Id::from_bytes(id),
            events,
        })
    }

    /// Whether it wants an event.
    pub(super) fn wants(&self, event: &str) -> bool {
        let events = self.events.as_ref();
        events.is_none_or(|events| events.iter().any(|name| &**name == event))
    }
}

/// What of a receiver's description everybody may see.
pub(crate) fn shown(entry: &Dict) -> Dict {
    let parts = SHOWN
        .iter()
        .filter_map(|name| Some((*name, entry.get(name)?.clone())));
    parts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Publisher> {
        Publisher::read(&json::parse(text).unwrap())
    }

    #[test]
    fn entries() {
        for nobody in ["5", "{}", r#"{"type": "noop"}"#, r#"{"type": 5}"#] {
            assert_eq!(read(nobody), None);
        }
        let all = read(r#"{"type": "webhook", "url": "http://a", "secret": "s"}"#).unwrap();
        assert!(all.wants("TASK_FAILED"));
        assert_eq!(shown(&all.entry).len(), 2);
        let some = r#"{"type": "webhook", "url": "http://a", "secret": "s",
            "event_types": ["TASK_FAILED"]}"#;
        let some = read(some).unwrap();
        assert!(some.wants("TASK_FAILED") && !some.wants("TASK_SUCCEEDED"));
        assert_eq!(some.receiver, all.receiver);
        let other = read(r#"{"type": "webhook", "url": "http://b"}"#).unwrap();
        assert_ne!(other.receiver, all.receiver);
    }
}
