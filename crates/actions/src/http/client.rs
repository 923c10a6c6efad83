//! Sends HTTP requests under the egress policy and the limits.
//!
//! Invariants: every hop, redirects included, is judged by the policy before a
//! byte goes out; a body is never held beyond the limit, whatever its headers
//! say; each wait is bounded.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{HeaderMap, Method, StatusCode};
use reqwest::Url;
use tokio::time::timeout;

use super::pool::Pool;
use super::proxy::Proxies;
use super::redirect;
use crate::causes::causes;
use crate::config::{HttpConfig, limit};
use crate::egress::{EgressError, EgressPolicy};

/// Sends requests. Connections are reused between requests; clone it freely.
#[derive(Clone)]
pub struct HttpClient {
    policy: Arc<EgressPolicy>,
    pool: Arc<Pool>,
    max_body_bytes: Option<u64>,
    max_duration: Option<Duration>,
}

/// One request.
#[derive(Clone)]
pub struct HttpRequest {
    /// The method.
    pub method: Method,
    /// The target, without user and password.
    pub url: Url,
    /// The headers, as they are sent.
    pub headers: HeaderMap,
    /// The body; none sends none.
    pub body: Option<Vec<u8>>,
    /// How long to wait for the peer.
    pub waits: Waits,
    /// Whether redirects are followed.
    pub follow_redirects: bool,
    /// How the server's certificate is judged.
    pub tls: TlsCheck,
    /// Through which proxy a URL is fetched.
    pub proxies: Proxies,
}

impl HttpRequest {
    /// A plain request: no redirects, no proxies, certificates are verified.
    pub fn new(method: Method, url: Url) -> Self {
        Self {
            method,
            url,
            headers: HeaderMap::new(),
            body: None,
            waits: Waits::default(),
            follow_redirects: false,
            tls: TlsCheck::Verify,
            proxies: Proxies::default(),
        }
    }
}

/// Bounds of single waits; `None` waits for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waits {
    /// For the connection.
    pub connect: Option<Duration>,
    /// For the headers once connected, and for each part of the body.
    pub read: Option<Duration>,
}

impl Waits {
    /// The same bound for each.
    pub fn each(bound: Option<Duration>) -> Self {
        Self {
            connect: bound,
            read: bound,
        }
    }

    /// Connecting and getting the headers is one wait to us; it is bounded if
    /// both of its parts are.
    fn headers(self) -> Option<Duration> {
        Some(self.connect?.saturating_add(self.read?))
    }
}

/// How a server's certificate is judged.
#[derive(Clone, Default)]
pub enum TlsCheck {
    /// By the certificates of the operating system.
    #[default]
    Verify,
    /// Not at all.
    Skip,
    /// By these certificates (PEM) alone.
    Only(Vec<u8>),
}

/// An answer and the redirects that led to it.
#[derive(Clone)]
pub struct HttpResponse {
    /// The last answer.
    pub head: Head,
    /// Its body, decompressed.
    pub body: Vec<u8>,
    /// From sending the last request to the headers of its answer.
    pub elapsed: Duration,
    /// The redirects, oldest first.
    pub history: Vec<Head>,
}

/// The status line and the headers of an answer.
#[derive(Clone)]
pub struct Head {
    /// The status.
    pub status: StatusCode,
    /// The reason phrase as the server wrote it.
    pub reason: String,
    /// Where it came from.
    pub url: Url,
    /// The headers.
    pub headers: HeaderMap,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The policy forbids the request.
    #[error(transparent)]
    Forbidden(#[from] EgressError),
    /// The body is larger than allowed.
    #[error("HTTP response is too large ({}limit={limit} bytes).", declared(*.length))]
    TooLarge {
        /// What Content-Length said.
        length: Option<u64>,
        /// The limit.
        limit: u64,
    },
    /// Everything on the way: names, connections, TLS, the protocol.
    #[error("Failed to send HTTP request: {0}")]
    Transport(String),
}

fn declared(length: Option<u64>) -> String {
    length.map_or_else(String::new, |length| format!("Content-Length={length}, "))
}

impl HttpError {
    pub(crate) fn transport(message: impl Into<String>) -> Self {
        Self::Transport(message.into())
    }
}

impl HttpClient {
    /// A client with these settings. Needs the process's TLS provider only when
    /// a request is sent.
    pub fn new(config: &HttpConfig) -> Self {
        let policy = Arc::new(EgressPolicy::new(config));
        Self {
            pool: Arc::new(Pool::new(Arc::clone(&policy))),
            policy,
            max_body_bytes: (config.max_response_size_bytes > 0)
                .then_some(config.max_response_size_bytes),
            max_duration: limit(config.max_duration),
        }
    }

