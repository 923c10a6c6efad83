//! A tree that is redrawn in place on a terminal.

use std::io::Write;
use std::time::Instant;

use super::render::{self, Size, Timed};
use super::stopwatch::Stopwatch;
use super::{Snapshot, View};

/// Draws on standard error, so that standard output holds the result alone.
pub struct Screen {
    stopwatch: Stopwatch,
    drawn: usize,
}

impl Screen {
    /// A screen whose clock starts now.
    pub fn new() -> Self {
        Self {
            stopwatch: Stopwatch::new(Instant::now()),
            drawn: 0,
        }
    }
}

impl Default for Screen {
    fn default() -> Self {
        Self::new()
    }
}

impl View for Screen {
    fn show(&mut self, snapshot: &Snapshot, at: Instant) {
        self.stopwatch.look(snapshot, at);
        let rows: Vec<Timed<'_>> = snapshot
            .rows
            .iter()
            .map(|row| (row, self.stopwatch.elapsed(row, at)))
            .collect();
        let lines = render::tree(snapshot, self.stopwatch.total(at), &rows, size());
        let mut text = match self.drawn {
            0 => String::new(),
            // Up to the first line of the last tree, and clear from there.
            n => format!("\x1b[{n}A\x1b[J"),
        };
        self.drawn = lines.len();
        text.push_str(&lines.join("\n"));
        // A terminal that is gone is no reason to end the workflow.
        let _ = writeln!(anstream::stderr().lock(), "{text}");
    }

    fn finish(&mut self) {
        self.drawn = 0;
    }
}

fn size() -> Size {
    let (columns, lines) = match terminal_size::terminal_size_of(std::io::stderr()) {
        Some((width, height)) => (usize::from(width.0), usize::from(height.0)),
        None => (80, 24),
    };
    Size { columns, lines }
}
