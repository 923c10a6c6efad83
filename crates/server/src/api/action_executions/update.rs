//! `PUT /v2/action_executions/{id}`: somebody outside reports a result
//! (REST API §11.3).

use axum::extract::State;
use engine::event::{Answer, Event, Outcome};
use engine::model::{ActionId, ExecutionId, State as Run};
use yaql::{Dict, Value};

use super::{SCHEMA, find, not_found, render};
use crate::api::body::JsonBody;
use crate::api::error::{ApiError, ApiResult};
use crate::api::fields::{Given, shown};
use crate::api::path::Segments;
use crate::api::query::Query;
use crate::api::reply;
use crate::api::state::App;

/// Ends an action execution, or tells that it pauses or goes on.
pub(crate) async fn update(
    State(app): State<App>,
    Segments(id): Segments<String>,
    arguments: Query,
    body: JsonBody,
) -> ApiResult {
    arguments.check_known(&[])?;
    let given = body.check(&SCHEMA)?;
    let report = Report::parse(&given)?;
    let key = id.clone();
    let found = app.look(move |reading| {
        let action: ActionId = key.parse().map_err(|_| not_found(&key))?;
        let root = reading.store.root_of_action(action)?;
        Ok((root.ok_or_else(|| not_found(&key))?, action))
    });
    let (root, action): (ExecutionId, ActionId) = found.await?;
    let answer = app
        .send(root, "on_action_complete", report.event(action))
        .await?;
    debug_assert!(matches!(answer, Answer::Action(_) | Answer::Done));
    let record = app.look(move |reading| find(reading, &id)).await?;
    Ok(reply::ok(render(&record)))
}

/// What the body tells.
enum Report {
    Ended(Outcome),
    Changed(Run),
}

impl Report {
    fn parse(given: &Given) -> ApiResult<Self> {
        let output = given.value("output").cloned();
        let state = given.text("state");
        match state.and_then(Run::by_name) {
            Some(Run::Success) => Ok(Self::Ended(Outcome::Success(success(output)))),
            Some(Run::Error) => Ok(Self::Ended(Outcome::Error(error(output)))),
            Some(Run::Cancelled) => Ok(Self::Ended(Outcome::Cancelled)),
            Some(state @ (Run::Paused | Run::Running)) => Ok(Self::Changed(state)),
            _ => Err(ApiError::bad_request(format!(
                "Error. Expected one of ['SUCCESS', 'ERROR', 'CANCELLED', 'PAUSED', 'RUNNING'], \
                 actual: {}",
                shown(state.unwrap_or("Unset"))
            ))),
        }
    }

    fn event(self, action: ActionId) -> Event {
        match self {
            Self::Ended(outcome) => Event::ActionCompleted { action, outcome },
            Self::Changed(state) => Event::ActionStateReported { action, state },
        }
    }
}

/// Without an output the result is an empty object.
fn success(output: Option<Value>) -> Value {
    output.unwrap_or_else(|| Dict::new().into())
}

fn error(output: Option<Value>) -> Value {
    output
        .filter(Value::is_truthy)
        .unwrap_or_else(|| "Unknown error".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use yaql::json;

    fn event(body: &str) -> Result<String, String> {
        let given = SCHEMA
            .check(json::parse(body).unwrap().as_dict().unwrap())
            .unwrap();
        match Report::parse(&given) {
            Ok(Report::Ended(outcome)) => Ok(format!("{outcome:?}")),
            Ok(Report::Changed(state)) => Ok(state.to_string()),
            Err(error) => Err(error.text().to_owned()),
        }
    }

    #[test]
    fn outcomes() {
        for (body, told) in [
            (r#"{"state": "SUCCESS"}"#, "Success({})"),
            (
                r#"{"state": "SUCCESS", "output": "{\"a\": 1}"}"#,
                "Success({'a': 1})",
            ),
            (r#"{"state": "SUCCESS", "output": [1]}"#, "Success((1,))"),
            (r#"{"state": "ERROR"}"#, "Error('Unknown error')"),
            (
                r#"{"state": "ERROR", "output": {"e": 1}}"#,
                "Error({'e': 1})",
            ),
            (r#"{"state": "CANCELLED", "output": {"e": 1}}"#, "Cancelled"),
            (r#"{"state": "PAUSED"}"#, "PAUSED"),
        ] {
            assert_eq!(event(body).as_deref(), Ok(told), "{body}");
        }
    }

    #[test]
    fn other_states_are_refused() {
        let text = "Error. Expected one of ['SUCCESS', 'ERROR', 'CANCELLED', 'PAUSED', \
                    'RUNNING'], actual: ";
        for (body, actual) in [
            (r#"{}"#, "Unset"),
            (r#"{"state": "FOO"}"#, "FOO"),
            (r#"{"state": "DELAYED"}"#, "DELAYED"),
        ] {
            assert_eq!(event(body), Err(format!("{text}{actual}")));
        }
    }
}
