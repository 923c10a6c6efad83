//! From Python's pattern syntax to the engine's, with Python's errors.
//!
//! Invariant: the translation uses only constructs that the engine reads the
//! same way whatever flags it has; so no flag but "ignore case" is passed on.

use super::class::{self, Escape};
use super::{Fault, Flags};

/// How deeply groups may nest.
const MAX_DEPTH: usize = 100;

/// The result of a translation.
pub(super) struct Parsed {
    pub(super) translated: String,
    pub(super) names: Vec<(String, usize)>,
}

/// How many characters something matches: least and most.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Width(usize, usize);

impl Width {
    const NONE: Width = Width(0, 0);
    const ONE: Width = Width(1, 1);

    fn then(self, next: Width) -> Width {
        Width(self.0.saturating_add(next.0), self.1.saturating_add(next.1))
    }

    fn or(self, other: Width) -> Width {
        Width(self.0.min(other.0), self.1.max(other.1))
    }

    fn times(self, least: usize, most: usize) -> Width {
        Width(self.0.saturating_mul(least), self.1.saturating_mul(most))
    }
}

/// What an item is, for the quantifier after it.
#[derive(Clone, Copy, PartialEq)]
enum Item {
    /// Nothing, or a position: cannot be repeated.
    Position,
    Plain,
    Repeated,
}

pub(super) struct Parser {
    pub(super) chars: Vec<char>,
    pub(super) at: usize,
    out: String,
    /// Widths of groups by number; none while the group is open.
    groups: Vec<Option<Width>>,
    names: Vec<(String, usize)>,
    depth: usize,
}

pub(super) fn parse(pattern: &str, flags: Flags) -> Result<Parsed, Fault> {
    let mut parser = Parser {
        chars: pattern.chars().collect(),
        at: 0,
        out: String::new(),
        groups: vec![None],
        names: Vec::new(),
        depth: 0,
    };
    let flags = parser.global_flags(flags)?;
    if flags.ignore_case {
        parser.out.push_str("(?i)");
    }
    parser.alternatives(flags)?;
    if parser.at < parser.chars.len() {
        return Err(Fault::at("unbalanced parenthesis", parser.at));
    }
    Ok(Parsed {
        translated: parser.out,
        names: parser.names,
    })
}

impl Parser {
    pub(super) fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    pub(super) fn eat(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        self.at += usize::from(found);
        found
    }

    fn looking_at(&self, text: &str) -> bool {
        text.chars()
            .enumerate()
            .all(|(i, c)| self.chars.get(self.at + i) == Some(&c))
    }

    /// `(?imsx)` at the very start.
    fn global_flags(&mut self, mut flags: Flags) -> Result<Flags, Fault> {
        while self.looking_at("(?") {
            let start = self.at;
            let letters: String = self.chars[start + 2..]
                .iter()
                .take_while(|c| c.is_ascii_alphabetic())
                .collect();
            let end = start + 2 + letters.len();
            if letters.is_empty() || self.chars.get(end) != Some(&')') || letters.starts_with('P') {
                break;
            }
            for (i, letter) in letters.chars().enumerate() {
                set_flag(&mut flags, letter, true)
                    .ok_or_else(|| Fault::at("unknown flag", start + 2 + i))?;
            }
            self.at = end + 1;
        }
        Ok(flags)
    }

    /// Alternatives up to a `)` or the end.
    fn alternatives(&mut self, flags: Flags) -> Result<Width, Fault> {
        let mut width = self.sequence(flags)?;
        while self.eat('|') {
            self.out.push('|');
            width = width.or(self.sequence(flags)?);
        }
        Ok(width)
    }

    fn sequence(&mut self, flags: Flags) -> Result<Width, Fault> {
        let mut total = Width::NONE;
        let mut last = (Item::Position, Width::NONE, self.out.len());
        while let Some(c) = self.peek() {
            if c == '|' || c == ')' {
                break;
            }
            if flags.verbose && self.skip_blank(c) {
                continue;
            }
            let start = self.out.len();
            if matches!(c, '*' | '+' | '?' | '{')
                && let Some((least, most)) = self.quantifier()?
            {
                let (item, width, from) = last;
                let quantified = self.repeat((item, from), (least, most))?;
                last = (Item::Repeated, width.times(least, most), from);
                total = total.then(quantified(width));
                continue;
            }
            let (item, width) = self.item(flags)?;
            // The width of an item that is repeated later is counted then.
            let repeated = self.is_repeated(flags);
            last = (item, width, start);
            if !repeated {
                total = total.then(width);
            }
        }
        Ok(total)
    }

    /// Skips a blank or a comment of a verbose pattern.
    fn skip_blank(&mut self, c: char) -> bool {
        if c == '#' {
            while self.next().is_some_and(|c| c != '\n') {}
            return true;
        }
        let blank = matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c');
        self.at += usize::from(blank);
        blank
    }

