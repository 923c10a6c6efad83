//! Notifications of changes of states: an outbox that is written with the changes, and
//! the log of what became of them.

use std::sync::Arc;

use engine::model::{ExecutionId, Id, Timestamp};
use yaql::Dict;

use crate::StoreError;
use crate::named::named;
use crate::query::{ListQuery, NotificationColumn, Page};

/// A notification to be written with the change it tells of.
#[derive(Clone, Debug, PartialEq)]
pub struct NewNotification {
    /// Its id.
    pub id: Id,
    /// Who gets it: the hash of `publisher`.
    pub receiver: Id,
    /// The entry of `notify` that describes the receiver, without what chooses events.
    pub publisher: Dict,
    /// The execution it is about.
    pub execution: ExecutionId,
    /// Owner of the execution.
    pub project_id: Arc<str>,
    /// `TASK_SUCCEEDED` and others.
    pub event: Arc<str>,
    /// What the receiver is told, as JSON.
    pub body: Arc<str>,
    /// When it happened.
    pub at: Timestamp,
}

/// A notification and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Notification {
    /// Its id.
    pub id: Id,
    /// Who gets it.
    pub receiver: Id,
    /// The receiver's description; it may hold secrets.
    pub publisher: Dict,
    /// Counts the notifications of the receiver, from 1, without gaps.
    pub seq: u64,
    /// The execution it is about.
    pub execution: ExecutionId,
    /// Owner of the execution.
    pub project_id: Arc<str>,
    /// Its event.
    pub event: Arc<str>,
    /// What the receiver is told.
    pub body: Arc<str>,
    /// How far it is.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next.
    pub due_at: Option<Timestamp>,
    /// When it happened.
    pub created_at: Timestamp,
    /// When it was delivered or given up.
    pub ended_at: Option<Timestamp>,
    /// The last trouble.
    pub reason: Option<Arc<str>>,
}

/// How far a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// It will be tried.
    Pending,
    /// The receiver has it.
    Delivered,
    /// It was given up.
    Failed,
}

/// A receiver whose turn it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Receiver {
    /// Its id.
    pub id: Id,
    /// The entry of `notify` that describes it.
    pub publisher: Dict,
    /// Failures since the last success.
    pub failures: u32,
}

/// What one attempt led to.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// The notification.
    pub id: Id,
    /// Where it goes from here.
    pub outcome: Attempted,
}

/// Where a notification goes after an attempt.
#[derive(Clone, Debug, PartialEq)]
pub enum Attempted {
    /// The receiver has it.
    Delivered,
    /// Once more, then.
    Again {
        /// When.
        at: Timestamp,
        /// Why it failed.
        reason: Arc<str>,
    },
    /// It is given up.
    GivenUp {
        /// Why.
        reason: Arc<str>,
    },
}

/// The outbox. Calls block; each is one transaction.
pub trait Outbox: Send + Sync {
    /// When the next receiver is due.
    fn next_delivery(&self) -> Result<Option<Timestamp>, StoreError>;

    /// Up to `limit` receivers that are due, the longest due first.
    fn due_receivers(&self, now: Timestamp, limit: usize) -> Result<Vec<Receiver>, StoreError>;

    /// Up to `limit` notifications of a receiver that are due, in their order.
    fn due_notifications(
        &self,
        receiver: Id,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Notification>, StoreError>;

    /// Writes what attempts led to. With `blocked` the receiver failed as such: it is
    /// left alone until then.
    fn attempted(
        &self,
        at: Timestamp,
        receiver: Id,
        attempts: Vec<Attempt>,
        blocked: Option<Timestamp>,
    ) -> Result<(), StoreError>;

    /// Sends a notification again, whatever became of it, at once.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    fn replay(&self, at: Timestamp, id: Id) -> Result<Notification, StoreError>;

    /// Sends those again that are there, whatever became of them, at once; tells how many.
    fn replay_all(&self, at: Timestamp, ids: Vec<Id>) -> Result<usize, StoreError>;

    /// Deletes up to 1,000 receivers that were told nothing since a point and of which
    /// nothing is in the log; tells whether there may be more. One that is told again
    /// begins with number 1.
    fn forget_receivers(&self, before: Timestamp) -> Result<bool, StoreError>;

    /// Deletes up to 1,000 notifications that ended before a point; tells whether there
    /// may be more.
    fn forget_notifications(&self, before: Timestamp) -> Result<bool, StoreError>;

    /// One notification.
    fn notification(&self, id: Id) -> Result<Option<Notification>, StoreError>;

    /// Notifications.
    fn notifications(
        &self,
        query: &ListQuery<NotificationColumn>,
    ) -> Result<Page<Notification>, StoreError>;
}

named!(DeliveryState {
    Pending "PENDING",
    Delivered "DELIVERED",
    Failed "FAILED",
});
