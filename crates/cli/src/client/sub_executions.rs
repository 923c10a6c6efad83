//! The executions below an execution or a task.

use clap::Args;

use super::address::Address;
use super::connection::Client;
use super::document::entries;
use super::find::resolve;
use super::resource::{EXECUTIONS, Resource};
use super::trouble::failed;

/// How far below.
#[derive(Debug, Args)]
pub(crate) struct Depth {
    /// Only through tasks that failed
    #[arg(long)]
    pub(crate) errors_only: bool,
    /// Levels of sub-workflows; -1 is all
    #[arg(long, value_name = "LEVELS", default_value_t = -1, allow_negative_numbers = true)]
    pub(crate) max_depth: i64,
}

impl Depth {
    pub(crate) fn arguments(&self, address: Address) -> Address {
        let errors_only = self.errors_only.then_some("true");
        address
            .with("max_depth", &self.max_depth.to_string())
            .with_some("errors_only", errors_only)
    }
}

pub(crate) async fn show(
    client: &Client,
    resource: &Resource,
    word: &str,
    depth: &Depth,
) -> anyhow::Result<()> {
    let id = resolve(client, resource, word).await?;
    let address = Address::new(&[resource.collection, &id, "executions"]);
    let answer = client.get(depth.arguments(address)).await.map_err(failed(
        "list what is below",
        resource,
        word,
    ))?;
    Ok(client
        .output
        .list(&EXECUTIONS, &entries(&EXECUTIONS, answer), None)?)
}
