//! One attempt: a web hook's request, a chat's, or a mail.

use std::time::Duration;

use actions::{ActionContext, HttpClient, HttpError, HttpRequest, Outcome, Registry, Waits};
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use sha2::Sha256;
use store::notification::Notification;
use yaql::{Dict, Value, json};

/// Waits of the original's publisher.
const CONNECT: Duration = Duration::from_secs(3);
const READ: Duration = Duration::from_secs(10);

/// The longest that an attempt takes, whatever happens.
const LONGEST: Duration = Duration::from_secs(30);

/// The longest reason that is kept, in characters.
const MAX_REASON: usize = 500;

/// Why a receiver does not have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Nothing will change that: the description makes no sense, or is not allowed.
    ForEver(String),
    /// It answered, and refused this one.
    Refused(String),
    /// It does not answer, or not now.
    Away(String),
}

/// Sends notifications. Cheap to clone.
#[derive(Clone)]
pub(super) struct Sender {
    pub(super) http: HttpClient,
    pub(super) registry: Registry,
}

impl Sender {
    /// One attempt.
    pub(super) async fn send(&self, notification: &Notification) -> Result<(), Trouble> {
        let attempt = async {
            match text(&notification.publisher, "type") {
                Some("webhook") => self.webhook(notification).await,
                Some("chat") => self.chat(notification).await,
                Some("email") => self.email(notification).await,
                _ => Err(Trouble::ForEver(
                    "the receiver is of no known type".to_owned(),
                )),
            }
        };
        match tokio::time::timeout(LONGEST, attempt).await {
            Ok(done) => done.map_err(Trouble::short),
            Err(_) => Err(Trouble::Away("no answer in time".to_owned())),
        }
    }

    /// The contract's request: the body as it is, the given headers, and ours.
    async fn webhook(&self, notification: &Notification) -> Result<(), Trouble> {
        let body = notification.body.as_bytes().to_vec();
        let answer = self.post(notification, body, HeaderMap::new()).await?;
        judge(answer, &[StatusCode::OK, StatusCode::CREATED])
    }

    /// A line of text, in the form that Slack, Mattermost and others take.
    async fn chat(&self, notification: &Notification) -> Result<(), Trouble> {
        let shown = Dict::from_iter([("text", line(notification))]);
        let body = json::to_string(&shown.into()).into_bytes();
        let mut headers = HeaderMap::new();
        let kind = HeaderValue::from_static("application/json");
        headers.insert(http::header::CONTENT_TYPE, kind);
        let answer = self.post(notification, body, headers).await?;
        judge(
            answer,
            &[
                StatusCode::OK,
                StatusCode::CREATED,
                StatusCode::ACCEPTED,
                StatusCode::NO_CONTENT,
            ],
        )
    }

    async fn post(
        &self,
        notification: &Notification,
        body: Vec<u8>,
        mut headers: HeaderMap,
    ) -> Result<StatusCode, Trouble> {
        let publisher = &notification.publisher;
        let url = text(publisher, "url").unwrap_or_default();
        let url =
            url::Url::parse(url).map_err(|error| Trouble::ForEver(format!("url: {error}")))?;
        headers.extend(given_headers(publisher)?);
        headers.extend(own_headers(notification, &body));
        let mut request = HttpRequest::new(Method::POST, url);
        request.headers = headers;
        request.body = Some(body);
        request.waits = Waits {
            connect: Some(CONNECT),
            read: Some(READ),
        };
        match self.http.send(request).await {
            Ok(answer) => Ok(answer.head.status),
            Err(HttpError::Forbidden(denied)) => Err(Trouble::ForEver(denied.to_string())),
            Err(error) => Err(Trouble::Away(error.to_string())),
        }
    }

