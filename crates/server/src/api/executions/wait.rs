//! `GET /v2/executions/{id}/wait`: an own addition for callers that would poll.

use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use engine::model::State as Run;

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
    let key = id.clone();
    let execution = app
        .read(move |reading| Ok(find(reading, &key)?.id.id))
        .await?;
    let ended = app.engine().execution_ended(execution, timeout);
    let (state, answer) = current(&app, &id).await?;
    if state.is_completed() {
        return Ok(answer);
    }
    tokio::select! {
        () = ended => {}
        () = app.shutdown().cancelled() => {}
    }
    current(&app, &id).await.map(|(_, answer)| answer)
}

async fn current(app: &App, id: &str) -> ApiResult<(Run, Response)> {
    let id = id.to_owned();
    app.read(move |reading| {
        let record = find(reading, &id)?;
        let view = View::single(&Selection::All);
        let shown = render::shown(reading, &record, &view)?;
        Ok((record.state, reply::ok(shown)))
    })
    .await
}
