//! `ostro node`: the processes that share the database.

use clap::Subcommand;

use crate::client::address::Address;
use crate::client::connection::Client;
use crate::client::document::entries;
use crate::client::resource::NODES;
use crate::client::trouble::failed;
use crate::exit::Exit;

#[derive(Debug, Subcommand)]
pub(crate) enum Node {
    /// List the nodes: those at work first, then those that ended in the last hour
    List,
}

pub(crate) async fn run(client: &Client, verb: &Node) -> anyhow::Result<Exit> {
    let Node::List = verb;
    let answer = client.get(Address::new(&["nodes"])).await;
    let answer = answer.map_err(failed("list", &NODES, ""))?;
    client.output.list(&NODES, &entries(&NODES, answer), None)?;
    Ok(Exit::Success)
}
