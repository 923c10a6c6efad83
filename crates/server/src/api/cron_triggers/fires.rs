//! Starts of a trigger: now, for times that are gone, and the history.

use axum::extract::{OriginalUri, State};
use engine::model::{ExecutionId, Timestamp};
use store::query::{Direction, FireColumn};
use store::trigger::{CronTrigger, Fire, FireKind, FireState, NewFire};
use yaql::{Dict, List};

use super::{find, own, schedule};
use crate::api::body::JsonBody;
use crate::api::caller::Caller;
use crate::api::error::{ApiError, ApiResult};
use crate::api::fields::{Attribute, Given, Schema, shown};
use crate::api::list::Listing;
use crate::api::path::{BaseUrl, Segments};
use crate::api::query::Query;
use crate::api::reply;
use crate::api::resource::{Field, Resource};
use crate::api::state::{App, now};
use crate::triggers::{Started, request};

/// The most executions that one backfill starts.
const MAX_BACKFILL: usize = 1_000;

pub(in crate::api) static RESOURCE: Resource = Resource {
    name: "Fire",
    about: "One start of a cron trigger, or why there was none.",
    fields: &[
        Field::text("id", ""),
        Field::text(
            "kind",
            "Why there is one: the schedule, a run now, a backfill.",
        ),
        Field::text("state", ""),
        Field::time("scheduled_time", ""),
        Field::text("execution_id", "").or_null(),
        Field::text("reason", "Why nothing was started.").or_null(),
        Field::time("created_at", ""),
        Field::time("started_at", "").or_null(),
    ],
    is_partial: true,
};

/// What explains a [`PERIOD`].
pub(super) static PERIODS: Resource = Resource {
    name: "Period",
    about: "",
    fields: &[
        Field::time("from", "The first time that counts, UTC."),
        Field::time("to", "The first time that does not."),
    ],
    is_partial: false,
};

pub(in crate::api) const LISTING: Listing<FireColumn> = Listing {
    collection: "fires",
    resource: &RESOURCE,
    filters: &[
        FireColumn::Kind,
        FireColumn::State,
        FireColumn::ScheduledTime,
        FireColumn::CreatedAt,
    ],
    flags: &[],
    has_tags: false,
    has_nulls: false,
};

pub(super) const PERIOD: Schema = Schema {
    argument: "backfill",
    attributes: &[Attribute::text("from"), Attribute::text("to")],
};

/// `GET /v2/cron_triggers/{name or id}/fires`: the newest first, unless sorted.
pub(super) async fn index(
    State(app): State<App>,
    caller: Caller,
    base: BaseUrl,
    Segments(identifier): Segments<String>,
    OriginalUri(uri): OriginalUri,
    arguments: Query,
) -> ApiResult {
    let max = app.config().api.max_limit;
    let mut request = LISTING.parse(base.link(uri.path()), &arguments, &caller, max)?;
    if arguments.get("sort_keys").is_none() {
        request.query.sort = vec![(FireColumn::CreatedAt, Direction::Descending)];
    }
    let trigger = find(&app, &caller, &identifier).await?;
    let body = app.triggers(move |triggers| {
        let page = triggers.fires(trigger.id, &request.query);
        request.page(page, not_found, |fire| (fire.id.to_string(), render(fire)))
    });
    body.await.map(reply::ok)
}

/// `POST /v2/cron_triggers/{name or id}/run`: one run now, whatever the schedule,
/// the count and the overlap say.
pub(super) async fn run(
    State(app): State<App>,
    caller: Caller,
    Segments(identifier): Segments<String>,
    arguments: Query,
) -> ApiResult {
    arguments.check_known(&[])?;
    let trigger = own(&app, &caller, &identifier).await?;
    let fires = order(&app, &trigger, FireKind::Run, vec![now()]).await?;
    let Some(fire) = fires.into_iter().next() else {
        return Err(ApiError::internal("the run was not recorded"));
    };
    let id = fire.id;
    if let Started::Refused(reason) = app.starter().start(fire).await {
        return Err(ApiError::bad_request(reason));
    }
    let fire = app.triggers(move |triggers| Ok(triggers.fire_by_id(id)?));
    let fire = fire.await?.ok_or_else(|| not_found(&id.to_string()))?;
    Ok(reply::created(render(&fire)))
}

