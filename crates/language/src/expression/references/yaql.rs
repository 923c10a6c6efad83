//! References in YAQL expressions.

use std::ops::Range;

use super::{Reference, References};

/// Functions whose arguments see another `$`.
const REBINDING: [&str; 9] = [
    "all",
    "any",
    "distinct",
    "def",
    "generate",
    "generateMany",
    "lambda",
    "let",
    "with",
];

/// Methods whose arguments see the same `$`.
const TRANSPARENT: [&str; 12] = [
    "append",
    "contains",
    "containsKey",
    "delete",
    "endsWith",
    "get",
    "join",
    "limit",
    "replace",
    "skip",
    "split",
    "startsWith",
];

/// Collects from an expression that starts at `offset` of its string.
pub(super) fn collect(source: &str, offset: usize, found: &mut References) {
    let tokens = scan(source);
    let mut scanner = Scanner {
        source,
        offset,
        tokens: &tokens,
        rebound: Vec::new(),
    };
    for at in 0..tokens.len() {
        if scanner.text(at) == "->" {
            return;
        }
        scanner.step(at, found);
    }
}

struct Scanner<'s> {
    source: &'s str,
    offset: usize,
    tokens: &'s [Range<usize>],
    /// For each open bracket, whether `$` is another one inside.
    rebound: Vec<bool>,
}

impl Scanner<'_> {
    fn text(&self, at: usize) -> &str {
        self.tokens
            .get(at)
            .map_or("", |range| &self.source[range.clone()])
    }

    fn step(&mut self, at: usize, found: &mut References) {
        let text = self.text(at);
        let outer = self.rebound.last().copied().unwrap_or(false);
        match text {
            "(" => {
                let inner = outer || self.rebinds(at);
                self.rebound.push(inner);
            }
            "[" | "{" => self.rebound.push(outer),
            ")" | "]" | "}" => {
                self.rebound.pop();
            }
            "$" if !outer => found.variables.extend(self.variable(at + 1)),
            _ if is_word(text) && self.text(at + 1) == "(" && !self.is_member(at) => {
                found.functions.extend(self.reference(at));
                if text == "task" {
                    found.tasks.extend(self.reference(at + 2));
                }
            }
            _ => {}
        }
    }

    fn is_member(&self, at: usize) -> bool {
        at > 0 && matches!(self.text(at - 1), "." | "?.")
    }

    /// Whether the call whose `(` is at `at` has another `$` inside.
    fn rebinds(&self, at: usize) -> bool {
        let Some(name) = at.checked_sub(1) else {
            return false;
        };
        match self.is_member(name) {
            true => !TRANSPARENT.contains(&self.text(name)),
            false => REBINDING.contains(&self.text(name)),
        }
    }

    /// What follows `$`: `.name` or `.get(name`.
    fn variable(&self, at: usize) -> Option<Reference> {
        if !matches!(self.text(at), "." | "?.") || !is_word(self.text(at + 1)) {
            return None;
        }
        match self.text(at + 2) == "(" {
            true if self.text(at + 1) == "get" => self.reference(at + 3),
            true => None,
            false => self.reference(at + 1),
        }
    }

    /// A word or a quoted text.
    fn reference(&self, at: usize) -> Option<Reference> {
        let range = self.tokens.get(at)?;
        let text = self.text(at);
        let name = match text.chars().next()? {
            '\'' | '"' | '`' => text.get(1..text.len() - 1)?,
            _ if is_word(text) => text,
            _ => return None,
        };
        Some(Reference::new(
            name,
            self.offset + range.start..self.offset + range.end,
        ))
    }
}

fn is_word(text: &str) -> bool {
    let starts = text.starts_with(|c: char| c.is_alphabetic() || c == '_');
    starts && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// Words, variables, texts and symbols; `$` with a name is one token.
fn scan(source: &str) -> Vec<Range<usize>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = source[at..].chars().next() {
        let rest = &source[at..];
        let length = match c {
            c if c.is_whitespace() => {
                at += c.len_utf8();
                continue;
            }
            '\'' | '"' | '`' => quoted(rest, c),
            '$' => 1 + word_length(&rest[1..]),
            c if c.is_alphanumeric() || c == '_' => word_length(rest),
            _ if rest.starts_with("->") || rest.starts_with("?.") => 2,
            c => c.len_utf8(),
        };
        tokens.push(at..at + length);
        at += length;
    }
    tokens
}

fn word_length(text: &str) -> usize {
    text.find(|c: char| !(c.is_alphanumeric() || c == '_'))
        .unwrap_or(text.len())
}

fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    let end = text[1..].find(|c| {
        let closes = c == quote && !escaped;
        escaped = c == '\\' && !escaped;
        closes
    });
    end.map_or(text.len(), |length| length + 2)
}
