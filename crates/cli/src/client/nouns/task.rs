//! `ostro task`.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::client::address::Address;
use crate::client::connection::Client;
use crate::client::document::decoded;
use crate::client::find::resolve;
use crate::client::list::{self, List};
use crate::client::objects::{self, Many, One};
use crate::client::resource::{EXECUTIONS, TASKS};
use crate::client::sub_executions::{self, Depth};
use crate::client::trouble::failed;
use crate::exit::Exit;
use crate::input;

#[derive(Debug, Subcommand)]
pub(crate) enum Task {
    List(OfExecution),
    /// Show a task
    Show(One),
    /// Print a task's result as JSON
    #[command(visible_alias = "result")]
    GetResult(One),
    /// Print what a task published as JSON
    #[command(visible_alias = "published")]
    GetPublished(One),
    /// List the executions of the workflows that a task runs
    #[command(visible_alias = "sub-executions")]
    GetSubExecutions(Below),
    Rerun(Rerun),
    /// Skip failed tasks: their workflow goes on as if they were done
    Skip(Many),
}

/// List tasks, the newest first
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ostro task list @last
  ostro task list --filter state=ERROR --fields name,state,state_info")]
pub(crate) struct OfExecution {
    /// Those of one execution, in the order of their creation
    #[arg(value_name = "EXECUTION")]
    execution: Option<String>,
    /// The same
    #[arg(
        long = "execution",
        value_name = "EXECUTION",
        conflicts_with = "execution"
    )]
    named: Option<String>,
    #[command(flatten)]
    list: List,
}

/// A task, and how far below it.
#[derive(Debug, Args)]
pub(crate) struct Below {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    depth: Depth,
}

/// Run failed tasks again; their workflow goes on from there
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ostro task rerun 0193a1
  ostro task rerun 0193a1 --resume          of a with-items task only the items that failed")]
pub(crate) struct Rerun {
    #[command(flatten)]
    tasks: Many,
    /// Of a with-items task, only the items that failed
    #[arg(long)]
    resume: bool,
    /// Change the execution's environment before: NAME=VALUE, FILE, - or a JSON object
    #[arg(long, short, value_name = "NAME=VALUE|FILE|-")]
    env: Vec<String>,
}

pub(crate) async fn run(client: &Client, verb: &Task) -> anyhow::Result<Exit> {
    match verb {
        Task::List(list) => show_list(client, list).await?,
        Task::Show(one) => objects::show(client, &TASKS, &one.id).await?,
        Task::GetResult(one) => objects::show_field(client, &TASKS, &one.id, "result").await?,
        Task::GetPublished(one) => show_published(client, &one.id).await?,
        Task::GetSubExecutions(below) => {
            sub_executions::show(client, &TASKS, &below.one.id, &below.depth).await?;
        }
        Task::Rerun(rerun) => {
            let env = input::object(&rerun.env)?;
            let mut body = json!({"state": "RUNNING", "reset": !rerun.resume});
            if !env.is_empty() {
                body["env"] = Value::Object(env);
            }
            change(client, "rerun", &rerun.tasks, &body).await?;
        }
        Task::Skip(tasks) => change(client, "skip", tasks, &json!({"state": "SKIPPED"})).await?,
    }
    Ok(Exit::Success)
}

async fn show_list(client: &Client, wanted: &OfExecution) -> anyhow::Result<()> {
    let execution = wanted.execution.as_ref().or(wanted.named.as_ref());
    let Some(execution) = execution else {
        let all = Address::new(&["tasks"]);
        return list::show(client, &TASKS, all, &wanted.list).await;
    };
    let id = resolve(client, &EXECUTIONS, execution).await?;
    let address = Address::new(&["executions", &id, "tasks"]);
    let list = wanted.list.or_sorted_by("created_at,id");
    list::show(client, &TASKS, address, &list).await
}

/// Branch variables; with the global ones beside them if there are any.
async fn show_published(client: &Client, word: &str) -> anyhow::Result<()> {
    let task = objects::read(client, &TASKS, word, &objects::Namespace::default()).await?;
    let branch = task.get("published").unwrap_or(&Value::Null);
    let shown = match task.get("published_global") {
        Some(global) if !global.is_null() => json!({"branch": branch, "global": global}),
        _ => branch.clone(),
    };
    Ok(client.output.value(&shown)?)
}

async fn change(client: &Client, verb: &str, tasks: &Many, body: &Value) -> anyhow::Result<()> {
    let mut changed = Vec::new();
    for word in &tasks.ids {
        let id = resolve(client, &TASKS, word).await?;
        let answer = client
            .put(Address::new(&["tasks", &id]), body.clone())
            .await
            .map_err(failed(verb, &TASKS, word))?;
        changed.push(decoded(&TASKS, answer));
    }
    Ok(client.output.list(&TASKS, &changed, None)?)
}

#[cfg(test)]
mod tests {
    use super::super::super::scripted::Scripted;
    use super::*;

    const ID: &str = "0193aaaa-0000-7000-8000-000000000001";

    #[tokio::test]
    async fn a_rerun_says_what_is_run_again() {
        let client = Scripted::new()
            .answer("PUT", 200, &json!({"id": ID, "state": "ERROR"}))
            .client()
            .await;
        let rerun = Rerun {
            tasks: Many {
                ids: vec![ID.to_owned()],
            },
            resume: true,
            env: vec!["town=Riga".to_owned()],
        };
        run(&client, &Task::Rerun(rerun)).await.unwrap();
        let expected = json!({"state": "RUNNING", "reset": false, "env": {"town": "Riga"}});
        assert_eq!(client.sent(0), expected);
    }

    #[tokio::test]
    async fn tasks_of_an_execution_are_in_their_order() {
        let client = Scripted::new()
            .answer("GET", 200, &json!({"tasks": []}))
            .client()
            .await;
        let wanted = OfExecution {
            execution: None,
            named: Some(ID.to_owned()),
            list: List::default(),
        };
        show_list(&client, &wanted).await.unwrap();
        let asked = &client.asked()[0];
        assert!(
            asked.starts_with(&format!(
                "GET /v2/executions/{ID}/tasks?sort_keys=created_at%2Cid&"
            )),
            "{asked}"
        );
    }
}
