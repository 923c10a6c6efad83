//! Events from outside: what of them workflows see, and what they start.
//!
//! An event is accepted when the transaction that orders its starts is committed;
//! what happens afterwards is that of every other fire.

mod conversion;
mod glob;
mod notification;
mod rabbit;
mod receiver;

use std::sync::Arc;

use yaql::{Dict, Value};

pub(crate) use conversion::{BadConversions, Conversions};
pub(crate) use rabbit::{Listener, Source};
pub(crate) use receiver::Receiver;

/// Something that happened elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Occurrence {
    /// Where it came from: message ids are unique within it.
    pub(crate) origin: Arc<str>,
    /// The sender's id of it.
    pub(crate) message: Option<Arc<str>>,
    /// The exchange.
    pub(crate) exchange: Arc<str>,
    /// The topic.
    pub(crate) topic: Arc<str>,
    /// Its type.
    pub(crate) event_type: Arc<str>,
    /// What it says.
    pub(crate) payload: Value,
    /// Who says it.
    pub(crate) publisher: Value,
    /// When it happened, as the sender writes it.
    pub(crate) timestamp: Value,
    /// The sender's context: `project_id`, `user_id` and others.
    pub(crate) context: Dict,
    /// Headers of a web hook's request.
    pub(crate) headers: Option<Dict>,
}

impl Occurrence {
    /// The event as expressions see it (`$`).
    fn view(&self) -> Dict {
        let mut view = Dict::with_capacity(6);
        view.insert("event_type", self.event_type.clone());
        view.insert("payload", self.payload.clone());
        view.insert("publisher", self.publisher.clone());
        view.insert("timestamp", self.timestamp.clone());
        view.insert("context", self.context.clone());
        if let Some(headers) = &self.headers {
            view.insert("headers", headers.clone());
        }
        view
    }
}
