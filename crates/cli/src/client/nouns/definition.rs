//! `ostro workflow`, `ostro workbook` and the stored part of `ostro action`.

use clap::Subcommand;

use crate::client::address::Address;
use crate::client::connection::Client;
use crate::client::definitions::{self, Create, Update, Validate};
use crate::client::list::{self, List};
use crate::client::objects::{self, Definition, Definitions};
use crate::client::resource::Resource;
use crate::exit::Exit;

/// What can be done with stored definitions.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// List those that are stored
    List(List),
    /// Show one
    Show(Definition),
    /// Store those of a file
    Create(Create),
    /// Replace them by those of a file
    Update(Update),
    /// Delete some
    Delete(Definitions),
    /// Print the definition itself
    GetDefinition(Definition),
    /// Check definitions as the service sees them, without storing them
    Validate(Validate),
}

pub(crate) async fn run(client: &Client, resource: &Resource, verb: &Verb) -> anyhow::Result<Exit> {
    match verb {
        Verb::List(list) => {
            let address = Address::new(&[resource.collection]);
            list::show(client, resource, address, list).await?;
        }
        Verb::Show(one) => objects::show_in(client, resource, &one.id, &one.namespace).await?,
        Verb::Create(create) => definitions::create(client, resource, create).await?,
        Verb::Update(update) => definitions::update(client, resource, update).await?,
        Verb::Delete(some) => {
            objects::delete(client, resource, &some.ids, &some.namespace).await?;
        }
        Verb::GetDefinition(one) => {
            objects::show_text(client, resource, one, "definition").await?;
        }
        Verb::Validate(validate) => {
            return definitions::validate(client, resource, validate).await;
        }
    }
    Ok(Exit::Success)
}
