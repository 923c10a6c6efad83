//! `ostro execution logs`: a line for each change of a state.

use std::collections::HashMap;
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
use crate::client::print::Output;
use crate::client::resource::EXECUTIONS;
use crate::client::trouble::failed;
use crate::exit::Exit;
use crate::out;
use crate::run::outcome;
use crate::watch::colour;

/// When nothing has come for so long, everything that is kept has been read.
const QUIET: Duration = Duration::from_millis(400);

/// A look at the execution although no event came: another node may have deleted it.
const SILENCE: Duration = Duration::from_secs(10);

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
    let mut printer = Printer::new(client.output);
    let state = text(&found, "state");
    if wanted.follow && !is_final(state) {
        return follow_stream(client, &mut stream, &id, &mut printer, SILENCE).await;
    }
    if print_kept(&mut stream, &id, &mut printer).await? == 0 {
        return from_history(client, &id, wanted.follow).await;
    }
    Ok(match wanted.follow {
        true => outcome::exit(state),
        false => Exit::Success,
    })
}

/// Everything that is kept and not yet printed; says how much it was.
async fn print_kept(
    stream: &mut EventStream,
    id: &str,
    printer: &mut Printer,
) -> anyhow::Result<u64> {
    let mut count = 0;
    while let Ok(news) = timeout(QUIET, stream.next()).await {
        printer.print(&news.map_err(failed("read the logs of", &EXECUTIONS, id))?)?;
        count += 1;
    }
    Ok(count)
}

async fn follow_stream(
    client: &Client,
    stream: &mut EventStream,
    id: &str,
    printer: &mut Printer,
    silence: Duration,
) -> anyhow::Result<Exit> {
    let refused = |error| failed("read the logs of", &EXECUTIONS, id)(error);
    loop {
        if let Ok(news) = timeout(silence, stream.next()).await {
            let news = news.map_err(refused)?;
            printer.print(&news)?;
            if !ends(&news, id) {
                continue;
            }
        }
        let now = client.api.execution(id).await.map_err(refused)?;
        // A rerun that is in the journal already goes on.
        if now.is_settled() {
            print_kept(stream, id, printer).await?;
            return Ok(outcome::exit(&now.state));
        }
    }
}

/// Whether the execution itself came to rest by a change, or is gone with its root.
fn ends(news: &News, id: &str) -> bool {
    let News::Change(event, _) = news else {
        return false;
    };
    let is_rest = is_final(&event.state) || event.state == "PAUSED";
    event.kind == "execution" && (event.id == id && is_rest || event.state == "DELETED")
}

/// Prints changes; an action says whose it is.
pub(crate) struct Printer {
    output: Output,
    /// Names of tasks that run.
    tasks: HashMap<String, String>,
}

impl Printer {
    pub(crate) fn new(output: Output) -> Self {
        Self {
            output,
            tasks: HashMap::new(),
        }
    }

    pub(crate) fn print(&mut self, news: &News) -> std::io::Result<()> {
        match news {
            News::Change(_, document) if self.output.json => out::verbatim(&document.to_string()),
            News::Change(event, _) => out::line(&self.line(event)),
            News::Gap => {
                anstream::eprintln!("earlier changes are not kept any more");
                Ok(())
            }
        }
    }

    /// `2026-11-21 12:00:00.123  task       RUNNING → SUCCESS  say`
    fn line(&mut self, event: &Event) -> String {
        let state = painted(&event.state);
        let change = match &event.previous {
            Some(previous) => format!("{previous} → {state}"),
            None => state,
        };
        let shown = anstream::adapter::strip_str(&change).to_string();
        let pad = " ".repeat(20_usize.saturating_sub(shown.chars().count()));
        let progress = match event.progress {
            Some(progress) if progress.total > 0 => {
                format!("  {}/{}", progress.done, progress.total)
            }
            _ => String::new(),
        };
        let (at, kind, name) = (millis(&event.at), &event.kind, clean(&event.name));
        let owner = self.owner(event);
        format!("{at}  {kind:<9}  {change}{pad}  {name}{owner}{progress}")
    }

    /// The task of an action; keeps the names of those that run.
    fn owner(&mut self, event: &Event) -> String {
        match (event.kind.as_str(), &event.task_execution_id) {
            ("task", _) if is_final(&event.state) => {
                self.tasks.remove(&event.id);
                String::new()
            }
            ("task", _) => {
                self.tasks.insert(event.id.clone(), clean(&event.name));
                String::new()
            }
            ("action", Some(task)) => match self.tasks.get(task) {
                Some(name) => format!(" of {name}"),
                None => String::new(),
            },
            _ => String::new(),
        }
    }
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
    let mut printer = Printer::new(client.output);
    for document in changes(&entries) {
        let event = serde_json::from_value(document.clone())?;
        printer.print(&News::Change(Box::new(event), document))?;
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
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::Router;
    use axum::body::Body;
    use axum::http::StatusCode;
    use axum::routing::get;
    use tokio::net::TcpListener;

    use super::*;
    use crate::api::Api;
    use crate::remote::Remote;

    fn lines(documents: &[Value]) -> Vec<String> {
        let mut printer = Printer::new(Output { json: false });
        let line = |document: &Value| {
            let event: Event = serde_json::from_value(document.clone()).unwrap();
            anstream::adapter::strip_str(&printer.line(&event)).to_string()
        };
        documents.iter().map(line).collect()
    }

    #[test]
    fn a_line_for_each_change() {
        let at = "2026-11-21T12:00:00.123456Z";
        let documents = [
            json!({"at": at, "kind": "execution", "name": "w", "state": "RUNNING", "progress": {"done": 0, "total": 0}}),
            json!({"at": at, "kind": "task", "id": "t", "name": "each\u{1b}", "state": "RUNNING", "previous": "IDLE"}),
            json!({"at": at, "kind": "action", "name": "std.echo", "state": "SUCCESS", "task_execution_id": "t",
                "progress": {"done": 3, "total": 4}}),
        ];
        let expected = [
            "2026-11-21 12:00:00.123  execution  RUNNING               w",
            "2026-11-21 12:00:00.123  task       IDLE → RUNNING        each",
            "2026-11-21 12:00:00.123  action     SUCCESS               std.echo of each  3/4",
        ];
        assert_eq!(lines(&documents), expected);
    }

    #[tokio::test]
    async fn a_silent_stream_is_not_believed_for_ever() {
        let kind = [("content-type", "text/event-stream")];
        let silent = async move || {
            let never = futures_util::stream::pending::<Result<String, std::io::Error>>();
            (kind, Body::from_stream(never))
        };
        let asked = Arc::new(AtomicUsize::new(0));
        let execution = async move || match asked.fetch_add(1, Ordering::Relaxed) {
            0 => (
                StatusCode::OK,
                r#"{"id": "e", "workflow_name": "w", "state": "RUNNING"}"#,
            ),
            _ => (StatusCode::NOT_FOUND, r#"{"faultstring": "gone"}"#),
        };
        let router = Router::new()
            .route("/v2/events", get(silent))
            .route("/v2/executions/e", get(execution));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let remote = Remote::new(&format!("http://{address}/v2")).unwrap();
        let (api, output) = (Api::new(remote), Output { json: false });
        let client = Client { api, output };

        let opened = EventStream::open(client.api.transport(), Address::new(&["events"]), None);
        let mut stream = opened.await.unwrap().unwrap();
        let mut printer = Printer::new(output);
        let silence = Duration::from_millis(20);
        let ended = follow_stream(&client, &mut stream, "e", &mut printer, silence).await;
        assert!(format!("{:#}", ended.unwrap_err()).contains("gone"));
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
