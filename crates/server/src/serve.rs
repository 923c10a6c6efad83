//! Serves the API on a listener until told to stop.
//!
//! Invariant: what one peer can hold is bounded: the number of connections, the
//! time a request's head may take, its size.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::Service;

use crate::api::{ApiService, App, service};
use crate::config::Limits;
use crate::maintenance::Phase;

/// The most headers of a request.
const MAX_HEADERS: usize = 128;

/// The most bytes of a request's line and headers.
const MAX_HEAD_BYTES: usize = 64 << 10;

/// How long accepting rests when the system has no descriptors left.
const REST: Duration = Duration::from_millis(50);

/// Answers requests until `shutdown` is cancelled, then lets those at work finish
/// for as long as `limits.stop_timeout` says.
///
/// # Errors
/// The listener cannot be used.
pub async fn serve(listener: TcpListener, app: App, shutdown: CancellationToken) -> io::Result<()> {
    listener.local_addr()?;
    let limits = app.config().limits.clone();
    // A stop may have cut off a pause of the whole service.
    if app.maintenance().phase() == Phase::Pausing {
        app.follow_maintenance();
    }
    let service = service(app);
    let places = Arc::new(Semaphore::new(limits.max_connections));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            () = shutdown.cancelled() => break,
        };
        let Some((stream, place)) = accepted else {
            continue;
        };
        let connection = Connection {
            service: service.clone(),
            shutdown: shutdown.clone(),
            header_timeout: Duration::from_secs(limits.header_timeout),
        };
        connections.spawn(connection.run(stream, place));
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    finish(connections, &limits).await;
    Ok(())
}

/// The next connection, as soon as there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let place = places.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, place)),
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(REST).await;
            None
        }
    }
}

/// Waits for the requests at work; what is left after the time is cut off.
async fn finish(mut connections: JoinSet<()>, limits: &Limits) {
    let all = async { while connections.join_next().await.is_some() {} };
    let seconds = limits.stop_timeout;
    if tokio::time::timeout(Duration::from_secs(seconds), all)
        .await
        .is_err()
    {
        let left = connections.len();
        tracing::warn!(left, seconds, "connections were cut off by the stop");
    }
}

struct Connection {
    service: ApiService,
    shutdown: CancellationToken,
    header_timeout: Duration,
}

impl Connection {
    async fn run(self, stream: TcpStream, place: OwnedSemaphorePermit) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection without TCP_NODELAY");
        }
        let service = self.service;
        let answer = service_fn(move |request| answer(service.clone(), request));
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(self.header_timeout)
            .max_headers(MAX_HEADERS)
            .max_buf_size(MAX_HEAD_BYTES);
        let serving = builder
            .serve_connection(TokioIo::new(stream), answer)
            .with_upgrades();
        let mut serving = pin!(serving);
        let result = tokio::select! {
            result = serving.as_mut() => result,
            () = self.shutdown.cancelled() => {
                serving.as_mut().graceful_shutdown();
                serving.await
            }
        };
        if let Err(error) = result {
            tracing::debug!(%error, "a connection ended early");
        }
        drop(place);
    }
}

async fn answer(
    mut service: ApiService,
    request: Request<Incoming>,
) -> Result<Response, Infallible> {
    service.call(request.map(Body::new)).await
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::runtime::Handle;
    use tokio::task::JoinHandle;

    use super::*;
    use crate::config::Config;
    use crate::node::Node;

    struct Server {
        node: Node,
        address: std::net::SocketAddr,
        serving: JoinHandle<io::Result<()>>,
    }

    async fn start(config: Config) -> Server {
        let node = Node::in_memory(config, Handle::current()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = App::new(node.services());
        let serving = tokio::spawn(serve(listener, app, node.shutdown().clone()));
        Server {
            node,
            address,
            serving,
        }
    }

    impl Server {
        async fn talk(&self, request: &str) -> String {
            let mut stream = TcpStream::connect(self.address).await.unwrap();
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            answer
        }

        async fn stop(self) {
            self.node.shutdown().cancel();
            self.serving.await.unwrap().unwrap();
            self.node.stop();
        }
    }

    #[tokio::test]
    async fn answers_and_stops() {
        let server = start(Config::default()).await;
        let answer = server
            .talk("GET /v2/ HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")
            .await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.ends_with(r#"{"uri": "http://h/v2"}"#), "{answer}");
        let head = server
            .talk("HEAD / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")
            .await;
        assert!(head.starts_with("HTTP/1.1 405 "), "{head}");
        assert!(head.ends_with("\r\n\r\n"), "{head}");
        server.stop().await;
    }

    #[tokio::test]
    async fn a_refused_request_leaves_the_connection_usable() {
        let server = start(Config::default()).await;
        let refused = "POST /v2/nonsense HTTP/1.1\r\nhost: h\r\ncontent-length: 4\r\n\r\n{  }";
        let next = "GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n";
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let (head, body) = refused.split_at(refused.len() - 4);
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
        stream.write_all(body.as_bytes()).await.unwrap();
        stream.write_all(next.as_bytes()).await.unwrap();
        let mut answers = String::new();
        stream.read_to_string(&mut answers).await.unwrap();
        assert!(answers.starts_with("HTTP/1.1 404 "), "{answers}");
        assert!(answers.contains("HTTP/1.1 200 OK"), "{answers}");
        server.stop().await;
    }

    #[tokio::test]
    async fn a_head_that_does_not_end_is_given_up() {
        let mut config = Config::default();
        config.limits.header_timeout = 0;
        let server = start(config).await;
        let answer = server.talk("GET / HTTP/1.1\r\nhost:").await;
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 408 "),
            "{answer}"
        );
        server.stop().await;
    }

    #[tokio::test]
    async fn a_waiting_request_is_answered_when_the_server_stops() {
        let server = start(Config::default()).await;
        let definition = "version: '2.0'\nw: {tasks: {t: {action: std.async_noop}}}";
        let post = |path: &str, body: &str| {
            format!(
                "POST {path} HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            )
        };
        server.talk(&post("/v2/workflows", definition)).await;
        let body = r#"{"workflow_name": "w", "id": "waiting"}"#;
        server.talk(&post("/v2/executions", body)).await;
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let request = "GET /v2/executions/waiting/wait?timeout=300 HTTP/1.1\r\nhost: h\r\n\r\n";
        stream.write_all(request.as_bytes()).await.unwrap();
        // An answer to a later request: the first one is at work by now.
        server
            .talk("GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")
            .await;
        server.stop().await;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(
            answer.is_empty() || answer.contains(r#""state": "RUNNING""#),
            "{answer}"
        );
    }
}
