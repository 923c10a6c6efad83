//! Text to tokens: indentation, flow brackets and simple keys.
//!
//! YAML 1.1 as PyYAML scans it, with one change that Mistral makes: there are
//! no anchors and no aliases. `&`, `*` and `@` begin plain text, so a document
//! cannot expand into more than it says.
//!
//! A key is only known by the `:` behind it. Each place where one may start is
//! remembered per flow level; when the `:` comes, a key token is put in front of
//! what was read since. A key stays on one line and within 1024 characters, so
//! the queue of tokens is short.

use std::collections::VecDeque;

use super::cursor::{Cursor, END, Mark, is_blank_or_end};
use super::error::{Fallible, Fault, YamlErrorKind};
use super::node::Style;
use super::python_char;
use super::token::{Token, TokenKind};

/// How far behind its start the `:` of a simple key may be, in characters.
const KEY_REACH: usize = 1024;

pub(super) struct Scanner<'t> {
    pub(super) cursor: Cursor<'t>,
    tokens: VecDeque<Token>,
    /// Tokens handed out so far.
    taken: usize,
    done: bool,
    /// Column of the current block collection; -1 outside of all.
    indent: isize,
    outer_indents: Vec<isize>,
    /// A possible key per flow level; the last is that of the current level.
    keys: Vec<Option<SimpleKey>>,
    /// Whether a key may start here.
    key_allowed: bool,
    max_depth: usize,
}

