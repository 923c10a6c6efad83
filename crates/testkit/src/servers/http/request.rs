//! Reads requests off a connection. Sizes are bounded.

use std::collections::BTreeMap;

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _};

const MAX_LINE_BYTES: u64 = 64 << 10;
const MAX_HEADERS: usize = 200;
const MAX_BODY_BYTES: u64 = 64 << 20;

/// A request as it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The path without the query.
    pub path: String,
    /// What follows the question mark; empty if nothing does.
    pub query: String,
    /// The headers by name in lower case; the last of one name counts.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// The next request; `None` when the connection ends or makes no sense.
pub(super) async fn read(stream: &mut (impl AsyncBufRead + Unpin)) -> Option<Request> {
    let first = line(stream).await?;
    let mut words = first.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    // A client that talks to a proxy sends the whole URL.
    let target = match target.split_once("://") {
        Some((scheme, rest)) if !scheme.contains('/') => {
            &rest[rest.find('/').unwrap_or(rest.len())..]
        }
        _ => target,
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers = headers(stream).await?;
    let length = headers.get("content-length").map_or("0", String::as_str);
    let length = length.parse().ok().filter(|n| *n <= MAX_BODY_BYTES)?;
    let mut body = Vec::new();
    stream.take(length).read_to_end(&mut body).await.ok()?;
    Some(Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body,
    })
}

/// Waits for the client to end the connection.
pub(super) async fn until_closed(stream: &mut (impl AsyncBufRead + Unpin)) {
    let mut rest = [0; 1024];
    while let Ok(1..) = stream.read(&mut rest).await {}
}

async fn headers(stream: &mut (impl AsyncBufRead + Unpin)) -> Option<BTreeMap<String, String>> {
    let mut headers = BTreeMap::new();
    for _ in 0..MAX_HEADERS {
        let line = line(stream).await?;
        if line.is_empty() {
            return Some(headers);
        }
        let (name, value) = line.split_once(':')?;
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    None
}

async fn line(stream: &mut (impl AsyncBufRead + Unpin)) -> Option<String> {
    let mut line = Vec::new();
    let mut limited = stream.take(MAX_LINE_BYTES);
    limited.read_until(b'\n', &mut line).await.ok()?;
    let line = line.strip_suffix(b"\n")?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    Some(String::from_utf8_lossy(line).into_owned())
}
