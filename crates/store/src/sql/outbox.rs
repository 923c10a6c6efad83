//! The outbox, on any database.

use engine::model::{Id, Timestamp};

use super::list::{get, list};
use super::{Backend, read, write};
use crate::StoreError;
use crate::notification::{Attempt, Notification, Outbox, Receiver};
use crate::query::{ListQuery, NotificationColumn, Page};

impl<B: Backend> Outbox for B {
    fn next_delivery(&self) -> Result<Option<Timestamp>, StoreError> {
        self.fetch(read::notifications::next_delivery)
    }

    fn due_receivers(&self, now: Timestamp, limit: usize) -> Result<Vec<Receiver>, StoreError> {
        self.fetch(|connection| read::notifications::due_receivers(connection, now, limit))
    }

    fn due_notifications(
        &self,
        receiver: Id,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Notification>, StoreError> {
        self.fetch(|connection| read::notifications::due(connection, receiver, now, limit))
    }

    fn attempted(
        &self,
        at: Timestamp,
        receiver: Id,
        attempts: Vec<Attempt>,
        blocked: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        self.write(move |tx| write::notifications::attempted(tx, at, receiver, &attempts, blocked))
    }

    fn replay(&self, at: Timestamp, id: Id) -> Result<Notification, StoreError> {
        self.write(move |tx| write::notifications::replay(tx, at, id))
    }

    fn replay_all(&self, at: Timestamp, ids: Vec<Id>) -> Result<usize, StoreError> {
        self.write(move |tx| write::notifications::replay_all(tx, at, &ids))
    }

    fn forget_receivers(&self, before: Timestamp) -> Result<bool, StoreError> {
        self.write(move |tx| write::notifications::forget_receivers(tx, before))
    }

    fn forget_notifications(&self, before: Timestamp) -> Result<bool, StoreError> {
        self.write(move |tx| write::notifications::forget(tx, before))
    }

    fn notification(&self, id: Id) -> Result<Option<Notification>, StoreError> {
        self.read(|connection| get::<NotificationColumn>(connection, id))
    }

    fn notifications(
        &self,
        query: &ListQuery<NotificationColumn>,
    ) -> Result<Page<Notification>, StoreError> {
        self.read(|connection| list(connection, query, None))
    }
}
