//! Triggers, on any database.

use engine::model::{ExecutionId, Id, Timestamp};

use super::list::{get, list, list_of};
use super::{Backend, read, write};
use crate::StoreError;
use crate::query::{CronTriggerColumn, EventTriggerColumn, FireColumn, ListQuery, Page, Projects};
use crate::trigger::{
    Arrival, Arrived, CronTrigger, EventTrigger, Fire, FirePlace, FireState, Firing, NewFire,
    Place, Triggers,
};

impl<B: Backend> Triggers for B {
    fn create_cron_trigger(&self, trigger: CronTrigger) -> Result<CronTrigger, StoreError> {
        self.write(move |tx| write::cron_triggers::create(tx, trigger))
    }

    fn update_cron_trigger(
        &self,
        at: Timestamp,
        trigger: CronTrigger,
    ) -> Result<Option<CronTrigger>, StoreError> {
        self.write(move |tx| write::cron_triggers::update(tx, at, trigger))
    }

    fn delete_cron_trigger(&self, id: Id) -> Result<(), StoreError> {
        self.write(move |tx| write::cron_triggers::delete(tx, id))
    }

    fn cron_trigger(&self, id: Id) -> Result<Option<CronTrigger>, StoreError> {
        self.read(|connection| get::<CronTriggerColumn>(connection, id))
    }

    fn cron_trigger_by_name(
        &self,
        name: &str,
        projects: &Projects,
    ) -> Result<Option<CronTrigger>, StoreError> {
        self.read(|connection| read::triggers::by_name(connection, name, projects))
    }

    fn cron_triggers(
        &self,
        query: &ListQuery<CronTriggerColumn>,
    ) -> Result<Page<CronTrigger>, StoreError> {
        Backend::list(self, |connection| list(connection, query, None))
    }

    fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<CronTrigger>, StoreError> {
        self.fetch(|connection| read::triggers::due(connection, now, limit))
    }

    fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.fetch(read::triggers::next_due)
    }

    fn fire(&self, at: Timestamp, firings: Vec<Firing>) -> Result<Vec<Fire>, StoreError> {
        self.write(move |tx| write::fires::fire_all(tx, at, firings))
    }

    fn order(
        &self,
        at: Timestamp,
        owner: Id,
        fires: Vec<NewFire>,
    ) -> Result<Vec<Fire>, StoreError> {
        self.write(move |tx| write::fires::order(tx, at, owner, fires))
    }

    fn waiting(
        &self,
        state: FireState,
        after: Option<ExecutionId>,
        limit: usize,
    ) -> Result<Vec<Fire>, StoreError> {
        self.fetch(|connection| read::triggers::waiting(connection, state, after, limit))
    }

    fn refuse(&self, fire: ExecutionId, reason: &str) -> Result<(), StoreError> {
        let reason = reason.to_owned();
        self.write(move |tx| write::fires::refuse(tx, fire, &reason))
    }

    fn running(&self, owner: Id, before: ExecutionId) -> Result<Vec<ExecutionId>, StoreError> {
        self.fetch(|connection| read::triggers::running(connection, owner, before))
    }

    fn release(&self, fire: ExecutionId) -> Result<Option<Fire>, StoreError> {
        self.write(move |tx| write::fires::release(tx, fire))
    }

    fn forget_fires(
        &self,
        after: Option<FirePlace>,
        before: Timestamp,
    ) -> Result<Option<FirePlace>, StoreError> {
        self.write(move |tx| write::fires::forget_gone(tx, after, before))
    }

    fn fire_by_id(&self, id: ExecutionId) -> Result<Option<Fire>, StoreError> {
        self.fetch(|connection| get::<FireColumn>(connection, id.0))
    }

    fn create_event_trigger(&self, trigger: EventTrigger) -> Result<EventTrigger, StoreError> {
        self.write(move |tx| write::event_triggers::create(tx, trigger))
    }

    fn update_event_trigger(
        &self,
        at: Timestamp,
        trigger: EventTrigger,
    ) -> Result<EventTrigger, StoreError> {
        self.write(move |tx| write::event_triggers::update(tx, at, trigger))
    }

    fn delete_event_trigger(&self, id: Id) -> Result<(), StoreError> {
        self.write(move |tx| write::event_triggers::delete(tx, id))
    }

    fn event_trigger(&self, id: Id) -> Result<Option<EventTrigger>, StoreError> {
        self.fetch(|connection| get::<EventTriggerColumn>(connection, id))
    }

    fn event_triggers(
        &self,
        query: &ListQuery<EventTriggerColumn>,
    ) -> Result<Page<EventTrigger>, StoreError> {
        Backend::list(self, |connection| list(connection, query, None))
    }

    fn listening(
        &self,
        exchange: &str,
        topic: &str,
        event: &str,
        projects: &Projects,
    ) -> Result<Vec<EventTrigger>, StoreError> {
        let of = (exchange, topic, event);
        self.fetch(|connection| read::triggers::listening(connection, of, projects))
    }

    fn places(&self) -> Result<Vec<Place>, StoreError> {
        self.fetch(read::triggers::places)
    }

    fn receive(
        &self,
        at: Timestamp,
        oldest: Timestamp,
        arrivals: Vec<Arrival>,
    ) -> Result<Vec<Arrived>, StoreError> {
        self.write(move |tx| write::received_events::receive(tx, at, oldest, arrivals))
    }

    fn fires(&self, owner: Id, query: &ListQuery<FireColumn>) -> Result<Page<Fire>, StoreError> {
        Backend::list(self, |connection| list_of(connection, query, owner))
    }
}
