//! What the servers have in common: the port, the connections, the record.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// A server's port and its connections; both end when this is dropped.
pub(super) struct Listener {
    address: SocketAddr,
    open: watch::Receiver<usize>,
    accepting: JoinHandle<()>,
}

impl Listener {
    /// Listens on a free port; `serve` handles one connection.
    pub(super) async fn start<F, C>(serve: F) -> io::Result<Self>
    where
        F: Fn(TcpStream) -> C + Send + 'static,
        C: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (count, open) = watch::channel(0);
        let accepting = tokio::spawn(accept(listener, serve, count));
        Ok(Self {
            address,
            open,
            accepting,
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops, and returns once nothing listens any more.
    pub(super) async fn stop(mut self) {
        self.accepting.abort();
        // The task was cancelled, which is what its error says.
        let _ = (&mut self.accepting).await;
    }

    /// Waits until that many connections are open. Never ends if that never is.
    pub(super) async fn until_open(&self, connections: usize) {
        let mut open = self.open.clone();
        // An error means that the server has stopped, and with it all connections.
        let _ = open.wait_for(|open| *open == connections).await;
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// The connections live in this task's set, so that they end with it.
async fn accept<F, C>(listener: TcpListener, serve: F, count: watch::Sender<usize>)
where
    F: Fn(TcpStream) -> C + Send + 'static,
    C: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { return };
                connections.spawn(serve(stream));
            }
            Some(_) = connections.join_next() => {}
        }
        count.send_replace(connections.len());
    }
}

/// What a server has received so far; clones share it.
pub(super) struct Record<T>(Arc<Mutex<Vec<T>>>);

impl<T: Clone> Record<T> {
    pub(super) fn push(&self, entry: T) {
        self.lock().push(entry);
    }

    pub(super) fn entries(&self) -> Vec<T> {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<T>> {
        // A poisoned list is still a list: pushing can't leave it half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Default for Record<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Clone for Record<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
