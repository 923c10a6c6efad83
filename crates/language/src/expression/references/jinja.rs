//! References in Jinja templates.

use std::collections::HashSet;

use super::super::error::Language;
use super::super::jinja::{Kind, Token, tokenize};
use super::{NameKind, Reference, References};

/// Names before a `(` that are no calls, and calls of what a template itself has.
const KEYWORDS: [&str; 23] = [
    "and", "block", "call", "caller", "elif", "else", "filter", "for", "from", "if", "import",
    "in", "include", "is", "loop", "macro", "not", "or", "print", "self", "set", "super", "with",
];

pub(super) fn collect(text: &str, found: &mut References) {
    let tokens = tokenize(text).tokens;
    let bound = bound(&tokens);
    for at in 0..tokens.len() {
        let after_dot = at > 0 && is_symbol(&tokens, at - 1, ".");
        if let Kind::Name(name) = tokens[at].kind
            && !after_dot
        {
            word(&tokens, at, name, &bound, found);
        }
    }
}

fn word(
    tokens: &[Token<'_>],
    at: usize,
    name: &str,
    bound: &HashSet<&str>,
    found: &mut References,
) {
    if name == "_" {
        found.variables.extend(variable(tokens, at + 1));
        return;
    }
    let is_call = is_symbol(tokens, at + 1, "(");
    let reference = Reference::new(name, tokens[at].range.clone());
    if is_filter(tokens, at) {
        found.check(Language::Jinja, NameKind::Filter, reference.clone());
        found.filters.push(reference);
    } else if is_test(tokens, at) {
        found.check(Language::Jinja, NameKind::Test, reference);
    } else if is_call && !KEYWORDS.contains(&name) {
        if !bound.contains(name) {
            found.check(Language::Jinja, NameKind::Function, reference.clone());
        }
        found.functions.push(reference);
    }
    if name == "task" && is_call {
        found.tasks.extend(text(tokens, at + 2));
    }
}

/// After `|`, or in `{% filter name %}`.
fn is_filter(tokens: &[Token<'_>], at: usize) -> bool {
    let is_block = at > 1
        && is_name(tokens, at - 1, "filter")
        && matches!(tokens[at - 2].kind, Kind::BlockBegin);
    is_block || at > 0 && is_symbol(tokens, at - 1, "|")
}

/// After `is` or `is not`.
fn is_test(tokens: &[Token<'_>], at: usize) -> bool {
    let after_is = at > 0 && is_name(tokens, at - 1, "is");
    let after_not = at > 1 && is_name(tokens, at - 1, "not") && is_name(tokens, at - 2, "is");
    after_is && !is_name(tokens, at, "not") || after_not
}

/// Names to which the template itself may give a value: they stand somewhere
/// without a call, or behind `macro`.
fn bound<'s>(tokens: &[Token<'s>]) -> HashSet<&'s str> {
    let name = |(at, token): (usize, &Token<'s>)| {
        let behind_macro = at > 0 && is_name(tokens, at - 1, "macro");
        match token.kind {
            Kind::Name(name) if behind_macro || !is_symbol(tokens, at + 1, "(") => Some(name),
            _ => None,
        }
    };
    tokens.iter().enumerate().filter_map(name).collect()
}

/// What follows `_`: `.name`, `['name']` or `.get('name'`.
fn variable(tokens: &[Token<'_>], at: usize) -> Option<Reference> {
    if is_symbol(tokens, at, "[") {
        return text(tokens, at + 1);
    }
    let next = tokens.get(at + 1)?;
    let Kind::Name(name) = next.kind else {
        return None;
    };
    if !is_symbol(tokens, at, ".") {
        return None;
    }
    match is_symbol(tokens, at + 2, "(") {
        true if name == "get" => text(tokens, at + 3),
        true => None,
        false => Some(Reference::new(name, next.range.clone())),
    }
}

fn text(tokens: &[Token<'_>], at: usize) -> Option<Reference> {
    let token = tokens.get(at)?;
    match &token.kind {
        Kind::Text(name) => Some(Reference::new(name, token.range.clone())),
        _ => None,
    }
}

fn is_name(tokens: &[Token<'_>], at: usize, name: &str) -> bool {
    tokens
        .get(at)
        .is_some_and(|t| matches!(t.kind, Kind::Name(n) if n == name))
}

fn is_symbol(tokens: &[Token<'_>], at: usize, symbol: &str) -> bool {
    tokens
        .get(at)
        .is_some_and(|t| matches!(t.kind, Kind::Symbol(s) if s == symbol))
}
