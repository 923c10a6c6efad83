//! Labels. Their values are few: names of callers are not among them.

use engine::change::JournalKind;
use engine::model::State;
use prometheus_client::encoding::EncodeLabelSet;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct StateLabels {
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct TransitionLabels {
    kind: &'static str,
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct QueueLabels {
    queue: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ActionLabels {
    action: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct RequestLabels {
    pub(super) method: &'static str,
    pub(super) route: String,
    pub(super) status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct RouteLabels {
    pub(super) method: &'static str,
    pub(super) route: String,
}

impl From<State> for StateLabels {
    fn from(state: State) -> Self {
        let state = state.as_str();
        Self { state }
    }
}

impl TransitionLabels {
    pub(super) fn new(kind: JournalKind, state: State) -> Self {
        let (kind, state) = (kind.as_str(), state.as_str());
        Self { kind, state }
    }
}

impl QueueLabels {
    pub(super) fn new(queue: &'static str) -> Self {
        Self { queue }
    }
}

impl ActionLabels {
    /// The standard actions by name, others by their family (`nova.servers_list`: `nova`).
    pub(super) fn new(name: &str, outcome: &'static str) -> Self {
        let family = name.split('.').next().unwrap_or_default();
        let action = match family {
            "std" => name,
            family if name.contains('.') => family,
            _ => "other",
        };
        let action = action.to_owned();
        Self { action, outcome }
    }
}
