//! Writing texts: plain, in single quotes, in double quotes; each with folding.

use super::writer::{WIDTH, Writer};

impl Writer {
    /// A text that needs no quotes; it has no line breaks.
    pub(super) fn plain(&mut self, text: &str, fold: bool) {
        if text.is_empty() {
            return;
        }
        self.begin_content();
        for (at, run) in Runs(text).enumerate() {
            if fold && at > 0 && run == " " && self.column > WIDTH {
                self.start_line();
                self.continue_content();
            } else {
                self.write(run);
            }
        }
    }

    pub(super) fn single_quoted(&mut self, text: &str, fold: bool) {
        self.indicator("'", true);
        let last = text.len();
        let mut offset = 0;
        for run in Runs(text) {
            let edge = offset == 0 || offset + run.len() == last;
            offset += run.len();
            if run == " " && fold && !edge && self.column > WIDTH {
                self.start_line();
            } else if run.starts_with(is_line_end) {
                self.folded_breaks(run);
            } else {
                self.write(&run.replace('\'', "''"));
            }
        }
        self.indicator("'", false);
    }

    /// One line feed more than there are, as folding takes one away.
    fn folded_breaks(&mut self, breaks: &str) {
        if breaks.starts_with('\n') {
            self.line_break('\n');
        }
        for c in breaks.chars() {
            self.line_break(c);
        }
        self.start_line();
    }

    pub(super) fn double_quoted(&mut self, text: &str, fold: bool) {
        self.indicator("\"", true);
        let chars: Vec<char> = text.chars().collect();
        // The first character that is not written yet.
        let mut start = 0;
        for at in 0..=chars.len() {
            let c = chars.get(at).copied();
            if c.is_none_or(needs_escape) {
                self.write_chars(&chars[start..at]);
                start = at;
                if let Some(c) = c {
                    self.write(&escape(c));
                    start = at + 1;
                }
            }
            let inner = at > 0 && at + 1 < chars.len();
            let foldable = c == Some(' ') || start >= at;
            if fold && inner && foldable && self.column + at > WIDTH + start {
                start = self.fold_double_quoted(&chars, start, at);
            }
        }
        self.indicator("\"", false);
    }

    /// Writes what is pending and breaks the line. Gives the first character that
    /// is not written; a space there needs a backslash to be kept.
    fn fold_double_quoted(&mut self, chars: &[char], start: usize, at: usize) -> usize {
        let start = if start < at {
            self.write_chars(&chars[start..at]);
            at
        } else {
            start
        };
        self.write("\\");
        self.start_line();
        self.continue_content();
        if chars[start] == ' ' {
            self.write("\\");
        }
        start
    }

    fn write_chars(&mut self, chars: &[char]) {
        for c in chars {
            self.write_char(*c);
        }
    }
}

/// A text cut into runs of spaces, runs of line breaks and runs of the rest.
struct Runs<'t>(&'t str);

impl<'t> Iterator for Runs<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        let kind = |c: char| (c == ' ', is_line_end(c));
        let first = kind(self.0.chars().next()?);
        let end = self.0.find(|c| kind(c) != first).unwrap_or(self.0.len());
        let (run, rest) = self.0.split_at(end);
        self.0 = rest;
        Some(run)
    }
}

fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn needs_escape(c: char) -> bool {
    matches!(c, '"' | '\\') || !matches!(c, ' '..='~')
}

fn escape(c: char) -> String {
    let short = match c {
        '\0' => '0',
        '\x07' => 'a',
        '\x08' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\x0b' => 'v',
        '\x0c' => 'f',
        '\r' => 'r',
        '\x1b' => 'e',
        '"' | '\\' => c,
        '\u{85}' => 'N',
        '\u{a0}' => '_',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ => {
            return match u32::from(c) {
                code @ ..=0xff => format!("\\x{code:02X}"),
                code @ ..=0xffff => format!("\\u{code:04X}"),
                code => format!("\\U{code:08X}"),
            };
        }
    };
    format!("\\{short}")
}
