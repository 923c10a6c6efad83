//! `/v2/notifications`: the log of deliveries, which can be read and replayed
//! (docs/notifications.md).

use axum::extract::State;
use engine::model::{Id, Timestamp};
use store::notification::Notification;
use store::query::{Column, Direction, ListQuery, NotificationColumn};
use store::{Outbox, StoreError};
use yaql::Dict;

use super::caller::Caller;
use super::error::{ApiError, ApiResult};
use super::list::{ListCall, Listing};
use super::openapi::{Operation, Routes};
use super::path::Segments;
use super::query::{self, Query};
use super::reply;
use super::resource::{Field, Form, Resource};
use super::selection::Selection;
use super::state::{App, now};
use crate::notifications::shown;

static RESOURCE: Resource = Resource {
    name: "Notification",
    about: "What a receiver is told of a change of a state, and what became of that.",
    fields: &[
        Field::text("id", ""),
        Field::text(
            "receiver_id",
            "The same for all that one entry of `notify` gets.",
        ),
        Field::new("receiver", Form::One(&RECEIVER), ""),
        Field::integer(
            "sequence",
            "Counts the notifications of the receiver, without gaps.",
        ),
        Field::text("workflow_execution_id", ""),
        Field::text("project_id", ""),
        Field::text("event", "`TASK_SUCCEEDED` and others."),
        Field::word("state", STATES, ""),
        Field::integer("attempts", ""),
        Field::time("next_attempt_at", "").or_null(),
        Field::text("reason", "The last trouble.").or_null(),
        Field::time("created_at", ""),
        Field::time("ended_at", "").or_null(),
        Field::text("body", "What the receiver is told, JSON as text."),
    ],
    is_partial: true,
};

static RECEIVER: Resource = Resource {
    name: "Receiver",
    about: "An entry of `notify`, without secrets.",
    fields: &[
        Field::text("type", ""),
        Field::text("url", "").or_none(),
        Field::any("to", "").or_none(),
        Field::text("from", "").or_none(),
        Field::text("subject", "").or_none(),
    ],
    is_partial: false,
};

static REPLAYED: Resource = Resource {
    name: "Replayed",
    about: "How many notifications are sent again.",
    fields: &[Field::integer("replayed", "")],
    is_partial: false,
};

/// Replayed in one transaction.
const SLICE: usize = 500;

const STATES: &[&str] = &["PENDING", "DELIVERED", "FAILED"];

const LISTING: Listing<NotificationColumn> = Listing {
    collection: "notifications",
    resource: &RESOURCE,
    filters: &[
        NotificationColumn::ReceiverId,
        NotificationColumn::Sequence,
        NotificationColumn::WorkflowExecutionId,
        NotificationColumn::Event,
        NotificationColumn::State,
        NotificationColumn::Attempts,
        NotificationColumn::CreatedAt,
        NotificationColumn::EndedAt,
        NotificationColumn::ProjectId,
    ],
    flags: &["all_projects"],
    has_tags: false,
    has_nulls: false,
};

/// The routes of this resource.
pub(super) fn routes() -> Routes {
    let one = Operation::new("A notification")
        .fields(&RESOURCE)
        .answers(200, &RESOURCE);
    let again = Operation::new("Send a notification again")
        .about("Whatever became of it.")
        .answers(202, &RESOURCE);
    let many = LISTING.filters.iter().fold(
        Operation::new("Send notifications again")
            .about("All that the filters find, of which there is one at least.")
            .flag("all_projects", "Those of all projects; for administrators.")
            .faults(&[403])
            .answers(202, &REPLAYED),
        |operation, column| operation.filter(column.name()),
    );
    Routes::of("Notifications")
        .get(
            "/v2/notifications",
            index,
            Operation::new("List notifications").list(&LISTING),
        )
        .get("/v2/notifications/{id}", show, one)
        .post("/v2/notifications/replay", replay_many, many)
        .post("/v2/notifications/{id}/replay", replay, again)
}

/// `GET /v2/notifications`
async fn index(call: ListCall) -> ApiResult {
    let request = call.request(&LISTING)?;
    let body = call.app.outbox(move |outbox| {
        let page = outbox.notifications(&request.query);
        request.page(page, not_found, |row| (row.id.to_string(), render(row)))
    });
    body.await.map(reply::ok)
}

