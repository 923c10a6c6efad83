//! Takes events in: finds what they start, makes that durable, then starts it.

use std::sync::{Arc, Mutex, PoisonError};

use engine::model::{ExecutionId, Id, IdSource, Timestamp};
use store::StoreError;
use store::query::Projects;
use store::trigger::{
    Arrival, Arrived, EventTrigger, Fire, FireKind, FireState, NewFire, Place, StartRequest,
};
use tokio::sync::Notify;

use super::{Conversions, Occurrence};
use crate::triggers::clock::WallClock;
use crate::triggers::plan::description;
use crate::triggers::starter::Starter;

/// Takes events in. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Receiver(Arc<Parts>);

struct Parts {
    starter: Starter,
    conversions: Conversions,
    clock: Arc<dyn WallClock>,
    ids: Mutex<IdSource>,
    /// A trigger was made, changed or deleted.
    changed: Notify,
    /// For how long message ids are known, in microseconds.
    memory: i64,
}

impl Receiver {
    /// Message ids are known for `hours`.
    pub(crate) fn new(
        starter: Starter,
        conversions: Conversions,
        clock: Arc<dyn WallClock>,
        hours: u32,
        seed: u64,
    ) -> Self {
        let ids = Mutex::new(IdSource::new(clock.now(), 0, seed));
        let memory = i64::from(hours) * 3_600_000_000;
        Self(Arc::new(Parts {
            starter,
            conversions,
            clock,
            ids,
            changed: Notify::new(),
            memory,
        }))
    }

    /// Wakes when triggers changed.
    pub(crate) fn changed(&self) -> &Notify {
        &self.0.changed
    }

    /// The exchanges and topics that triggers listen to. Blocks.
    ///
    /// # Errors
    /// The store failed.
    pub(crate) fn places(&self) -> Result<Vec<Place>, StoreError> {
        self.0.starter.triggers().places()
    }

    /// Accepts events for the triggers that `projects` of each allows, in one
    /// transaction, and starts what they order. Blocks.
    ///
    /// # Errors
    /// The store failed: nothing was accepted.
    pub(crate) fn receive(
        &self,
        events: Vec<(Occurrence, Projects)>,
    ) -> Result<Vec<Arrived>, StoreError> {
        let triggers = self.0.starter.triggers();
        let mut arrivals = Vec::with_capacity(events.len());
        for (event, projects) in events {
            let (exchange, topic) = (&event.exchange, &event.topic);
            let found = triggers.listening(exchange, topic, &event.event_type, &projects)?;
            arrivals.push(self.arrival(&event, &found));
        }
        self.accept(arrivals)
    }

    /// Accepts an event for one trigger alone, whatever it listens to. Blocks.
    ///
    /// # Errors
    /// As [`Receiver::receive`].
    pub(crate) fn receive_for(
        &self,
        trigger: EventTrigger,
        event: &Occurrence,
    ) -> Result<Arrived, StoreError> {
        let arrival = self.arrival(event, &[trigger]);
        let arrived = self.accept(vec![arrival])?;
        Ok(arrived.into_iter().next().unwrap_or_default())
    }

    /// What nobody listens to needs no transaction.
    fn accept(&self, arrivals: Vec<Arrival>) -> Result<Vec<Arrived>, StoreError> {
        if arrivals.iter().all(|arrival| arrival.starts.is_empty()) {
            return Ok(vec![Arrived::default(); arrivals.len()]);
        }
        let now = self.0.clock.now();
        let oldest = now.plus_micros(-self.0.memory);
        let triggers = self.0.starter.triggers();
        let arrived = triggers.receive(now, oldest, arrivals)?;
        let new = arrived.iter().filter(|arrived| !arrived.is_repeated);
        let fires: Vec<Fire> = new
            .flat_map(|arrived| &arrived.fires)
            .filter(|fire| fire.state == FireState::Pending)
            .cloned()
            .collect();
        self.0.starter.launch_new(fires);
        Ok(arrived)
    }

    fn arrival(&self, event: &Occurrence, triggers: &[EventTrigger]) -> Arrival {
        let now = self.0.clock.now();
        let params = self.0.conversions.params(event);
        let start = |trigger: &EventTrigger| {
            let request = params.as_ref().map(|params| {
                let mut given = trigger.params.clone();
                given.insert("event_params", params.clone());
                request(trigger, given)
            });
            if let Err(reason) = &request {
                tracing::warn!(trigger = %trigger.id, %reason, "an event starts nothing");
            }
            let new = NewFire {
                id: self.new_id(now),
                kind: FireKind::Event,
                scheduled_at: now,
                reason: request.as_ref().err().map(|reason| reason.as_str().into()),
                request: request.ok(),
            };
            (trigger.id, new)
        };
        Arrival {
            origin: event.origin.clone(),
            message: event.message.clone(),
            starts: triggers.iter().map(start).collect(),
        }
    }

    fn new_id(&self, now: Timestamp) -> ExecutionId {
        let mut ids = self.0.ids.lock().unwrap_or_else(PoisonError::into_inner);
        *ids = IdSource::new(now, ids.sequence(), ids.next_random());
        ExecutionId(ids.next_id())
    }
}

fn request(trigger: &EventTrigger, params: yaql::Dict) -> StartRequest {
    let id: Id = trigger.id;
    StartRequest {
        workflow_id: trigger.workflow_id,
        workflow_name: trigger.workflow_name.clone(),
        input: trigger.input.clone(),
        params,
        description: description("event", id, trigger.name.as_deref()),
        project_id: trigger.project_id.clone(),
        cancel_previous: false,
    }
}
