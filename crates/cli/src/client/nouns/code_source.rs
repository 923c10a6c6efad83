//! `ostro code-source`: the code of dynamic actions.

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::api::Body;
use crate::client::address::Address;
use crate::client::connection::Client;
use crate::client::document::decoded;
use crate::client::list::{self, List};
use crate::client::objects::{self, Definition, Definitions, Namespace};
use crate::client::resource::CODE_SOURCES;
use crate::client::trouble::failed;
use crate::exit::Exit;
use crate::input;

#[derive(Debug, Subcommand)]
pub(crate) enum CodeSource {
    /// List code sources
    List(List),
    /// Show a code source
    Show(Definition),
    /// Store a code source
    Create(Upload),
    /// Replace a code source by a new version
    Update(Upload),
    /// Delete code sources and their dynamic actions
    Delete(Definitions),
    /// Print the code
    GetContent(Definition),
}

/// Code to store.
#[derive(Debug, Args)]
pub(crate) struct Upload {
    /// Its name
    #[arg(value_name = "CODE_SOURCE")]
    name: String,
    /// The code; - is standard input
    #[arg(value_name = "FILE")]
    file: String,
    #[command(flatten)]
    namespace: Namespace,
    /// Let all projects use it
    #[arg(long)]
    public: bool,
}

impl Upload {
    fn address(&self, field: &str) -> Address {
        Address::new(&["code_sources"])
            .with(field, &self.name)
            .with("scope", if self.public { "public" } else { "private" })
            .with_some("namespace", self.namespace.namespace.as_deref())
    }

    async fn send(
        &self,
        client: &Client,
        method: &'static str,
        field: &str,
        verb: &str,
    ) -> anyhow::Result<()> {
        let code = Body::Text(input::text(&self.file)?);
        let answer = client.api.call(method, self.address(field), code).await;
        let stored: Value = answer.map_err(failed(verb, &CODE_SOURCES, &self.name))?;
        Ok(client
            .output
            .one(&CODE_SOURCES, &decoded(&CODE_SOURCES, stored))?)
    }
}

pub(crate) async fn run(client: &Client, verb: &CodeSource) -> anyhow::Result<Exit> {
    let resource = &CODE_SOURCES;
    match verb {
        CodeSource::List(list) => {
            list::show(client, resource, Address::new(&["code_sources"]), list).await?;
        }
        CodeSource::Show(one) => {
            objects::show_in(client, resource, &one.id, &one.namespace).await?;
        }
        CodeSource::Create(upload) => upload.send(client, "POST", "name", "create").await?,
        CodeSource::Update(upload) => upload.send(client, "PUT", "identifier", "update").await?,
        CodeSource::Delete(some) => {
            objects::delete(client, resource, &some.ids, &some.namespace).await?;
        }
        CodeSource::GetContent(one) => {
            objects::show_text(client, resource, one, "content").await?;
        }
    }
    Ok(Exit::Success)
}
