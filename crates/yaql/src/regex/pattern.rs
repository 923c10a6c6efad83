//! Compiled patterns and going through their matches.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use fancy_regex::{Regex as Engine, RegexBuilder};

use super::search::{Haystack, Patience, search};
use super::{Fault, parser};
use crate::python;

/// Steps back that one search may take, by the length of the text: each may go
/// through all of the text again, at about 10 ns a byte.
const BACKTRACK_LIMITS: [(usize, usize); 6] = [
    (256, 1_000_000),
    (2 << 10, 100_000),
    (16 << 10, 12_000),
    (64 << 10, 3_000),
    (512 << 10, 400),
    (usize::MAX, 20),
];

/// The same for patterns in which nothing repeats without a bound.
const BOUNDED_BACKTRACK_LIMIT: usize = 10_000_000;

/// What makes a pattern go back: looks around, references, atomic groups,
/// conditions, possessive repeats. All others are searched for in linear time.
const GOING_BACK: [&str; 20] = [
    "(?=", "(?!", "(?<=", "(?<!", "(?>", "(?(", "\\k", "\\1", "\\2", "\\3", "\\4", "\\5", "\\6",
    "\\7", "\\8", "\\9", "++", "*+", "?+", "}+",
];

/// How large a compiled pattern may become, in bytes.
const SIZE_LIMIT: usize = 4 << 20;

/// How many compiled patterns a thread keeps.
const CACHED: usize = 64;

/// Flags of a pattern.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Flags {
    pub(crate) ignore_case: bool,
    pub(crate) multi_line: bool,
    pub(crate) dot_all: bool,
    pub(crate) verbose: bool,
    pub(crate) ascii: bool,
}

/// A compiled pattern.
#[derive(Clone)]
pub(crate) struct Regex(Arc<Compiled>);

struct Compiled {
    pattern: String,
    flags: Flags,
    engines: Engines,
    /// The pattern without matches that are empty where the search starts.
    advancing: OnceLock<Option<Engines>>,
    /// Names of groups with their numbers, in order.
    names: Vec<(String, usize)>,
}

/// Where a match and its groups are, in bytes.
#[derive(Clone, Debug)]
pub(crate) struct Match {
    /// Group 0 is the whole match.
    pub(crate) groups: Vec<Option<(usize, usize)>>,
}

impl Match {
    pub(crate) fn start(&self) -> usize {
        self.span().0
    }

    pub(crate) fn end(&self) -> usize {
        self.span().1
    }

    fn span(&self) -> (usize, usize) {
        self.groups.first().copied().flatten().unwrap_or_default()
    }

    /// The text of a group; none, if it took no part.
    pub(crate) fn group<'t>(&self, text: &'t str, index: usize) -> Option<&'t str> {
        let (start, end) = self.groups.get(index).copied().flatten()?;
        Some(&text[start..end])
    }
}

/// One pattern with each of the limits; those for longer texts are made when needed.
struct Engines {
    translated: String,
    /// Whether a step back can go through all of the text.
    repeats: bool,
    /// Whether there are steps back at all.
    goes_back: bool,
    first: Engine,
    others: [OnceLock<Option<Engine>>; BACKTRACK_LIMITS.len() - 1],
}

impl Engines {
    fn new(translated: String) -> Result<Self, Fault> {
        let repeats = translated.contains(['*', '+']) || translated.contains(",}");
        let limit = match repeats {
            true => BACKTRACK_LIMITS[0].1,
            false => BOUNDED_BACKTRACK_LIMIT,
        };
        Ok(Engines {
            first: build(&translated, limit)?,
            repeats,
            goes_back: GOING_BACK.iter().any(|part| translated.contains(part)),
            others: Default::default(),
            translated,
        })
    }

    /// The one for a text of a length.
    fn of(&self, length: usize) -> Result<&Engine, Fault> {
        let fits = |(longest, _): &(usize, usize)| length <= *longest;
        let tier = BACKTRACK_LIMITS.iter().position(fits).unwrap_or(0);
        let Some(other) = tier.checked_sub(1).filter(|_| self.repeats) else {
            return Ok(&self.first);
        };
        let make = || build(&self.translated, BACKTRACK_LIMITS[tier].1).ok();
        let engine = self.others[other].get_or_init(make);
        engine.as_ref().ok_or(Fault::TooComplex)
    }
}

fn build(translated: &str, backtrack_limit: usize) -> Result<Engine, Fault> {
    RegexBuilder::new(translated)
        .backtrack_limit(backtrack_limit)
        .delegate_size_limit(SIZE_LIMIT)
        .build()
        .map_err(|error| Fault::Syntax(format!("the pattern is not supported: {error}")))
}

thread_local! {
    static CACHE: RefCell<HashMap<(String, Flags), Regex>> = RefCell::default();
}