    /// Sends a request and reads the answer.
    ///
    /// # Errors
    /// The policy forbids it, nothing answered in time, or the answer is too
    /// large. A status such as 404 is not an error here.
    pub async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let exchange = self.exchange(request);
        match self.max_duration {
            None => exchange.await,
            Some(bound) => timeout(bound, exchange).await.unwrap_or_else(|_| {
                let seconds = bound.as_secs_f64();
                let message = format!("the exchange took longer than {seconds} seconds");
                Err(HttpError::Transport(message))
            }),
        }
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let mut trip = redirect::Trip::new(request);
        loop {
            let started = Instant::now();
            let answer = self.hop(trip.request()).await?;
            let elapsed = started.elapsed();
            let head = Head::of(&answer);
            if let Some(head) = trip.follow(head)? {
                let body = self.read_body(answer, trip.request().waits).await?;
                return Ok(HttpResponse {
                    head,
                    body,
                    elapsed,
                    history: trip.into_history(),
                });
            }
        }
    }

    async fn hop(&self, request: &HttpRequest) -> Result<reqwest::Response, HttpError> {
        self.policy.check_url(&request.url)?;
        let client = self.pool.client_for(request).await?;
        let mut builder = client
            .request(request.method.clone(), request.url.clone())
            .headers(request.headers.clone());
        if let Some(body) = &request.body {
            builder = builder.body(body.clone());
        }
        bounded(request.waits.headers(), "the answer", builder.send()).await
    }

    async fn read_body(
        &self,
        mut answer: reqwest::Response,
        waits: Waits,
    ) -> Result<Vec<u8>, HttpError> {
        let length = answer.content_length();
        self.check_size(length.unwrap_or(0), length)?;
        let mut body = Vec::new();
        while let Some(chunk) =
            bounded(waits.read, "the rest of the answer", answer.chunk()).await?
        {
            self.check_size(body.len() as u64 + chunk.len() as u64, None)?;
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn check_size(&self, bytes: u64, length: Option<u64>) -> Result<(), HttpError> {
        match self.max_body_bytes {
            Some(limit) if bytes > limit => Err(HttpError::TooLarge { length, limit }),
            _ => Ok(()),
        }
    }
}

impl Head {
    fn of(answer: &reqwest::Response) -> Self {
        let status = answer.status();
        let written = answer.extensions().get::<hyper::ext::ReasonPhrase>();
        let reason = match written {
            Some(phrase) => String::from_utf8_lossy(phrase.as_bytes()).into_owned(),
            None => status.canonical_reason().unwrap_or_default().to_owned(),
        };
        Self {
            status,
            reason,
            url: answer.url().clone(),
            headers: answer.headers().clone(),
        }
    }
}

async fn bounded<T>(
    bound: Option<Duration>,
    what: &str,
    wait: impl Future<Output = reqwest::Result<T>>,
) -> Result<T, HttpError> {
    let result = match bound {
        None => wait.await,
        Some(bound) => timeout(bound, wait).await.map_err(|_| {
            let seconds = bound.as_secs_f64();
            HttpError::Transport(format!("{what} did not come within {seconds} seconds"))
        })?,
    };
    result.map_err(HttpError::from)
}

impl From<reqwest::Error> for HttpError {
    /// Keeps the causes, but not the URL: its query may hold secrets.
    fn from(error: reqwest::Error) -> Self {
        let error = error.without_url();
        if let Some(denied) = causes(&error).find_map(|cause| cause.downcast_ref()) {
            return Self::Forbidden(EgressError::clone(denied));
        }
        let mut texts: Vec<_> = causes(&error).map(ToString::to_string).collect();
        texts.dedup();
        // The outer layers only say that sending failed; the last ones say why.
        let reasons = texts.split_off(texts.len().saturating_sub(2));
        Self::Transport(reasons.join(": "))
    }
}
