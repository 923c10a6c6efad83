//! Parsing without a format: the many forms that people write dates in.
//!
//! It follows dateutil: month first in `1/2/2020` unless that is impossible,
//! missing parts are those of today at midnight, unknown words are errors.

use super::checked;
use super::names::{MONTHS, WEEKDAYS, index};
use crate::eval::Result;
use crate::value::datetime::Date;
use crate::{DateTime, EvalError, Timespan};

/// The longest text that can be a date.
const MAX_LENGTH: usize = 200;

/// Parses a text; what it does not tell is taken from `today`.
pub(super) fn parse(text: &str, today: DateTime) -> Result<DateTime> {
    let unknown = || error(format!("Unknown string format: {text}"));
    if text.len() > MAX_LENGTH {
        return Err(error("Unknown string format".into()));
    }
    let tokens = tokens(text);
    let mut reader = Reader {
        tokens: &tokens,
        at: 0,
        found: Found::default(),
    };
    while reader.at < tokens.len() {
        reader.token().ok_or_else(unknown)?;
    }
    let found = reader.found;
    if found.is_empty() {
        return Err(error(format!("String does not contain a date: {text}")));
    }
    let parts = found.resolve(today.date()).ok_or_else(unknown)?;
    checked(parts, found.offset.unwrap_or_default())
        .map_err(|fault| error(format!("{}: {text}", fault.message())))
}

fn error(message: String) -> EvalError {
    EvalError::new("ParserError", message)
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// Digits, with a fraction if there is one.
    Number(String, Option<String>),
    Word(String),
    Mark(char),
    Blank,
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let run = |class: fn(char) -> bool| rest.find(|c| !class(c)).unwrap_or(rest.len());
        let (token, length) = if c.is_ascii_digit() {
            // The last part of `d.m.y` has no fraction, and neither have the others.
            let dotted = tokens.last() == Some(&Token::Mark('.')) || starts_dotted_date(rest);
            number(rest, dotted)
        } else if c.is_alphabetic() {
            let length = run(char::is_alphabetic);
            (Token::Word(rest[..length].into()), length)
        } else if c.is_whitespace() {
            (Token::Blank, run(char::is_whitespace))
        } else {
            (Token::Mark(c), c.len_utf8())
        };
        tokens.push(token);
        rest = &rest[length..];
    }
    tokens
}

/// Digits, and a fraction unless they are a part of `d.m.y`.
fn number(text: &str, dotted: bool) -> (Token, usize) {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(text);
    if let Some(after) = text[whole..].strip_prefix(['.', ',']) {
        let fraction = digits(after);
        if fraction > 0 && !dotted {
            let number = Token::Number(text[..whole].into(), Some(after[..fraction].into()));
            return (number, whole + 1 + fraction);
        }
    }
    (Token::Number(text[..whole].into(), None), whole)
}

/// Whether a text starts with three numbers with points between.
fn starts_dotted_date(text: &str) -> bool {
    let mut parts = text.split('.').take(3);
    let is_number = |part: &str| part.bytes().all(|b| b.is_ascii_digit()) && !part.is_empty();
    let (first, second, third) = (parts.next(), parts.next(), parts.next());
    first.is_some_and(is_number)
        && second.is_some_and(is_number)
        && third.is_some_and(|part| part.starts_with(|c: char| c.is_ascii_digit()))
}

/// What a text told.
#[derive(Default)]
struct Found {
    /// Numbers of the date in the order of the text.
    date: Vec<Part>,
    month: Option<i64>,
    hour: Option<i64>,
    minute: i64,
    second: i64,
    microsecond: i64,
    afternoon: Option<bool>,
    weekday: Option<i64>,
    offset: Option<Timespan>,
    /// Year, month and day that are certain from the form.
    certain: Option<[i64; 3]>,
}

#[derive(Clone, Copy)]
struct Part {
    value: i64,
    digits: usize,
}

impl Found {
    fn is_empty(&self) -> bool {
        self.date.is_empty()
            && self.month.is_none()
            && self.hour.is_none()
            && self.weekday.is_none()
            && self.certain.is_none()
    }

    /// All parts of the datetime; none, if they contradict each other.
    fn resolve(&self, today: Date) -> Option<[i64; 7]> {
        let (year, month, day) = match self.certain {
            Some([year, month, day]) => (Some(year), Some(month), Some(day)),
            None => self.date_parts(today)?,
        };
        let hour = self.hour.unwrap_or(0);
        let hour = match self.afternoon {
            Some(_) if !(1..=12).contains(&hour) => return None,
            Some(true) if hour < 12 => hour + 12,
            Some(false) if hour == 12 => 0,
            _ => hour,
        };
        let year = year.unwrap_or(today.year);
        let month = month.unwrap_or(today.month);
        // A day that was not told is at most the last one of the month.
        let last = Date::days_in_month(year, month.clamp(1, 12));
        let mut day = day.unwrap_or(today.day.min(last));
        if let Some(weekday) = self
            .weekday
            .filter(|_| self.date.is_empty() && self.month.is_none())
        {
            let today = Date { year, month, day };
            let ahead = (weekday - today.weekday()).rem_euclid(7);
            let date = Date::from_days(today.days() + ahead);
            return Some([
                date.year,
                date.month,
                date.day,
                hour,
                self.minute,
                self.second,
                self.microsecond,
            ]);
        }
        day = day.max(0);
        Some([
            year,
            month,
            day,
            hour,
            self.minute,
            self.second,
            self.microsecond,
        ])
    }

