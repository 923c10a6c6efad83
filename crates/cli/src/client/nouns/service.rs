//! `ostro service`: the processes of the service.

use clap::Subcommand;

use crate::client::address::Address;
use crate::client::connection::Client;
use crate::client::document::entries;
use crate::client::resource::SERVICES;
use crate::client::trouble::failed;
use crate::exit::Exit;

#[derive(Debug, Subcommand)]
pub(crate) enum Service {
    /// List processes and what they do
    List,
}

pub(crate) async fn run(client: &Client, verb: &Service) -> anyhow::Result<Exit> {
    let Service::List = verb;
    let answer = client.get(Address::new(&["services"])).await;
    let answer = answer.map_err(failed("list", &SERVICES, ""))?;
    client
        .output
        .list(&SERVICES, &entries(&SERVICES, answer), None)?;
    Ok(Exit::Success)
}
