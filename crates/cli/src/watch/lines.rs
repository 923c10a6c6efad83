//! One line per change, for logs and pipes.

use std::collections::HashMap;
use std::io::Write;
use std::time::Instant;

use super::{Progress, Row, Snapshot, View};

/// Prints a task's line when its state or its progress changes.
pub struct Lines<W> {
    out: W,
    begin: Instant,
    seen: HashMap<String, (String, Option<Progress>)>,
}

impl<W: Write> Lines<W> {
    /// Prints to `out`; times count from now.
    pub fn new(out: W) -> Self {
        Self {
            out,
            begin: Instant::now(),
            seen: HashMap::new(),
        }
    }
}

impl<W: Write> View for Lines<W> {
    fn show(&mut self, snapshot: &Snapshot, at: Instant) {
        let seconds = at.saturating_duration_since(self.begin).as_secs_f64();
        for row in &snapshot.rows {
            let now = (row.state.clone(), row.progress);
            if self.seen.get(&row.id) != Some(&now) {
                // A reader that is gone is no reason to end the workflow.
                let _ = writeln!(self.out, "{seconds:>6.2}s  {}", line(row));
                self.seen.insert(row.id.clone(), now);
            }
        }
    }
}

fn line(row: &Row) -> String {
    let indent = "  ".repeat(row.depth);
    let mut text = format!("{:<9} {indent}{}", row.state, row.name);
    if let Some(Progress {
        done,
        failed,
        total,
    }) = row.progress
    {
        text.push_str(&format!("  {done}/{total} items"));
        if failed > 0 {
            text.push_str(&format!(", {failed} failed"));
        }
    }
    if let Some(note) = row.note.as_deref().filter(|_| row.state == "ERROR") {
        text.push_str(&format!("  {note}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(state: &str, progress: Option<Progress>) -> Snapshot {
        Snapshot {
            workflow: "w".to_owned(),
            state: "RUNNING".to_owned(),
            rows: vec![Row {
                id: "1".to_owned(),
                depth: 0,
                name: "each".to_owned(),
                state: state.to_owned(),
                note: Some("why".to_owned()),
                progress,
            }],
        }
    }

    #[test]
    fn only_changes_are_printed() {
        let mut out = Vec::new();
        let mut lines = Lines::new(&mut out);
        let at = lines.begin;
        let half = Some(Progress {
            done: 1,
            failed: 1,
            total: 2,
        });
        for (state, progress) in [
            ("RUNNING", None),
            ("RUNNING", None),
            ("RUNNING", half),
            ("ERROR", half),
        ] {
            lines.show(&snapshot(state, progress), at);
        }
        let expected = "  0.00s  RUNNING   each\n  0.00s  RUNNING   each  1/2 items, 1 failed\n  \
                        0.00s  ERROR     each  1/2 items, 1 failed  why\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
