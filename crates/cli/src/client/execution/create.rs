//! `ostro execution create`.

use clap::Args;
use serde_json::{Map, Value, json};

use super::follow::{self, Following};
use crate::client::address::Address;
use crate::client::connection::Client;
use crate::client::document::{decoded, text};
use crate::client::find::{is_id, resolve};
use crate::client::resource::{EXECUTIONS, WORKFLOWS};
use crate::client::trouble::failed;
use crate::exit::Exit;
use crate::input;

/// Start a workflow
///
/// With --watch or --wait the output is printed when the workflow has ended, and the exit code says
/// how it ended. Ctrl-C ends the watching, not the workflow.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes of --watch and --wait:
  0  SUCCESS    1  ERROR    2  not started    3  cancelled or paused    4  still running

Examples:
  ostro execution create hello -i name=Riga --watch
  ostro execution create upgrade -i hosts.json -i reboot=true --env production
  ostro execution create report --wait --json | jq .output
  ostro execution create --source @last -i reboot=false        again, with other input")]
pub(crate) struct Create {
    /// The workflow: its name or id
    #[arg(value_name = "WORKFLOW", required_unless_present = "source")]
    workflow: Option<String>,
    /// Input: NAME=VALUE (a JSON value, else a text), FILE (JSON or YAML), - for standard input or a
    /// JSON object; may be repeated, the later one wins
    #[arg(long, short, value_name = "NAME=VALUE|FILE|-")]
    input: Vec<String>,
    /// The environment: the name of a stored one, or values in the forms of --input
    #[arg(long, short, value_name = "ENVIRONMENT|NAME=VALUE")]
    env: Vec<String>,
    /// Other parameters, in the forms of --input: notify, evaluate_env …
    #[arg(long, value_name = "NAME=VALUE|FILE|-")]
    params: Vec<String>,
    /// The task that a reverse workflow shall reach
    #[arg(long, value_name = "TASK_NAME")]
    target: Option<String>,
    /// The namespace of the workflow
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,
    /// A note
    #[arg(
        long,
        short,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    description: String,
    /// The id that it shall have; one that exists is not started again
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Start again what this execution did; input and parameters given here come on top
    #[arg(long, short, value_name = "EXECUTION")]
    source: Option<String>,
    /// Show the tasks while they run
    #[arg(long)]
    watch: bool,
    /// Wait for the end
    #[arg(long, conflicts_with = "watch")]
    wait: bool,
    /// Seconds to watch or wait at most
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,
}

impl Create {
    fn body(&self, source: Option<&String>) -> anyhow::Result<Value> {
        let mut params = input::object(&self.params)?;
        if let Some(env) = environment(&self.env)? {
            params.insert("env".to_owned(), env);
        }
        if let Some(target) = &self.target {
            params.insert("task_name".to_owned(), json!(target));
        }
        let mut body = Map::new();
        let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
        if let Some(workflow) = &self.workflow {
            let field = if is_id(workflow) {
                "workflow_id"
            } else {
                "workflow_name"
            };
            put(field, json!(workflow));
        }
        put("description", json!(self.description));
        put("input", Value::Object(input::object(&self.input)?));
        put("params", Value::Object(params));
        for (name, value) in [
            ("workflow_namespace", self.namespace.as_ref()),
            ("id", self.id.as_ref()),
            ("source_execution_id", source),
        ] {
            if let Some(value) = value {
                put(name, json!(value));
            }
        }
        Ok(Value::Object(body))
    }
}

/// One bare word is the name of a stored environment; everything else makes an object.
fn environment(arguments: &[String]) -> anyhow::Result<Option<Value>> {
    match arguments {
        [] => Ok(None),
        [name] if is_name(name) => Ok(Some(json!(name))),
        values => Ok(Some(Value::Object(input::object(values)?))),
    }
}

fn is_name(argument: &str) -> bool {
    let is_form = argument == "-" || argument.starts_with(['@', '{']) || argument.contains('=');
    !is_form && !std::path::Path::new(argument).is_file()
}

pub(super) async fn create(client: &Client, wanted: &Create) -> anyhow::Result<Exit> {
    let source = match &wanted.source {
        Some(word) => Some(resolve(client, &EXECUTIONS, word).await?),
        None => None,
    };
    let name = wanted.workflow.as_deref().unwrap_or_default();
    let answer = client
        .post(Address::new(&["executions"]), wanted.body(source.as_ref())?)
        .await
        .map_err(failed("start", &WORKFLOWS, name))?;
    let started = decoded(&EXECUTIONS, answer);
    let following = match (wanted.watch, wanted.wait) {
        (true, _) => Following::Watch,
        (_, true) => Following::Wait,
        _ => {
            client.output.one(&EXECUTIONS, &started)?;
            return Ok(Exit::Success);
        }
    };
    follow::to_the_end(client, text(&started, "id"), following, wanted.timeout).await
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::super::scripted::Scripted;
    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        create: Create,
    }

    fn body(arguments: &[&str]) -> Value {
        let create = Line::parse_from([&["create"], arguments].concat()).create;
        create.body(create.source.as_ref()).unwrap()
    }

    #[test]
    fn what_is_sent() {
        let expected = json!({
            "workflow_name": "hello", "description": "", "input": {"n": 3, "name": "Riga"},
            "params": {"env": "prod", "task_name": "last"}, "workflow_namespace": "x", "id": "mine",
        });
        let arguments = [
            "hello",
            "-i",
            "n=3",
            "-i",
            "name=Riga",
            "--env",
            "prod",
            "--target",
            "last",
            "--namespace",
            "x",
            "--id",
            "mine",
        ];
        assert_eq!(body(&arguments), expected);
        let id = "0193aaaa-0000-7000-8000-000000000001";
        let by_id = body(&[
            id,
            "-e",
            "a=1",
            "-e",
            "b=2",
            "--params",
            "{\"evaluate_env\": false}",
        ]);
        assert_eq!(by_id["workflow_id"], id);
        assert_eq!(
            by_id["params"],
            json!({"evaluate_env": false, "env": {"a": 1, "b": 2}})
        );
        assert_eq!(body(&["--source", id])["source_execution_id"], id);
    }

    #[test]
    fn a_workflow_or_a_source_is_needed() {
        assert!(Line::try_parse_from(["create"]).is_err());
        assert!(Line::try_parse_from(["create", "w", "--watch", "--wait"]).is_err());
    }

    #[tokio::test]
    async fn the_end_is_the_exit_code() {
        let execution = |state: &str| json!({"id": "e", "workflow_name": "w", "state": state, "state_info": null, "output": "{}"});
        for (state, exit) in [
            ("SUCCESS", Exit::Success),
            ("ERROR", Exit::Failure),
            ("PAUSED", Exit::Interrupted),
        ] {
            let client = Scripted::new()
                .answer("POST", 201, &execution("RUNNING"))
                .answer("GET", 200, &execution(state))
                .answer("GET", 200, &execution(state))
                .client()
                .await;
            let wanted = Line::parse_from(["create", "w", "--wait"]).create;
            assert_eq!(create(&client, &wanted).await.unwrap(), exit);
        }
    }
}
