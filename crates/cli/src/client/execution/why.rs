//! `ostro execution why`: what an execution waits for, or what ended it.

use serde_json::{Value, json};

use super::{is_final, items};
use crate::api::ApiError;
use crate::client::address::Address;
use crate::client::connection::Client;
use crate::client::document::{decoded, entries, text};
use crate::client::find::resolve;
use crate::client::print::line;
use crate::client::resource::{EXECUTIONS, Form, TASKS};
use crate::client::trouble::failed;
use crate::out;
use crate::watch::symbol;

/// What people see of a wait.
const COLUMNS: &[(&str, Form)] = &[
    ("task", Form::Plain),
    ("kind", Form::Plain),
    ("for", Form::Plain),
    ("since", Form::Plain),
    ("until", Form::Plain),
];

pub(super) async fn why(client: &Client, word: &str) -> anyhow::Result<()> {
    let id = resolve(client, &EXECUTIONS, word).await?;
    let refused = |error| failed("explain", &EXECUTIONS, word)(error);
    let execution = client
        .get(Address::new(&["executions", &id]))
        .await
        .map_err(refused)?;
    let execution = decoded(&EXECUTIONS, execution);
    let waits = waits(client, &id).await.map_err(refused)?;
    if client.output.json {
        let state = ["state", "state_info"].map(|field| execution.get(field).cloned());
        let [state, state_info] = state.map(Option::unwrap_or_default);
        return Ok(out::json(
            &json!({"state": state, "state_info": state_info, "waits": waits}),
        )?);
    }
    let (name, state) = (text(&execution, "workflow_name"), text(&execution, "state"));
    out::line(&format!("{} {name} {state}", symbol(state)))?;
    let info = text(&execution, "state_info").trim_end();
    if !info.is_empty() {
        out::line(&indented(info))?;
    }
    match (waits.is_empty(), is_final(state)) {
        (false, _) => Ok(client.output.rows(&flat(&waits), COLUMNS)?),
        (true, true) => Ok(()),
        (true, false) => Ok(out::line("  it waits for nothing outside; it is at work")?),
    }
}

fn indented(text: &str) -> String {
    let lines = text.lines().map(|line| format!("  {line}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Waits with the task's name, and what it waits for on a line.
fn flat(waits: &[Value]) -> Vec<Value> {
    let flat = |wait: &Value| {
        let mut wait = wait.clone();
        if let Some(name) = wait["task"].get("name").cloned() {
            wait["task"] = name;
        }
        if let Some(reason) = wait.get_mut("for") {
            *reason = json!(named(reason));
        }
        wait
    };
    waits.iter().map(flat).collect()
}

/// An action or an execution by its name and id, anything else as it is.
fn named(reason: &Value) -> String {
    match (text(reason, "name"), text(reason, "id")) {
        ("", _) | (_, "") => line(reason),
        (name, id) => format!("{name} {id}"),
    }
}

async fn waits(client: &Client, id: &str) -> Result<Vec<Value>, ApiError> {
    match client.get(Address::new(&["executions", id, "why"])).await {
        Ok(answer) => Ok(items(&answer, "waits").to_vec()),
        Err(ApiError::Refused {
            status: 404 | 405 | 501,
            ..
        }) => from_tasks(client, id).await,
        Err(error) => Err(error),
    }
}

/// What the states of the tasks tell.
async fn from_tasks(client: &Client, id: &str) -> Result<Vec<Value>, ApiError> {
    let address = Address::new(&["executions", id, "tasks"]).with("sort_keys", "created_at,id");
    let tasks = entries(&TASKS, client.get(address).await?);
    Ok(tasks.iter().filter_map(wait_of).collect())
}

fn wait_of(task: &Value) -> Option<Value> {
    let started = match text(task, "started_at") {
        "" => text(task, "created_at"),
        at => at,
    };
    let (kind, reason) = match (text(task, "state"), text(task, "type")) {
        ("RUNNING", "WORKFLOW") => ("workflow", "its sub-workflow"),
        ("RUNNING", _) => ("action", "its action"),
        ("WAITING", _) => ("join", "other branches"),
        ("DELAYED", _) => ("timer", "a delay: wait-before, wait-after or retry"),
        ("IDLE", _) => ("start", "a free place"),
        ("PAUSED", _) => ("operator", "somebody who resumes it"),
        _ => return None,
    };
    Some(
        json!({"task": {"id": text(task, "id"), "name": text(task, "name")}, "kind": kind, "for": reason, "since": started, "until": null}),
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::scripted::Scripted;
    use super::*;

    #[tokio::test]
    async fn where_a_service_does_not_say_the_tasks_tell() {
        let task = |name: &str, state: &str| json!({"name": name, "state": state, "type": "ACTION", "created_at": "c"});
        let tasks =
            json!({"tasks": [task("a", "SUCCESS"), task("b", "RUNNING"), task("c", "WAITING")]});
        let client = Scripted::new()
            .answer("GET", 404, &json!({}))
            .answer("GET", 200, &tasks)
            .client()
            .await;
        let waits = waits(&client, "e").await.unwrap();
        let shown: Vec<_> = waits
            .iter()
            .map(|wait| (text(&wait["task"], "name"), text(wait, "kind")))
            .collect();
        assert_eq!(shown, [("b", "action"), ("c", "join")]);
    }

    #[test]
    fn tasks_and_actions_are_named() {
        let waits =
            [json!({"task": {"id": "1", "name": "t"}, "for": {"id": "2", "name": "std.ssh"}})];
        let shown = &flat(&waits)[0];
        assert_eq!(
            (text(shown, "task"), text(shown, "for")),
            ("t", "std.ssh 2")
        );
    }

    #[test]
    fn reasons_are_one_line() {
        let waits = [json!({"task": "t", "for": ["a", "b"]})];
        assert_eq!(flat(&waits)[0]["for"], "a,b");
    }
}
