//! Templates for replacements: `\1`, `\g<name>`, `\n`.

use super::{Fault, Match, Regex};

/// A parsed template.
pub(crate) struct Template(Vec<Part>);

enum Part {
    Text(String),
    Group(usize),
}

impl Template {
    /// Parses a template for a pattern.
    pub(crate) fn new(template: &str, regex: &Regex) -> Result<Self, Fault> {
        let mut reader = Reader {
            chars: template.chars().collect(),
            at: 0,
            parts: Vec::new(),
            text: String::new(),
        };
        while let Some(c) = reader.next() {
            match c {
                '\\' => reader.escape(regex)?,
                c => reader.text.push(c),
            }
        }
        reader.flush();
        Ok(Template(reader.parts))
    }

    /// The replacement for a match.
    pub(crate) fn expand(&self, found: &Match, text: &str, out: &mut String) {
        for part in &self.0 {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Group(index) => out.push_str(found.group(text, *index).unwrap_or_default()),
            }
        }
    }
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    parts: Vec<Part>,
    text: String,
}

impl Reader {
    fn next(&mut self) -> Option<char> {
        let c = self.chars.get(self.at).copied()?;
        self.at += 1;
        Some(c)
    }

    fn digit(&self, radix: u32) -> Option<u32> {
        self.chars.get(self.at)?.to_digit(radix)
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.parts.push(Part::Text(std::mem::take(&mut self.text)));
        }
    }

    fn group(&mut self, index: usize, regex: &Regex, position: usize) -> Result<(), Fault> {
        if index > regex.group_count() {
            let message = format!("invalid group reference {index}");
            return Err(Fault::at(message, position));
        }
        self.flush();
        self.parts.push(Part::Group(index));
        Ok(())
    }

    fn escape(&mut self, regex: &Regex) -> Result<(), Fault> {
        let start = self.at - 1;
        let Some(c) = self.next() else {
            return Err(Fault::at("bad escape (end of pattern)", start));
        };
        let literal = match c {
            'g' => return self.named(regex),
            '0' => self.octal(0, 2),
            '1'..='9' => return self.numbered(c, regex),
            'a' => '\x07',
            'b' => '\x08',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\x0b',
            '\\' => '\\',
            c if c.is_ascii_alphabetic() => {
                return Err(Fault::at(format_args!("bad escape \\{c}"), start));
            }
            c => {
                // The backslash stays.
                self.text.push('\\');
                c
            }
        };
        self.text.push(literal);
        Ok(())
    }

    fn octal(&mut self, mut code: u32, digits: usize) -> char {
        for _ in 0..digits {
            let Some(digit) = self.digit(8) else { break };
            self.at += 1;
            code = code * 8 + digit;
        }
        char::from_u32(code & 0xff).unwrap_or_default()
    }

    fn numbered(&mut self, first: char, regex: &Regex) -> Result<(), Fault> {
        let position = self.at - 1;
        let mut number = first.to_digit(10).unwrap_or(0);
        if let Some(second) = self.digit(10) {
            self.at += 1;
            let third = self.digit(8).filter(|_| number < 4 && second < 8);
            if let Some(third) = third {
                self.at += 1;
                let code = number * 64 + second * 8 + third;
                self.text.push(char::from_u32(code).unwrap_or_default());
                return Ok(());
            }
            number = number * 10 + second;
        }
        self.group(number as usize, regex, position)
    }

    /// `\g<name>` or `\g<number>`
    fn named(&mut self, regex: &Regex) -> Result<(), Fault> {
        if self.next() != Some('<') {
            return Err(Fault::at("missing <", self.at.min(self.chars.len())));
        }
        let start = self.at;
        let mut name = String::new();
        loop {
            match self.next() {
                Some('>') => break,
                Some(c) => name.push(c),
                None if name.is_empty() => return Err(Fault::at("missing group name", start)),
                None => return Err(Fault::at("missing >, unterminated name", start)),
            }
        }
        if name.is_empty() {
            return Err(Fault::at("missing group name", start));
        }
        if let Ok(index) = name.parse() {
            return self.group(index, regex, start);
        }
        match regex.names().iter().find(|(known, _)| *known == name) {
            Some((_, index)) => self.group(*index, regex, start),
            None => Err(Fault::UnknownGroup(format!("unknown group name '{name}'"))),
        }
    }
}
