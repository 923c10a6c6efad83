//! The tree as text: a pure function of a snapshot, times and the size of the screen.

use std::fmt::Write;
use std::time::Duration;

use anstyle::{AnsiColor, Style};

use super::{Progress, Row, Snapshot};

/// Cells of a progress bar.
const BAR: u64 = 20;
/// The name column is at most this wide.
const NAME_MAX: usize = 40;

/// Room for the tree.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    pub(super) columns: usize,
    pub(super) lines: usize,
}

/// A row and how long its task has been at work.
pub(super) type Timed<'a> = (&'a Row, Option<Duration>);

/// Draws the tree. Lines are cut to the width; when there are too many, finished
/// tasks are left out first.
pub(super) fn tree(
    snapshot: &Snapshot,
    total: Duration,
    rows: &[Timed<'_>],
    size: Size,
) -> Vec<String> {
    let mut lines = vec![headline(snapshot, total)];
    let shown = fitting(rows, size.lines.saturating_sub(2));
    let width = rows
        .iter()
        .map(|(row, _)| label_width(row))
        .max()
        .unwrap_or(0)
        .min(NAME_MAX);
    lines.extend(shown.iter().map(|timed| line(*timed, width, size.columns)));
    if shown.len() < rows.len() {
        lines.push(format!("  … and {} more tasks", rows.len() - shown.len()));
    }
    lines
}

fn headline(snapshot: &Snapshot, total: Duration) -> String {
    let style = style(&snapshot.state);
    let (name, state) = (&snapshot.workflow, &snapshot.state);
    format!("{name} {style}{state}{style:#} {}", duration(total))
}

/// The rows that fit: all, or the unfinished and failed ones and then the latest.
fn fitting<'a>(rows: &[Timed<'a>], room: usize) -> Vec<Timed<'a>> {
    if rows.len() <= room {
        return rows.to_vec();
    }
    let mut chosen: Vec<usize> = (0..rows.len()).collect();
    chosen.sort_by_key(|&at| (rows[at].0.state == "SUCCESS", std::cmp::Reverse(at)));
    chosen.truncate(room);
    chosen.sort_unstable();
    chosen.into_iter().map(|at| rows[at]).collect()
}

fn line((row, elapsed): Timed<'_>, width: usize, columns: usize) -> String {
    let style = style(&row.state);
    let label = cut(&format!("{}{}", "  ".repeat(row.depth), row.name), width);
    let plain = details(row, elapsed);
    let room = columns.saturating_sub(width + 6);
    let pad = width.saturating_sub(label.chars().count());
    format!(
        "  {style}{}{style:#} {label}{:pad$}  {}",
        symbol(&row.state),
        "",
        cut(&plain, room)
    )
}

fn details(row: &Row, elapsed: Option<Duration>) -> String {
    let mut text = format!("{:<9}", row.state);
    let time = elapsed.map(duration).unwrap_or_default();
    let _ = write!(text, " {time:>7}");
    if let Some(progress) = row.progress {
        let _ = write!(text, "  {}", bar(progress));
    }
    if let Some(note) = row.note.as_deref().filter(|_| row.state != "SUCCESS") {
        let _ = write!(text, "  {note}");
    }
    text.trim_end().to_owned()
}

fn bar(progress: Progress) -> String {
    let Progress {
        done,
        failed,
        total,
    } = progress;
    let filled = (BAR * done).checked_div(total).unwrap_or(BAR);
    let cells: String = (0..BAR)
        .map(|cell| if cell < filled { '█' } else { '░' })
        .collect();
    let failed = match failed {
        0 => String::new(),
        n => format!(", {n} failed"),
    };
    format!("{cells} {done}/{total}{failed}")
}

fn label_width(row: &Row) -> usize {
    2 * row.depth + row.name.chars().count()
}

/// Seconds with one decimal below a minute, minutes and hours above.
pub(crate) fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{:.1} s", time.as_secs_f64()),
        60..3600 => format!("{} m {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} m", seconds / 3600, seconds / 60 % 60),
    }
}

/// At most `width` characters; a cut text ends in `…`.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{kept}…")
}

pub(crate) fn symbol(state: &str) -> char {
    match state {
        "SUCCESS" => '✓',
        "ERROR" => '✗',
        "RUNNING" => '●',
        "PAUSED" => '‖',
        "CANCELLED" | "SKIPPED" => '–',
        _ => '·',
    }
}

/// Colour repeats what the word says, it never says more.
pub(super) fn style(state: &str) -> Style {
    colour(state).map_or_else(Style::new, AnsiColor::on_default)
}

/// The colour of a state, if it has one.
pub(crate) fn colour(state: &str) -> Option<AnsiColor> {
    Some(match state {
        "SUCCESS" => AnsiColor::Green,
        "ERROR" => AnsiColor::Red,
        "RUNNING" => AnsiColor::Cyan,
        "PAUSED" | "DELAYED" | "CANCELLED" | "SKIPPED" => AnsiColor::Yellow,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(depth: usize, name: &str, state: &str) -> Row {
        Row {
            id: name.to_owned(),
            depth,
            name: name.to_owned(),
            state: state.to_owned(),
            note: None,
            progress: None,
        }
    }

    fn draw(rows: &[Row], size: Size) -> String {
        let snapshot = Snapshot {
            workflow: "upgrade".to_owned(),
            state: "RUNNING".to_owned(),
            rows: rows.to_vec(),
        };
        let timed: Vec<Timed<'_>> = rows
            .iter()
            .map(|row| {
                (
                    row,
                    (row.state != "IDLE").then(|| Duration::from_millis(1234)),
                )
            })
            .collect();
        let text = tree(&snapshot, Duration::from_secs(75), &timed, size).join("\n");
        anstream::adapter::strip_str(&text).to_string()
    }

    #[test]
    fn the_tree() {
        let mut each = row(0, "each", "RUNNING");
        each.progress = Some(Progress {
            done: 3,
            failed: 1,
            total: 8,
        });
        let mut broken = row(1, "broken", "ERROR");
        broken.note =
            Some("The action raised an exception: a very long explanation of it".to_owned());
        let rows = [
            row(0, "check", "SUCCESS"),
            each,
            row(0, "call", "RUNNING"),
            broken,
            row(0, "later", "IDLE"),
        ];
        insta::assert_snapshot!(draw(
            &rows,
            Size {
                columns: 72,
                lines: 20
            }
        ));
    }

    #[test]
    fn a_low_screen_shows_what_is_not_done() {
        let mut rows: Vec<Row> = (0..10)
            .map(|n| row(0, &format!("done{n}"), "SUCCESS"))
            .collect();
        rows.insert(2, row(0, "broken", "ERROR"));
        rows.push(row(0, "running", "RUNNING"));
        insta::assert_snapshot!(draw(
            &rows,
            Size {
                columns: 60,
                lines: 6
            }
        ));
    }

    #[test]
    fn durations() {
        let texts = [0.04, 59.96, 61.0, 3725.0].map(|s| duration(Duration::from_secs_f64(s)));
        assert_eq!(texts, ["0.0 s", "60.0 s", "1 m 01 s", "1 h 02 m"]);
    }
}