    /// Year, month and day from the numbers and the month's name.
    fn date_parts(&self, today: Date) -> Option<(Option<i64>, Option<i64>, Option<i64>)> {
        let full = |part: Part| full_year(part, today.year);
        let is_year = |part: &Part| part.digits > 2 || part.value > 31;
        match (self.month, self.date.as_slice()) {
            (month, []) => Some((None, month, None)),
            (Some(month), [one]) if is_year(one) => Some((Some(full(*one)), Some(month), None)),
            (Some(month), [one]) => Some((None, Some(month), Some(one.value))),
            (Some(month), [a, b]) => {
                let (year, day) = if is_year(a) { (a, b) } else { (b, a) };
                Some((Some(full(*year)), Some(month), Some(day.value)))
            }
            (None, [one]) if is_year(one) => Some((Some(full(*one)), None, None)),
            (None, [one]) => Some((None, None, Some(one.value))),
            (None, [a, b]) if is_year(a) => Some((Some(full(*a)), Some(b.value), None)),
            (None, [a, b]) if is_year(b) => Some((Some(full(*b)), Some(a.value), None)),
            (None, [a, b]) if a.value > 12 => Some((None, Some(b.value), Some(a.value))),
            (None, [a, b]) => Some((None, Some(a.value), Some(b.value))),
            (None, [a, b, c]) if is_year(a) => {
                let (month, day) = if b.value > 12 && c.value <= 12 {
                    (c, b)
                } else {
                    (b, c)
                };
                Some((Some(full(*a)), Some(month.value), Some(day.value)))
            }
            (None, [a, b, c]) => {
                let (month, day) = if a.value > 12 { (b, a) } else { (a, b) };
                Some((Some(full(*c)), Some(month.value), Some(day.value)))
            }
            _ => None,
        }
    }
}

/// A year of two digits is within 50 years of today.
fn full_year(part: Part, today: i64) -> i64 {
    if part.digits > 2 {
        return part.value;
    }
    let year = today - today.rem_euclid(100) + part.value;
    if year >= today + 50 {
        year - 100
    } else if year < today - 50 {
        year + 100
    } else {
        year
    }
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
    found: Found,
}

