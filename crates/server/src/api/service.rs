//! What happens to every request before a handler sees it, and to every answer
//! after: limits, methods, slashes, compression, the access log.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use futures_util::future::BoxFuture;
use http::header::{ACCEPT_ENCODING, ALLOW};
use http::uri::{PathAndQuery, Uri};
use http::{HeaderValue, Method, StatusCode};
use tower::{Layer, Service};
use tower_http::CompressionLevel;
use tower_http::compression::predicate::{And, NotForContentType, Predicate, SizeAbove};
use tower_http::compression::{Compression, CompressionLayer};
use tracing::Instrument;

use super::body::{mime_type, take_small};
use super::cors;
use super::error::{ApiError, ApiResult};
use super::maintenance;
use super::request_id::RequestId;
use super::router;
use super::state::App;

/// How answers are made smaller.
type Packed = Compression<Router, And<SizeAbove, NotForContentType>>;

/// The smallest answer that is worth it, in bytes.
const WORTH_PACKING: u64 = 1024;

/// What a node answers whose roles are others than that of the API: how it is.
const WITHOUT_API: &[&str] = &[
    "/healthcheck",
    "/healthz",
    "/readyz",
    "/metrics",
    "/v2/nodes",
];

/// The API as a service for a listener.
#[derive(Clone)]
pub struct ApiService {
    app: App,
    router: Packed,
}

/// The API of a server.
pub fn service(app: App) -> ApiService {
    let router = router(app.clone()).layer(middleware::from_fn(tell_route));
    let worth = SizeAbove::new(WORTH_PACKING).and(NotForContentType::SSE);
    let router = CompressionLayer::new()
        .quality(CompressionLevel::Fastest)
        .compress_when(worth)
        .layer(router);
    ApiService { app, router }
}

impl Service<Request> for ApiService {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Infallible>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let this = self.clone();
        let id = RequestId::of(&request, &this.app);
        let method = request.method().clone();
        let path = request.uri().path().to_owned();
        let grant = cors::Grant::of(&method, request.headers(), &self.app.config().cors);
        let span = tracing::info_span!("request", id = %id.0, %method, %path);
        let answer = async move {
            let start = Instant::now();
            let app = this.app.clone();
            app.metrics().http.at_work.inc();
            let mut response = this.answer_in_time(request).await;
            app.metrics().http.at_work.dec();
            note(&app, &method, &response, start.elapsed());
            id.tell(response.headers_mut());
            cors::vary(response.headers_mut(), &app.config().cors);
            if let Some(grant) = grant {
                grant.tell(response.headers_mut());
            }
            Ok(response)
        };
        Box::pin(answer.instrument(span))
    }
}

/// The access log and the metrics.
fn note(app: &App, method: &Method, response: &Response, took: Duration) {
    let status = response.status().as_u16();
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    tracing::info!(status, micros, "answered");
    let route = response.extensions().get::<MatchedPath>();
    let route = route.map(MatchedPath::as_str);
    app.metrics().http.answered(method, route, status, took);
}

/// Lets the answer know by which route it was made.
async fn tell_route(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    if let Some(route) = route {
        response.extensions_mut().insert(route);
    }
    response
}

impl ApiService {
    async fn answer_in_time(self, request: Request) -> Response {
        let seconds = self.app.config().limits.request_timeout;
        let path = request.uri().path().trim_end_matches('/');
        let has_own_limit = path.ends_with("/wait")
            || path == "/v2/events"
            || (path == "/v2/action_executions" && request.method() == Method::POST);
        if has_own_limit {
            return self.answer(request).await;
        }
        let limit = Duration::from_secs(seconds);
        match tokio::time::timeout(limit, self.answer(request)).await {
            Ok(response) => response,
            Err(_) => ApiError::too_slow(seconds).into_response(),
        }
    }

