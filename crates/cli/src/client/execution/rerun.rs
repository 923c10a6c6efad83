//! `ostro execution rerun`: the failed tasks of an execution run again.

use clap::Args;
use serde_json::{Value, json};

use super::follow::{self, Following};
use super::items;
use crate::client::address::Address;
use crate::client::connection::Client;
use crate::client::document::text;
use crate::client::find::resolve;
use crate::client::objects::One;
use crate::client::resource::{EXECUTIONS, TASKS};
use crate::client::trouble::failed;
use crate::exit::Exit;
use crate::out;

/// Run the failed tasks of an execution again; it goes on from there
///
/// Where a sub-workflow failed, the failed tasks inside it run again. Errors that the workflow took
/// care of itself (on-error) are left alone.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes of --watch:
  0  SUCCESS    1  ERROR    2  refused    3  cancelled or paused    4  still running

Examples:
  ostro execution rerun @last --watch
  ostro execution rerun @last --resume          of with-items tasks only the items that failed")]
pub(crate) struct Rerun {
    #[command(flatten)]
    one: One,
    /// Only tasks of this name; may be repeated
    #[arg(long, value_name = "TASK_NAME")]
    task: Vec<String>,
    /// Of with-items tasks, only the items that failed
    #[arg(long)]
    resume: bool,
    /// Show the tasks while they run
    #[arg(long)]
    watch: bool,
}

/// A task to be run again.
#[derive(Debug, PartialEq, Eq)]
struct Failed {
    id: String,
    name: String,
}

pub(super) async fn rerun(client: &Client, wanted: &Rerun) -> anyhow::Result<Exit> {
    let word = &wanted.one.id;
    let id = resolve(client, &EXECUTIONS, word).await?;
    let address = Address::new(&["executions", &id, "report"])
        .with("errors_only", "true")
        .with("max_depth", "-1");
    let report = client
        .get(address)
        .await
        .map_err(failed("rerun", &EXECUTIONS, word))?;
    let root = report
        .get("root_workflow_execution")
        .unwrap_or(&Value::Null);
    let mut tasks = causes(root);
    if !wanted.task.is_empty() {
        tasks.retain(|task| wanted.task.contains(&task.name));
    }
    anyhow::ensure!(
        !tasks.is_empty(),
        "cannot rerun execution '{word}'\n  no failed task is left to run again, it is {}\n  \
         → `ostro task list {id}` shows its tasks",
        text(root, "state")
    );
    for task in &tasks {
        run_again(client, task, wanted.resume).await?;
    }
    if wanted.watch {
        return follow::to_the_end(client, &id, Following::Watch, None).await;
    }
    if client.output.json {
        let ids: Vec<_> = tasks
            .iter()
            .map(|task| json!({"id": task.id, "name": task.name}))
            .collect();
        out::json(&json!({"id": id, "rerun": ids}))?;
    }
    Ok(Exit::Success)
}

async fn run_again(client: &Client, task: &Failed, resume: bool) -> anyhow::Result<()> {
    let address = || Address::new(&["tasks", &task.id]);
    let mut reset = true;
    if resume {
        // Only a with-items task can keep what it has.
        let document = client
            .get(address())
            .await
            .map_err(failed("rerun", &TASKS, &task.name))?;
        reset = !text(&document, "runtime_context").contains("with_items");
    }
    let body = json!({"state": "RUNNING", "reset": reset});
    client
        .put(address(), body)
        .await
        .map_err(failed("rerun", &TASKS, &task.name))?;
    if !client.output.json {
        out::line(&format!("task {} runs again ({})", task.name, task.id))?;
    }
    Ok(())
}

/// The tasks at which the errors of an execution began.
fn causes(execution: &Value) -> Vec<Failed> {
    let tasks = items(execution, "task_executions");
    let named = named(text(execution, "state_info"), tasks);
    let failed = tasks.iter().filter(|task| text(task, "state") == "ERROR");
    let failed = failed.filter(|task| named.is_empty() || named.contains(&text(task, "name")));
    failed.flat_map(inside).collect()
}

/// The causes in the sub-workflows of a task, or the task itself.
fn inside(task: &Value) -> Vec<Failed> {
    let below: Vec<Failed> = items(task, "workflow_executions")
        .iter()
        .filter(|execution| text(execution, "state") == "ERROR")
        .flat_map(causes)
        .collect();
    match below.is_empty() {
        false => below,
        true => vec![Failed {
            id: text(task, "id").to_owned(),
            name: text(task, "name").to_owned(),
        }],
    }
}

/// Those tasks that the execution itself names as the cause of its failure: others failed
/// too, and were taken care of. Empty if it names none.
fn named<'a>(state_info: &str, tasks: &'a [Value]) -> Vec<&'a str> {
    let first = state_info.lines().next().unwrap_or_default();
    let Some((_, list)) = first.split_once("error in tasks: ") else {
        return Vec::new();
    };
    let listed: Vec<&str> = list.split(',').map(str::trim).collect();
    let names = tasks.iter().map(|task| text(task, "name"));
    names.filter(|name| listed.contains(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(name: &str, state: &str, below: &Value) -> Value {
        json!({"id": format!("id-{name}"), "name": name, "state": state, "workflow_executions": below})
    }

    fn names(execution: &Value) -> Vec<String> {
        causes(execution)
            .into_iter()
            .map(|task| task.name)
            .collect()
    }

    #[test]
    fn errors_that_were_taken_care_of_are_left_alone() {
        let tasks = [
            task("a", "ERROR", &json!([])),
            task("b", "ERROR", &json!([])),
        ];
        let info = "Failure caused by error in tasks: b\n\n  b [task_ex_id=…] -> no";
        let execution = json!({"state_info": info, "task_executions": tasks});
        assert_eq!(names(&execution), ["b"]);
        let unknown = json!({"state_info": "something else", "task_executions": tasks});
        assert_eq!(names(&unknown), ["a", "b"]);
    }

    #[test]
    fn the_cause_is_where_the_error_began() {
        let inner = json!([
            {"state": "ERROR", "task_executions": [task("deep", "ERROR", &json!([]))]},
            {"state": "SUCCESS", "task_executions": [task("fine", "SUCCESS", &json!([]))]},
        ]);
        let execution = json!({"task_executions": [task("call", "ERROR", &inner)]});
        assert_eq!(names(&execution), ["deep"]);
        let without = json!([{"state": "ERROR", "task_executions": []}]);
        let execution = json!({"task_executions": [task("call", "ERROR", &without)]});
        assert_eq!(names(&execution), ["call"]);
    }
}