impl Reader<'_> {
    fn peek(&self, ahead: usize) -> Option<&Token> {
        self.tokens.get(self.at + ahead)
    }

    fn is_mark(&self, ahead: usize, mark: char) -> bool {
        self.peek(ahead) == Some(&Token::Mark(mark))
    }

    fn token(&mut self) -> Option<()> {
        let token = self.peek(0)?.clone();
        match token {
            Token::Blank | Token::Mark(',' | '.' | '-' | '/') if !self.starts_offset() => {
                self.at += 1;
                Some(())
            }
            Token::Mark('+' | '-') => self.offset(),
            Token::Number(digits, fraction) => self.number(&digits, fraction.as_deref()),
            Token::Word(word) => self.word(&word),
            _ => None,
        }
    }

    /// Whether a sign here belongs to an offset from UTC.
    fn starts_offset(&self) -> bool {
        self.found.hour.is_some()
            && self.found.offset.is_none()
            && (self.is_mark(0, '+') || self.is_mark(0, '-'))
            && matches!(self.peek(1), Some(Token::Number(_, None)))
    }

    fn number(&mut self, digits: &str, fraction: Option<&str>) -> Option<()> {
        let value: i64 = digits.parse().ok()?;
        if self.is_mark(1, ':') {
            return self.time(value);
        }
        if let Some(Token::Word(word)) = self.next_word() {
            let word = word.clone();
            if let Some(unit) = ["h", "m", "s"]
                .iter()
                .position(|unit| word.eq_ignore_ascii_case(unit))
            {
                self.at += if self.peek(1) == Some(&Token::Blank) {
                    3
                } else {
                    2
                };
                return self.unit(unit, value, fraction);
            }
            if is_half(&word).is_some() && self.found.hour.is_none() && value <= 12 {
                self.found.hour = Some(value);
                self.at += 1;
                return Some(());
            }
        }
        if self.is_compact(digits) {
            return self.compact(digits, fraction);
        }
        if fraction.is_some() {
            return None;
        }
        self.found.date.push(Part {
            value,
            digits: digits.len(),
        });
        self.at += 1;
        Some(())
    }

    /// The word after this token, over one blank.
    fn next_word(&self) -> Option<&Token> {
        let ahead = 1 + usize::from(self.peek(1) == Some(&Token::Blank));
        self.peek(ahead)
            .filter(|token| matches!(token, Token::Word(_)))
    }

    fn unit(&mut self, unit: usize, value: i64, fraction: Option<&str>) -> Option<()> {
        match unit {
            0 => self.found.hour = Some(value),
            1 => self.found.minute = value,
            _ => {
                self.found.second = value;
                self.found.microsecond = micros(fraction);
            }
        }
        self.found.hour.get_or_insert(0);
        Some(())
    }

    /// Digits without separators: `20200102`, `20200102T030405`, `030405`.
    fn is_compact(&self, digits: &str) -> bool {
        let follows_date = self.found.certain.is_some() && self.found.hour.is_none();
        match digits.len() {
            8 | 12 | 14 => self.found.date.is_empty(),
            6 => self.found.date.is_empty() || self.found.date.len() == 3 || follows_date,
            4 => follows_date,
            _ => false,
        }
    }

    fn compact(&mut self, digits: &str, fraction: Option<&str>) -> Option<()> {
        let part = |range: std::ops::Range<usize>| digits[range].parse::<i64>().ok();
        let has_date = self.found.certain.is_some() || self.found.date.len() == 3;
        let clock = match digits.len() {
            4 | 6 if has_date => 0,
            6 => {
                // Two digits each: a date.
                for at in [0, 2, 4] {
                    let value = part(at..at + 2)?;
                    self.found.date.push(Part { value, digits: 2 });
                }
                self.at += 1;
                return Some(());
            }
            _ => {
                self.found.certain = Some([part(0..4)?, part(4..6)?, part(6..8)?]);
                8
            }
        };
        if digits.len() > clock {
            self.found.hour = Some(part(clock..clock + 2)?);
            self.found.minute = part(clock + 2..clock + 4)?;
            if digits.len() > clock + 4 {
                self.found.second = part(clock + 4..clock + 6)?;
            }
            self.found.microsecond = micros(fraction);
        }
        self.at += 1;
        Some(())
    }

    /// `HH:MM[:SS[.ffffff]]`
    fn time(&mut self, hour: i64) -> Option<()> {
        if self.found.hour.is_some() {
            return None;
        }
        let Some(Token::Number(minute, fraction)) = self.peek(2).cloned() else {
            return None;
        };
        if fraction.is_some() {
            return None;
        }
        self.found.hour = Some(hour);
        self.found.minute = minute.parse().ok()?;
        self.at += 3;
        if !self.is_mark(0, ':') {
            return Some(());
        }
        let Some(Token::Number(second, fraction)) = self.peek(1).cloned() else {
            return None;
        };
        self.found.second = second.parse().ok()?;
        self.found.microsecond = micros(fraction.as_deref());
        self.at += 2;
        Some(())
    }

    fn word(&mut self, word: &str) -> Option<()> {
        let lower = word.to_ascii_lowercase();
        if let Some(month) = index(&MONTHS, word).or((lower == "sept").then_some(8)) {
            if self.found.month.is_some() {
                return None;
            }
            self.found.month = Some(i64::try_from(month).ok()? + 1);
        } else if let Some(weekday) = index(&WEEKDAYS, word) {
            self.found.weekday = Some(i64::try_from(weekday).ok()?);
        } else if let Some(afternoon) = is_half(word) {
            self.found.hour?;
            self.found.afternoon = Some(afternoon);
        } else if matches!(lower.as_str(), "z" | "utc" | "gmt") && self.found.hour.is_some() {
            self.found.offset = Some(Timespan::ZERO);
        } else if !matches!(
            lower.as_str(),
            "t" | "at" | "on" | "and" | "ad" | "of" | "st" | "nd" | "rd" | "th"
        ) {
            return None;
        }
        self.at += 1;
        Some(())
    }

    /// `+HH`, `+HHMM` or `+HH:MM`.
    fn offset(&mut self) -> Option<()> {
        if !self.starts_offset() {
            return None;
        }
        let sign = if self.is_mark(0, '-') { -1 } else { 1 };
        let Some(Token::Number(digits, None)) = self.peek(1).cloned() else {
            return None;
        };
        self.at += 2;
        let value: i64 = digits.parse().ok()?;
        let (hours, mut minutes) = match digits.len() {
            1 | 2 => (value, 0),
            4 => (value / 100, value % 100),
            _ => return None,
        };
        if digits.len() <= 2
            && self.is_mark(0, ':')
            && let Some(Token::Number(more, None)) = self.peek(1).cloned()
        {
            minutes = more.parse().ok()?;
            self.at += 2;
        }
        let seconds = sign * (hours * 3600 + minutes * 60);
        self.found.offset = Timespan::from_micros(i128::from(seconds) * 1_000_000);
        Some(())
    }
}

/// Whether a word is AM or PM; true for the afternoon.
fn is_half(word: &str) -> Option<bool> {
    match word.to_ascii_lowercase().as_str() {
        "am" | "a" => Some(false),
        "pm" | "p" => Some(true),
        _ => None,
    }
}

/// A fraction of a second; digits beyond microseconds are cut off.
fn micros(fraction: Option<&str>) -> i64 {
    let digits = format!("{:0<6.6}", fraction.unwrap_or("0"));
    digits.parse().unwrap_or(0)
}
