//! The parser: tokens to a syntax tree, by Jinja2's grammar and with its texts.

mod expression;
mod statement;

use std::ops::Range;
use std::sync::Arc;

use super::ast::{Body, Expression, MAX_NESTING, Node};
use super::lexer::{self, Tokens};
use super::syntax_error::SyntaxError;
use super::token::{Kind, Token};

/// Parses a whole template.
pub(super) fn template(source: &str) -> Result<Body, SyntaxError> {
    parse(lexer::template(source), |parser| parser.body(&[]))
}

/// Parses a bare expression.
pub(super) fn expression(source: &str) -> Result<Expression, SyntaxError> {
    parse(lexer::expression(source), |parser| {
        let parsed = parser.expression()?;
        match parser.kind() {
            Kind::End => Ok(parsed),
            _ => Err(parser.fail("chunk after expression")),
        }
    })
}

fn parse<'s, T>(
    Tokens { tokens, problem }: Tokens<'s>,
    part: impl FnOnce(&mut Parser<'s>) -> Parsed<T>,
) -> Parsed<T> {
    let mut parser = Parser::new(tokens);
    let parsed = part(&mut parser);
    match problem {
        Some(problem) if *parser.kind() == Kind::End => Err(problem),
        _ => parsed,
    }
}

type Parsed<T> = Result<T, SyntaxError>;

struct Parser<'s> {
    tokens: Vec<Token<'s>>,
    at: usize,
    /// How many expressions and statements are being parsed inside each other.
    depth: u16,
    /// The blocks that are open, with what may end them.
    open: Vec<Open>,
}

/// An open block.
#[derive(Clone, Copy)]
struct Open {
    tag: &'static str,
    ends: &'static [&'static str],
}

impl<'s> Parser<'s> {
    fn new(tokens: Vec<Token<'s>>) -> Self {
        Self {
            tokens,
            at: 0,
            depth: 0,
            open: Vec::new(),
        }
    }

    fn kind(&self) -> &Kind<'s> {
        &self.tokens[self.at].kind
    }

    fn next_kind(&self) -> &Kind<'s> {
        &self.tokens[(self.at + 1).min(self.tokens.len() - 1)].kind
    }

    fn range(&self) -> Range<usize> {
        self.tokens[self.at].range.clone()
    }

    /// Where the current token starts.
    fn start(&self) -> usize {
        self.tokens[self.at].range.start
    }

    /// From `start` to the end of the last consumed token.
    fn since(&self, start: usize) -> Range<usize> {
        start..self.tokens[self.at.saturating_sub(1)].range.end.max(start)
    }

    /// The current token; the last one (the end) is never passed.
    fn advance(&mut self) -> Kind<'s> {
        let kind = self.tokens[self.at].kind.clone();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        kind
    }

    fn is_symbol(&self, symbol: &str) -> bool {
        matches!(self.kind(), Kind::Symbol(s) if *s == symbol)
    }

    fn is_name(&self, name: &str) -> bool {
        matches!(self.kind(), Kind::Name(n) if *n == name)
    }

    fn skip_symbol(&mut self, symbol: &str) -> bool {
        let found = self.is_symbol(symbol);
        if found {
            self.advance();
        }
        found
    }

    fn skip_name(&mut self, name: &str) -> bool {
        let found = self.is_name(name);
        if found {
            self.advance();
        }
        found
    }

    fn expect_symbol(&mut self, symbol: &str) -> Parsed<()> {
        if self.skip_symbol(symbol) {
            return Ok(());
        }
        Err(self.expected(symbol))
    }

    fn expect_word(&mut self, word: &str) -> Parsed<()> {
        if self.skip_name(word) {
            return Ok(());
        }
        Err(self.expected(word))
    }

    fn expect_name(&mut self) -> Parsed<Arc<str>> {
        if let Kind::Name(name) = *self.kind() {
            self.advance();
            return Ok(name.into());
        }
        Err(self.expected("name"))
    }

    fn expect_kind(&mut self, kind: &Kind<'_>) -> Parsed<()> {
        if self.kind() == kind {
            self.advance();
            return Ok(());
        }
        Err(self.expected(&kind.describe()))
    }

    fn expected(&self, wanted: &str) -> SyntaxError {
        match self.kind() {
            Kind::End => self.fail(format!("unexpected end of template, expected '{wanted}'.")),
            found => self.fail(format!(
                "expected token '{wanted}', got '{}'",
                found.describe()
            )),
        }
    }

    fn fail(&self, message: impl Into<String>) -> SyntaxError {
        SyntaxError::new(message, self.range())
    }

    fn node(&self, node: Node, start: usize) -> Parsed<Expression> {
        Expression::new(node, self.since(start)).ok_or_else(|| self.too_deep())
    }

    fn too_deep(&self) -> SyntaxError {
        self.fail("nested too deeply; split it into several parts")
    }

    /// Runs a part of the grammar that may contain itself.
    fn nested<T>(&mut self, part: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= MAX_NESTING {
            return Err(self.too_deep());
        }
        self.depth += 1;
        let result = part(self);
        self.depth -= 1;
        result
    }
}

#[cfg(test)]
mod tests;
