//! `PUT /v2/executions/{id}` (REST API §9.4).

use std::sync::Arc;

use axum::extract::State;
use engine::event::{Answer, Event, ExecutionUpdate};
use engine::model::State as Run;
use store::record::ExecutionRecord;
use yaql::Dict;

use super::{SCHEMA, View, environment, find, find_with_root, render};
use crate::api::body::JsonBody;
use crate::api::caller::Caller;
use crate::api::error::{ApiError, ApiResult};
use crate::api::fields::{Given, shown};
use crate::api::list;
use crate::api::path::Segments;
use crate::api::query::Query;
use crate::api::reply;
use crate::api::state::App;

/// Describes, pauses, resumes or stops an execution.
pub(crate) async fn update(
    State(app): State<App>,
    caller: Caller,
    Segments(id): Segments<String>,
    arguments: Query,
    body: JsonBody,
) -> ApiResult {
    arguments.check_known(&[])?;
    let given = body.check(&SCHEMA)?;
    let (root, record, update) = app
        .read(move |reading| {
            let (root, record) = find_with_root(reading, &id)?;
            let env = given.dict("params").and_then(|params| params.get("env"));
            let env = env.filter(|env| env.is_truthy());
            let env = match env {
                None => None,
                env => Some(environment::resolve(reading, env, &list::visible(&caller))?),
            };
            Ok((root, record, wanted(&given, env)?))
        })
        .await?;
    let execution = record.id.id;
    let event = Event::ExecutionUpdated { execution, update };
    let record = match app.send(root, "update_workflow", event).await? {
        Answer::Execution(image) => ExecutionRecord::of(&image, record.root_execution_id),
        _ => {
            app.read(move |reading| find(reading, &execution.to_string()))
                .await?
        }
    };
    Ok(reply::ok(render(&record, View::CHANGED)))
}

/// What the body asks for.
fn wanted(given: &Given, env: Option<Dict>) -> ApiResult<ExecutionUpdate> {
    let description = given.filled_text("description").map(Arc::from);
    let refuse = |text: &str| Err(ApiError::bad_request(text));
    match (given.filled_text("state"), description, env) {
        (None, None, None) => {
            refuse("The property state, description, or env is not provided for update.")
        }
        (None, description, env) => Ok(ExecutionUpdate::Describe { description, env }),
        (Some(_), Some(_), _) => {
            refuse("The property description must be updated separately from state.")
        }
        (Some(state), None, Some(_)) if state != "RUNNING" => refuse(
            "The property env can only be updated when workflow execution is not running \
             or on resume from pause.",
        ),
        (Some(state), None, env) => transition(state, env, given),
    }
}

fn transition(state: &str, env: Option<Dict>, given: &Given) -> ApiResult<ExecutionUpdate> {
    let message = given.filled_text("state_info").map(Arc::from);
    match Run::by_name(state) {
        Some(Run::Running) => Ok(ExecutionUpdate::Resume { env }),
        Some(Run::Paused) => Ok(ExecutionUpdate::Pause),
        Some(state @ (Run::Success | Run::Error | Run::Cancelled)) => {
            Ok(ExecutionUpdate::Stop { state, message })
        }
        _ => Err(ApiError::bad_request(format!(
            "Cannot change state to {}. Allowed states are: \
             'RUNNING, PAUSED, SUCCESS, ERROR, CANCELLED",
            shown(state)
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use yaql::json;

    fn check(body: &str) -> Result<ExecutionUpdate, String> {
        let given = SCHEMA
            .check(json::parse(body).unwrap().as_dict().unwrap())
            .unwrap();
        let env = given
            .dict("params")
            .and_then(|p| p.get("env")?.as_dict().cloned());
        wanted(&given, env).map_err(|error| error.text().to_owned())
    }

    #[test]
    fn refusals() {
        let nothing = "The property state, description, or env is not provided for update.";
        for (body, text) in [
            (r#"{}"#, nothing),
            (r#"{"state": "", "description": null}"#, nothing),
            (
                r#"{"state": "PAUSED", "description": "x"}"#,
                "The property description must be updated separately from state.",
            ),
            (
                r#"{"state": "PAUSED", "params": {"env": {"a": 1}}}"#,
                "The property env can only be updated when workflow execution is not running \
                 or on resume from pause.",
            ),
            (
                r#"{"state": "DELAYED"}"#,
                "Cannot change state to DELAYED. Allowed states are: \
                 'RUNNING, PAUSED, SUCCESS, ERROR, CANCELLED",
            ),
        ] {
            assert_eq!(check(body), Err(text.to_owned()), "{body}");
        }
    }

    #[test]
    fn states_become_orders() {
        let env: Dict = [("a", 1)].into_iter().collect();
        assert_eq!(check(r#"{"state": "PAUSED"}"#), Ok(ExecutionUpdate::Pause));
        assert_eq!(
            check(r#"{"state": "RUNNING", "params": {"env": {"a": 1}}}"#),
            Ok(ExecutionUpdate::Resume { env: Some(env) })
        );
        assert_eq!(
            check(r#"{"state": "ERROR", "state_info": "why"}"#),
            Ok(ExecutionUpdate::Stop {
                state: Run::Error,
                message: Some("why".into())
            })
        );
        assert_eq!(
            check(r#"{"description": "x"}"#),
            Ok(ExecutionUpdate::Describe {
                description: Some("x".into()),
                env: None
            })
        );
    }
}
