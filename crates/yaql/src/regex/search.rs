//! Searches that go back, and the time that they may take.
//!
//! The engine counts steps back, but one step may go through all of the text
//! again. So a search may take only few steps; a pattern that needs more is
//! tried at one place after the other, each with as many steps, against the
//! clock.

use std::cell::Cell;
use std::time::{Duration, Instant};

use fancy_regex::{Captures, Regex as Engine, RegexInput};

use super::Fault;

/// How long the searches of one evaluation may go back, all together.
const TIME: Duration = Duration::from_secs(3);

/// The time that is left in one evaluation for searches which go back.
#[derive(Debug)]
pub(crate) struct Patience {
    left: Cell<Duration>,
}

impl Default for Patience {
    fn default() -> Self {
        Self::new(TIME)
    }
}

impl Patience {
    pub(super) fn new(time: Duration) -> Self {
        let left = Cell::new(time);
        Self { left }
    }

    /// Runs one search, which gets the time when it has to end.
    fn time<T>(&self, search: impl FnOnce(Instant) -> Result<T, Fault>) -> Result<T, Fault> {
        let begin = Instant::now();
        let left = self.left.get();
        if left.is_zero() {
            return Err(Fault::TooComplex);
        }
        let result = search(begin + left);
        self.left.set(left.saturating_sub(begin.elapsed()));
        result
    }
}

/// What a search goes through, and from where on.
#[derive(Clone, Copy)]
pub(super) struct Haystack<'t> {
    pub(super) text: &'t str,
    pub(super) from: usize,
}

/// The first match. `engine` tries all places at once; if that takes too many
/// steps back, the first place is tried with it alone and others with `later`.
pub(super) fn search<'t>(
    engine: &Engine,
    later: &Engine,
    haystack: Haystack<'t>,
    patience: &Patience,
) -> Result<Option<Captures<'t, str>>, Fault> {
    patience.time(|end| {
        let Haystack { text, from } = haystack;
        if let Ok(found) = engine.captures_from_pos(text, from) {
            return Ok(found);
        }
        for start in places(text, from) {
            if Instant::now() > end {
                return Err(Fault::TooComplex);
            }
            let engine = if start == from { engine } else { later };
            let input = RegexInput::new(text).from_pos(start).anchored(true);
            let found = engine.captures_input(input);
            if let Some(found) = found.map_err(|_| Fault::TooComplex)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    })
}

/// Where a match may start: before each character and at the end.
fn places(text: &str, from: usize) -> impl Iterator<Item = usize> {
    let rest = text.get(from..).unwrap_or_default();
    let starts = rest.char_indices().map(move |(at, _)| from + at);
    starts.chain((from <= text.len()).then_some(text.len()))
}