    /// Whether a quantifier follows.
    fn is_repeated(&mut self, flags: Flags) -> bool {
        let here = self.at;
        while flags.verbose && self.peek().is_some_and(|c| self.skip_blank(c)) {}
        let is_quantifier = matches!(self.peek(), Some('*' | '+' | '?' | '{'))
            && !matches!(self.quantifier(), Ok(None));
        self.at = here;
        is_quantifier
    }

    /// Reads a quantifier; none, if a `{` begins none. Its place stays known by
    /// [`Parser::repeat`], which looks at what was read.
    fn quantifier(&mut self) -> Result<Option<(usize, usize)>, Fault> {
        let bounds = match self.next() {
            Some('*') => (0, usize::MAX),
            Some('+') => (1, usize::MAX),
            Some('?') => (0, 1),
            _ => {
                let here = self.at;
                let Some(bounds) = self.braces() else {
                    self.at = here - 1;
                    return Ok(None);
                };
                if bounds.0.max(bounds.1.min(usize::MAX - 1)) >= u32::MAX as usize
                    && bounds.1 != usize::MAX
                {
                    return Err(Fault::Syntax("the repetition number is too large".into()));
                }
                if bounds.1 < bounds.0 {
                    return Err(Fault::at("min repeat greater than max repeat", here));
                }
                bounds
            }
        };
        Ok(Some(bounds))
    }

    /// `m}`, `m,}`, `,n}` or `m,n}` after a `{`.
    fn braces(&mut self) -> Option<(usize, usize)> {
        let low = self.digits();
        let (least, most) = if self.eat(',') {
            let high = self.digits();
            let least = if low.is_empty() {
                Some(0)
            } else {
                low.parse().ok()
            };
            let most = if high.is_empty() {
                Some(usize::MAX)
            } else {
                high.parse().ok()
            };
            (least, most)
        } else {
            if low.is_empty() {
                return None;
            }
            (low.parse().ok(), low.parse().ok())
        };
        if !self.eat('}') {
            return None;
        }
        Some((
            least.unwrap_or(usize::MAX - 1),
            most.unwrap_or(usize::MAX - 1),
        ))
    }

    fn digits(&mut self) -> String {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        self.chars[start..self.at].iter().collect()
    }

    /// Writes a quantifier for the item that starts at `from` in the output;
    /// gives how it changes a width.
    fn repeat(
        &mut self,
        (item, from): (Item, usize),
        (least, most): (usize, usize),
    ) -> Result<impl Fn(Width) -> Width + use<>, Fault> {
        let place = self.quantifier_start();
        match item {
            Item::Position => return Err(Fault::at("nothing to repeat", place)),
            Item::Repeated => return Err(Fault::at("multiple repeat", place)),
            Item::Plain => {}
        }
        self.out.insert_str(from, "(?:");
        self.out.push(')');
        let bounds = match most {
            usize::MAX => format!("{{{least},}}"),
            most => format!("{{{least},{most}}}"),
        };
        self.out.push_str(&bounds);
        if self.eat('?') {
            self.out.push('?');
        } else if self.eat('+') {
            self.out.insert_str(from, "(?>");
            self.out.push(')');
        }
        Ok(move |width: Width| width.times(least, most))
    }

    /// Where the quantifier that was just read begins.
    fn quantifier_start(&self) -> usize {
        match self.chars[self.at - 1] {
            '}' => self.chars[..self.at]
                .iter()
                .rposition(|c| *c == '{')
                .unwrap_or(0),
            _ => self.at - 1,
        }
    }

    fn item(&mut self, flags: Flags) -> Result<(Item, Width), Fault> {
        let start = self.at;
        let Some(c) = self.next() else {
            return Ok((Item::Position, Width::NONE));
        };
        match c {
            '.' => self
                .out
                .push_str(if flags.dot_all { "(?s:.)" } else { "(?-s:.)" }),
            '^' => return Ok(self.position(if flags.multi_line { "(?m:^)" } else { "\\A" })),
            '$' => {
                return Ok(self.position(if flags.multi_line {
                    "(?m:$)"
                } else {
                    "(?=\\n?\\z)"
                }));
            }
            '(' => return self.group(start, flags),
            '[' => {
                let set = class::set(self, start, flags)?;
                self.out.push_str(&set);
            }
            '\\' => return self.escape(start, flags),
            c => class::push_literal(&mut self.out, c),
        }
        Ok((Item::Plain, Width::ONE))
    }

    fn position(&mut self, translated: &str) -> (Item, Width) {
        self.out.push_str(translated);
        (Item::Position, Width::NONE)
    }

