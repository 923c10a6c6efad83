//! Scanning directives and tags.

use super::cursor::{Mark, is_blank_or_end, is_break, is_break_or_end, is_space_or_end};
use super::error::{Fallible, Fault};
use super::python_char;
use super::scanner::Scanner;
use super::token::{Directive, TagToken};

/// What is being read; part of the error texts.
#[derive(Clone, Copy)]
struct Subject {
    name: &'static str,
    start: Mark,
}

impl Scanner<'_> {
    pub(super) fn scan_directive(&mut self) -> Fallible<Directive> {
        let subject = Subject {
            name: "directive",
            start: self.cursor.mark(),
        };
        self.cursor.advance();
        let name = self.cursor.take_while(is_word);
        if name.is_empty() || !is_space_or_end(self.cursor.peek()) {
            return Err(self.unexpected(subject, "alphabetic or numeric character"));
        }
        let directive = match name {
            "YAML" => self.scan_version(subject)?,
            "TAG" => self.scan_tag_definition(subject)?,
            _ => {
                self.cursor.take_while(|c| !is_break(c));
                Directive::Unknown
            }
        };
        self.scan_rest_of_line(subject)?;
        Ok(directive)
    }

    fn scan_version(&mut self, subject: Subject) -> Fallible<Directive> {
        self.cursor.skip_spaces();
        let major = self.scan_number(subject)?;
        if self.cursor.peek() != '.' {
            return Err(self.unexpected(subject, "a digit or '.'"));
        }
        self.cursor.advance();
        self.scan_number(subject)?;
        if !is_space_or_end(self.cursor.peek()) {
            return Err(self.unexpected(subject, "a digit or ' '"));
        }
        Ok(Directive::Yaml { major })
    }

    fn scan_number(&mut self, subject: Subject) -> Fallible<u64> {
        let digits = self.cursor.take_while(|c| c.is_ascii_digit());
        if digits.is_empty() {
            return Err(self.unexpected(subject, "a digit"));
        }
        Ok(digits.parse().unwrap_or(u64::MAX))
    }

    fn scan_tag_definition(&mut self, subject: Subject) -> Fallible<Directive> {
        self.cursor.skip_spaces();
        let handle = self.scan_handle(subject)?;
        if self.cursor.peek() != ' ' {
            return Err(self.unexpected(subject, "' '"));
        }
        self.cursor.skip_spaces();
        let prefix = self.scan_uri(subject)?;
        if !is_space_or_end(self.cursor.peek()) {
            return Err(self.unexpected(subject, "' '"));
        }
        Ok(Directive::Tag { handle, prefix })
    }

    fn scan_rest_of_line(&mut self, subject: Subject) -> Fallible<()> {
        self.cursor.skip_spaces();
        self.cursor.skip_comment();
        if !is_break_or_end(self.cursor.peek()) {
            return Err(self.unexpected(subject, "a comment or a line break"));
        }
        self.cursor.take_break();
        Ok(())
    }

    pub(super) fn scan_tag(&mut self) -> Fallible<TagToken> {
        let subject = Subject {
            name: "tag",
            start: self.cursor.mark(),
        };
        let tag = match self.cursor.peek_at(1) {
            '<' => self.scan_verbatim_tag(subject)?,
            c if is_blank_or_end(c) => {
                self.cursor.advance();
                TagToken {
                    handle: None,
                    suffix: "!".to_owned(),
                }
            }
            _ => self.scan_shorthand_tag(subject)?,
        };
        if !is_space_or_end(self.cursor.peek()) {
            return Err(self.unexpected(subject, "' '"));
        }
        Ok(tag)
    }

    fn scan_verbatim_tag(&mut self, subject: Subject) -> Fallible<TagToken> {
        self.cursor.advance_by(2);
        let suffix = self.scan_uri(subject)?;
        if self.cursor.peek() != '>' {
            return Err(self.unexpected_as("parsing", subject, "'>'"));
        }
        self.cursor.advance();
        Ok(TagToken {
            handle: None,
            suffix,
        })
    }

    fn scan_shorthand_tag(&mut self, subject: Subject) -> Fallible<TagToken> {
        let handle = if self.has_second_mark() {
            self.scan_handle(subject)?
        } else {
            self.cursor.advance();
            "!".to_owned()
        };
        Ok(TagToken {
            handle: Some(handle),
            suffix: self.scan_uri(subject)?,
        })
    }

    /// Whether another `!` follows the first before the tag ends.
    fn has_second_mark(&self) -> bool {
        let mut rest = self.cursor.rest().chars().skip(1);
        rest.find(|c| *c == '!' || is_space_or_end(*c)) == Some('!')
    }

    fn scan_handle(&mut self, subject: Subject) -> Fallible<String> {
        let start = self.cursor.offset();
        if self.cursor.peek() != '!' {
            return Err(self.unexpected(subject, "'!'"));
        }
        self.cursor.advance();
        if self.cursor.peek() != ' ' {
            self.cursor.take_while(is_word);
            if self.cursor.peek() != '!' {
                return Err(self.unexpected(subject, "'!'"));
            }
            self.cursor.advance();
        }
        Ok(self.cursor.since(start).to_owned())
    }

    fn scan_uri(&mut self, subject: Subject) -> Fallible<String> {
        let mut uri = String::new();
        loop {
            uri.push_str(self.cursor.take_while(is_uri));
            if self.cursor.peek() != '%' {
                break;
            }
            uri.push_str(&self.scan_percent(subject)?);
        }
        if uri.is_empty() {
            return Err(self.unexpected_as("parsing", subject, "URI"));
        }
        Ok(uri)
    }

    /// Reads a run of `%xx`, which is UTF-8.
    fn scan_percent(&mut self, subject: Subject) -> Fallible<String> {
        let mut bytes = Vec::new();
        while self.cursor.peek() == '%' {
            self.cursor.advance();
            bytes.push(self.scan_hex_byte(subject)?);
        }
        String::from_utf8(bytes).map_err(|error| {
            self.fault(error.to_string())
                .within("while scanning a tag", subject.start)
        })
    }

    fn scan_hex_byte(&mut self, subject: Subject) -> Fallible<u8> {
        let mut byte = 0;
        for ahead in 0..2 {
            let c = self.cursor.peek_at(ahead);
            let Some(digit) = c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()) else {
                let what = "URI escape sequence of 2 hexadecimal numbers";
                let problem = format!("expected {what}, but found {}", python_char(c));
                return Err(self
                    .fault(problem)
                    .within(format!("while scanning a {}", subject.name), subject.start));
            };
            byte = byte << 4 | digit;
        }
        self.cursor.advance_by(2);
        Ok(byte)
    }

    fn unexpected(&self, subject: Subject, expected: &str) -> Box<Fault> {
        self.unexpected_as("scanning", subject, expected)
    }

    fn unexpected_as(&self, doing: &str, subject: Subject, expected: &str) -> Box<Fault> {
        let found = python_char(self.cursor.peek());
        self.fault(format!("expected {expected}, but found {found}"))
            .within(format!("while {doing} a {}", subject.name), subject.start)
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_')
}

fn is_uri(c: char) -> bool {
    is_word(c) || ";/?:@&=+$,.!~*'()[]".contains(c)
}
