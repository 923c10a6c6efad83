//! What the scheduler and the API ask of a store about triggers.

use engine::model::{ExecutionId, Id, Timestamp};

use super::{
    Arrival, Arrived, CronTrigger, EventTrigger, Fire, FirePlace, FireState, Firing, NewFire, Place,
};
use crate::StoreError;
use crate::query::{CronTriggerColumn, EventTriggerColumn, FireColumn, ListQuery, Page, Projects};

/// Triggers and their fires. Calls block; each is one transaction.
pub trait Triggers: Send + Sync {
    /// A new trigger, as it is (its version is 0).
    ///
    /// # Errors
    /// [`StoreError::Duplicate`]: its name is taken, or there is one like it.
    /// [`StoreError::NotFound`]: its workflow is gone.
    fn create_cron_trigger(&self, trigger: CronTrigger) -> Result<CronTrigger, StoreError>;

    /// Replaces a trigger that is still in the version of `trigger`; `None` if
    /// somebody changed it meanwhile.
    ///
    /// # Errors
    /// As [`Triggers::create_cron_trigger`]; [`StoreError::NotFound`].
    fn update_cron_trigger(
        &self,
        at: Timestamp,
        trigger: CronTrigger,
    ) -> Result<Option<CronTrigger>, StoreError>;

    /// Deletes a trigger. What it ordered is started all the same.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    fn delete_cron_trigger(&self, id: Id) -> Result<(), StoreError>;

    /// A trigger by id.
    fn cron_trigger(&self, id: Id) -> Result<Option<CronTrigger>, StoreError>;

    /// A trigger by name; among several the own one, then the oldest.
    fn cron_trigger_by_name(
        &self,
        name: &str,
        projects: &Projects,
    ) -> Result<Option<CronTrigger>, StoreError>;

    /// Triggers.
    fn cron_triggers(
        &self,
        query: &ListQuery<CronTriggerColumn>,
    ) -> Result<Page<CronTrigger>, StoreError>;

    /// Up to `limit` triggers that are due at `now`, the longest due first.
    fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<CronTrigger>, StoreError>;

    /// When the next trigger is due.
    fn next_due(&self) -> Result<Option<Timestamp>, StoreError>;

    /// Advances triggers and orders what they start, in one transaction. Answers
    /// the fires that are to be started now. A trigger that changed meanwhile is
    /// left alone: it will be looked at again.
    fn fire(&self, at: Timestamp, firings: Vec<Firing>) -> Result<Vec<Fire>, StoreError>;

    /// Orders starts apart from any schedule. Answers all of them.
    fn order(&self, at: Timestamp, owner: Id, fires: Vec<NewFire>)
    -> Result<Vec<Fire>, StoreError>;

    /// Up to `limit` fires in a state with ids above `after`: PENDING or BUFFERED.
    fn waiting(
        &self,
        state: FireState,
        after: Option<ExecutionId>,
        limit: usize,
    ) -> Result<Vec<Fire>, StoreError>;

    /// The engine does not start it, and why.
    fn refuse(&self, fire: ExecutionId, reason: &str) -> Result<(), StoreError>;

    /// Executions of a trigger that were ordered before `before` and have not ended.
    fn running(&self, owner: Id, before: ExecutionId) -> Result<Vec<ExecutionId>, StoreError>;

    /// A buffered fire becomes pending if nothing before it runs any more; answers it then.
    fn release(&self, fire: ExecutionId) -> Result<Option<Fire>, StoreError>;

    /// Walks over the next 1,000 fires from before a point and deletes those whose trigger
    /// is gone, unless they wait or run. Tells where to go on; `None` at the end.
    fn forget_fires(
        &self,
        after: Option<FirePlace>,
        before: Timestamp,
    ) -> Result<Option<FirePlace>, StoreError>;

    /// One fire.
    fn fire_by_id(&self, id: ExecutionId) -> Result<Option<Fire>, StoreError>;

    /// A new event trigger, as it is.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`]: there is one for the same event and workflow.
    /// [`StoreError::NotFound`]: its workflow is gone.
    fn create_event_trigger(&self, trigger: EventTrigger) -> Result<EventTrigger, StoreError>;

    /// Replaces an event trigger.
    ///
    /// # Errors
    /// As [`Triggers::create_event_trigger`].
    fn update_event_trigger(
        &self,
        at: Timestamp,
        trigger: EventTrigger,
    ) -> Result<EventTrigger, StoreError>;

    /// Deletes an event trigger. What it ordered is started all the same.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    fn delete_event_trigger(&self, id: Id) -> Result<(), StoreError>;

    /// An event trigger by id.
    fn event_trigger(&self, id: Id) -> Result<Option<EventTrigger>, StoreError>;

    /// Event triggers.
    fn event_triggers(
        &self,
        query: &ListQuery<EventTriggerColumn>,
    ) -> Result<Page<EventTrigger>, StoreError>;

    /// The triggers that an event starts: those of `projects`, and public ones.
    fn listening(
        &self,
        exchange: &str,
        topic: &str,
        event: &str,
        projects: &Projects,
    ) -> Result<Vec<EventTrigger>, StoreError>;

    /// The exchanges and topics that event triggers listen to.
    fn places(&self) -> Result<Vec<Place>, StoreError>;

    /// Accepts events, in one transaction: orders what each starts, unless it came
    /// before. One that starts nothing is not remembered. Triggers that are gone start nothing. Message ids from before
    /// `oldest` are forgotten.
    fn receive(
        &self,
        at: Timestamp,
        oldest: Timestamp,
        arrivals: Vec<Arrival>,
    ) -> Result<Vec<Arrived>, StoreError>;

    /// Fires of a trigger.
    fn fires(&self, owner: Id, query: &ListQuery<FireColumn>) -> Result<Page<Fire>, StoreError>;
}
