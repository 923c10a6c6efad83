//! Serves the API on a listener until told to stop.

use std::io;
use std::time::Duration;

use axum::ServiceExt;
use axum::extract::Request;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::api::{App, service};

/// Answers requests until `shutdown` is cancelled, then lets those at work finish
/// for as long as `limits.stop_timeout` says.
///
/// # Errors
/// The listener failed.
pub async fn serve(listener: TcpListener, app: App, shutdown: CancellationToken) -> io::Result<()> {
    let grace = Duration::from_secs(app.config().limits.stop_timeout);
    let make_service = ServiceExt::<Request>::into_make_service(service(app));
    let stopping = shutdown.clone().cancelled_owned();
    let server = axum::serve(listener, make_service).with_graceful_shutdown(stopping);
    let over = async {
        shutdown.cancelled().await;
        tokio::time::sleep(grace).await;
    };
    tokio::select! {
        result = server.into_future() => result,
        () = over => {
            tracing::warn!(seconds = grace.as_secs(), "requests were cut off by the stop");
            Ok(())
        }
    }
}
