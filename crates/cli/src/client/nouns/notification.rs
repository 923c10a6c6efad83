//! `ostro notification`: what receivers were told of changes, and what became of it.

use clap::{Args, Subcommand};
use serde_json::json;

use crate::client::address::Address;
use crate::client::connection::Client;
use crate::client::document::decoded;
use crate::client::find::resolve;
use crate::client::list::{self, List};
use crate::client::objects::{self, One};
use crate::client::resource::NOTIFICATIONS;
use crate::client::trouble::failed;
use crate::exit::Exit;

#[derive(Debug, Subcommand)]
pub(crate) enum Notification {
    /// List notifications, the latest first
    List(List),
    /// Show a notification
    Show(One),
    /// Send a notification again, whatever became of it, or all that filters find
    Replay(Replay),
}

#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// The id of one
    #[arg(required_unless_present = "filters", conflicts_with = "filters")]
    id: Option<String>,
    /// All whose FIELD is VALUE; OP as in `list`. May be repeated
    #[arg(long = "filter", short = 'f', value_name = "FIELD=[OP:]VALUE", value_parser = list::pair)]
    filters: Vec<(String, String)>,
}

pub(crate) async fn run(client: &Client, verb: &Notification) -> anyhow::Result<Exit> {
    let resource = &NOTIFICATIONS;
    match verb {
        Notification::List(list) => {
            list::show(client, resource, Address::new(&["notifications"]), list).await?;
        }
        Notification::Show(one) => objects::show(client, resource, &one.id).await?,
        Notification::Replay(Replay { id: Some(id), .. }) => replay(client, id).await?,
        Notification::Replay(Replay { filters, .. }) => replay_many(client, filters).await?,
    }
    Ok(Exit::Success)
}

async fn replay(client: &Client, text: &str) -> anyhow::Result<()> {
    let resource = &NOTIFICATIONS;
    let id = resolve(client, resource, text).await?;
    let address = Address::new(&["notifications", &id, "replay"]);
    let answer = client.post(address, json!({})).await;
    let replayed = answer.map_err(failed("replay", resource, text))?;
    Ok(client.output.one(resource, &decoded(resource, replayed))?)
}

async fn replay_many(client: &Client, filters: &[(String, String)]) -> anyhow::Result<()> {
    let address = Address::new(&["notifications", "replay"]);
    let address = filters
        .iter()
        .fold(address, |address, (name, value)| address.with(name, value));
    let answer = client.post(address, json!({})).await;
    let replayed = answer.map_err(failed("replay", &NOTIFICATIONS, ""))?;
    Ok(client.output.value(&replayed)?)
}
