//! `ostro maintenance`: the whole service paused and resumed.

use clap::Subcommand;
use serde_json::{Value, json};

use crate::client::address::Address;
use crate::client::connection::Client;
use crate::client::document::text;
use crate::client::trouble::failed_to;
use crate::exit::Exit;
use crate::out;

#[derive(Debug, Subcommand)]
pub(crate) enum Maintenance {
    /// Show whether the service works: RUNNING, PAUSING or PAUSED
    Show,
    /// Pause all executions; requests that change something are refused until it is resumed
    Pause,
    /// Resume what was paused
    Resume,
}

pub(crate) async fn run(client: &Client, verb: &Maintenance) -> anyhow::Result<Exit> {
    let address = Address::from_root(&["maintenance"]);
    let set = |status: &str| client.put(address.clone(), json!({"status": status}));
    let (answer, what) = match verb {
        Maintenance::Show => (
            client.get(address.clone()).await,
            "show the maintenance state",
        ),
        Maintenance::Pause => (set("PAUSED").await, "pause the service"),
        Maintenance::Resume => (set("RUNNING").await, "resume the service"),
    };
    let answer: Value = answer.map_err(failed_to(what))?;
    match client.output.json {
        true => out::json(&answer)?,
        false => out::line(text(&answer, "status"))?,
    }
    Ok(Exit::Success)
}
