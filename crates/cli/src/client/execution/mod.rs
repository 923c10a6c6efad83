//! `ostro execution`: everything about runs of workflows.

mod change;
mod create;
mod diagram;
mod follow;
mod graph;
mod history;
mod logs;
mod report;
mod rerun;
mod timeline;
mod why;

use clap::{Args, Subcommand};
use serde_json::Value;

use self::change::{Cancel, Resume, Update};
use self::create::Create;
use self::follow::{Wait, Watch};
use self::graph::Graph;
use self::logs::Logs;
use self::report::Report;
use self::rerun::Rerun;
use self::timeline::Timeline;
use crate::client::address::Address;
use crate::client::connection::Client;
use crate::client::list::{self, List};
use crate::client::objects::{self, Many, One};
use crate::client::resource::EXECUTIONS;
use crate::client::sub_executions::{self, Depth};
use crate::client::trouble::failed;
use crate::exit::Exit;

pub(crate) use self::logs::Printer;

#[derive(Debug, Subcommand)]
pub(crate) enum Execution {
    List(Executions),
    /// Show an execution
    Show(One),
    Create(Create),
    Update(Update),
    /// Pause executions: what runs goes on, nothing new starts
    Pause(Many),
    Resume(Resume),
    Cancel(Cancel),
    Rerun(Rerun),
    Delete(Delete),
    Watch(Watch),
    Wait(Wait),
    Logs(Logs),
    /// Say what an execution is waiting for, or why it ended
    Why(One),
    Graph(Graph),
    Timeline(Timeline),
    /// Print the input as JSON
    #[command(visible_alias = "input")]
    GetInput(One),
    /// Print the output as JSON
    #[command(visible_alias = "output")]
    GetOutput(One),
    /// Print the parameters, the environment among them, as JSON
    #[command(visible_alias = "params")]
    GetParams(One),
    /// Print the globally published variables as JSON
    #[command(visible_alias = "published")]
    GetPublished(One),
    #[command(visible_alias = "report")]
    GetReport(Report),
    /// List an execution and those of its sub-workflows
    #[command(visible_alias = "sub-executions")]
    GetSubExecutions(Below),
}

/// List executions, the newest first
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ostro execution list
  ostro execution list --state ERROR --workflow upgrade
  ostro execution list --filter created_at=gte:2026-11-01 --all --json | jq length")]
pub(crate) struct Executions {
    /// Those of one workflow
    #[arg(long, short, value_name = "WORKFLOW")]
    workflow: Option<String>,
    /// Those in a state; several with commas
    #[arg(long, short, value_name = "STATE,…")]
    state: Option<String>,
    /// Only those that somebody started, no sub-workflows
    #[arg(long, visible_alias = "rootsonly")]
    roots_only: bool,
    /// Only those that a task started
    #[arg(long, value_name = "TASK")]
    task: Option<String>,
    #[command(flatten)]
    list: List,
}

/// Delete executions with everything below them
#[derive(Debug, Args)]
pub(crate) struct Delete {
    #[command(flatten)]
    executions: Many,
    /// Even if they are still running
    #[arg(long)]
    force: bool,
}

/// An execution, and how far below it.
#[derive(Debug, Args)]
pub(crate) struct Below {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    depth: Depth,
}

pub(crate) async fn run(client: &Client, verb: &Execution) -> anyhow::Result<Exit> {
    let field = |one, name| show_field(client, one, name);
    match verb {
        Execution::List(wanted) => show_list(client, wanted).await?,
        Execution::Show(one) => objects::show(client, &EXECUTIONS, &one.id).await?,
        Execution::Create(wanted) => return create::create(client, wanted).await,
        Execution::Update(wanted) => change::update(client, wanted).await?,
        Execution::Pause(some) => change::pause(client, some).await?,
        Execution::Resume(wanted) => change::resume(client, wanted).await?,
        Execution::Cancel(wanted) => change::cancel(client, wanted).await?,
        Execution::Rerun(wanted) => return rerun::rerun(client, wanted).await,
        Execution::Delete(wanted) => delete(client, wanted).await?,
        Execution::Watch(wanted) => return follow::watch(client, wanted).await,
        Execution::Wait(wanted) => return follow::wait(client, wanted).await,
        Execution::Logs(wanted) => return logs::logs(client, wanted).await,
        Execution::Why(one) => why::why(client, &one.id).await?,
        Execution::Graph(wanted) => graph::graph(client, wanted).await?,
        Execution::Timeline(wanted) => timeline::timeline(client, wanted).await?,
        Execution::GetInput(one) => field(one, "input").await?,
        Execution::GetOutput(one) => field(one, "output").await?,
        Execution::GetParams(one) => field(one, "params").await?,
        Execution::GetPublished(one) => field(one, "published_global").await?,
        Execution::GetReport(wanted) => report::report(client, wanted).await?,
        Execution::GetSubExecutions(below) => {
            sub_executions::show(client, &EXECUTIONS, &below.one.id, &below.depth).await?;
        }
    }
    Ok(Exit::Success)
}

async fn show_field(client: &Client, one: &One, field: &str) -> anyhow::Result<()> {
    objects::show_field(client, &EXECUTIONS, &one.id, field).await
}

async fn show_list(client: &Client, wanted: &Executions) -> anyhow::Result<()> {
    let mut list = wanted.list.clone();
    let mut filter = |name: &str, value: &Option<String>| {
        if let Some(value) = value {
            list.filters.push((name.to_owned(), value.clone()));
        }
    };
    filter("workflow_name", &wanted.workflow);
    filter("task_execution_id", &wanted.task);
    let states = wanted.state.as_deref().map(str::to_uppercase);
    let states = states.map(|states| match states.contains(',') {
        true => format!("in:{states}"),
        false => states,
    });
    filter("state", &states);
    let roots = wanted.roots_only.then_some("root_execution_id");
    let address = Address::new(&["executions"]).with_some("nulls", roots);
    list::show(client, &EXECUTIONS, address, &list).await
}

async fn delete(client: &Client, wanted: &Delete) -> anyhow::Result<()> {
    let words = &wanted.executions.ids;
    let ids = crate::client::find::resolve_all(client, &EXECUTIONS, words).await?;
    for id in &ids {
        let force = wanted.force.then_some("true");
        let address = Address::new(&["executions", id]).with_some("force", force);
        client
            .delete(address)
            .await
            .map_err(failed("delete", &EXECUTIONS, id))?;
        objects::deleted(client, &EXECUTIONS, id)?;
    }
    objects::all_deleted(client, &ids)
}

/// Whether a state is an end.
fn is_final(state: &str) -> bool {
    matches!(state, "SUCCESS" | "ERROR" | "CANCELLED" | "SKIPPED")
}

/// The objects of an array in a document.
fn items<'a>(document: &'a Value, field: &str) -> &'a [Value] {
    let array = document.get(field).and_then(Value::as_array);
    array.map(Vec::as_slice).unwrap_or_default()
}
