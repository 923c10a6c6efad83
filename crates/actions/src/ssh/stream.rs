//! A stream that ends when its session is given up.
//!
//! The SSH library drives a connection in a task of its own. That task ends when
//! its stream fails, so this is the handle by which a dropped session stops it,
//! even in the middle of a key exchange with a silent peer.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::sync::{CancellationToken, DropGuard, WaitForCancellationFutureOwned};

/// A stream that fails as soon as its guard is dropped.
pub(super) struct Guarded<S> {
    inner: S,
    stopped: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl<S> Guarded<S> {
    /// Wraps a stream; the guard holds it open.
    pub(super) fn new(inner: S) -> (Self, DropGuard) {
        let token = CancellationToken::new();
        let stopped = Box::pin(token.clone().cancelled_owned());
        (Self { inner, stopped }, token.drop_guard())
    }

    fn poll_open(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        match self.stopped.as_mut().poll(cx) {
            Poll::Ready(()) => Err(io::ErrorKind::ConnectionAborted.into()),
            Poll::Pending => Ok(()),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll_open(cx)?;
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_open(cx)?;
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_open(cx)?;
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_open(cx)?;
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[tokio::test]
    async fn a_waiting_reader_ends_with_the_guard() {
        let (near, _far) = tokio::io::duplex(8);
        let (mut stream, guard) = Guarded::new(near);
        let reader = tokio::spawn(async move { stream.read_u8().await });
        drop(guard);
        let error = reader.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionAborted);
    }

    #[tokio::test]
    async fn a_blocked_writer_ends_with_the_guard() {
        let (near, _far) = tokio::io::duplex(1);
        let (mut stream, guard) = Guarded::new(near);
        let writer = tokio::spawn(async move { stream.write_all(b"too long").await });
        tokio::task::yield_now().await;
        drop(guard);
        let error = writer.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionAborted);
    }
}
