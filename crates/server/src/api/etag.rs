//! `ETag` and `If-None-Match`: who has a definition already need not get it again.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT, ETAG, IF_NONE_MATCH, VARY};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use super::error::ApiError;
use super::plain;

/// Tags successful answers to GET with a hash of what they say, and answers 304 to
/// those who have it.
pub(crate) async fn tag(request: Request, next: Next) -> Response {
    if request.method() != Method::GET {
        return next.run(request).await;
    }
    let known = request.headers().get(IF_NONE_MATCH).cloned();
    let is_plain = plain::is_wanted(request.headers());
    let response = next.run(request).await;
    if response.status() != StatusCode::OK {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    // It is in memory already: handlers answer whole documents.
    let bytes = match to_bytes(body, usize::MAX).await {
        Ok(bytes) => bytes,
        Err(error) => return ApiError::unavailable(&error).into_response(),
    };
    let tag = tag_of(&bytes, is_plain);
    let has_it = known.is_some_and(|known| matches(&known, &tag));
    insert(&mut parts.headers, &tag);
    if has_it {
        let mut unchanged = super::reply::empty(StatusCode::NOT_MODIFIED);
        insert(unchanged.headers_mut(), &tag);
        return unchanged;
    }
    Response::from_parts(parts, Body::from(bytes))
}

/// A weak one: the same document may be sent compressed or not. The document with plain
/// JSON, which is made of this one later, is another.
fn tag_of(bytes: &[u8], is_plain: bool) -> String {
    let hash = blake3::hash(bytes).to_hex();
    let form = if is_plain { "-plain" } else { "" };
    format!("W/\"{}{form}\"", &hash[..32])
}

fn insert(headers: &mut HeaderMap, tag: &str) {
    headers.insert(VARY, HeaderValue::from_name(ACCEPT));
    if let Ok(value) = HeaderValue::from_str(tag) {
        headers.insert(ETAG, value);
    }
}

/// Whether a list of tags has this one; weak and strong ones count alike.
fn matches(list: &HeaderValue, tag: &str) -> bool {
    let list = list.to_str().unwrap_or_default();
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let mut tags = list.split(',').map(opaque);
    tags.any(|known| known == "*" || known == opaque(tag))
}