impl Regex {
    /// Compiles a pattern, or takes it from the cache of the thread.
    pub(crate) fn new(pattern: &str, flags: Flags) -> Result<Self, Fault> {
        let key = (pattern.to_string(), flags);
        if let Some(known) = CACHE.with_borrow(|cache| cache.get(&key).cloned()) {
            return Ok(known);
        }
        let parsed = parser::parse(pattern, flags)?;
        let regex = Regex(Arc::new(Compiled {
            pattern: pattern.into(),
            flags,
            engines: Engines::new(parsed.translated)?,
            advancing: OnceLock::new(),
            names: parsed.names,
        }));
        CACHE.with_borrow_mut(|cache| {
            if cache.len() >= CACHED {
                cache.clear();
            }
            cache.insert(key, regex.clone());
        });
        Ok(regex)
    }

    /// The source of the pattern.
    pub(crate) fn pattern(&self) -> &str {
        &self.0.pattern
    }

    /// The number of groups, without the whole match.
    pub(crate) fn group_count(&self) -> usize {
        self.0.engines.first.captures_len().saturating_sub(1)
    }

    /// Names of groups with their numbers.
    pub(crate) fn names(&self) -> &[(String, usize)] {
        &self.0.names
    }

    /// Whether the pattern matches somewhere.
    pub(crate) fn is_match(&self, text: &str, patience: &Patience) -> Result<bool, Fault> {
        let engines = &self.0.engines;
        match engines.goes_back {
            true => self.find(text, 0, patience).map(|found| found.is_some()),
            false => engines.first.is_match(text).map_err(|_| Fault::TooComplex),
        }
    }

    /// The first match at or after the byte `from`.
    pub(crate) fn find(
        &self,
        text: &str,
        from: usize,
        patience: &Patience,
    ) -> Result<Option<Match>, Fault> {
        self.find_with(&self.0.engines, Haystack { text, from }, patience)
    }

    fn find_with(
        &self,
        engines: &Engines,
        haystack: Haystack<'_>,
        patience: &Patience,
    ) -> Result<Option<Match>, Fault> {
        let Haystack { text, from } = haystack;
        let captures = match engines.goes_back {
            true => {
                let (engine, later) = (engines.of(text.len())?, self.0.engines.of(text.len())?);
                search(engine, later, haystack, patience)?
            }
            false => {
                let found = engines.first.captures_from_pos(text, from);
                found.map_err(|_| Fault::TooComplex)?
            }
        };
        Ok(captures.map(|captures| Match {
            groups: captures
                .iter()
                .map(|group| group.map(|m| (m.start(), m.end())))
                .collect(),
        }))
    }

    /// The match after `previous`, as Python goes on: after an empty match one
    /// at the same place must not be empty.
    pub(crate) fn next(
        &self,
        text: &str,
        previous: Option<&Match>,
        patience: &Patience,
    ) -> Result<Option<Match>, Fault> {
        match previous {
            None => self.find(text, 0, patience),
            Some(last) if last.start() < last.end() => self.find(text, last.end(), patience),
            Some(last) => match self.advancing() {
                Some(engines) => {
                    let from = last.end();
                    self.find_with(engines, Haystack { text, from }, patience)
                }
                None => self.find_later(text, last.end(), patience),
            },
        }
    }

    fn advancing(&self) -> Option<&Engines> {
        let translated = &self.0.engines.translated;
        let make = || Engines::new(format!("(?:{translated})(?!\\G)")).ok();
        self.0.advancing.get_or_init(make).as_ref()
    }

    /// The next match that starts at a later character.
    fn find_later(
        &self,
        text: &str,
        from: usize,
        patience: &Patience,
    ) -> Result<Option<Match>, Fault> {
        match text[from..].chars().next() {
            Some(c) => self.find(text, from + c.len_utf8(), patience),
            None => Ok(None),
        }
    }

    /// As Python writes it: `re.compile('a', re.IGNORECASE)`.
    pub(crate) fn text(&self) -> String {
        let pattern = python::frozen_repr(&self.0.pattern.as_str().into());
        let flags = [
            (self.0.flags.ignore_case, "re.IGNORECASE"),
            (self.0.flags.multi_line, "re.MULTILINE"),
            (self.0.flags.dot_all, "re.DOTALL"),
        ];
        let set: Vec<&str> = flags
            .iter()
            .filter(|(on, _)| *on)
            .map(|(_, name)| *name)
            .collect();
        match set.is_empty() {
            true => format!("re.compile({pattern})"),
            false => format!("re.compile({pattern}, {})", set.join("|")),
        }
    }
}

impl PartialEq for Regex {
    fn eq(&self, other: &Self) -> bool {
        self.0.pattern == other.0.pattern && self.0.flags == other.0.flags
    }
}
