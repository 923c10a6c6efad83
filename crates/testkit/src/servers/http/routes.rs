//! What each path answers.

use serde_json::json;

use super::{Request, Visits};

/// Chunks of a chunked body.
const CHUNK_BYTES: usize = 16 << 10;

/// What is written, and what becomes of the connection then.
pub(super) enum Answer {
    /// It serves the next request.
    Whole(Vec<u8>),
    /// It ends.
    ThenEnd(Vec<u8>),
    /// A byte follows now and then, until the client goes away.
    ThenDrops(Vec<u8>),
    /// It stays open, and nothing more comes.
    ThenSilence(Vec<u8>),
}

pub(super) fn answer(request: &Request, visits: &Visits) -> Answer {
    let mut parts = request.path.splitn(3, '/').skip(1);
    let (route, argument) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    let number = argument.parse().unwrap_or(0);
    match route {
        "silent" => Answer::ThenSilence(Vec::new()),
        "disconnect" => Answer::ThenEnd(Vec::new()),
        "drip" => Answer::ThenDrops(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()),
        "stall" => Answer::ThenSilence(partial("stalled")),
        "truncated" => Answer::ThenEnd(partial("truncated")),
        _ => Answer::Whole(match route {
            "echo" => echo(request),
            "status" => text(argument, "", &format!("status {argument}")),
            "redirect" => redirects(number),
            "redirect-to" => redirect(argument, &request.query, None),
            "flaky" => flaky(visits.count(&request.path) < number),
            "cookies" => cookies(&request.query),
            "text" => charset(argument),
            "json-as-text" => text("200", "Content-Type: text/plain\r\n", r#"{"a": "é"}"#),
            "reason" => whole(&format!("200 {argument}"), "", b"ok"),
            "bytes" => whole("200", "", &vec![b'x'; number]),
            "chunked" => chunked(number),
            _ => text("404", "", "no such path"),
        }),
    }
}

/// An answer; `status` may carry a reason phrase, `headers` end with a line break.
fn whole(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

fn text(status: &str, headers: &str, body: &str) -> Vec<u8> {
    whole(status, headers, body.as_bytes())
}

fn echo(request: &Request) -> Vec<u8> {
    let echoed = json!({
        "method": request.method,
        "path": request.path,
        "query": request.query,
        "headers": request.headers,
        "body": request.text(),
    });
    let headers = "Content-Type: application/json\r\n";
    text("200 OK", headers, &echoed.to_string())
}

fn redirects(left: usize) -> Vec<u8> {
    let cookie = format!("Set-Cookie: hop={left}; Path=/\r\n");
    match left {
        0 => redirect("302", "/echo", Some(&cookie)),
        left => redirect("302", &format!("/redirect/{}", left - 1), Some(&cookie)),
    }
}

fn redirect(status: &str, location: &str, more: Option<&str>) -> Vec<u8> {
    let headers = format!("Location: {location}\r\n{}", more.unwrap_or(""));
    text(status, &headers, "")
}

fn flaky(fails: bool) -> Vec<u8> {
    match fails {
        true => text("503", "", "not yet"),
        false => text("200", "", "at last"),
    }
}

fn cookies(query: &str) -> Vec<u8> {
    let lines: String = query
        .split('&')
        .map(|pair| format!("Set-Cookie: {pair}; Path=/; HttpOnly\r\n"))
        .collect();
    text("200", &lines, "cookies set")
}

fn charset(charset: &str) -> Vec<u8> {
    let headers = match charset {
        "" => "Content-Type: text/plain\r\n".to_owned(),
        charset => format!("Content-Type: text/plain; charset={charset}\r\n"),
    };
    whole("200", &headers, b"\xe9\x80")
}

fn chunked(bytes: usize) -> Vec<u8> {
    let mut answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    let body = vec![b'x'; bytes];
    for chunk in body.chunks(CHUNK_BYTES) {
        answer.extend(format!("{:x}\r\n", chunk.len()).as_bytes());
        answer.extend(chunk);
        answer.extend(b"\r\n");
    }
    answer.extend(b"0\r\n\r\n");
    answer
}

/// Promises twice of what it gives.
fn partial(body: &str) -> Vec<u8> {
    let promised = body.len() * 2;
    format!("HTTP/1.1 200 OK\r\nContent-Length: {promised}\r\n\r\n{body}").into_bytes()
}
