//! `ostro member`: private workflows shared with other projects.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::event_trigger::workflow_id;
use crate::client::address::Address;
use crate::client::connection::Client;
use crate::client::document::{decoded, entries};
use crate::client::objects;
use crate::client::resource::MEMBERS;
use crate::client::trouble::failed;
use crate::exit::Exit;

#[derive(Debug, Subcommand)]
pub(crate) enum Member {
    /// List the projects that a workflow is shared with
    List(Shared),
    /// Show one of them
    Show(One),
    /// Share a workflow with a project, which has to accept it
    Create(One),
    Update(Update),
    /// Share a workflow with a project no longer
    Delete(One),
}

/// A workflow.
#[derive(Debug, Args)]
pub(crate) struct Shared {
    /// The workflow: its name or id
    #[arg(value_name = "WORKFLOW")]
    workflow: String,
}

/// A workflow and a project.
#[derive(Debug, Args)]
pub(crate) struct One {
    #[command(flatten)]
    shared: Shared,
    /// The id of the project
    #[arg(value_name = "PROJECT")]
    project: String,
}

/// Accept or reject a workflow that another project shares
#[derive(Debug, Args)]
pub(crate) struct Update {
    #[command(flatten)]
    one: One,
    /// What becomes of it
    #[arg(long, value_parser = ["pending", "accepted", "rejected"], default_value = "accepted")]
    status: String,
}

pub(crate) async fn run(client: &Client, verb: &Member) -> anyhow::Result<Exit> {
    match verb {
        Member::List(shared) => {
            let id = workflow_id(client, &shared.workflow).await?;
            let answer = client
                .get(Address::new(&["workflows", &id, "members"]))
                .await;
            let answer = answer.map_err(failed("list", &MEMBERS, ""))?;
            client
                .output
                .list(&MEMBERS, &entries(&MEMBERS, answer), None)?;
        }
        Member::Show(one) => {
            let answer = client.get(one.address(client).await?).await;
            show(
                client,
                answer.map_err(failed("show", &MEMBERS, &one.project))?,
            )?;
        }
        Member::Create(one) => {
            let id = workflow_id(client, &one.shared.workflow).await?;
            let address = Address::new(&["workflows", &id, "members"]);
            let answer = client
                .post(address, json!({"member_id": one.project}))
                .await;
            show(
                client,
                answer.map_err(failed("create", &MEMBERS, &one.project))?,
            )?;
        }
        Member::Update(update) => {
            let address = update.one.address(client).await?;
            let answer = client.put(address, json!({"status": update.status})).await;
            show(
                client,
                answer.map_err(failed("update", &MEMBERS, &update.one.project))?,
            )?;
        }
        Member::Delete(one) => {
            let answer = client.delete(one.address(client).await?).await;
            answer.map_err(failed("delete", &MEMBERS, &one.project))?;
            objects::deleted(client, &MEMBERS, &one.project)?;
            objects::all_deleted(client, std::slice::from_ref(&one.project))?;
        }
    }
    Ok(Exit::Success)
}

impl One {
    async fn address(&self, client: &Client) -> anyhow::Result<Address> {
        let id = workflow_id(client, &self.shared.workflow).await?;
        Ok(Address::new(&["workflows", &id, "members", &self.project]))
    }
}

fn show(client: &Client, answer: Value) -> std::io::Result<()> {
    client.output.one(&MEMBERS, &decoded(&MEMBERS, answer))
}
