//! Scanning literal (`|`) and folded (`>`) scalars.

use super::cursor::{Mark, is_break_or_end, is_space_or_end};
use super::error::{Fallible, Fault};
use super::node::Style;
use super::origins::Decoded;
use super::python_char;
use super::scanner::Scanner;
use super::token::{ScalarToken, Token, TokenKind};

/// What happens to the line breaks at the end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomping {
    /// `-`: none is kept.
    Strip,
    /// The first is kept.
    Clip,
    /// `+`: all are kept.
    Keep,
}

/// The part behind the `|` or `>`.
struct Header {
    chomping: Chomping,
    /// Columns of indentation relative to the parent, if told.
    increment: Option<usize>,
}

/// Line breaks with their offsets.
type Breaks = Vec<(usize, char)>;

impl Scanner<'_> {
    pub(super) fn scan_block_scalar(&mut self, style: Style) -> Fallible<Token> {
        let start = self.cursor.mark();
        self.cursor.advance();
        let header = self.scan_block_header(start)?;
        let header_end = self.cursor.mark();
        self.scan_rest_of_header(start)?;
        let (indent, breaks) = self.scan_block_indent(header.increment);
        let (decoded, end) = self.scan_block_lines(style, header.chomping, indent, breaks);
        Ok(Token {
            kind: TokenKind::Scalar(ScalarToken::new(decoded, style)),
            start,
            end: end.unwrap_or(header_end),
        })
    }

    /// Reads the lines; gives the text and the end of the last line.
    fn scan_block_lines(
        &mut self,
        style: Style,
        chomping: Chomping,
        indent: usize,
        mut breaks: Breaks,
    ) -> (Decoded, Option<Mark>) {
        let mut decoded = Decoded::default();
        let mut last_break = None;
        let mut end = None;
        while self.in_block_scalar(indent) {
            push_all(&mut decoded, &breaks);
            let indented = matches!(self.cursor.peek(), ' ' | '\t');
            let offset = self.cursor.offset();
            decoded.push(self.cursor.take_while(|c| !is_break_or_end(c)), offset);
            end = Some(self.cursor.mark());
            let offset = self.cursor.offset();
            last_break = self.cursor.take_break().map(|c| (offset, c));
            breaks = self.scan_block_breaks(indent);
            if !self.in_block_scalar(indent) {
                break;
            }
            let folds =
                style == Style::Folded && !indented && last_break.is_some_and(|b| b.1 == '\n');
            match last_break.take() {
                Some((offset, _)) if folds && !matches!(self.cursor.peek(), ' ' | '\t') => {
                    if breaks.is_empty() {
                        decoded.push_char(' ', offset);
                    }
                }
                other => push_all(&mut decoded, other.as_slice()),
            }
        }
        if chomping != Chomping::Strip {
            push_all(&mut decoded, last_break.as_slice());
        }
        if chomping == Chomping::Keep {
            push_all(&mut decoded, &breaks);
        }
        (decoded, end)
    }

    fn in_block_scalar(&self, indent: usize) -> bool {
        self.cursor.column() == indent && !self.cursor.at_end()
    }

    /// Reads `-`, `+` and a digit, in either order.
    fn scan_block_header(&mut self, start: Mark) -> Fallible<Header> {
        let mut chomping = self.scan_chomping();
        let increment = self.scan_increment(start)?;
        if chomping.is_none() && increment.is_some() {
            chomping = self.scan_chomping();
        }
        let c = self.cursor.peek();
        if !is_space_or_end(c) {
            let found = python_char(c);
            return Err(self.bad_header(
                format!("expected chomping or indentation indicators, but found {found}"),
                start,
            ));
        }
        Ok(Header {
            chomping: chomping.unwrap_or(Chomping::Clip),
            increment,
        })
    }

    fn scan_chomping(&mut self) -> Option<Chomping> {
        let chomping = match self.cursor.peek() {
            '+' => Chomping::Keep,
            '-' => Chomping::Strip,
            _ => return None,
        };
        self.cursor.advance();
        Some(chomping)
    }

    fn scan_increment(&mut self, start: Mark) -> Fallible<Option<usize>> {
        match self.cursor.peek().to_digit(10) {
            None => Ok(None),
            Some(0) => Err(self.bad_header(
                "expected indentation indicator in the range 1-9, but found 0".to_owned(),
                start,
            )),
            Some(digit) => {
                self.cursor.advance();
                Ok(Some(digit as usize))
            }
        }
    }

    fn scan_rest_of_header(&mut self, start: Mark) -> Fallible<()> {
        self.cursor.skip_spaces();
        self.cursor.skip_comment();
        let c = self.cursor.peek();
        if !is_break_or_end(c) {
            let found = python_char(c);
            return Err(self.bad_header(
                format!("expected a comment or a line break, but found {found}"),
                start,
            ));
        }
        self.cursor.take_break();
        Ok(())
    }

    fn bad_header(&self, problem: String, start: Mark) -> Box<Fault> {
        self.fault(problem)
            .within("while scanning a block scalar", start)
    }

    /// The column of the text and the empty lines before it. Without an
    /// indicator the most indented line up to the first text decides.
    fn scan_block_indent(&mut self, increment: Option<usize>) -> (usize, Breaks) {
        let least = (self.indent() + 1).max(1).unsigned_abs();
        match increment {
            Some(increment) => {
                let indent = least + increment - 1;
                (indent, self.scan_block_breaks(indent))
            }
            None => {
                let (indent, breaks) = self.scan_block_first_lines();
                (indent.max(least), breaks)
            }
        }
    }

    fn scan_block_first_lines(&mut self) -> (usize, Breaks) {
        let mut breaks = Breaks::new();
        let mut indent = 0;
        loop {
            self.cursor.skip_spaces();
            indent = self.cursor.column().max(indent);
            let offset = self.cursor.offset();
            match self.cursor.take_break() {
                Some(c) => breaks.push((offset, c)),
                None => return (indent, breaks),
            }
        }
    }

    fn scan_block_breaks(&mut self, indent: usize) -> Breaks {
        let mut breaks = Breaks::new();
        loop {
            while self.cursor.column() < indent && self.cursor.peek() == ' ' {
                self.cursor.advance();
            }
            let offset = self.cursor.offset();
            match self.cursor.take_break() {
                Some(c) => breaks.push((offset, c)),
                None => return breaks,
            }
        }
    }
}

fn push_all(out: &mut Decoded, breaks: &[(usize, char)]) {
    for (offset, c) in breaks {
        out.push_char(*c, *offset);
    }
}
