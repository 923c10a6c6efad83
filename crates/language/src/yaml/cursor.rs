//! A position in the text that moves forward by characters.
//!
//! Lines and columns are counted as PyYAML counts them: `\r\n`, `\r`, `\n`,
//! U+0085, U+2028 and U+2029 end a line, a byte order mark has no width.

/// A place in the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// In bytes.
    pub(super) offset: usize,
    /// In characters.
    pub(super) index: usize,
    /// From 0.
    pub(super) line: usize,
    /// In characters, from 0.
    pub(super) column: usize,
}

/// The reading position. The end of the text reads as NUL, which the text
/// itself never holds (see [`unprintable`]).
pub(super) struct Cursor<'t> {
    text: &'t str,
    mark: Mark,
}

/// What the cursor reads at the end of the text.
pub(super) const END: char = '\0';

/// The first character that YAML forbids, with its position in characters.
pub(super) fn unprintable(text: &str) -> Option<(usize, char)> {
    let printable = |c: &char| matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..);
    text.chars().enumerate().find(|(_, c)| !printable(c))
}

pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

pub(super) fn is_break_or_end(c: char) -> bool {
    c == END || is_break(c)
}

pub(super) fn is_space_or_end(c: char) -> bool {
    c == ' ' || is_break_or_end(c)
}

pub(super) fn is_blank_or_end(c: char) -> bool {
    c == '\t' || is_space_or_end(c)
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            mark: Mark::default(),
        }
    }

    pub(super) fn mark(&self) -> Mark {
        self.mark
    }

    pub(super) fn offset(&self) -> usize {
        self.mark.offset
    }

    pub(super) fn column(&self) -> usize {
        self.mark.column
    }

    pub(super) fn rest(&self) -> &'t str {
        &self.text[self.mark.offset..]
    }

    pub(super) fn peek(&self) -> char {
        self.rest().chars().next().unwrap_or(END)
    }

    /// The character `ahead` characters further on.
    pub(super) fn peek_at(&self, ahead: usize) -> char {
        self.rest().chars().nth(ahead).unwrap_or(END)
    }

    pub(super) fn starts_with(&self, prefix: &str) -> bool {
        self.rest().starts_with(prefix)
    }

    /// Whether `---` or `...` stands here, followed by a blank or the end.
    pub(super) fn at_document_marker(&self) -> bool {
        (self.starts_with("---") || self.starts_with("...")) && is_blank_or_end(self.peek_at(3))
    }

    pub(super) fn at_end(&self) -> bool {
        self.mark.offset == self.text.len()
    }

    /// The text from an offset up to here.
    pub(super) fn since(&self, start: usize) -> &'t str {
        &self.text[start..self.mark.offset]
    }

    /// Moves over one character; at the end it stays.
    pub(super) fn advance(&mut self) {
        let mut ahead = self.rest().chars();
        let Some(c) = ahead.next() else { return };
        self.mark.offset += c.len_utf8();
        self.mark.index += 1;
        if is_break(c) && !(c == '\r' && ahead.next() == Some('\n')) {
            self.mark.line += 1;
            self.mark.column = 0;
        } else if c != '\u{feff}' {
            self.mark.column += 1;
        }
    }

    pub(super) fn advance_by(&mut self, count: usize) {
        for _ in 0..count {
            self.advance();
        }
    }

    /// Moves on while the condition holds; gives what was passed.
    pub(super) fn take_while(&mut self, condition: impl Fn(char) -> bool) -> &'t str {
        let start = self.offset();
        while self.peek() != END && condition(self.peek()) {
            self.advance();
        }
        self.since(start)
    }

    pub(super) fn skip_spaces(&mut self) {
        self.take_while(|c| c == ' ');
    }

    /// Moves over a comment, if one starts here, up to the end of the line.
    pub(super) fn skip_comment(&mut self) {
        if self.peek() == '#' {
            self.take_while(|c| !is_break(c));
        }
    }

    /// Moves over one line break. Gives what it means: a line feed for all but
    /// the two Unicode separators, which stand for themselves.
    pub(super) fn take_break(&mut self) -> Option<char> {
        let c = self.peek();
        if !is_break(c) {
            return None;
        }
        if self.starts_with("\r\n") {
            self.advance();
        }
        self.advance();
        Some(match c {
            '\u{2028}' | '\u{2029}' => c,
            _ => '\n',
        })
    }
}
