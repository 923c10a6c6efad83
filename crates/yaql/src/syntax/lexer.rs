//! Tokens.
//!
//! Invariant: tokens are tried in the order of YAQL §1 at each position, and
//! every token has the byte span of its text.

use std::ops::Range;
use std::sync::Arc;

use num_bigint::BigInt;

use super::ast::Span;
use super::chars::{ascii_digits, digit, is_word, starts_word};
use super::error::{ParseError, ParseErrorKind};
use super::escape::unescape;
use crate::{Value, python};

#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind {
    /// `$name`; the name without the dollar.
    Dollar(Arc<str>),
    /// A number, a string, `true`, `false` or `null`.
    Constant(Value),
    /// A bare word.
    Word(Value),
    /// `name(`
    Call(Arc<str>),
    /// An operator, a word operator included, or the mapping symbol's place.
    Operator(&'static str),
    /// The mapping symbol.
    Mapping,
    /// One of `( ) [ ] { } ,`.
    Punctuation(char),
}

#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Span,
}

const OPERATORS: [&str; 16] = [
    "->", "?.", "=~", "!~", ">=", "<=", "!=", "=>", ".", "+", "-", "*", "/", ">", "<", "=",
];
const WORD_OPERATORS: [&str; 5] = ["and", "or", "not", "in", "mod"];

/// The longest source that is read.
const MAX_SOURCE: usize = 16 << 20;

