//! Follows redirects as Python's requests does: what the next request is, and
//! which of the secrets it may still carry.

use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, COOKIE, LOCATION};
use http::{Method, StatusCode};
use reqwest::Url;

use super::client::{Head, HttpError, HttpRequest};
use super::cookie;

const MAX_REDIRECTS: usize = 30;

/// A request on its way through redirects.
pub(super) struct Trip {
    request: HttpRequest,
    history: Vec<Head>,
}

impl Trip {
    pub(super) fn new(request: HttpRequest) -> Self {
        Self {
            request,
            history: Vec::new(),
        }
    }

    /// The request to send now.
    pub(super) fn request(&self) -> &HttpRequest {
        &self.request
    }

    /// Goes on to where an answer points; gives the answer back if it is the
    /// last one.
    pub(super) fn follow(&mut self, head: Head) -> Result<Option<Head>, HttpError> {
        let Some(target) = self.target(&head)? else {
            return Ok(Some(head));
        };
        if self.history.len() == MAX_REDIRECTS {
            let message = format!("more than {MAX_REDIRECTS} redirects");
            return Err(HttpError::Transport(message));
        }
        self.adjust_method(head.status);
        self.adjust_secrets(&head, &target);
        self.request.url = target;
        self.history.push(head);
        Ok(None)
    }

    /// The answers before the last one, oldest first.
    pub(super) fn into_history(self) -> Vec<Head> {
        self.history
    }

    fn target(&self, head: &Head) -> Result<Option<Url>, HttpError> {
        let redirects = matches!(head.status.as_u16(), 301 | 302 | 303 | 307 | 308);
        let location = head.headers.get(LOCATION);
        let (true, true, Some(location)) = (self.request.follow_redirects, redirects, location)
        else {
            return Ok(None);
        };
        let location = String::from_utf8_lossy(location.as_bytes());
        let target = self.request.url.join(&location);
        target
            .map(Some)
            .map_err(|error| HttpError::Transport(format!("a redirect leads nowhere: {error}")))
    }

    /// Browsers turned POST into GET long ago, and every client follows them.
    fn adjust_method(&mut self, status: StatusCode) {
        let becomes_get = match status {
            StatusCode::SEE_OTHER | StatusCode::FOUND => self.request.method != Method::HEAD,
            StatusCode::MOVED_PERMANENTLY => self.request.method == Method::POST,
            _ => false,
        };
        if becomes_get {
            self.request.method = Method::GET;
        }
        if !matches!(status.as_u16(), 307 | 308) {
            self.request.body = None;
            self.request.headers.remove(CONTENT_TYPE);
            self.request.headers.remove(CONTENT_ENCODING);
        }
    }

    /// Passwords and cookies stay with the server they were meant for; that
    /// server's new cookies are added.
    fn adjust_secrets(&mut self, head: &Head, target: &Url) {
        let current = &self.request.url;
        let headers = &mut self.request.headers;
        if current.host_str() != target.host_str() {
            headers.remove(COOKIE);
            headers.remove(http::header::HOST);
        } else if let Some(cookies) = cookie::merge(headers.get(COOKIE), &head.headers) {
            headers.insert(COOKIE, cookies);
        }
        if !keeps_password(current, target) {
            headers.remove(AUTHORIZATION);
        }
    }
}

/// The same server, or the same one made safe: http to https on their own ports.
fn keeps_password(from: &Url, to: &Url) -> bool {
    let upgraded = from.scheme() == "http"
        && from.port_or_known_default() == Some(80)
        && to.scheme() == "https"
        && to.port_or_known_default() == Some(443);
    from.host_str() == to.host_str() && (upgraded || from.origin() == to.origin())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn trip(method: Method, url: &str) -> Trip {
        let mut request = HttpRequest::new(method, url.parse().unwrap());
        request.follow_redirects = true;
        request.body = Some(b"x".to_vec());
        request
            .headers
            .insert(AUTHORIZATION, HeaderValue::from_static("Basic eA=="));
        request
            .headers
            .insert(COOKIE, HeaderValue::from_static("a=1"));
        Trip::new(request)
    }

    fn redirect(trip: &mut Trip, status: u16, location: &str) -> Option<Head> {
        let mut headers = http::HeaderMap::new();
        headers.insert(LOCATION, HeaderValue::from_str(location).unwrap());
        headers.insert("set-cookie", HeaderValue::from_static("b=2; Path=/"));
        let head = Head {
            status: StatusCode::from_u16(status).unwrap(),
            reason: String::new(),
            url: trip.request().url.clone(),
            headers,
        };
        trip.follow(head).unwrap()
    }

    #[test]
    fn methods_and_bodies_change_as_browsers_do_it() {
        for (status, method, becomes, body) in [
            (301, Method::POST, Method::GET, false),
            (301, Method::PUT, Method::PUT, false),
            (302, Method::PUT, Method::GET, false),
            (303, Method::HEAD, Method::HEAD, false),
            (307, Method::POST, Method::POST, true),
            (308, Method::PUT, Method::PUT, true),
        ] {
            let mut trip = trip(method, "http://a.test/x");
            assert!(redirect(&mut trip, status, "/y").is_none());
            assert_eq!(trip.request().method, becomes, "{status}");
            assert_eq!(trip.request().body.is_some(), body, "{status}");
            assert_eq!(trip.request().url.as_str(), "http://a.test/y");
        }
    }

    #[test]
    fn secrets_stay_with_their_server() {
        for (target, cookies, password) in [
            ("http://a.test/y", Some("a=1; b=2"), true),
            ("https://a.test/", Some("a=1; b=2"), true),
            ("http://a.test:8080/", Some("a=1; b=2"), false),
            ("http://b.test/", None, false),
        ] {
            let mut trip = trip(Method::GET, "http://a.test/x");
            redirect(&mut trip, 302, target);
            let headers = &trip.request().headers;
            let sent = headers.get(COOKIE).map(|value| value.to_str().unwrap());
            assert_eq!(sent, cookies, "{target}");
            assert_eq!(headers.contains_key(AUTHORIZATION), password, "{target}");
        }
    }

    #[test]
    fn an_endless_chain_ends() {
        let mut trip = trip(Method::GET, "http://a.test/x");
        for _ in 0..MAX_REDIRECTS {
            redirect(&mut trip, 302, "/x");
        }
        let head = trip.history[0].clone();
        let error = trip.follow(head).err().unwrap().to_string();
        assert_eq!(error, "Failed to send HTTP request: more than 30 redirects");
    }
}