/// A place where a key may have started.
#[derive(Clone, Copy)]
struct SimpleKey {
    /// Number of the first token of the key.
    token: usize,
    /// In a block mapping every item must be a key.
    required: bool,
    mark: Mark,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str, max_depth: usize) -> Self {
        Self {
            cursor: Cursor::new(text),
            tokens: VecDeque::new(),
            taken: 0,
            done: false,
            indent: -1,
            outer_indents: Vec::new(),
            keys: vec![None],
            key_allowed: true,
            max_depth,
        }
    }

    /// The next token, which stays.
    pub(super) fn peek(&mut self) -> Fallible<&Token> {
        while self.needs_more()? {
            self.scan_token()?;
        }
        let end = self.cursor.mark();
        if self.tokens.is_empty() {
            self.push(TokenKind::StreamEnd, end);
        }
        Ok(&self.tokens[0])
    }

    /// The next token, taken away.
    pub(super) fn next(&mut self) -> Fallible<Token> {
        self.peek()?;
        let end = self.cursor.mark();
        self.taken += 1;
        Ok(self.tokens.pop_front().unwrap_or(Token {
            kind: TokenKind::StreamEnd,
            start: end,
            end,
        }))
    }

    /// The first token can be handed out unless a key token may still come
    /// before it.
    fn needs_more(&mut self) -> Fallible<bool> {
        if self.done {
            return Ok(false);
        }
        if self.tokens.is_empty() {
            return Ok(true);
        }
        self.drop_stale_keys()?;
        let first = self.keys.iter().flatten().map(|key| key.token).min();
        Ok(first == Some(self.taken))
    }

    fn scan_token(&mut self) -> Fallible<()> {
        self.skip_to_token();
        self.drop_stale_keys()?;
        self.unwind_indent(self.column());
        let c = self.cursor.peek();
        let next = self.cursor.peek_at(1);
        let marker = self.cursor.column() == 0 && self.cursor.at_document_marker();
        match c {
            END => self.stream_end(),
            '%' if self.cursor.column() == 0 => self.directive(),
            '-' if marker => self.document_marker(TokenKind::DocumentStart),
            '.' if marker => self.document_marker(TokenKind::DocumentEnd),
            '[' => self.flow_start(TokenKind::FlowSequenceStart),
            '{' => self.flow_start(TokenKind::FlowMappingStart),
            ']' => self.flow_end(TokenKind::FlowSequenceEnd),
            '}' => self.flow_end(TokenKind::FlowMappingEnd),
            ',' => self.flow_entry(),
            '-' if is_blank_or_end(next) => self.block_entry(),
            '?' if self.in_flow() || is_blank_or_end(next) => self.explicit_key(),
            ':' if self.in_flow() || is_blank_or_end(next) => self.value(),
            '!' => self.tag(),
            '|' if !self.in_flow() => self.block_scalar(Style::Literal),
            '>' if !self.in_flow() => self.block_scalar(Style::Folded),
            '\'' => self.quoted(Style::SingleQuoted),
            '"' => self.quoted(Style::DoubleQuoted),
            _ if self.plain_starts(c, next) => self.plain(),
            _ => Err(self.no_token(c)),
        }
    }

    fn no_token(&self, c: char) -> Box<Fault> {
        let problem = format!(
            "found character {} that cannot start any token",
            python_char(c)
        );
        self.fault(problem)
            .during("while scanning for the next token")
    }

    fn plain_starts(&self, c: char, next: char) -> bool {
        match c {
            '\t' | '#' | '!' | '|' | '>' | '\'' | '"' | '%' | '`' => false,
            ',' | '[' | ']' | '{' | '}' => false,
            '-' => !is_blank_or_end(next),
            '?' | ':' => !self.in_flow() && !is_blank_or_end(next),
            _ => !is_blank_or_end(c),
        }
    }

    /// Moves over blanks, comments and line breaks. A tab is no blank here.
    fn skip_to_token(&mut self) {
        if self.cursor.offset() == 0 && self.cursor.peek() == '\u{feff}' {
            self.cursor.advance();
        }
        loop {
            self.cursor.skip_spaces();
            self.cursor.skip_comment();
            if self.cursor.take_break().is_none() {
                return;
            }
            if !self.in_flow() {
                self.key_allowed = true;
            }
        }
    }

    // Tokens of one character.

    fn stream_end(&mut self) -> Fallible<()> {
        self.unwind_indent(-1);
        self.drop_key()?;
        self.key_allowed = false;
        self.keys.iter_mut().for_each(|key| *key = None);
        self.push(TokenKind::StreamEnd, self.cursor.mark());
        self.done = true;
        Ok(())
    }

    fn directive(&mut self) -> Fallible<()> {
        self.unwind_indent(-1);
        self.drop_key()?;
        self.key_allowed = false;
        let start = self.cursor.mark();
        let directive = self.scan_directive()?;
        self.push(TokenKind::Directive(directive), start);
        Ok(())
    }

    fn document_marker(&mut self, kind: TokenKind) -> Fallible<()> {
        self.unwind_indent(-1);
        self.drop_key()?;
        self.key_allowed = false;
        self.push_chars(kind, 3);
        Ok(())
    }

    fn flow_start(&mut self, kind: TokenKind) -> Fallible<()> {
        self.save_key()?;
        self.keys.push(None);
        self.check_depth()?;
        self.key_allowed = true;
        self.push_chars(kind, 1);
        Ok(())
    }

    /// A closing bracket without an opening one is a token too; the parser
    /// refuses it.
    fn flow_end(&mut self, kind: TokenKind) -> Fallible<()> {
        self.drop_key()?;
        if self.in_flow() {
            self.keys.pop();
        }
        self.key_allowed = false;
        self.push_chars(kind, 1);
        Ok(())
    }

    fn flow_entry(&mut self) -> Fallible<()> {
        self.key_allowed = true;
        self.drop_key()?;
        self.push_chars(TokenKind::FlowEntry, 1);
        Ok(())
    }

    fn block_entry(&mut self) -> Fallible<()> {
        self.block_indicator(TokenKind::BlockSequenceStart, "sequence entries")?;
        self.key_allowed = true;
        self.drop_key()?;
        self.push_chars(TokenKind::BlockEntry, 1);
        Ok(())
    }

    fn explicit_key(&mut self) -> Fallible<()> {
        self.block_indicator(TokenKind::BlockMappingStart, "mapping keys")?;
        self.key_allowed = !self.in_flow();
        self.drop_key()?;
        self.push_chars(TokenKind::Key, 1);
        Ok(())
    }

    fn value(&mut self) -> Fallible<()> {
        match self.keys.last_mut().and_then(Option::take) {
            Some(key) => self.insert_key(key)?,
            None => {
                self.block_indicator(TokenKind::BlockMappingStart, "mapping values")?;
                self.key_allowed = !self.in_flow();
                self.drop_key()?;
            }
        }
        self.push_chars(TokenKind::Value, 1);
        Ok(())
    }

    /// Puts the key token, and the start of a mapping if it is the first one,
    /// in front of what was read since the key began.
    fn insert_key(&mut self, key: SimpleKey) -> Fallible<()> {
        let at = key.token - self.taken;
        let token = |kind| Token {
            kind,
            start: key.mark,
            end: key.mark,
        };
        self.tokens.insert(at, token(TokenKind::Key));
        if !self.in_flow() && self.add_indent(key.mark.column)? {
            self.tokens.insert(at, token(TokenKind::BlockMappingStart));
        }
        self.key_allowed = false;
        Ok(())
    }

    /// In a block, `-`, `?` and `:` may open a collection, but only where a key
    /// is allowed.
    fn block_indicator(&mut self, opening: TokenKind, what: &str) -> Fallible<()> {
        if self.in_flow() {
            return Ok(());
        }
        if !self.key_allowed {
            return Err(self.fault(format!("{what} are not allowed here")));
        }
        if self.add_indent(self.cursor.column())? {
            self.push(opening, self.cursor.mark());
        }
        Ok(())
    }

    // Tokens with content.

    fn tag(&mut self) -> Fallible<()> {
        self.save_key()?;
        self.key_allowed = false;
        let start = self.cursor.mark();
        let tag = self.scan_tag()?;
        self.push(TokenKind::Tag(tag), start);
        Ok(())
    }

    fn block_scalar(&mut self, style: Style) -> Fallible<()> {
        self.key_allowed = true;
        self.drop_key()?;
        let token = self.scan_block_scalar(style)?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn quoted(&mut self, style: Style) -> Fallible<()> {
        self.save_key()?;
        self.key_allowed = false;
        let start = self.cursor.mark();
        let scalar = self.scan_quoted(style)?;
        self.push(TokenKind::Scalar(scalar), start);
        Ok(())
    }

    fn plain(&mut self) -> Fallible<()> {
        self.save_key()?;
        self.key_allowed = false;
        let token = self.scan_plain();
        self.tokens.push_back(token);
        Ok(())
    }

    // State.

    pub(super) fn in_flow(&self) -> bool {
        self.keys.len() > 1
    }

    pub(super) fn indent(&self) -> isize {
        self.indent
    }

    pub(super) fn allow_key(&mut self, allowed: bool) {
        self.key_allowed = allowed;
    }

    fn column(&self) -> isize {
        self.cursor.column().cast_signed()
    }

    fn push(&mut self, kind: TokenKind, start: Mark) {
        let end = self.cursor.mark();
        self.tokens.push_back(Token { kind, start, end });
    }

    fn push_chars(&mut self, kind: TokenKind, count: usize) {
        let start = self.cursor.mark();
        self.cursor.advance_by(count);
        self.push(kind, start);
    }

    pub(super) fn fault(&self, problem: impl Into<String>) -> Box<Fault> {
        Fault::new(YamlErrorKind::Scanner, problem, self.cursor.mark())
    }

    fn check_depth(&self) -> Fallible<()> {
        if self.outer_indents.len() + self.keys.len() <= self.max_depth + 1 {
            return Ok(());
        }
        let problem = format!("found more than {} levels of nesting", self.max_depth);
        Err(Fault::new(
            YamlErrorKind::Limit,
            problem,
            self.cursor.mark(),
        ))
    }

    /// Opens a block collection if the column is deeper than the current one.
    fn add_indent(&mut self, column: usize) -> Fallible<bool> {
        let column = column.cast_signed();
        if self.indent >= column {
            return Ok(false);
        }
        self.outer_indents.push(self.indent);
        self.indent = column;
        self.check_depth()?;
        Ok(true)
    }

    /// Closes the block collections that are deeper than the column.
    fn unwind_indent(&mut self, column: isize) {
        if self.in_flow() {
            return;
        }
        while self.indent > column {
            self.indent = self.outer_indents.pop().unwrap_or(-1);
            self.push(TokenKind::BlockEnd, self.cursor.mark());
        }
    }

    fn save_key(&mut self) -> Fallible<()> {
        if !self.key_allowed {
            return Ok(());
        }
        self.drop_key()?;
        let key = SimpleKey {
            token: self.taken + self.tokens.len(),
            required: !self.in_flow() && self.indent == self.column(),
            mark: self.cursor.mark(),
        };
        if let Some(slot) = self.keys.last_mut() {
            *slot = Some(key);
        }
        Ok(())
    }

    fn drop_key(&mut self) -> Fallible<()> {
        match self.keys.last_mut().and_then(Option::take) {
            Some(key) if key.required => Err(self.missing_colon(key)),
            _ => Ok(()),
        }
    }

    /// Forgets the keys that have no `:` in reach.
    fn drop_stale_keys(&mut self) -> Fallible<()> {
        let here = self.cursor.mark();
        let stale =
            |key: &SimpleKey| key.mark.line != here.line || here.index - key.mark.index > KEY_REACH;
        for level in 0..self.keys.len() {
            if let Some(key) = self.keys[level].filter(stale) {
                if key.required {
                    return Err(self.missing_colon(key));
                }
                self.keys[level] = None;
            }
        }
        Ok(())
    }

    fn missing_colon(&self, key: SimpleKey) -> Box<Fault> {
        self.fault("could not find expected ':'")
            .within("while scanning a simple key", key.mark)
    }
}
