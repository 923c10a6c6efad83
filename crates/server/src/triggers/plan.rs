//! What a trigger that is due does: a pure function of its row and the time.

use std::sync::Arc;

use engine::model::{ExecutionId, Id, IdSource, Timestamp};
use store::trigger::{CatchUp, CronTrigger, FireKind, Firing, NewFire, StartRequest};
use yaql::{Dict, Value, json};

use super::timetable::{BadTimetable, Timetable};

/// The most fires of one trigger in one transaction; the rest follows in the next.
const BATCH: usize = 200;

/// A time that is older than this is missed, in microseconds.
const GRACE: i64 = 60_000_000;

/// Looks at a trigger whose time has come.
pub(crate) fn plan(trigger: &CronTrigger, now: Timestamp, ids: &mut IdSource) -> Firing {
    let scheduled = trigger.next_at.unwrap_or(now);
    match Timetable::of(trigger) {
        Ok(timetable) => Plan::of(trigger, &timetable, scheduled, now).firing(trigger, ids),
        Err(error) => broken(trigger, scheduled, &error, ids),
    }
}

/// The times to fire, the remark on those that are not, and where it goes on.
#[derive(Debug, Default)]
struct Plan {
    fires: Vec<Timestamp>,
    missed: Option<Timestamp>,
    next: Option<Timestamp>,
    due: Option<Timestamp>,
}

impl Plan {
    /// `scheduled` is the oldest time that was not fired yet. With jitter, a time
    /// counts as come when its own late moment is there.
    fn of(trigger: &CronTrigger, table: &Timetable, scheduled: Timestamp, now: Timestamp) -> Self {
        let until = now.plus_micros(-table.jitter(scheduled)).max(scheduled);
        let latest = table.latest(until).unwrap_or(scheduled).max(scheduled);
        let left = trigger
            .remaining
            .map_or(BATCH, |left| left as usize)
            .min(BATCH);
        let mut plan = match trigger.schedule.catch_up {
            CatchUp::Latest => Self::one(latest),
            CatchUp::None if until.micros() - latest.micros() <= GRACE => Self {
                missed: (latest > scheduled).then_some(scheduled),
                ..Self::one(latest)
            },
            CatchUp::None => Self::missed(scheduled),
            CatchUp::All => Self::each(table, scheduled, until, left),
            CatchUp::Window(seconds) => {
                let oldest = until.plus_micros(-i64::from(seconds) * 1_000_000);
                Self::window(table, scheduled, oldest, until, left)
            }
        };
        let full = plan.fires.len() >= left && trigger.schedule.catch_up != CatchUp::Latest;
        let after = match plan.fires.last() {
            Some(last) if full => *last,
            _ => until,
        };
        plan.next = table.next(after);
        plan.due = plan.next.map(|next| table.due(next));
        plan
    }

    fn one(at: Timestamp) -> Self {
        Self {
            fires: vec![at],
            ..Self::default()
        }
    }

    fn missed(since: Timestamp) -> Self {
        Self {
            missed: Some(since),
            ..Self::default()
        }
    }

    fn each(table: &Timetable, from: Timestamp, until: Timestamp, most: usize) -> Self {
        let times = std::iter::successors(Some(from), |at| table.next(*at));
        Self {
            fires: times.take_while(|at| *at <= until).take(most).collect(),
            ..Self::default()
        }
    }

    fn window(
        table: &Timetable,
        from: Timestamp,
        oldest: Timestamp,
        until: Timestamp,
        most: usize,
    ) -> Self {
        if from >= oldest {
            return Self::each(table, from, until, most);
        }
        let begin = table.next(oldest.plus_micros(-1)).filter(|at| *at <= until);
        let plan = begin.map(|begin| Self::each(table, begin, until, most));
        Self {
            missed: Some(from),
            ..plan.unwrap_or_default()
        }
    }

    fn firing(self, trigger: &CronTrigger, ids: &mut IdSource) -> Firing {
        let count = u32::try_from(self.fires.len()).unwrap_or(u32::MAX);
        let missed = self.missed.map(|since| NewFire {
            id: ExecutionId(ids.next_id()),
            kind: FireKind::Schedule,
            scheduled_at: since,
            request: None,
            reason: Some("this time, and perhaps later ones, passed unseen".into()),
        });
        let wanted = self.fires.into_iter().map(|at| NewFire {
            id: ExecutionId(ids.next_id()),
            kind: FireKind::Schedule,
            scheduled_at: at,
            request: Some(request(trigger, at)),
            reason: None,
        });
        let fires = missed.into_iter().chain(wanted).collect();
        Firing {
            owner: trigger.id,
            version: trigger.version,
            overlap: trigger.schedule.overlap,
            fires,
            remaining: trigger.remaining.map(|left| left.saturating_sub(count)),
            next_at: self.next,
            due_at: self.due,
        }
    }
}

/// A schedule that can not be read any more stops, and says so in its history.
fn broken(
    trigger: &CronTrigger,
    scheduled: Timestamp,
    error: &BadTimetable,
    ids: &mut IdSource,
) -> Firing {
    Firing {
        owner: trigger.id,
        version: trigger.version,
        overlap: trigger.schedule.overlap,
        fires: vec![NewFire {
            id: ExecutionId(ids.next_id()),
            kind: FireKind::Schedule,
            scheduled_at: scheduled,
            request: None,
            reason: Some(error.to_string().into()),
        }],
        remaining: trigger.remaining,
        next_at: None,
        due_at: None,
    }
}

/// What a trigger starts at a time of its schedule. The workflow finds the time in
/// `execution().params.scheduled_time`.
pub(crate) fn request(trigger: &CronTrigger, at: Timestamp) -> StartRequest {
    let mut params = trigger.params.clone();
    params.insert("scheduled_time", at.to_string());
    StartRequest {
        workflow_id: trigger.workflow_id,
        workflow_name: trigger.workflow_name.clone(),
        input: trigger.input.clone(),
        params,
        description: description("cron", trigger.id, None),
        project_id: trigger.project_id.clone(),
        cancel_previous: false,
    }
}

/// The JSON text that executions of a trigger carry (REST API §12.3, §13).
pub(crate) fn description(kind: &str, id: Id, name: Option<&str>) -> Arc<str> {
    let mut by = Dict::new();
    by.insert("type", format!("{kind}_trigger"));
    by.insert("id", id.to_string());
    if let Some(name) = name {
        by.insert("name", name.to_owned());
    }
    let mut shown = Dict::new();
    let text = format!("Workflow execution created by {kind} trigger '({id})'.");
    shown.insert("description", text);
    shown.insert("triggered_by", by);
    json::to_python_string(&Value::from(shown)).into()
}
