//! What the API asks of the engine: the one seam between handlers and the runner.

use std::time::Duration;

use engine::event::{Answer, Event};
use engine::model::{ActionId, ExecutionId, Id};
use futures_util::future::BoxFuture;
use store::Trouble;

/// The engine as request handlers see it.
pub trait EnginePort: Send + Sync {
    /// Hands over an event for the tree below `root`; answered after the commit
    /// that applied it.
    fn send(
        &self,
        root: ExecutionId,
        event: Event,
    ) -> BoxFuture<'_, Result<Answer, EngineUnavailable>>;

    /// Resolves when the engine takes the next event.
    fn ping(&self) -> BoxFuture<'_, Result<(), EngineUnavailable>>;

    /// Why the store takes no changes at present, if that is known.
    fn trouble(&self) -> Option<Trouble> {
        None
    }

    /// Whether a tree with that id would be handled by this node: new ones should.
    fn handles(&self, _root: ExecutionId) -> bool {
        true
    }

    /// Whether work for what has that id, or would, is this node's: of all nodes on a
    /// database it is one's at a time.
    fn owns(&self, _id: Id) -> bool {
        true
    }

    /// Whether this node does what one node does for all of them.
    fn leads(&self) -> bool {
        true
    }

    /// Waits until the execution ends after this call, or for `timeout`.
    fn execution_ended(&self, id: ExecutionId, timeout: Duration) -> Ending;

    /// Waits until the action execution ends after this call, or for `timeout`.
    fn action_ended(&self, id: ActionId, timeout: Duration) -> Ending;
}

/// An end that somebody waits for.
///
/// Watching started with the call that gave it, not with the first poll: a caller that
/// looks at the state afterwards cannot miss the end.
pub struct Ending {
    /// It is known that the end had not come by then: there is no need to look.
    pub is_ahead: bool,
    /// Resolves with the end, or after the time.
    pub reached: BoxFuture<'static, ()>,
}

/// The engine takes no events: the server stops, or it has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the engine does not take events")]
pub struct EngineUnavailable;
