//! `std.http` and `std.mistral_http`: one HTTP request.
//!
//! `request` reads the parameters, `client` sends, `response` makes the result.

pub(crate) mod client;
mod cookie;
mod credentials;
mod pool;
pub(crate) mod proxy;
mod redirect;
mod request;
mod response;
mod text;

use engine::pure::Outcome;
use engine::signature::Signature;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue};
use yaql::{Dict, Value};

use self::client::HttpClient;
use crate::action::{Action, ActionContext, Failure, outcome};
use crate::config::{HttpConfig, limit};
use crate::parameters::{nullable, optional, required};

/// Statuses that make the action succeed (workflow language §11.1).
const SUCCESS: std::ops::RangeInclusive<u16> = 200..=306;

pub(crate) fn actions(config: &HttpConfig) -> [impl Action + 'static; 2] {
    let client = HttpClient::new(config);
    let action = |name, description, is_sync| HttpAction {
        name,
        description,
        signature: signature(is_sync),
        client: client.clone(),
        defaults: request::Defaults {
            timeout: limit(config.default_timeout),
        },
    };
    [
        action(
            "std.http",
            "Sends an HTTP request; the result is the answer, with its content parsed if it is JSON.",
            true,
        ),
        action(
            "std.mistral_http",
            "Sends an HTTP request that names this execution, and waits until its receiver reports a result.",
            false,
        ),
    ]
}

fn signature(is_sync: bool) -> Signature {
    let rest = [
        "params",
        "body",
        "json",
        "headers",
        "cookies",
        "auth",
        "timeout",
        "allow_redirects",
        "proxies",
        "verify",
    ];
    let first = [required("url"), optional("method", "GET")];
    Signature {
        is_sync,
        ..Signature::new(first.into_iter().chain(rest.map(nullable)))
    }
}

struct HttpAction {
    name: &'static str,
    description: &'static str,
    signature: Signature,
    client: HttpClient,
    defaults: request::Defaults,
}

impl HttpAction {
    async fn perform(&self, input: &Dict, context: &ActionContext) -> Result<Value, Failure> {
        let mut request = request::read(input, self.defaults).await?;
        if !self.is_sync() {
            request.headers.extend(announcement(context));
        }
        let sent = self.client.send(request).await;
        let response = sent.map_err(|error| Failure::raised(&error))?;
        let is_success = SUCCESS.contains(&response.head.status.as_u16());
        let result = response::result(response);
        if is_success {
            Ok(result)
        } else {
            Err(Failure::Reported(result))
        }
    }
}

impl Action for HttpAction {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn description(&self) -> &str {
        self.description
    }

    fn run(&self, input: Dict, context: ActionContext) -> BoxFuture<'_, Outcome> {
        Box::pin(async move {
            let result = self.perform(&input, &context).await;
            outcome(self.name, &context, result)
        })
    }
}

/// Tells the receiver where to report the result (REST API §11.3).
fn announcement(context: &ActionContext) -> HeaderMap {
    let facts = [
        ("mistral-workflow-name", &context.workflow_name),
        (
            "mistral-workflow-execution-id",
            &context.workflow_execution_id,
        ),
        ("mistral-task-id", &context.task_execution_id),
        ("mistral-action-execution-id", &context.action_execution_id),
        ("mistral-callback-url", &context.callback_url),
    ];
    facts
        .into_iter()
        .filter_map(|(name, fact)| {
            let value = HeaderValue::from_str(fact.as_deref()?).ok()?;
            Some((HeaderName::from_static(name), value))
        })
        .collect()
}