pub(super) struct Lexer<'a> {
    source: &'a str,
    mapping: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(source: &'a str, mapping: &'a str) -> Self {
        Lexer {
            source,
            mapping,
            at: 0,
        }
    }

    /// All tokens up to the first fault, and that fault: a fault of grammar
    /// before it is the one to report.
    pub(super) fn tokens(mut self) -> (Vec<Token>, Option<ParseError>) {
        let mut tokens = Vec::new();
        let fault = self.read(&mut tokens).err();
        (tokens, fault)
    }

    fn read(&mut self, tokens: &mut Vec<Token>) -> Result<(), ParseError> {
        if self.source.len() > MAX_SOURCE {
            return Err(ParseError {
                kind: ParseErrorKind::TooComplex,
                message: format!("The expression is longer than {MAX_SOURCE} bytes"),
                span: Span::default(),
                help: None,
            });
        }
        loop {
            let blanks = [' ', '\t', '\r', '\n'];
            let rest = self.rest().trim_start_matches(blanks);
            self.at = self.source.len() - rest.len();
            if rest.is_empty() {
                return Ok(());
            }
            let start = self.at;
            let kind = self.token()?;
            tokens.push(Token {
                kind,
                span: Span::new(start..self.at),
            });
        }
    }

    fn rest(&self) -> &'a str {
        &self.source[self.at..]
    }

    fn take(&mut self, length: usize) -> &'a str {
        let text = &self.rest()[..length];
        self.at += length;
        text
    }

    /// How many bytes at the front satisfy `class`.
    fn run(text: &str, class: impl Fn(char) -> bool) -> usize {
        text.find(|c| !class(c)).unwrap_or(text.len())
    }

    fn token(&mut self) -> Result<TokenKind, ParseError> {
        let rest = self.rest();
        let first = rest.chars().next().unwrap_or_default();
        match first {
            '$' => {
                let length = 1 + Self::run(&rest[1..], is_word);
                Ok(TokenKind::Dollar(self.take(length)[1..].into()))
            }
            c if digit(c).is_some() => self.number(),
            c if starts_word(c) => self.word(),
            '\'' | '"' => self.quoted(first),
            '`' => self.verbatim(),
            _ => self.symbol(first),
        }
    }

    fn number(&mut self) -> Result<TokenKind, ParseError> {
        let rest = self.rest();
        let is_digit = |c| digit(c).is_some();
        let bounded = |end: usize| !rest[end..].starts_with(is_word);
        let whole = Self::run(rest, is_digit);
        let follows_word = self.source[..self.at].ends_with(is_word);
        if let Some(fraction) = rest[whole..].strip_prefix('.') {
            let length = Self::run(fraction, is_digit);
            let end = whole + 1 + length;
            if length > 0 && bounded(end) && !follows_word {
                let text = ascii_digits(self.take(end));
                let number: f64 = text.parse().unwrap_or(f64::INFINITY);
                return Ok(TokenKind::Constant(number.into()));
            }
        }
        if !bounded(whole) || follows_word {
            return Err(self.illegal());
        }
        let text = ascii_digits(self.take(whole));
        let number = match text.parse::<i64>() {
            Ok(small) => small.into(),
            Err(_) => text.parse::<BigInt>().unwrap_or_default().into(),
        };
        Ok(TokenKind::Constant(number))
    }

    fn word(&mut self) -> Result<TokenKind, ParseError> {
        let rest = self.rest();
        let length = Self::run(rest, is_word);
        let word = &rest[..length];
        if rest[length..].starts_with('(') {
            self.at += length + 1;
            return Ok(TokenKind::Call(word.into()));
        }
        if word.starts_with("__") {
            return Err(self.illegal());
        }
        self.at += length;
        if let Some(operator) = WORD_OPERATORS.iter().find(|o| **o == word) {
            return Ok(TokenKind::Operator(operator));
        }
        Ok(match word {
            "true" => TokenKind::Constant(true.into()),
            "false" => TokenKind::Constant(false.into()),
            "null" => TokenKind::Constant(Value::Null),
            word => TokenKind::Word(word.into()),
        })
    }

    fn quoted(&mut self, quote: char) -> Result<TokenKind, ParseError> {
        let start = self.at;
        let body = self.delimited(quote, |c| c != '\n')?;
        match unescape(body) {
            Ok(text) => Ok(TokenKind::Constant(text.into())),
            Err(bad) => Err(ParseError {
                kind: ParseErrorKind::Encoding,
                message: bad.0,
                span: Span::new(start..self.at),
                help: Some("write `\\\\` for a backslash, or use a verbatim `string`".into()),
            }),
        }
    }

    fn verbatim(&mut self) -> Result<TokenKind, ParseError> {
        let body = self.delimited('`', |_| true)?;
        Ok(TokenKind::Constant(body.replace("\\`", "`").into()))
    }

    /// What stands between two `quote`s; a backslash protects the next
    /// character if that is `protectable`.
    fn delimited(
        &mut self,
        quote: char,
        protectable: impl Fn(char) -> bool,
    ) -> Result<&'a str, ParseError> {
        let rest = self.rest();
        let mut chars = rest.char_indices().skip(1);
        while let Some((i, c)) = chars.next() {
            if c == '\\' {
                let (_, next) = chars.next().ok_or_else(|| self.illegal())?;
                if !protectable(next) {
                    return Err(self.illegal());
                }
            } else if c == quote {
                return Ok(&self.take(i + 1)[1..i]);
            }
        }
        Err(self.illegal())
    }

    fn symbol(&mut self, first: char) -> Result<TokenKind, ParseError> {
        let rest = self.rest();
        if !self.mapping.is_empty() && rest.starts_with(self.mapping) {
            self.at += self.mapping.len();
            return Ok(TokenKind::Mapping);
        }
        if matches!(first, '(' | ')' | '[' | ']' | '{' | '}' | ',') {
            self.at += 1;
            return Ok(TokenKind::Punctuation(first));
        }
        let operator = OPERATORS
            .iter()
            .find(|o| **o != "=>" && rest.starts_with(**o))
            .ok_or_else(|| self.illegal())?;
        self.at += operator.len();
        Ok(TokenKind::Operator(operator))
    }

    fn illegal(&self) -> ParseError {
        let c = self.rest().chars().next().unwrap_or_default();
        let position = self.source[..self.at].chars().count();
        ParseError {
            kind: ParseErrorKind::Lexical,
            message: format!("Lexical error: illegal character '{c}' at position {position}"),
            span: Span::new(self.at..self.at + c.len_utf8()),
            help: self.advice(c),
        }
    }

    fn advice(&self, c: char) -> Option<String> {
        let rest = self.rest();
        let text = match c {
            '\'' | '"' | '`' => "the string is not closed",
            '&' if rest.starts_with("&&") => "write `and`",
            '|' if rest.starts_with("||") => "write `or`",
            '!' => "write `not`, or `!=` for unequal",
            '%' => "write `mod` for the remainder",
            '_' => "a word cannot start with two underscores; use get('__name')",
            '\u{a0}' => "this is a no-break space; use an ordinary one",
            c if digit(c).is_some() => "numbers are digits with an optional fraction: 10, 2.5",
            _ => return None,
        };
        Some(text.into())
    }
}

impl Token {
    /// The token's value as messages show it.
    pub(super) fn shown(&self, source: &str) -> String {
        match &self.kind {
            TokenKind::Constant(value) | TokenKind::Word(value) => python::frozen_str(value),
            TokenKind::Call(name) => name.to_string(),
            _ => text(source, self.span.range()),
        }
    }
}

fn text(source: &str, range: Range<usize>) -> String {
    source.get(range).unwrap_or_default().into()
}