/// `POST /v2/cron_triggers/{name or id}/backfill {"from", "to"}`: a run for each time
/// of the pattern in the period, its end not included.
pub(super) async fn backfill(
    State(app): State<App>,
    caller: Caller,
    Segments(identifier): Segments<String>,
    arguments: Query,
    body: JsonBody,
) -> ApiResult {
    arguments.check_known(&[])?;
    let given = body.check(&PERIOD)?;
    let trigger = own(&app, &caller, &identifier).await?;
    let (from, to) = (time(&given, "from")?, time(&given, "to")?);
    let times = times(&trigger, from, to)?;
    let fires = order(&app, &trigger, FireKind::Backfill, times).await?;
    let shown: List = fires.iter().map(render).collect();
    let starter = app.starter().clone();
    tokio::task::spawn_blocking(move || starter.launch_new(fires));
    let mut body = Dict::new();
    body.insert("fires", shown);
    Ok(reply::created(body))
}

fn times(trigger: &CronTrigger, from: Timestamp, to: Timestamp) -> ApiResult<Vec<Timestamp>> {
    let timetable = schedule::timetable(trigger.id, &trigger.schedule)?;
    let first = timetable.next(from.plus_micros(-1));
    let times = std::iter::successors(first, |at| timetable.next(*at));
    let times: Vec<_> = times
        .take_while(|at| *at < to)
        .take(MAX_BACKFILL + 1)
        .collect();
    match times.len() {
        0 => Err(ApiError::bad_request(
            "The pattern of the trigger has no time in this period.",
        )),
        count if count > MAX_BACKFILL => Err(ApiError::bad_request(format!(
            "This period has more than {MAX_BACKFILL} times of the pattern; choose a shorter one."
        ))),
        _ => Ok(times),
    }
}

async fn order(
    app: &App,
    trigger: &CronTrigger,
    kind: FireKind,
    times: Vec<Timestamp>,
) -> ApiResult<Vec<Fire>> {
    let owner = trigger.id;
    let new = |at| NewFire {
        id: ExecutionId(app.new_id()),
        kind,
        scheduled_at: at,
        request: Some(request(trigger, at)),
        reason: None,
    };
    let fires = times.into_iter().map(new).collect();
    app.triggers(move |triggers| Ok(triggers.order(now(), owner, fires)?))
        .await
}

/// `YYYY-MM-DD HH:MM[:SS]`, UTC, also with a `T` and a `Z`.
fn time(given: &Given, name: &'static str) -> ApiResult<Timestamp> {
    let text = given.filled_text(name).unwrap_or_default();
    let plain = text.trim_end_matches('Z');
    let parsed: Option<jiff::civil::DateTime> = plain.parse().ok();
    let at = parsed.and_then(|at| at.to_zoned(jiff::tz::TimeZone::UTC).ok());
    let at = at.map(|at| Timestamp::from_micros(at.timestamp().as_microsecond()));
    at.ok_or_else(|| {
        let reason = "write a time in UTC as YYYY-MM-DD HH:MM:SS";
        ApiError::invalid_input(name, shown(text), reason)
    })
}

/// A fire as the API shows it.
pub(in crate::api) fn render(fire: &Fire) -> Dict {
    let execution = (fire.state == FireState::Started).then(|| fire.id.to_string());
    let mut shown = Dict::with_capacity(RESOURCE.fields.len());
    shown.insert("id", fire.id.to_string());
    shown.insert("kind", fire.kind.as_str());
    shown.insert("state", fire.state.as_str());
    shown.insert("scheduled_time", fire.scheduled_at.to_string());
    shown.insert("execution_id", execution);
    shown.insert("reason", fire.reason.clone());
    shown.insert("created_at", fire.created_at.to_string());
    shown.insert("started_at", fire.started_at.map(|at| at.to_string()));
    shown
}

pub(in crate::api) fn not_found(id: &str) -> ApiError {
    ApiError::not_found(format!("Fire not found [id={id}]"))
}
