//! `GET /v2/events`: state changes as they happen, an own addition.
//!
//! One address, two protocols: Server-Sent Events, or a WebSocket if the request asks
//! for the upgrade. Both give the same events with the same cursors.

mod socket;
mod sse;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{FromRequestParts, State};
use engine::change::JournalKind;
use http::HeaderMap;
use store::query::Projects;
use store::record::ExecutionRecord;
use tokio::sync::OwnedSemaphorePermit;

use super::caller::Caller;
use super::cors;
use super::error::{ApiError, ApiResult};
use super::executions::find;
use super::list;
use super::openapi::{Operation, Routes};
use super::query::Query;
use super::state::{App, Reading};
use crate::events::{Branch, Cursor, Filter, Follower, Interest, Kinds, Scope};

/// The most executions that one stream is about.
const MAX_EXECUTIONS: usize = 100;

/// The cursor before everything that is kept.
const BEGINNING: &str = "0";

const ARGUMENTS: &[&str] = &[
    "execution_id",
    "workflow_name",
    "kinds",
    "project_id",
    "all_projects",
    "cursor",
];

/// The route.
pub(crate) fn routes() -> Routes {
    let follow = Operation::new("Follow changes of states")
        .about(
            "Server-Sent Events, or a WebSocket if the request asks for the upgrade. \
             `Last-Event-ID` goes on after an event, as `cursor` does. A deleted execution \
             changes to `DELETED`; to who was away an event `reset` says that things must \
             be read anew.",
        )
        .text_argument(
            "execution_id",
            "Of these executions with their trees, with commas.",
        )
        .text_argument("workflow_name", "Of executions of this workflow.")
        .text_argument("kinds", "execution, task and action, with commas.")
        .text_argument("project_id", "Of this project; for administrators.")
        .flag("all_projects", "Of all projects; for administrators.")
        .text_argument(
            "cursor",
            "After this event; `0` begins with the oldest that is kept.",
        )
        .text(200, "text/event-stream")
        .empty(101)
        .faults(&[403, 404]);
    Routes::of("Events").get("/v2/events", events, follow)
}

/// What a caller asked for.
struct Wanted {
    executions: Vec<String>,
    workflow_name: Option<Arc<str>>,
    kinds: Kinds,
    projects: Projects,
    cursor: Option<String>,
}

/// A follower with its place among the streams of this server.
struct Stream {
    app: App,
    follower: Follower,
    heartbeat: Duration,
    _interest: Option<Interest>,
    _place: OwnedSemaphorePermit,
}

/// `GET /v2/events`
async fn events(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    arguments: Query,
    upgrade: Upgrade,
) -> ApiResult {
    if upgrade.0.is_some() && !cors::may_open_socket(&headers, &app.config().cors) {
        let text = "Pages of this origin may not follow events; see [cors] allowed_origin.";
        return Err(ApiError::forbidden(text));
    }
    let wanted = Wanted::parse(&arguments, &headers, &caller)?;
    let stream = wanted.open(app).await?;
    Ok(match upgrade.0 {
        Some(upgrade) => socket::answer(upgrade, stream),
        None => sse::answer(stream),
    })
}

/// The wish to go on as a WebSocket, if the request has it.
pub(crate) struct Upgrade(Option<WebSocketUpgrade>);

impl<S: Send + Sync> FromRequestParts<S> for Upgrade {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut http::request::Parts, state: &S) -> ApiResult<Self> {
        if !parts.headers.contains_key(http::header::UPGRADE) {
            return Ok(Self(None));
        }
        let upgrade = WebSocketUpgrade::from_request_parts(parts, state).await;
        let refusal = |error: WebSocketUpgradeRejection| ApiError::bad_request(error.body_text());
        upgrade.map(|upgrade| Self(Some(upgrade))).map_err(refusal)
    }
}

impl Wanted {
    fn parse(arguments: &Query, headers: &HeaderMap, caller: &Caller) -> ApiResult<Self> {
        arguments.check_known(ARGUMENTS)?;
        let given = |name| arguments.get(name).filter(|text| !text.is_empty());
        let others = given("project_id").is_some_and(|project| *project != *caller.project_id);
        if others || arguments.flag("all_projects") {
            caller.require_admin()?;
        }
        let last = headers.get("last-event-id").map(|value| value.to_str());
        let last = last.transpose().map_err(|_| bad_cursor())?;
        Ok(Self {
            executions: executions(arguments)?,
            workflow_name: given("workflow_name").map(Arc::from),
            kinds: kinds(given("kinds"))?,
            projects: match given("project_id") {
                Some(project) => Projects::Of(project.into()),
                None => list::visible(caller),
            },
            cursor: last
                .filter(|text| !text.is_empty())
                .or(given("cursor"))
                .map(str::to_owned),
        })
    }

