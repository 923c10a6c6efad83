//! Scanning plain and quoted scalars.

use super::cursor::{END, Mark, is_blank_or_end, is_break};
use super::error::Fallible;
use super::node::Style;
use super::origins::Decoded;
use super::python_char;
use super::scanner::Scanner;
use super::token::{ScalarToken, Token, TokenKind};

/// Line breaks between two parts of a scalar: offset and meaning of each.
type Breaks = Vec<(usize, char)>;

impl<'t> Scanner<'t> {
    pub(super) fn scan_plain(&mut self) -> Token {
        let start = self.cursor.mark();
        let mut end = start;
        let mut decoded = Decoded::default();
        let mut blanks = Blanks::default();
        while self.cursor.peek() != '#' {
            let offset = self.cursor.offset();
            let part = self.scan_plain_part();
            if part.is_empty() {
                break;
            }
            self.allow_key(false);
            blanks.append_to(&mut decoded);
            decoded.push(part, offset);
            end = self.cursor.mark();
            match self.scan_plain_blanks() {
                Some(found) if !self.is_outdented() => blanks = found,
                _ => break,
            }
        }
        Token {
            kind: TokenKind::Scalar(ScalarToken::new(decoded, Style::Plain)),
            start,
            end,
        }
    }

    /// Whether a plain scalar of a block ends here because of its indentation.
    fn is_outdented(&self) -> bool {
        !self.in_flow() && self.cursor.column().cast_signed() <= self.indent()
    }

    fn scan_plain_part(&mut self) -> &'t str {
        let flow = self.in_flow();
        let start = self.cursor.offset();
        loop {
            let c = self.cursor.peek();
            let ends = match c {
                ':' => {
                    let next = self.cursor.peek_at(1);
                    is_blank_or_end(next) || flow && matches!(next, ',' | '[' | ']' | '{' | '}')
                }
                ',' | '?' | '[' | ']' | '{' | '}' => flow,
                _ => is_blank_or_end(c),
            };
            if ends {
                return self.cursor.since(start);
            }
            self.cursor.advance();
        }
    }

    /// What separates two parts of a plain scalar; `None` if it ends here.
    fn scan_plain_blanks(&mut self) -> Option<Blanks<'t>> {
        let offset = self.cursor.offset();
        let spaces = self.cursor.take_while(|c| c == ' ');
        let break_offset = self.cursor.offset();
        let Some(first) = self.cursor.take_break() else {
            return (!spaces.is_empty()).then_some(Blanks::Spaces(spaces, offset));
        };
        self.allow_key(true);
        let mut more = Breaks::new();
        loop {
            if self.cursor.at_document_marker() {
                return None;
            }
            self.cursor.skip_spaces();
            let offset = self.cursor.offset();
            match self.cursor.take_break() {
                Some(c) => more.push((offset, c)),
                None => break,
            }
        }
        Some(Blanks::Breaks((break_offset, first), more))
    }

    pub(super) fn scan_quoted(&mut self, style: Style) -> Fallible<ScalarToken> {
        let start = self.cursor.mark();
        let quote = self.cursor.peek();
        self.cursor.advance();
        let mut decoded = Decoded::default();
        self.scan_quoted_text(style, start, &mut decoded)?;
        while self.cursor.peek() != quote {
            self.scan_quoted_blanks(start)?.append_to(&mut decoded);
            self.scan_quoted_text(style, start, &mut decoded)?;
        }
        self.cursor.advance();
        Ok(ScalarToken::new(decoded, style))
    }

    /// Reads up to a blank, a line break, the closing quote or the end.
    fn scan_quoted_text(&mut self, style: Style, start: Mark, out: &mut Decoded) -> Fallible<()> {
        let double = style == Style::DoubleQuoted;
        loop {
            let offset = self.cursor.offset();
            let verbatim = |c| !is_blank_or_end(c) && !matches!(c, '\'' | '"' | '\\');
            out.push(self.cursor.take_while(verbatim), offset);
            let offset = self.cursor.offset();
            match self.cursor.peek() {
                '\'' if !double && self.cursor.peek_at(1) == '\'' => {
                    out.push_char('\'', offset);
                    self.cursor.advance_by(2);
                }
                c @ '\'' if double => self.take_verbatim(c, out),
                c @ ('"' | '\\') if !double => self.take_verbatim(c, out),
                '\\' => self.scan_escape(start, out)?,
                _ => return Ok(()),
            }
        }
    }

    fn take_verbatim(&mut self, c: char, out: &mut Decoded) {
        out.push_char(c, self.cursor.offset());
        self.cursor.advance();
    }

    fn scan_quoted_blanks(&mut self, start: Mark) -> Fallible<Blanks<'t>> {
        let offset = self.cursor.offset();
        let blanks = self.cursor.take_while(|c| matches!(c, ' ' | '\t'));
        let break_offset = self.cursor.offset();
        if self.cursor.peek() == END {
            return Err(self
                .fault("found unexpected end of stream")
                .within("while scanning a quoted scalar", start));
        }
        match self.cursor.take_break() {
            None => Ok(Blanks::Spaces(blanks, offset)),
            Some(first) => {
                let more = self.scan_quoted_breaks(start)?;
                Ok(Blanks::Breaks((break_offset, first), more))
            }
        }
    }

    fn scan_quoted_breaks(&mut self, start: Mark) -> Fallible<Breaks> {
        let mut breaks = Breaks::new();
        loop {
            if self.cursor.at_document_marker() {
                return Err(self
                    .fault("found unexpected document separator")
                    .within("while scanning a quoted scalar", start));
            }
            self.cursor.take_while(|c| matches!(c, ' ' | '\t'));
            let offset = self.cursor.offset();
            match self.cursor.take_break() {
                Some(c) => breaks.push((offset, c)),
                None => return Ok(breaks),
            }
        }
    }

    fn scan_escape(&mut self, start: Mark, out: &mut Decoded) -> Fallible<()> {
        let offset = self.cursor.offset();
        self.cursor.advance();
        let c = self.cursor.peek();
        if let Some(meaning) = simple_escape(c) {
            out.push_char(meaning, offset);
            self.cursor.advance();
        } else if let Some(digits) = hex_escape(c) {
            self.cursor.advance();
            let code = self.scan_hex(digits, start)?;
            let meaning = self.join_surrogates(code, start)?;
            out.push_char(meaning, offset);
        } else if is_break(c) {
            self.cursor.take_break();
            for (offset, c) in self.scan_quoted_breaks(start)? {
                out.push_char(c, offset);
            }
        } else {
            return Err(self.bad_escape(
                format!("found unknown escape character {}", python_char(c)),
                start,
            ));
        }
        Ok(())
    }

    fn scan_hex(&mut self, digits: usize, start: Mark) -> Fallible<u32> {
        let mut code = 0;
        for ahead in 0..digits {
            let c = self.cursor.peek_at(ahead);
            let Some(digit) = c.to_digit(16) else {
                let found = python_char(c);
                return Err(self.bad_escape(
                    format!(
                        "expected escape sequence of {digits} hexadecimal numbers, but found {found}"
                    ),
                    start,
                ));
            };
            code = code << 4 | digit;
        }
        self.cursor.advance_by(digits);
        Ok(code)
    }

    /// The character of a code. The two halves of a surrogate pair, each with an
    /// escape of its own, make one character; a half alone makes none.
    fn join_surrogates(&mut self, code: u32, start: Mark) -> Fallible<char> {
        let pair = (0xd800..0xdc00).contains(&code) && self.cursor.starts_with("\\u");
        if pair {
            self.cursor.advance_by(2);
            let low = self.scan_hex(4, start)?;
            if (0xdc00..0xe000).contains(&low) {
                let joined = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                return self.character(joined, start);
            }
        }
        self.character(code, start)
    }

    fn character(&self, code: u32, start: Mark) -> Fallible<char> {
        char::from_u32(code).ok_or_else(|| {
            self.bad_escape(
                format!("found escape of {code:#x}, which is no character"),
                start,
            )
        })
    }

    fn bad_escape(&self, problem: String, start: Mark) -> Box<super::error::Fault> {
        self.fault(problem)
            .within("while scanning a double-quoted scalar", start)
    }
}

