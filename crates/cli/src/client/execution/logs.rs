//! `ostro execution logs`: a line for each change of a state.

use std::time::Duration;

use anstyle::{AnsiColor, Style};
use clap::Args;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::history::{self, Entry};
use super::{follow, is_final};
use crate::api::ApiError;
use crate::client::address::Address;
use crate::client::connection::Client;
use crate::client::document::text;
use crate::client::events::{BEGINNING, Event, EventStream, News};
use crate::client::find::resolve;
use crate::client::moment::millis;
use crate::client::resource::EXECUTIONS;
use crate::client::trouble::failed;
use crate::exit::Exit;
use crate::out;
use crate::run::outcome;
use crate::watch::colour;

/// When nothing has come for so long, everything that is kept has been read.
const QUIET: Duration = Duration::from_millis(400);

/// Print what happened in an execution, a line for each change of a state
///
/// Comes from the journal of the service. Where it has none, from the times in its report, which
/// know the beginning and the end of each task and action alone.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes of --follow:
  0  SUCCESS    1  ERROR    2  refused    3  cancelled or paused

Examples:
  ostro execution logs @last --follow
  ostro execution logs @last --json | jq 'select(.state == \"ERROR\")'     one document a line")]
pub(crate) struct Logs {
    /// Which execution
    #[arg(value_name = "EXECUTION", default_value = "@last")]
    id: String,
    /// Go on until the execution ends
    #[arg(long, short = 'F')]
    follow: bool,
}

pub(super) async fn logs(client: &Client, wanted: &Logs) -> anyhow::Result<Exit> {
    let id = resolve(client, &EXECUTIONS, &wanted.id).await?;
    let address = Address::new(&["events"]).with("execution_id", &id);
    let refused = |error| failed("read the logs of", &EXECUTIONS, &wanted.id)(error);
    let found = client
        .get(Address::new(&["executions", &id]))
        .await
        .map_err(refused)?;
    let stream = EventStream::open(client.api.transport(), address, Some(BEGINNING)).await;
    let Some(mut stream) = stream.map_err(refused)? else {
        return from_history(client, &id, wanted.follow).await;
    };
    match wanted.follow && !is_final(text(&found, "state")) {
        true => follow_stream(client, &mut stream, &id).await,
        false => print_kept(client, &mut stream, &id).await,
    }
}

/// Everything that is kept; if that is nothing any more, what the times say.
async fn print_kept(client: &Client, stream: &mut EventStream, id: &str) -> anyhow::Result<Exit> {
    let mut count = 0;
    while let Ok(news) = timeout(QUIET, stream.next()).await {
        print(
            client,
            &news.map_err(failed("read the logs of", &EXECUTIONS, id))?,
        )?;
        count += 1;
    }
    match count {
        0 => from_history(client, id, false).await,
        _ => Ok(Exit::Success),
    }
}

async fn follow_stream(
    client: &Client,
    stream: &mut EventStream,
    id: &str,
) -> anyhow::Result<Exit> {
    loop {
        let news = stream
            .next()
            .await
            .map_err(failed("read the logs of", &EXECUTIONS, id))?;
        print(client, &news)?;
        if let News::Change(event, _) = news
            && event.kind == "execution"
            && event.id == id
            && (is_final(&event.state) || event.state == "PAUSED")
        {
            let now = client.api.execution(id).await;
            let now = now.map_err(failed("show", &EXECUTIONS, id))?;
            // A rerun that is in the journal already goes on.
            if now.is_settled() && now.state == event.state {
                return Ok(outcome::exit(&now.state));
            }
        }
    }
}

fn print(client: &Client, news: &News) -> std::io::Result<()> {
    match news {
        News::Change(_, document) if client.output.json => out::verbatim(&document.to_string()),
        News::Change(event, _) => out::line(&line(event)),
        News::Gap => {
            anstream::eprintln!("earlier changes are not kept any more");
            Ok(())
        }
    }
}

