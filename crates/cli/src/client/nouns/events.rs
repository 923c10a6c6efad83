//! `ostro events`: everything that happens, as it happens.

use clap::Args;

use crate::client::address::Address;
use crate::client::connection::Client;
use crate::client::events::{BEGINNING, EventStream, News};
use crate::client::execution::Printer;
use crate::client::find::resolve;
use crate::client::resource::EXECUTIONS;
use crate::client::trouble::failed_to;
use crate::exit::Exit;

/// What of the stream is wanted.
#[derive(Debug, Args)]
pub(crate) struct Events {
    /// Only what happens in these executions and below them; may be repeated
    #[arg(long, value_name = "EXECUTION")]
    execution: Vec<String>,
    /// Only in executions of this workflow
    #[arg(long, value_name = "WORKFLOW")]
    workflow: Option<String>,
    /// Only these kinds: execution, task, action
    #[arg(long, value_name = "KIND,…")]
    kinds: Option<String>,
    /// Begin with what is kept, not now
    #[arg(long)]
    from_beginning: bool,
    /// Begin after this event: its cursor
    #[arg(long, value_name = "CURSOR", conflicts_with = "from_beginning")]
    after: Option<String>,
    /// End after so many events
    #[arg(long, value_name = "N")]
    count: Option<u64>,
}

pub(crate) async fn run(client: &Client, wanted: &Events) -> anyhow::Result<Exit> {
    let mut ids = Vec::new();
    for word in &wanted.execution {
        ids.push(resolve(client, &EXECUTIONS, word).await?);
    }
    let ids = Some(ids.join(",")).filter(|ids| !ids.is_empty());
    let address = Address::new(&["events"])
        .with_some("execution_id", ids.as_deref())
        .with_some("workflow_name", wanted.workflow.as_deref())
        .with_some("kinds", wanted.kinds.as_deref());
    let after = match wanted.from_beginning {
        true => Some(BEGINNING),
        false => wanted.after.as_deref(),
    };
    let refused = failed_to("read the events");
    let stream = EventStream::open(client.api.transport(), address, after)
        .await
        .map_err(refused)?;
    let Some(mut stream) = stream else {
        anyhow::bail!(
            "cannot read the events\n  this service has no event stream\n  → `ostro execution watch` works without"
        );
    };
    let mut printer = Printer::new(client.output);
    let mut left = wanted.count.unwrap_or(u64::MAX);
    while left > 0 {
        let news = stream.next().await.map_err(failed_to("read the events"))?;
        printer.print(&news)?;
        left -= u64::from(matches!(news, News::Change(..)));
    }
    Ok(Exit::Success)
}
