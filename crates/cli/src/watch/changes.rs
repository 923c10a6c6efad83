//! When the tree is worth another look.

use std::future::Future;
use std::time::Duration;

/// Knows when a tree may have changed.
pub trait Changes {
    /// Resolves when it may have changed since the last time. Dropping the future loses nothing.
    fn next(&mut self) -> impl Future<Output = ()>;
}

/// Takes a look after each such time.
#[derive(Clone, Copy, Debug)]
pub struct Every(pub Duration);

impl Changes for Every {
    async fn next(&mut self) {
        tokio::time::sleep(self.0).await;
    }
}
