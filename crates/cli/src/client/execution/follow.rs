//! `ostro execution watch` and `wait`: to the end of an execution, live or silent.

use std::future::Future;
use std::io::IsTerminal;
use std::time::Duration;

use clap::Args;
use tokio::time::timeout;

use crate::api::{ApiError, Execution};
use crate::client::address::Address;
use crate::client::connection::Client;
use crate::client::document::decoded;
use crate::client::events::EventStream;
use crate::client::find::resolve;
use crate::client::objects::Many;
use crate::client::resource::EXECUTIONS;
use crate::client::trouble::failed;
use crate::exit::Exit;
use crate::run::outcome;
use crate::watch::{Changes, Every, Lines, Screen, View, follow_by, settled};

/// How often the tree is read where there are no events.
const POLL: Duration = Duration::from_secs(1);
/// A look at the tree although no event came.
const SILENCE: Duration = Duration::from_secs(10);
/// Events that come within such a time are one change.
const BURST: Duration = Duration::from_millis(50);

/// Show the tasks of an execution while they run
///
/// Follows the event stream of the service; where it has none, the tree is read once a second.
/// Ctrl-C ends the watching, not the execution.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0  SUCCESS    1  ERROR    2  refused    3  cancelled or paused    4  still running")]
pub(crate) struct Watch {
    /// Which execution
    #[arg(value_name = "EXECUTION", default_value = "@last")]
    id: String,
    /// Seconds to watch at most
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,
}

/// Wait for the end of executions
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes, the highest one of all executions:
  0  SUCCESS    1  ERROR    2  refused    3  cancelled or paused    4  still running")]
pub(crate) struct Wait {
    #[command(flatten)]
    executions: Many,
    /// Seconds to wait at most
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,
}

/// What is seen meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Following {
    /// The tasks.
    Watch,
    /// Nothing.
    Wait,
}

pub(super) async fn watch(client: &Client, wanted: &Watch) -> anyhow::Result<Exit> {
    let id = resolve(client, &EXECUTIONS, &wanted.id).await?;
    to_the_end(client, &id, Following::Watch, wanted.timeout).await
}

pub(super) async fn wait(client: &Client, wanted: &Wait) -> anyhow::Result<Exit> {
    let mut ended = Vec::new();
    let mut exit = Exit::Success;
    for word in &wanted.executions.ids {
        let id = resolve(client, &EXECUTIONS, word).await?;
        let rest = settled(&client.api, &id);
        match within(wanted.timeout, rest).await {
            None => exit = exit.max(Exit::Unfinished),
            Some(execution) => {
                let execution = execution.map_err(failed("wait for", &EXECUTIONS, word))?;
                exit = exit.max(outcome::exit(&execution.state));
            }
        }
        let now = client
            .get(Address::new(&["executions", &id]))
            .await
            .map_err(failed("show", &EXECUTIONS, word))?;
        ended.push(decoded(&EXECUTIONS, now));
    }
    client.output.list(&EXECUTIONS, &ended, None)?;
    Ok(exit)
}

/// Follows an execution to its end, prints its output, and says how it ended.
pub(crate) async fn to_the_end(
    client: &Client,
    id: &str,
    following: Following,
    seconds: Option<u64>,
) -> anyhow::Result<Exit> {
    let outcome = tokio::select! {
        outcome = within(seconds, settle(client, id, following)) => outcome,
        interrupted = tokio::signal::ctrl_c() => interrupted.map(|()| None)?,
    };
    let Some(execution) = outcome else {
        anstream::eprintln!("it goes on: ostro execution watch {id}");
        return Ok(Exit::Unfinished);
    };
    let execution = execution.map_err(failed("follow", &EXECUTIONS, id))?;
    match client.output.json {
        true => {
            let address = Address::new(&["executions", id]);
            let document = client.get(address).await;
            let document = document.map_err(failed("show", &EXECUTIONS, id))?;
            client.output.value(&decoded(&EXECUTIONS, document))?;
        }
        false => outcome::print_output(&execution),
    }
    Ok(outcome::exit(&execution.state))
}

/// Follows an execution until it comes to rest.
pub(crate) async fn settle(
    client: &Client,
    id: &str,
    following: Following,
) -> Result<Execution, ApiError> {
    if following == Following::Wait {
        return settled(&client.api, id).await;
    }
    let mut view: Box<dyn View> = match std::io::stderr().is_terminal() {
        true => Box::new(Screen::new()),
        false => Box::new(Lines::new(std::io::stderr())),
    };
    let address = Address::new(&["events"]).with("execution_id", id);
    match EventStream::open(client.api.transport(), address, None).await? {
        Some(events) => follow_by(&client.api, id, &mut view, &mut Live { events }).await,
        None => follow_by(&client.api, id, &mut view, &mut Every(POLL)).await,
    }
}

/// Changes that the event stream tells.
struct Live {
    events: EventStream,
}

impl Changes for Live {
    async fn next(&mut self) {
        match timeout(SILENCE, self.events.next()).await {
            Ok(Ok(_)) => while let Ok(Ok(_)) = timeout(BURST, self.events.next()).await {},
            // The tree itself is the truth; the stream only says when to look.
            Ok(Err(_)) => tokio::time::sleep(POLL).await,
            Err(_) => {}
        }
    }
}

async fn within<T>(seconds: Option<u64>, future: impl Future<Output = T>) -> Option<T> {
    match seconds {
        Some(seconds) => timeout(Duration::from_secs(seconds), future).await.ok(),
        None => Some(future.await),
    }
}