    async fn open(self, app: App) -> ApiResult<Stream> {
        let place = app.event_streams().clone().try_acquire_owned();
        let place = place.map_err(|_| ApiError::overloaded())?;
        let Self {
            executions,
            workflow_name,
            kinds,
            projects,
            cursor,
        } = self;
        let filter = Filter {
            kinds,
            workflow_name,
            projects,
            scope: match executions.is_empty() {
                true => Scope::Everything,
                false => app.read(move |reading| scope(reading, &executions)).await?,
            },
        };
        let heartbeat = Duration::from_secs(app.config().api.event_heartbeat.max(1));
        let interest = app.interest().await?;
        Ok(Stream {
            _interest: interest,
            follower: follower(&app, filter, cursor.as_deref())?,
            heartbeat,
            _place: place,
            app,
        })
    }
}

fn follower(app: &App, filter: Filter, cursor: Option<&str>) -> ApiResult<Follower> {
    let (journal, feed) = (app.journal(), app.feed());
    let cursor = match cursor {
        None => return Ok(Follower::from_now(journal, feed, filter)),
        Some(BEGINNING) => return Ok(Follower::from_beginning(journal, feed, filter)),
        Some(text) => {
            let cursor: Cursor = text.parse().map_err(|_| bad_cursor())?;
            filter.scope.narrow(&cursor).ok_or_else(|| {
                ApiError::bad_request("The cursor belongs to a stream of other executions.")
            })?
        }
    };
    Ok(Follower::after(journal, feed, filter, cursor))
}

fn bad_cursor() -> ApiError {
    let text = format!(
        "The cursor is not one that this service gave; use the last event's, or {BEGINNING} \
         for all that is kept."
    );
    ApiError::bad_request(text)
}

/// `execution_id`, repeated or as a list with commas.
fn executions(arguments: &Query) -> ApiResult<Vec<String>> {
    let given = arguments.iter().filter(|(name, _)| *name == "execution_id");
    let ids = given.flat_map(|(_, text)| text.split(','));
    let mut ids: Vec<_> = ids
        .map(|id| id.trim().to_owned())
        .filter(|id| !id.is_empty())
        .collect();
    ids.sort();
    ids.dedup();
    match ids.len() > MAX_EXECUTIONS {
        false => Ok(ids),
        true => Err(ApiError::bad_request(format!(
            "A stream is about {MAX_EXECUTIONS} executions at most, {} are given.",
            ids.len()
        ))),
    }
}

fn kinds(text: Option<&str>) -> ApiResult<Kinds> {
    let Some(text) = text else {
        return Ok(Kinds::ALL);
    };
    let mut words = text
        .split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty());
    words.try_fold(Kinds::NONE, |kinds, word| {
        let all = [
            JournalKind::Execution,
            JournalKind::Task,
            JournalKind::Action,
        ];
        match all.into_iter().find(|kind| kind.as_str() == word) {
            Some(kind) => Ok(kinds.with(kind)),
            None => Err(ApiError::bad_request(format!(
                "Unknown kind '{word}'; the kinds are execution, task and action."
            ))),
        }
    })
}

/// The trees, or parts of trees, of these executions.
fn scope(reading: &Reading<'_>, ids: &[String]) -> ApiResult<Scope> {
    let branches = ids.iter().map(|id| branch(reading, &find(reading, id)?));
    branches.collect::<ApiResult<_>>().map(Scope::Branches)
}

/// The tree of an execution, or its part of one.
pub(crate) fn branch(reading: &Reading<'_>, record: &ExecutionRecord) -> ApiResult<Branch> {
    let id = record.id.id;
    let Some(root) = &record.root_execution_id else {
        return Ok(Branch::tree(id));
    };
    let children = reading.catalog.descendants(root.id)?;
    Ok(Branch::part(root.id, id, &children))
}
