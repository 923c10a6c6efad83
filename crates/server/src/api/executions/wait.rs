//! `GET /v2/executions/{id}/wait`: an own addition for callers that would poll.

use std::time::Duration;

use axum::extract::State;
use engine::model::State as Run;
use store::ExecutionKey;
use yaql::Dict;

use super::{View, find};
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
/// over. The end wakes the request; only for another node's execution is the database
/// asked again and again.
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
        ExecutionKey::External(_) => {
            let id = id.clone();
            app.look(move |reading| Ok(find(reading, &id)?.id.id))
                .await?
        }
    };
    let ending = app.engine().execution_ended(execution, timeout);
    if !ending.is_ahead {
        let (state, shown) = look(&app, &id).await?;
        if state.is_completed() {
            return Ok(reply::ok(shown));
        }
    }
    tokio::select! {
        () = ending.reached => {}
        () = app.shutdown().cancelled() => {}
    }
    let (_, shown) = look(&app, &id).await?;
    Ok(reply::ok(shown))
}

async fn look(app: &App, id: &str) -> ApiResult<(Run, Dict)> {
    let id = id.to_owned();
    let view = View::single(&Selection::All);
    app.look(move |reading| super::single(reading, &id, &view))
        .await
}
