//! `ostro execution timeline`: what ran when, as a chart of bars.

use anstyle::{AnsiColor, Style};
use clap::Args;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::history::{self, Entry};
use crate::client::connection::Client;
use crate::client::find::resolve;
use crate::client::moment::{between, parse};
use crate::client::print::width;
use crate::client::resource::EXECUTIONS;
use crate::client::trouble::failed;
use crate::out;
use crate::watch::{colour, cut, duration, symbol};

/// Columns where there is no terminal.
const WIDTH: usize = 100;
/// The widest name.
const NAME: usize = 32;
/// The narrowest bar.
const BAR: usize = 10;

/// Show what ran when, as bars over time
#[derive(Debug, Args)]
pub(crate) struct Timeline {
    /// Which execution
    #[arg(value_name = "EXECUTION", default_value = "@last")]
    id: String,
    /// Runs of actions too, not tasks alone
    #[arg(long)]
    actions: bool,
}

pub(super) async fn timeline(client: &Client, wanted: &Timeline) -> anyhow::Result<()> {
    let id = resolve(client, &EXECUTIONS, &wanted.id).await?;
    let entries = history::read(client, &id).await.map_err(failed(
        "show the timeline of",
        &EXECUTIONS,
        &wanted.id,
    ))?;
    if client.output.json {
        return Ok(out::json(&json!({"entries": documents(&entries)}))?);
    }
    let shown: Vec<Entry> = entries
        .into_iter()
        .filter(|entry| wanted.actions || entry.kind != "action")
        .collect();
    let columns = width().map_or(WIDTH, usize::from);
    Ok(out::line(&chart(&shown, Timestamp::now(), columns))?)
}

fn documents(entries: &[Entry]) -> Vec<Value> {
    let document = |entry: &Entry| {
        let Entry {
            id,
            name,
            kind,
            state,
            from,
            to,
        } = entry;
        json!({"id": id, "name": name, "kind": kind, "state": state, "from": from, "to": to})
    };
    entries.iter().map(document).collect()
}

/// One line for each entry; what runs still goes on to `now`.
fn chart(entries: &[Entry], now: Timestamp, columns: usize) -> String {
    let timed: Vec<(&Entry, Timestamp, Timestamp)> = entries
        .iter()
        .filter_map(|entry| {
            let from = parse(&entry.from)?;
            let to = entry.to.as_deref().and_then(parse).unwrap_or(now);
            Some((entry, from, to.max(from)))
        })
        .collect();
    let Some(begin) = timed.iter().map(|(_, from, _)| *from).min() else {
        return "nothing has run yet".to_owned();
    };
    let end = timed.iter().map(|(_, _, to)| *to).max().unwrap_or(begin);
    let names = timed
        .iter()
        .map(|(entry, _, _)| label(entry).chars().count());
    let name = names.max().unwrap_or(0).min(NAME);
    let bar = columns.saturating_sub(name + 16).max(BAR);
    let scale = Scale {
        begin,
        total: between(begin, end).as_secs_f64(),
        cells: bar,
    };
    let lines = timed.iter().map(|(entry, from, to)| {
        let label = cut(&label(entry), name);
        let style = style(&entry.state);
        let (sign, took) = (symbol(&entry.state), duration(between(*from, *to)));
        let cells = scale.bar(*from, *to);
        format!("{style}{sign}{style:#} {label:<name$}  {style}{cells}{style:#} {took:>9}")
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn label(entry: &Entry) -> String {
    let indent = match entry.kind.as_str() {
        "execution" => "",
        "task" => "  ",
        _ => "    ",
    };
    format!("{indent}{}", entry.name)
}

fn style(state: &str) -> Style {
    colour(state).map_or_else(Style::new, AnsiColor::on_default)
}

/// Cells for time.
struct Scale {
    begin: Timestamp,
    total: f64,
    cells: usize,
}

impl Scale {
    /// The cells from one moment to another, at least one.
    fn bar(&self, from: Timestamp, to: Timestamp) -> String {
        let (start, end) = (self.cell(from), self.cell(to));
        let start = start.min(self.cells - 1);
        let length = end.max(start + 1) - start;
        let rest = self.cells - start - length;
        format!(
            "{}{}{}",
            " ".repeat(start),
            "█".repeat(length),
            " ".repeat(rest)
        )
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a share of a line's width"
    )]
    fn cell(&self, at: Timestamp) -> usize {
        let share = match self.total {
            total if total > 0.0 => between(self.begin, at).as_secs_f64() / total,
            _ => 1.0,
        };
        ((share * self.cells as f64).round() as usize).min(self.cells)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: &str, name: &str, state: &str, from: u32, to: Option<u32>) -> Entry {
        let at = |second: u32| format!("2026-11-21T12:00:{second:02}.000000Z");
        Entry {
            id: name.to_owned(),
            name: name.to_owned(),
            kind: kind.to_owned(),
            state: state.to_owned(),
            from: at(from),
            to: to.map(at),
        }
    }

    #[test]
    fn bars_over_time() {
        let entries = [
            entry("execution", "upgrade", "RUNNING", 0, None),
            entry("task", "check", "SUCCESS", 0, Some(2)),
            entry("task", "upgrade_all", "ERROR", 2, Some(8)),
            entry("action", "std.ssh", "SUCCESS", 5, Some(5)),
            entry("task", "report", "RUNNING", 9, None),
        ];
        let now = parse("2026-11-21T12:00:10Z").unwrap();
        let text = chart(&entries, now, 60);
        let plain = anstream::adapter::strip_str(&text).to_string();
        assert!(
            plain.lines().all(|line| line.chars().count() <= 60),
            "{plain}"
        );
        insta::assert_snapshot!(plain);
    }

    #[test]
    fn no_time_at_all() {
        let now = parse("2026-11-21T12:00:10Z").unwrap();
        assert_eq!(chart(&[], now, 60), "nothing has run yet");
        let one = chart(&[entry("task", "t", "SUCCESS", 1, Some(1))], now, 10);
        assert!(one.contains('█'));
    }
}
