//! Event triggers, and the events that reach them.

use std::sync::Arc;

use engine::model::{Id, Timestamp};
use yaql::Dict;

use super::{Fire, NewFire};
use crate::Scope;

/// An event trigger. `(exchange, topic, event, workflow_id, project_id)` is unique.
#[derive(Clone, Debug, PartialEq)]
pub struct EventTrigger {
    /// Its id.
    pub id: Id,
    /// Its name; not unique.
    pub name: Option<Arc<str>>,
    /// Owner.
    pub project_id: Arc<str>,
    /// Who else may see it; a public one starts for events of any project.
    pub scope: Scope,
    /// The workflow's definition.
    pub workflow_id: Id,
    /// The workflow's name when the trigger was made.
    pub workflow_name: Arc<str>,
    /// Input of each execution.
    pub input: Dict,
    /// Start parameters of each execution.
    pub params: Dict,
    /// Where the event happens.
    pub exchange: Arc<str>,
    /// What it is told under.
    pub topic: Arc<str>,
    /// Its type.
    pub event: Arc<str>,
    /// The key of its web hook, if it has one.
    pub secret: Option<Arc<str>>,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change; `None` if there was none.
    pub updated_at: Option<Timestamp>,
}

/// An exchange and a topic.
pub type Place = (Arc<str>, Arc<str>);

/// An event that is to be accepted: written all at once, so that it starts what it
/// starts once.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrival {
    /// Where it came from: message ids are unique within it.
    pub origin: Arc<str>,
    /// The sender's id of it; the same one again is the same event.
    pub message: Option<Arc<str>>,
    /// What it starts, by trigger. A start without a request is refused from the
    /// beginning; its reason says why.
    pub starts: Vec<(Id, NewFire)>,
}

/// What became of an event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arrived {
    /// The starts it ordered. Those of an event that came before are as they are now.
    pub fires: Vec<Fire>,
    /// The same event had come before.
    pub is_repeated: bool,
}