/// `GET /v2/notifications/{id}`
async fn show(
    State(app): State<App>,
    caller: Caller,
    Segments(id): Segments<String>,
    arguments: Query,
) -> ApiResult {
    arguments.check_known(&["fields"])?;
    let selection = Selection::of_get(&arguments, &RESOURCE)?;
    let found = find(&app, &caller, &id).await?;
    Ok(reply::ok(selection.apply(render(&found))))
}

/// `POST /v2/notifications/{id}/replay`: once more, whatever became of it.
async fn replay(
    State(app): State<App>,
    caller: Caller,
    Segments(id): Segments<String>,
    arguments: Query,
) -> ApiResult {
    arguments.check_known(&[])?;
    let found = find(&app, &caller, &id).await?;
    let replayed = app.outbox(move |outbox| {
        outbox.replay(now(), found.id).map_err(|error| match error {
            StoreError::NotFound { .. } => not_found(&id),
            error => error.into(),
        })
    });
    let replayed = replayed.await?;
    app.wake_courier();
    Ok(reply::json(http::StatusCode::ACCEPTED, render(&replayed)))
}

/// `POST /v2/notifications/replay?state=FAILED&receiver_id=…`: all that are there by now
/// and that the filters of the list find.
async fn replay_many(call: ListCall) -> ApiResult {
    let filters = LISTING.filters.iter().map(|column| column.name());
    let known: Vec<_> = filters.chain(LISTING.flags.iter().copied()).collect();
    call.arguments.check_known(&known)?;
    let mut query = call.request(&LISTING)?.query;
    if query.filters.is_empty() {
        return Err(ApiError::bad_request(
            "Say which notifications to send again: give a filter, such as state=FAILED.",
        ));
    }
    query.sort = vec![(NotificationColumn::Id, Direction::Ascending)];
    query.limit = Some(SLICE);
    let replayed = call
        .app
        .outbox(move |outbox| replay_slices(outbox, query, now()).map_err(ApiError::from));
    let replayed = replayed.await?;
    call.app.wake_courier();
    let mut body = Dict::new();
    body.insert("replayed", i64::try_from(replayed).unwrap_or(i64::MAX));
    Ok(reply::json(http::StatusCode::ACCEPTED, body))
}

/// Slice by slice in the order of ids; what came up meanwhile is left out.
fn replay_slices(
    outbox: &dyn Outbox,
    mut query: ListQuery<NotificationColumn>,
    at: Timestamp,
) -> Result<usize, StoreError> {
    let mut replayed = 0;
    loop {
        let rows = outbox.notifications(&query)?.records;
        let old = rows.iter().filter(|row| row.created_at <= at);
        let ids: Vec<_> = old.map(|row| row.id).collect();
        let is_last = ids.len() < SLICE;
        query.marker = ids.last().map(|id| id.to_string().into());
        replayed += outbox.replay_all(at, ids)?;
        if is_last {
            return Ok(replayed);
        }
    }
}

async fn find(app: &App, caller: &Caller, text: &str) -> ApiResult<Notification> {
    let id: Id = text.parse().map_err(|_| query::not_a_uuid("id", text))?;
    let found = app
        .outbox(move |outbox| Ok(outbox.notification(id)?))
        .await?;
    let found = found.filter(|row| caller.is_admin || row.project_id == caller.project_id);
    found.ok_or_else(|| not_found(text))
}

fn not_found(id: &str) -> ApiError {
    ApiError::not_found(format!("Notification not found [id={id}]"))
}

fn render(row: &Notification) -> Dict {
    let mut dict = Dict::with_capacity(RESOURCE.fields.len());
    dict.insert("id", row.id.to_string());
    dict.insert("receiver_id", row.receiver.to_string());
    dict.insert("receiver", shown(&row.publisher));
    dict.insert("sequence", i64::try_from(row.seq).unwrap_or(i64::MAX));
    dict.insert("workflow_execution_id", row.execution.to_string());
    dict.insert("project_id", row.project_id.clone());
    dict.insert("event", row.event.clone());
    dict.insert("state", row.state.as_str());
    dict.insert("attempts", i64::from(row.attempts));
    dict.insert("next_attempt_at", row.due_at.map(|at| at.to_string()));
    dict.insert("reason", row.reason.clone());
    dict.insert("created_at", row.created_at.to_string());
    dict.insert("ended_at", row.ended_at.map(|at| at.to_string()));
    dict.insert("body", row.body.clone());
    dict
}