    fn escape(&mut self, start: usize, flags: Flags) -> Result<(Item, Width), Fault> {
        match class::escape(self, start)? {
            Escape::Char(c) => class::push_literal(&mut self.out, c),
            Escape::Class(letter) => self.out.push_str(class::named(letter, flags)),
            Escape::Position(letter) => {
                return Ok(self.position(match letter {
                    'A' => "\\A",
                    'Z' => "\\z",
                    'b' => "\\b",
                    _ => "\\B",
                }));
            }
            Escape::Group(number) => {
                let width = self.known_group(number, start)?;
                self.out.push_str(&format!("(?:\\{number})"));
                return Ok((Item::Plain, width));
            }
        }
        Ok((Item::Plain, Width::ONE))
    }

    /// The width of a group that is referred to at `start`.
    fn known_group(&self, number: usize, start: usize) -> Result<Width, Fault> {
        match self.groups.get(number) {
            Some(Some(width)) if number > 0 => Ok(*width),
            Some(None) if number > 0 => Err(Fault::at("cannot refer to an open group", start)),
            _ => Err(Fault::at(
                format_args!("invalid group reference {number}"),
                start + 1,
            )),
        }
    }

    fn group(&mut self, start: usize, flags: Flags) -> Result<(Item, Width), Fault> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Fault::at("too many nested groups", start));
        }
        let result = match self.eat('?') {
            true => self.extension(start, flags),
            false => self.capture(start, flags),
        };
        self.depth -= 1;
        result
    }

    fn close(&mut self, start: usize) -> Result<(), Fault> {
        if !self.eat(')') {
            return Err(Fault::at("missing ), unterminated subpattern", start));
        }
        self.out.push(')');
        Ok(())
    }

    fn capture(&mut self, start: usize, flags: Flags) -> Result<(Item, Width), Fault> {
        let number = self.groups.len();
        self.groups.push(None);
        self.out.push('(');
        let width = self.alternatives(flags)?;
        self.close(start)?;
        self.groups[number] = Some(width);
        Ok((Item::Plain, width))
    }

    /// A group that opens with `prefix` and captures nothing.
    fn plain_group(
        &mut self,
        start: usize,
        prefix: &str,
        flags: Flags,
    ) -> Result<(Item, Width), Fault> {
        self.out.push_str(prefix);
        let width = self.alternatives(flags)?;
        self.close(start)?;
        Ok((Item::Plain, width))
    }

    /// What follows `(?`.
    fn extension(&mut self, start: usize, flags: Flags) -> Result<(Item, Width), Fault> {
        let Some(kind) = self.next() else {
            return Err(Fault::at("unexpected end of pattern", self.at));
        };
        match kind {
            ':' => self.plain_group(start, "(?:", flags),
            '>' => self.plain_group(start, "(?>", flags),
            '=' => self.look(start, "(?=", flags),
            '!' => self.look(start, "(?!", flags),
            '<' => self.look_behind(start, flags),
            'P' => self.named(start, flags),
            '#' => self.comment(start),
            '(' => self.conditional(start, flags),
            c if c == '-' || c.is_ascii_alphabetic() => self.scoped_flags(start, flags),
            c => Err(Fault::at(format_args!("unknown extension ?{c}"), start + 1)),
        }
    }

    fn look(&mut self, start: usize, prefix: &str, flags: Flags) -> Result<(Item, Width), Fault> {
        self.plain_group(start, prefix, flags)?;
        Ok((Item::Plain, Width::NONE))
    }

    fn look_behind(&mut self, start: usize, flags: Flags) -> Result<(Item, Width), Fault> {
        let prefix = match self.next() {
            Some('=') => "(?<=",
            Some('!') => "(?<!",
            Some(c) => {
                return Err(Fault::at(
                    format_args!("unknown extension ?<{c}"),
                    start + 1,
                ));
            }
            None => return Err(Fault::at("unexpected end of pattern", self.at)),
        };
        let (_, width) = self.plain_group(start, prefix, flags)?;
        match width.0 == width.1 {
            true => Ok((Item::Plain, Width::NONE)),
            false => Err(Fault::Syntax(
                "look-behind requires fixed-width pattern".into(),
            )),
        }
    }

    fn comment(&mut self, start: usize) -> Result<(Item, Width), Fault> {
        loop {
            match self.next() {
                Some(')') => return Ok((Item::Position, Width::NONE)),
                Some(_) => {}
                None => return Err(Fault::at("missing ), unterminated comment", start)),
            }
        }
    }

    /// `(?P<name>…)` or `(?P=name)`.
    fn named(&mut self, start: usize, flags: Flags) -> Result<(Item, Width), Fault> {
        match self.next() {
            Some('<') => {
                let name = self.name('>')?;
                let number = self.groups.len();
                if let Some((_, first)) = self.names.iter().find(|(known, _)| *known == name) {
                    let message = format!(
                        "redefinition of group name '{name}' as group {number}; was group {first}"
                    );
                    return Err(Fault::at(message, start + 4));
                }
                self.names.push((name, number));
                self.capture(start, flags)
            }
            Some('=') => {
                let name = self.name(')')?;
                let number = self.number_of(&name, start + 4)?;
                let width = self.known_group(number, start + 3)?;
                self.out.push_str(&format!("(?:\\{number})"));
                Ok((Item::Plain, width))
            }
            Some(c) => Err(Fault::at(
                format_args!("unknown extension ?P{c}"),
                start + 1,
            )),
            None => Err(Fault::at("unexpected end of pattern", self.at)),
        }
    }

    /// A group's name up to `end`.
    fn name(&mut self, end: char) -> Result<String, Fault> {
        let from = self.at;
        let mut name = String::new();
        loop {
            match self.next() {
                Some(c) if c == end => break,
                Some(c) => name.push(c),
                None if name.is_empty() => return Err(Fault::at("missing group name", from)),
                None => {
                    return Err(Fault::at(
                        format_args!("missing {end}, unterminated name"),
                        from,
                    ));
                }
            }
        }
        check_name(&name, from)?;
        Ok(name)
    }

    fn number_of(&self, name: &str, position: usize) -> Result<usize, Fault> {
        let known = self.names.iter().find(|(known, _)| known == name);
        known
            .map(|(_, number)| *number)
            .ok_or_else(|| Fault::at(format_args!("unknown group name '{name}'"), position))
    }

    /// `(?(group)yes|no)`
    fn conditional(&mut self, start: usize, flags: Flags) -> Result<(Item, Width), Fault> {
        let from = self.at;
        let mut name = String::new();
        loop {
            match self.next() {
                Some(')') => break,
                Some(c) => name.push(c),
                None => return Err(Fault::at("missing ), unterminated name", from)),
            }
        }
        let number = match name.parse::<usize>() {
            Ok(0) => return Err(Fault::at("bad group number", from)),
            Ok(number) if number < self.groups.len() => number,
            Ok(number) => {
                return Err(Fault::at(
                    format_args!("invalid group reference {number}"),
                    from,
                ));
            }
            Err(_) => {
                check_name(&name, from)?;
                self.number_of(&name, from)?
            }
        };
        self.out.push_str(&format!("(?({number})"));
        let yes = self.sequence(flags)?;
        let no = match self.eat('|') {
            true => {
                self.out.push('|');
                self.sequence(flags)?
            }
            false => Width::NONE,
        };
        if self.peek() == Some('|') {
            return Err(Fault::at(
                "conditional backref with more than two branches",
                self.at + 1,
            ));
        }
        self.close(start)?;
        Ok((Item::Plain, yes.or(no)))
    }

    /// `(?i-s:…)`
    fn scoped_flags(&mut self, start: usize, flags: Flags) -> Result<(Item, Width), Fault> {
        self.at -= 1;
        let mut inner = flags;
        let mut on = true;
        loop {
            match self.next() {
                Some('-') if on => on = false,
                Some(':') => break,
                Some(')') if on => {
                    return Err(Fault::at(
                        "global flags not at the start of the expression",
                        start,
                    ));
                }
                Some(letter) => set_flag(&mut inner, letter, on)
                    .ok_or_else(|| Fault::at("unknown flag", self.at - 1))?,
                None => return Err(Fault::at("missing -, : or )", self.at)),
            }
        }
        let prefix = match inner.ignore_case {
            true => "(?i:",
            false => "(?-i:",
        };
        self.plain_group(start, prefix, inner)
    }
}

fn set_flag(flags: &mut Flags, letter: char, on: bool) -> Option<()> {
    let flag = match letter {
        'i' => &mut flags.ignore_case,
        'm' => &mut flags.multi_line,
        's' => &mut flags.dot_all,
        'x' => &mut flags.verbose,
        'a' => &mut flags.ascii,
        // Unicode is what all text is.
        'u' => return Some(()),
        _ => return None,
    };
    *flag = on;
    Some(())
}

fn check_name(name: &str, position: usize) -> Result<(), Fault> {
    if name.is_empty() {
        return Err(Fault::at("missing group name", position));
    }
    let mut chars = name.chars();
    let first = chars.next().is_some_and(|c| c == '_' || c.is_alphabetic());
    match first && chars.all(|c| c == '_' || c.is_alphanumeric()) {
        true => Ok(()),
        false => Err(Fault::at(
            format_args!(
                "bad character in group name {}",
                crate::python::frozen_repr(&name.into())
            ),
            position,
        )),
    }
}