    async fn email(&self, notification: &Notification) -> Result<(), Trouble> {
        let publisher = &notification.publisher;
        let get = |name: &str| publisher.get(name).cloned().unwrap_or_default();
        let subject = match text(publisher, "subject") {
            Some(subject) => Value::from(subject),
            None => line(notification).into(),
        };
        let to = match get("to") {
            Value::String(one) => Value::from(vec![Value::String(one)]),
            many => many,
        };
        let input: Dict = [
            ("from_addr", get("from")),
            ("to_addrs", to),
            ("smtp_server", get("smtp_server")),
            ("smtp_password", get("smtp_password")),
            ("subject", subject),
            (
                "body",
                Value::from(format!("{}\n\n{}\n", line(notification), notification.body)),
            ),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .collect();
        let Some(action) = self.registry.get("std.email") else {
            return Err(Trouble::ForEver("there is no std.email".to_owned()));
        };
        if let Err(mismatch) = action.signature().check(&input) {
            return Err(Trouble::ForEver(mismatch.text("std.email", "std.email")));
        }
        match action.run(input, ActionContext::default()).await {
            Outcome::Success(_) => Ok(()),
            Outcome::Error(reason) => Err(Trouble::Away(json::to_string(&reason))),
        }
    }
}

impl Trouble {
    pub(super) fn reason(&self) -> &str {
        match self {
            Self::ForEver(reason) | Self::Refused(reason) | Self::Away(reason) => reason,
        }
    }

    fn short(self) -> Self {
        let cut = |text: String| text.chars().take(MAX_REASON).collect();
        match self {
            Self::ForEver(reason) => Self::ForEver(cut(reason)),
            Self::Refused(reason) => Self::Refused(cut(reason)),
            Self::Away(reason) => Self::Away(cut(reason)),
        }
    }
}

fn judge(status: StatusCode, good: &[StatusCode]) -> Result<(), Trouble> {
    if good.contains(&status) {
        return Ok(());
    }
    let reason = format!("the receiver answered {status}");
    let later = [
        StatusCode::REQUEST_TIMEOUT,
        StatusCode::TOO_EARLY,
        StatusCode::TOO_MANY_REQUESTS,
    ];
    match status.is_server_error() || later.contains(&status) {
        true => Err(Trouble::Away(reason)),
        false => Err(Trouble::Refused(reason)),
    }
}

fn text<'a>(dict: &'a Dict, name: &str) -> Option<&'a str> {
    dict.get(name).and_then(Value::as_str)
}

fn given_headers(publisher: &Dict) -> Result<HeaderMap, Trouble> {
    let mut headers = HeaderMap::new();
    let given = publisher.get("headers").and_then(Value::as_dict);
    for (name, value) in given.into_iter().flatten() {
        let (name, value) = (yaql::python::str(name), yaql::python::str(value));
        let wrong = |_| Trouble::ForEver(format!("headers: '{name}' can not be sent"));
        let key = HeaderName::try_from(name.as_str()).map_err(|_| wrong(()))?;
        headers.insert(key, HeaderValue::try_from(value).map_err(|_| wrong(()))?);
    }
    Ok(headers)
}

/// What makes a delivery known again, and proves whose it is.
fn own_headers(notification: &Notification, body: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut add = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    };
    add("x-ostro-delivery", notification.id.to_string());
    add("x-ostro-sequence", notification.seq.to_string());
    if let Some(secret) = text(&notification.publisher, "secret")
        && let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes())
    {
        let bytes = mac.chain_update(body).finalize().into_bytes();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        add("x-hub-signature-256", format!("sha256={hex}"));
    }
    headers
}

/// A notification in one line: `deploy: task build FAILED (…)`.
fn line(notification: &Notification) -> String {
    let body = json::parse(&notification.body).unwrap_or_default();
    let part = |name: &str| {
        let value = body.as_dict().and_then(|body| body.get(name));
        value.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let (kind, what) = notification.event.split_once('_').unwrap_or_default();
    let subject = match kind {
        "TASK" => format!("{}: task {}", part("workflow_name"), part("name")),
        _ => part("workflow_name"),
    };
    let info: String = part("state_info").chars().take(200).collect();
    match info.lines().next().unwrap_or_default() {
        "" => format!("{subject} {what}"),
        info => format!("{subject} {what} ({info})"),
    }
}
