//! How long each task has been at work, as seen from here.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::{Row, Snapshot};

/// Measures from the first sight of a started task to the first sight of its end.
#[derive(Debug)]
pub(super) struct Stopwatch {
    begin: Instant,
    tasks: HashMap<String, Span>,
}

#[derive(Clone, Copy, Debug)]
struct Span {
    start: Instant,
    end: Option<Instant>,
}

impl Stopwatch {
    pub(super) fn new(begin: Instant) -> Self {
        Self {
            begin,
            tasks: HashMap::new(),
        }
    }

    /// Takes note of what started and what ended.
    pub(super) fn look(&mut self, snapshot: &Snapshot, at: Instant) {
        for row in &snapshot.rows {
            if matches!(row.state.as_str(), "IDLE" | "WAITING") {
                continue;
            }
            let ended = matches!(
                row.state.as_str(),
                "SUCCESS" | "ERROR" | "CANCELLED" | "SKIPPED"
            );
            let span = self.tasks.entry(row.id.clone()).or_insert(Span {
                start: at,
                end: None,
            });
            match (ended, span.end) {
                (true, None) => span.end = Some(at),
                // A rerun starts the task again.
                (false, Some(_)) => {
                    *span = Span {
                        start: at,
                        end: None,
                    }
                }
                _ => {}
            }
        }
    }

    /// Time since the beginning.
    pub(super) fn total(&self, at: Instant) -> Duration {
        at.saturating_duration_since(self.begin)
    }

    /// Time at work of a task that has started.
    pub(super) fn elapsed(&self, row: &Row, at: Instant) -> Option<Duration> {
        let span = self.tasks.get(&row.id)?;
        Some(span.end.unwrap_or(at).saturating_duration_since(span.start))
    }
}
