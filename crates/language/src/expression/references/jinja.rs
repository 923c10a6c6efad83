//! References in Jinja templates.

use super::super::jinja::{Kind, Token, tokenize};
use super::{Reference, References};

pub(super) fn collect(text: &str, found: &mut References) {
    let tokens = tokenize(text).tokens;
    for at in 0..tokens.len() {
        let after_dot = at > 0 && is_symbol(&tokens, at - 1, ".");
        if let Kind::Name(name) = tokens[at].kind
            && !after_dot
        {
            word(&tokens, at, name, found);
        }
    }
}

fn word(tokens: &[Token<'_>], at: usize, name: &str, found: &mut References) {
    if name == "_" {
        found.variables.extend(variable(tokens, at + 1));
        return;
    }
    let is_filter = at > 0 && is_symbol(tokens, at - 1, "|");
    let is_test = at > 0 && matches!(tokens[at - 1].kind, Kind::Name("is" | "not"));
    let is_call = is_symbol(tokens, at + 1, "(");
    let reference = Reference::new(name, tokens[at].range.clone());
    if is_filter {
        found.filters.push(reference);
    } else if is_call && !is_test {
        found.functions.push(reference);
    }
    if name == "task" && is_call {
        found.tasks.extend(text(tokens, at + 2));
    }
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

fn is_symbol(tokens: &[Token<'_>], at: usize, symbol: &str) -> bool {
    tokens
        .get(at)
        .is_some_and(|t| matches!(t.kind, Kind::Symbol(s) if s == symbol))
}
