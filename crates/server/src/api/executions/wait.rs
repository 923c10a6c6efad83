//! `GET /v2/executions/{id}/wait`: an own addition for callers that would poll.

use std::time::Duration;

use axum::extract::State;
use store::ExecutionKey;
use store::record::ExecutionRecord;

use super::{View, find, render};
use crate::api::error::{ApiError, ApiResult};
use crate::api::path::Segments;
use crate::api::query::Query;
use crate::api::reply;
use crate::api::selection::Selection;
use crate::api::state::App;

/// Seconds to wait unless the caller says otherwise.
const DEFAULT_SECONDS: i64 = 30;

/// The longest wait, in seconds.
const MAX_SECONDS: i64 = 300;

/// Answers the execution as a get does, as soon as it has ended or the time is
/// over. The end wakes the request; nothing is polled.
pub(crate) async fn wait(
    State(app): State<App>,
    Segments(id): Segments<String>,
    arguments: Query,
) -> ApiResult {
    arguments.check_known(&["timeout"])?;
    let seconds = arguments
        .int("timeout")?
        .unwrap_or(DEFAULT_SECONDS)
        .clamp(0, MAX_SECONDS);
    let timeout = Duration::from_secs(seconds.unsigned_abs());
    let _place = app
        .waiting_requests()
        .try_acquire()
        .map_err(|_| ApiError::overloaded())?;
    // One waits first and looks then: an end between the two is not missed.
    let execution = match ExecutionKey::parse(&id) {
        ExecutionKey::Id(execution) => execution,
        ExecutionKey::External(_) => look(&app, &id).await?.id.id,
    };
    let ended = app.engine().execution_ended(execution, timeout);
    if !look(&app, &id).await?.state.is_completed() {
        tokio::select! {
            () = ended => {}
            () = app.shutdown().cancelled() => {}
        }
    }
    app.look(move |reading| {
        let record = find(reading, &id)?;
        let view = View::single(&Selection::All);
        Ok(reply::ok(render::shown(reading, &record, &view)?))
    })
    .await
}

async fn look(app: &App, id: &str) -> ApiResult<ExecutionRecord> {
    let id = id.to_owned();
    app.look(move |reading| find(reading, &id)).await
}
