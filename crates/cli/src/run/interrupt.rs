//! Ctrl-C: the first one cancels the workflow, the second one ends the program.

use crate::exit::Exit;

/// Resolves at the first Ctrl-C; from then on another one ends the program at once.
pub(super) async fn first() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Nobody can interrupt us by a signal that cannot be received.
        std::future::pending::<()>().await;
    }
    tokio::spawn(async {
        if tokio::signal::ctrl_c().await.is_ok() {
            std::process::exit(Exit::Interrupted as i32);
        }
    });
}
