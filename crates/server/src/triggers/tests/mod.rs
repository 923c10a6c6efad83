//! The schedule under a virtual clock: what is due, what is missed, crashes.

mod arrivals;
mod crashes;
mod jumps;
mod summer_time;

use engine::model::{Id, IdSource, Timestamp};
use store::Scope;
use store::trigger::{CronTrigger, Schedule};
use yaql::Dict;

use super::Timetable;
use super::plan::plan;

/// A point in time.
fn at(text: &str) -> Timestamp {
    let at: jiff::Timestamp = text.parse().unwrap();
    Timestamp::from_micros(at.as_microsecond())
}

fn ids(seed: u64) -> IdSource {
    IdSource::new(Timestamp::from_micros(0), 0, seed)
}

/// A trigger that begins at `now`.
fn trigger(schedule: Schedule, now: Timestamp) -> CronTrigger {
    let id = Id::from_bytes([7; 16]);
    let timetable = Timetable::read(id, &schedule).unwrap();
    let next_at = timetable.begin(now);
    CronTrigger {
        id,
        name: "t".into(),
        project_id: "p".into(),
        scope: Scope::Private,
        workflow_id: Id::from_bytes([8; 16]),
        workflow_name: "w".into(),
        input: Dict::new(),
        params: Dict::new(),
        due_at: next_at.map(|at| timetable.due(at)),
        next_at,
        schedule,
        remaining: None,
        version: 0,
        created_at: now,
        updated_at: None,
    }
}

fn pattern(text: &str) -> Schedule {
    Schedule {
        pattern: Some(text.into()),
        ..Schedule::default()
    }
}

/// Looks at the trigger as the scheduler does, once; answers the times it starts.
fn look(trigger: &mut CronTrigger, now: Timestamp) -> Vec<Timestamp> {
    if trigger.due_at.is_none_or(|due| due > now) {
        return Vec::new();
    }
    let firing = plan(trigger, now, &mut ids(1));
    (trigger.next_at, trigger.due_at) = (firing.next_at, firing.due_at);
    trigger.remaining = firing.remaining;
    let wanted = firing.fires.iter().filter(|fire| fire.request.is_some());
    wanted.map(|fire| fire.scheduled_at).collect()
}

/// Looks until nothing is due.
fn look_all(trigger: &mut CronTrigger, now: Timestamp) -> Vec<String> {
    let mut times = Vec::new();
    while trigger.due_at.is_some_and(|due| due <= now) {
        times.extend(look(trigger, now).iter().map(ToString::to_string));
    }
    times
}
