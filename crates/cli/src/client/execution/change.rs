//! `ostro execution update`, `pause`, `resume` and `cancel`.

use clap::Args;
use serde_json::{Map, Value, json};

use crate::client::address::Address;
use crate::client::connection::Client;
use crate::client::document::decoded;
use crate::client::find::resolve;
use crate::client::objects::{Many, One};
use crate::client::resource::EXECUTIONS;
use crate::client::trouble::failed;
use crate::input;

/// Change an execution: its state, its description or its environment
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ostro execution update @last --state PAUSED
  ostro execution update @last --state ERROR --reason 'the disk is full'
  ostro execution update @last --description 'the night shift'
  ostro execution update @last --env town=Riga               only while it does not run")]
pub(crate) struct Update {
    #[command(flatten)]
    one: One,
    /// RUNNING, PAUSED, SUCCESS, ERROR or CANCELLED
    #[arg(long, short, value_name = "STATE", ignore_case = true, required_unless_present_any = ["description", "env"],
        value_parser = ["RUNNING", "PAUSED", "SUCCESS", "ERROR", "CANCELLED"])]
    state: Option<String>,
    /// A note
    #[arg(long, short, value_name = "TEXT", conflicts_with = "state")]
    description: Option<String>,
    /// Values of the environment, over those that are there: NAME=VALUE, FILE, - or a JSON object
    #[arg(long, short, value_name = "NAME=VALUE|FILE|-")]
    env: Vec<String>,
    /// Why it ends: its state_info
    #[arg(long, value_name = "TEXT", requires = "state")]
    reason: Option<String>,
}

/// Resume paused executions
#[derive(Debug, Args)]
pub(crate) struct Resume {
    #[command(flatten)]
    executions: Many,
    /// Change the environment before: NAME=VALUE, FILE, - or a JSON object
    #[arg(long, short, value_name = "NAME=VALUE|FILE|-")]
    env: Vec<String>,
}

/// Cancel executions: what runs is stopped, sub-workflows too
#[derive(Debug, Args)]
pub(crate) struct Cancel {
    #[command(flatten)]
    executions: Many,
    /// Why: the state_info
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

pub(super) async fn update(client: &Client, wanted: &Update) -> anyhow::Result<()> {
    let state = wanted.state.as_deref().map(str::to_uppercase);
    let mut body = body(state.as_deref(), wanted.reason.as_deref(), &wanted.env)?;
    if let Some(description) = &wanted.description {
        body.insert("description".to_owned(), json!(description));
    }
    let changed = send(client, "update", &wanted.one.id, body).await?;
    Ok(client.output.one(&EXECUTIONS, &changed)?)
}

pub(super) async fn pause(client: &Client, some: &Many) -> anyhow::Result<()> {
    send_all(client, "pause", some, &body(Some("PAUSED"), None, &[])?).await
}

pub(super) async fn resume(client: &Client, wanted: &Resume) -> anyhow::Result<()> {
    let body = body(Some("RUNNING"), None, &wanted.env)?;
    send_all(client, "resume", &wanted.executions, &body).await
}

pub(super) async fn cancel(client: &Client, wanted: &Cancel) -> anyhow::Result<()> {
    let body = body(Some("CANCELLED"), wanted.reason.as_deref(), &[])?;
    send_all(client, "cancel", &wanted.executions, &body).await
}

fn body(
    state: Option<&str>,
    reason: Option<&str>,
    env: &[String],
) -> anyhow::Result<Map<String, Value>> {
    let mut body = Map::new();
    if let Some(state) = state {
        body.insert("state".to_owned(), json!(state));
    }
    if let Some(reason) = reason {
        body.insert("state_info".to_owned(), json!(reason));
    }
    if !env.is_empty() {
        body.insert("params".to_owned(), json!({"env": input::object(env)?}));
    }
    Ok(body)
}

async fn send_all(
    client: &Client,
    verb: &str,
    some: &Many,
    body: &Map<String, Value>,
) -> anyhow::Result<()> {
    let mut changed = Vec::new();
    for word in &some.ids {
        changed.push(send(client, verb, word, body.clone()).await?);
    }
    Ok(client.output.list(&EXECUTIONS, &changed, None)?)
}

async fn send(
    client: &Client,
    verb: &str,
    word: &str,
    body: Map<String, Value>,
) -> anyhow::Result<Value> {
    let id = resolve(client, &EXECUTIONS, word).await?;
    let answer = client
        .put(Address::new(&["executions", &id]), Value::Object(body))
        .await
        .map_err(failed(verb, &EXECUTIONS, word))?;
    Ok(decoded(&EXECUTIONS, answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_given_is_sent() {
        let body = |state, reason, env: &[&str]| {
            let env: Vec<String> = env.iter().map(|text| (*text).to_owned()).collect();
            Value::Object(super::body(state, reason, &env).unwrap())
        };
        assert_eq!(body(Some("PAUSED"), None, &[]), json!({"state": "PAUSED"}));
        let with_all = json!({"state": "ERROR", "state_info": "why", "params": {"env": {"a": 1}}});
        assert_eq!(body(Some("ERROR"), Some("why"), &["a=1"]), with_all);
    }
}
