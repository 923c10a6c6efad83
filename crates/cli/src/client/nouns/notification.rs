//! `ostro notification`: what receivers were told of changes, and what became of it.

use clap::Subcommand;
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
    /// Send a notification again, whatever became of it
    Replay(One),
}

pub(crate) async fn run(client: &Client, verb: &Notification) -> anyhow::Result<Exit> {
    let resource = &NOTIFICATIONS;
    match verb {
        Notification::List(list) => {
            list::show(client, resource, Address::new(&["notifications"]), list).await?;
        }
        Notification::Show(one) => objects::show(client, resource, &one.id).await?,
        Notification::Replay(one) => {
            let id = resolve(client, resource, &one.id).await?;
            let address = Address::new(&["notifications", &id, "replay"]);
            let answer = client.post(address, json!({})).await;
            let replayed = answer.map_err(failed("replay", resource, &one.id))?;
            client.output.one(resource, &decoded(resource, replayed))?;
        }
    }
    Ok(Exit::Success)
}