/// `2026-11-21 12:00:00.123  task       RUNNING → SUCCESS  say`
pub(crate) fn line(event: &Event) -> String {
    let state = painted(&event.state);
    let change = match &event.previous {
        Some(previous) => format!("{previous} → {state}"),
        None => state,
    };
    let shown = anstream::adapter::strip_str(&change).to_string();
    let pad = " ".repeat(20_usize.saturating_sub(shown.chars().count()));
    let progress = match event.progress {
        Some(progress) => format!("  {}/{}", progress.done, progress.total),
        None => String::new(),
    };
    let at = millis(&event.at);
    let (kind, name) = (&event.kind, clean(&event.name));
    format!("{at}  {kind:<9}  {change}{pad}  {name}{progress}")
}

fn clean(name: &str) -> String {
    name.chars()
        .filter(|character| !character.is_control())
        .collect()
}

fn painted(state: &str) -> String {
    let style = colour(state).map_or_else(Style::new, AnsiColor::on_default);
    format!("{style}{state}{style:#}")
}

/// The beginnings and ends that the history knows; then the end, if it is to be awaited.
async fn from_history(client: &Client, id: &str, follow: bool) -> anyhow::Result<Exit> {
    let refused = |error: ApiError| failed("read the logs of", &EXECUTIONS, id)(error);
    let exit = match follow {
        true => {
            let ended = follow::settle(client, id, follow::Following::Watch).await;
            outcome::exit(&ended.map_err(refused)?.state)
        }
        false => Exit::Success,
    };
    let entries = history::read(client, id).await.map_err(refused)?;
    for document in changes(&entries) {
        match client.output.json {
            true => out::verbatim(&document.to_string())?,
            false => {
                let event = serde_json::from_value(document)?;
                out::line(&line(&event))?;
            }
        }
    }
    Ok(exit)
}

/// Two changes for each entry: it began, it ended.
fn changes(entries: &[Entry]) -> Vec<Value> {
    let change = |entry: &Entry, at: &str, state: &str, previous: Option<&str>| {
        json!({"at": at, "kind": entry.kind, "id": entry.id, "name": entry.name, "state": state,
            "previous": previous})
    };
    let mut changes = Vec::new();
    for entry in entries {
        match &entry.to {
            Some(to) => {
                changes.push(change(entry, &entry.from, "RUNNING", None));
                changes.push(change(entry, to, &entry.state, Some("RUNNING")));
            }
            None => changes.push(change(entry, &entry.from, &entry.state, None)),
        }
    }
    changes.sort_by(|a, b| text(a, "at").cmp(text(b, "at")));
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(document: &Value) -> String {
        let event: Event = serde_json::from_value(document.clone()).unwrap();
        anstream::adapter::strip_str(&line(&event)).to_string()
    }

    #[test]
    fn lines() {
        let document = json!({"at": "2026-11-21T12:00:00.123456Z", "kind": "task", "id": "t",
            "name": "each\u{1b}", "state": "SUCCESS", "previous": "RUNNING", "progress": {"done": 3, "total": 4}});
        let expected = "2026-11-21 12:00:00.123  task       RUNNING → SUCCESS     each  3/4";
        assert_eq!(event(&document), expected);
    }

    #[test]
    fn changes_of_a_history_are_in_order() {
        let entry = |id: &str, from: &str, to: Option<&str>| Entry {
            id: id.to_owned(),
            name: id.to_owned(),
            kind: "task".to_owned(),
            state: if to.is_some() { "ERROR" } else { "IDLE" }.to_owned(),
            from: from.to_owned(),
            to: to.map(str::to_owned),
        };
        let all = changes(&[entry("a", "1", Some("3")), entry("b", "2", None)]);
        let shown: Vec<_> = all
            .iter()
            .map(|c| (text(c, "id"), text(c, "state")))
            .collect();
        assert_eq!(shown, [("a", "RUNNING"), ("b", "IDLE"), ("a", "ERROR")]);
    }
}
