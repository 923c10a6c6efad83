//! A small HTTP/1.1 server with routes for the ways in which servers behave, and
//! misbehave.
//!
//! | route | answer |
//! | --- | --- |
//! | `/echo` | the request as JSON: `{method, path, query, headers, body}` |
//! | `/status/N` | status N, the text `status N` |
//! | `/redirect/N` | N redirects, then `/echo`; each sets the cookie `hop` |
//! | `/redirect-to/N?URL` | a redirect of status N to that URL |
//! | `/flaky/N` | status 503 for the first N requests, then 200 |
//! | `/cookies?a=1&b=2` | sets those cookies |
//! | `/text/CHARSET` | the bytes `E9 80` as text of that charset; none: no charset |
//! | `/json-as-text` | JSON with the content type text/plain |
//! | `/reason/TEXT` | status 200 with that reason phrase |
//! | `/bytes/N`, `/chunked/N` | N bytes, with and without Content-Length |
//! | `/silent` | never answers |
//! | `/stall` | headers and half of the body, then nothing |
//! | `/drip` | headers, then a byte now and then, without an end |
//! | `/truncated` | half of the promised body, then the end |
//! | `/disconnect` | the end, at once |

mod request;
mod routes;

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};

pub use self::request::Request;
use self::routes::Answer;
use super::listener::{Listener, Record};
use super::tls::Certificate;

/// The time between the bytes of `/drip`.
const DRIP: Duration = Duration::from_millis(50);

/// A running HTTP server.
pub struct HttpServer {
    scheme: &'static str,
    listener: Listener,
    requests: Record<Request>,
}

/// How often each flaky path was asked for.
#[derive(Clone, Default)]
struct Visits(Arc<Mutex<HashMap<String, usize>>>);

impl Visits {
    /// Counts one more; answers how many there were before.
    fn count(&self, path: &str) -> usize {
        let mut visits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = visits.entry(path.to_owned()).or_default();
        *count += 1;
        *count - 1
    }
}

impl HttpServer {
    /// Starts a server.
    ///
    /// # Errors
    /// No port could be had.
    pub async fn start() -> io::Result<Self> {
        let requests = Record::default();
        let (record, visits) = (requests.clone(), Visits::default());
        let serve = move |stream| serve(stream, record.clone(), visits.clone());
        Ok(Self {
            scheme: "http",
            listener: Listener::start(serve).await?,
            requests,
        })
    }

    /// Starts a server that speaks https with that certificate.
    ///
    /// # Errors
    /// No port could be had.
    pub async fn start_tls(certificate: &Certificate) -> io::Result<Self> {
        let requests = Record::default();
        let (record, visits) = (requests.clone(), Visits::default());
        let certificate = certificate.clone();
        let serve = move |stream| {
            let (record, visits, certificate) =
                (record.clone(), visits.clone(), certificate.clone());
            async move {
                // A client that does not trust us ends the handshake.
                if let Ok(stream) = certificate.accept(stream).await {
                    serve(stream, record, visits).await;
                }
            }
        };
        Ok(Self {
            scheme: "https",
            listener: Listener::start(serve).await?,
            requests,
        })
    }

    /// Stops; then nothing listens at its address any more.
    pub async fn stop(self) {
        self.listener.stop().await;
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// The URL of a path, which starts with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address())
    }

    /// The requests so far, in the order of their arrival.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.entries()
    }

    /// Waits until that many connections are open.
    pub async fn until_open(&self, connections: usize) {
        self.listener.until_open(connections).await;
    }
}

/// Serves one connection until either side ends it.
async fn serve<S>(stream: S, record: Record<Request>, visits: Visits)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut stream = BufReader::new(stream);
    while let Some(request) = request::read(&mut stream).await {
        record.push(request.clone());
        match routes::answer(&request, &visits) {
            Answer::Whole(bytes) => {
                if stream.write_all(&bytes).await.is_err() {
                    return;
                }
            }
            Answer::ThenEnd(bytes) => {
                // The client may be gone, which ends the connection as well.
                let _ = stream.write_all(&bytes).await;
                return;
            }
            Answer::ThenDrops(bytes) => {
                let mut drop = stream.write_all(&bytes).await;
                while drop.is_ok() {
                    tokio::time::sleep(DRIP).await;
                    drop = stream.write_all(b"x").await;
                }
                return;
            }
            Answer::ThenSilence(bytes) => {
                if stream.write_all(&bytes).await.is_ok() {
                    request::until_closed(&mut stream).await;
                }
                return;
            }
        }
    }
}