    async fn answer(mut self, request: Request) -> Response {
        if request.method() == Method::OPTIONS {
            return super::reply::empty(StatusCode::OK);
        }
        let request = match self.admit(request).await {
            Ok(request) => request,
            Err(error) => return error.into_response(),
        };
        let request = with_some_coding(route_as(request));
        let response = match self.router.call(request).await {
            Ok(response) => response.map(Body::new),
            Err(never) => match never {},
        };
        without_head(response)
    }

    async fn admit(&self, request: Request) -> ApiResult<Request> {
        let seconds = self.app.config().limits.body_timeout;
        let request = take_small(request, seconds).await?;
        self.check(&request)?;
        maintenance::admit(&self.app, request).await
    }

    /// Refusals that hardly depend on the path.
    fn check(&self, request: &Request) -> ApiResult<()> {
        let roles = self.app.config().cluster.roles;
        let path = request.uri().path().trim_end_matches('/');
        if !roles.api && !WITHOUT_API.contains(&path) {
            return Err(ApiError::no_api(roles));
        }
        let length = request.uri().query().map_or(0, str::len);
        let limit = self.app.config().limits.max_query_bytes;
        if length > limit {
            let text = format!("The query is longer than {limit} bytes.");
            return Err(ApiError::new(StatusCode::URI_TOO_LONG, text));
        }
        let kind = mime_type(request.headers());
        let is_xml = matches!(&*kind, "text/xml" | "application/xml") || kind.ends_with("+xml");
        match is_xml {
            true => Err(ApiError::unsupported_type(
                "XML request bodies are not supported.",
            )),
            false => Ok(()),
        }
    }
}

/// The request as the router wants it: without trailing slashes (the version
/// document is the one path that has one), and without HEAD, which the router
/// would take for GET.
fn route_as(mut request: Request) -> Request {
    if request.method() == Method::HEAD {
        *request.method_mut() = Method::TRACE;
    }
    let path = request.uri().path();
    let has_slash = path.len() > 1 && path.ends_with('/') && path != "/v2/";
    if has_slash && let Some(uri) = without_slashes(request.uri()) {
        *request.uri_mut() = uri;
    }
    request
}

/// Somebody who takes no coding, not even none, is answered all the same: without one.
fn with_some_coding(mut request: Request) -> Request {
    let headers = request.headers().get_all(ACCEPT_ENCODING).iter();
    let mut parts = headers
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(','));
    if parts.any(refuses_none) {
        request.headers_mut().remove(ACCEPT_ENCODING);
    }
    request
}

/// Whether a part of `Accept-Encoding` forbids an answer without a coding.
fn refuses_none(part: &str) -> bool {
    let (coding, weight) = part.split_once(';').unwrap_or((part, ""));
    let weight = weight.trim().to_ascii_lowercase();
    let weight = weight.strip_prefix("q=").map(str::parse);
    matches!(coding.trim(), "identity" | "*") && weight == Some(Ok(0.0_f32))
}

fn without_slashes(uri: &Uri) -> Option<Uri> {
    let path = uri.path().trim_end_matches('/');
    let path = if path.is_empty() { "/" } else { path };
    let path_and_query = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(path_and_query).ok()?);
    Uri::from_parts(parts).ok()
}

/// HEAD is not allowed, so an `Allow` header must not name it.
fn without_head(mut response: Response) -> Response {
    let Some(allowed) = response
        .headers()
        .get(ALLOW)
        .and_then(|value| value.to_str().ok())
    else {
        return response;
    };
    let mut methods: Vec<_> = allowed
        .split(',')
        .map(str::trim)
        .filter(|m| *m != "HEAD")
        .collect();
    methods.sort_unstable();
    if let Ok(value) = HeaderValue::from_str(&methods.join(", ")) {
        response.headers_mut().insert(ALLOW, value);
    }
    response
}

/// For paths that nobody serves.
pub(super) async fn no_such_path() -> ApiError {
    ApiError::no_such_path()
}

/// For methods that a path does not have. The router adds the `Allow` header.
pub(super) async fn no_such_method() -> ApiError {
    ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "This method is not allowed for this resource.",
    )
}