/// What stands between two parts of a scalar.
enum Blanks<'t> {
    Spaces(&'t str, usize),
    Breaks((usize, char), Breaks),
}

impl Default for Blanks<'_> {
    fn default() -> Self {
        Self::Spaces("", 0)
    }
}

impl Blanks<'_> {
    /// Folding: one line feed is a space, of several the first is dropped.
    fn append_to(&self, out: &mut Decoded) {
        match self {
            Self::Spaces(spaces, offset) => out.push(spaces, *offset),
            Self::Breaks((offset, first), more) => {
                match first {
                    '\n' if more.is_empty() => out.push_char(' ', *offset),
                    '\n' => {}
                    c => out.push_char(*c, *offset),
                }
                for (offset, c) in more {
                    out.push_char(*c, *offset);
                }
            }
        }
    }
}

impl ScalarToken {
    pub(super) fn new(decoded: Decoded, style: Style) -> Self {
        Self {
            text: decoded.text,
            origins: decoded.origins,
            style,
        }
    }

    /// What stands where nothing is written.
    pub(super) fn empty() -> Self {
        Self::new(Decoded::default(), Style::Plain)
    }
}

fn simple_escape(c: char) -> Option<char> {
    Some(match c {
        '0' => '\0',
        'a' => '\x07',
        'b' => '\x08',
        't' | '\t' => '\t',
        'n' => '\n',
        'v' => '\x0b',
        'f' => '\x0c',
        'r' => '\r',
        'e' => '\x1b',
        ' ' | '"' | '\\' | '/' => c,
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        _ => return None,
    })
}

/// The number of digits behind `\x`, `\u` and `\U`.
fn hex_escape(c: char) -> Option<usize> {
    match c {
        'x' => Some(2),
        'u' => Some(4),
        'U' => Some(8),
        _ => None,
    }
}
