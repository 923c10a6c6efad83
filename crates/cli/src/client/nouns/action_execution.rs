//! `ostro action-execution`.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::action::{self, Run};
use crate::client::address::Address;
use crate::client::connection::Client;
use crate::client::document::decoded;
use crate::client::find::resolve;
use crate::client::list::{self, List};
use crate::client::objects::{self, Many, Namespace, One};
use crate::client::resource::{ACTION_EXECUTIONS, TASKS};
use crate::client::trouble::failed;
use crate::exit::Exit;
use crate::input;

#[derive(Debug, Subcommand)]
pub(crate) enum ActionExecution {
    List(OfTask),
    /// Show a run of an action
    Show(One),
    Run(Run),
    /// Print the input as JSON
    #[command(visible_alias = "input")]
    GetInput(One),
    /// Print the output as JSON
    #[command(visible_alias = "output")]
    GetOutput(One),
    Update(Update),
    /// Delete runs that belong to no task, if the service allows it
    Delete(Many),
}

/// List runs of actions, the newest first
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ostro action-execution list --filter state=RUNNING
  ostro action-execution list 0193a1          those of one task")]
pub(crate) struct OfTask {
    /// Those of one task, in the order of their creation
    #[arg(value_name = "TASK")]
    task: Option<String>,
    #[command(flatten)]
    list: List,
}

/// Report the result of an asynchronous action, or change its state
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ostro action-execution update 0193a1 --state SUCCESS --output '{\"approved\": true}'
  ostro action-execution update 0193a1 --state ERROR --output '\"out of paper\"'")]
pub(crate) struct Update {
    #[command(flatten)]
    one: One,
    /// SUCCESS, ERROR, CANCELLED, PAUSED or RUNNING
    #[arg(long, short, value_name = "STATE", ignore_case = true,
        value_parser = ["SUCCESS", "ERROR", "CANCELLED", "PAUSED", "RUNNING"])]
    state: String,
    /// The result: JSON, else a text
    #[arg(long, short, value_name = "VALUE")]
    output: Option<String>,
}

pub(crate) async fn run(client: &Client, verb: &ActionExecution) -> anyhow::Result<Exit> {
    let resource = &ACTION_EXECUTIONS;
    match verb {
        ActionExecution::List(list) => show_list(client, list).await?,
        ActionExecution::Show(one) => objects::show(client, resource, &one.id).await?,
        ActionExecution::Run(run) => return action::perform(client, run).await,
        ActionExecution::GetInput(one) => {
            objects::show_field(client, resource, &one.id, "input").await?;
        }
        ActionExecution::GetOutput(one) => {
            objects::show_field(client, resource, &one.id, "output").await?;
        }
        ActionExecution::Update(update) => report(client, update).await?,
        ActionExecution::Delete(some) => {
            objects::delete(client, resource, &some.ids, &Namespace::default()).await?;
        }
    }
    Ok(Exit::Success)
}

async fn show_list(client: &Client, wanted: &OfTask) -> anyhow::Result<()> {
    let Some(task) = &wanted.task else {
        let all = Address::new(&["action_executions"]);
        return list::show(client, &ACTION_EXECUTIONS, all, &wanted.list).await;
    };
    let id = resolve(client, &TASKS, task).await?;
    let address = Address::new(&["tasks", &id, "action_executions"]);
    let list = wanted.list.or_sorted_by("created_at,id");
    list::show(client, &ACTION_EXECUTIONS, address, &list).await
}

async fn report(client: &Client, update: &Update) -> anyhow::Result<()> {
    let resource = &ACTION_EXECUTIONS;
    let id = resolve(client, resource, &update.one.id).await?;
    let mut body = json!({"state": update.state.to_uppercase()});
    if let Some(output) = &update.output {
        body["output"] = match output.starts_with('@') || output == "-" {
            true => Value::Object(input::object(std::slice::from_ref(output))?),
            false => input::value(output),
        };
    }
    let answer = client
        .put(Address::new(&["action_executions", &id]), body)
        .await
        .map_err(failed("update", resource, &update.one.id))?;
    Ok(client.output.one(resource, &decoded(resource, answer))?)
}
