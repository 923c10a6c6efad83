//! `ostro action`: the definitions, and running one.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::definition;
use crate::client::address::Address;
use crate::client::connection::Client;
use crate::client::document::{decoded, text};
use crate::client::resource::{ACTION_EXECUTIONS, ACTIONS};
use crate::client::trouble::failed;
use crate::exit::Exit;
use crate::input;

#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    #[command(flatten)]
    Definition(definition::Verb),
    Run(Run),
}

/// Run an action by itself and print its result
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0  SUCCESS    1  ERROR    2  refused    4  still running (--no-wait, asynchronous actions)

Examples:
  ostro action run std.echo -i output=hi
  ostro action run std.http -i url=http://127.0.0.1:8080/ --save --timeout 10")]
pub(crate) struct Run {
    /// The action
    #[arg(value_name = "ACTION")]
    name: String,
    /// Input: NAME=VALUE (a JSON value, else a text), FILE (JSON or YAML), - or a JSON object; may
    /// be repeated
    #[arg(long, short, value_name = "NAME=VALUE|FILE|-")]
    input: Vec<String>,
    /// Keep the run, to be seen by `ostro action-execution`
    #[arg(long, short)]
    save: bool,
    /// Do not wait for the result; implies --save
    #[arg(long)]
    no_wait: bool,
    /// Seconds that the action may take
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,
    /// Which executor is to run it
    #[arg(long, value_name = "NAME")]
    target: Option<String>,
    /// The namespace of the action
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,
}

impl Run {
    fn body(&self) -> anyhow::Result<Value> {
        let mut params = Map::new();
        params.insert("run_sync".to_owned(), json!(!self.no_wait));
        params.insert("save_result".to_owned(), json!(self.save || self.no_wait));
        if let Some(seconds) = self.timeout {
            params.insert("timeout".to_owned(), json!(seconds));
        }
        if let Some(target) = &self.target {
            params.insert("target".to_owned(), json!(target));
        }
        let mut body = json!({
            "name": self.name, "input": input::object(&self.input)?, "params": params,
        });
        if let (Some(body), Some(namespace)) = (body.as_object_mut(), &self.namespace) {
            body.insert("workflow_namespace".to_owned(), json!(namespace));
        }
        Ok(body)
    }
}

pub(crate) async fn run(client: &Client, verb: &Action) -> anyhow::Result<Exit> {
    match verb {
        Action::Definition(verb) => definition::run(client, &ACTIONS, verb).await,
        Action::Run(run) => perform(client, run).await,
    }
}

pub(crate) async fn perform(client: &Client, run: &Run) -> anyhow::Result<Exit> {
    let answer = client
        .post(Address::new(&["action_executions"]), run.body()?)
        .await
        .map_err(failed("run", &ACTIONS, &run.name))?;
    let done = decoded(&ACTION_EXECUTIONS, answer);
    let state = text(&done, "state");
    let result = done.get("output").and_then(|output| output.get("result"));
    match (client.output.json || run.save, result) {
        (false, Some(result)) => client.output.value(result)?,
        _ => client.output.one(&ACTION_EXECUTIONS, &done)?,
    }
    Ok(match state {
        "SUCCESS" => Exit::Success,
        "ERROR" => Exit::Failure,
        "CANCELLED" => Exit::Interrupted,
        _ => Exit::Unfinished,
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::super::scripted::Scripted;
    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        run: Run,
    }

    fn parsed(arguments: &[&str]) -> Run {
        Line::parse_from([&["run"], arguments].concat()).run
    }

    #[tokio::test]
    async fn the_state_is_the_exit_code() {
        for (state, exit) in [
            ("SUCCESS", Exit::Success),
            ("ERROR", Exit::Failure),
            ("CANCELLED", Exit::Interrupted),
            ("RUNNING", Exit::Unfinished),
        ] {
            let answer = json!({"state": state, "output": "{\"result\": 1}"});
            let client = Scripted::new().answer("POST", 201, &answer).client().await;
            let run = parsed(&["std.echo", "-i", "output=3", "--timeout", "5"]);
            assert_eq!(perform(&client, &run).await.unwrap(), exit);
            let expected = json!({
                "name": "std.echo", "input": {"output": 3},
                "params": {"run_sync": true, "save_result": false, "timeout": 5},
            });
            assert_eq!(client.sent(0), expected);
        }
    }

    #[test]
    fn who_does_not_wait_has_the_run_kept() {
        let body = parsed(&["a", "--no-wait", "--namespace", "n"])
            .body()
            .unwrap();
        assert_eq!(
            body["params"],
            json!({"run_sync": false, "save_result": true})
        );
        assert_eq!(body["workflow_namespace"], "n");
    }
}
