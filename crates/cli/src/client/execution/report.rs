//! `ostro execution get-report`: the tree of an execution with its errors.

use anstyle::{AnsiColor, Style};
use clap::Args;
use serde_json::Value;

use super::items;
use crate::client::address::Address;
use crate::client::connection::Client;
use crate::client::document::text;
use crate::client::find::resolve;
use crate::client::resource::EXECUTIONS;
use crate::client::sub_executions::Depth;
use crate::client::trouble::failed;
use crate::out;
use crate::watch::{colour, symbol};

/// Print the tree of tasks, actions and sub-workflows, with errors
#[derive(Debug, Args)]
pub(crate) struct Report {
    /// Which execution
    #[arg(value_name = "EXECUTION", default_value = "@last")]
    id: String,
    #[command(flatten)]
    depth: Depth,
    /// Only the numbers
    #[arg(long)]
    statistics_only: bool,
}

pub(super) async fn report(client: &Client, wanted: &Report) -> anyhow::Result<()> {
    let id = resolve(client, &EXECUTIONS, &wanted.id).await?;
    let statistics_only = wanted.statistics_only.then_some("true");
    let address = wanted
        .depth
        .arguments(Address::new(&["executions", &id, "report"]))
        .with_some("statistics_only", statistics_only);
    let report = client
        .get(address)
        .await
        .map_err(failed("report on", &EXECUTIONS, &wanted.id))?;
    match client.output.json {
        true => out::json(&report)?,
        false => out::line(&render(&report))?,
    }
    Ok(())
}

fn render(report: &Value) -> String {
    let mut lines = Vec::new();
    if let Some(root) = report.get("root_workflow_execution") {
        add(root, "workflow", 0, &mut lines);
    }
    let statistics = report.get("statistics").and_then(Value::as_object);
    for (name, value) in statistics.into_iter().flatten() {
        let name = name.trim_end_matches("_count").replace('_', " ");
        lines.push(format!("{name}: {value}"));
    }
    lines.join("\n")
}

fn add(node: &Value, kind: &str, depth: usize, lines: &mut Vec<String>) {
    let state = text(node, "state");
    let style = colour(state).map_or_else(Style::new, AnsiColor::on_default);
    let (sign, name, id) = (symbol(state), text(node, "name"), text(node, "id"));
    let indent = "  ".repeat(depth);
    lines.push(format!(
        "{indent}{style}{sign}{style:#} {kind} {name}  {style}{state}{style:#}  {id}"
    ));
    if state == "ERROR" {
        let info = text(node, "state_info").lines().map(str::trim_end);
        let info = info
            .filter(|line| !line.is_empty())
            .map(|line| format!("{indent}    {line}"));
        lines.extend(info);
    }
    for (field, kind) in [
        ("task_executions", "task"),
        ("action_executions", "action"),
        ("workflow_executions", "workflow"),
    ] {
        for below in items(node, field) {
            add(below, kind, depth + 1, lines);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_tree_and_its_errors() {
        let report = json!({
            "statistics": {"total_tasks_count": 2, "error_tasks_count": 1, "estimated_time": -1},
            "root_workflow_execution": {"id": "e", "name": "w", "state": "ERROR", "state_info": "Failure\n\n  because", "task_executions": [
                {"id": "t", "name": "breaks", "state": "ERROR", "state_info": "no paper", "action_executions": [
                    {"id": "a", "name": "std.fail", "state": "ERROR", "state_info": null}]},
                {"id": "u", "name": "call", "state": "SUCCESS", "workflow_executions": [
                    {"id": "f", "name": "sub", "state": "SUCCESS"}]},
            ]},
        });
        insta::assert_snapshot!(anstream::adapter::strip_str(&render(&report)).to_string());
    }
}
