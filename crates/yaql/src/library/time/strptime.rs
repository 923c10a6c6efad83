//! Parsing with a format, as Python's `strptime`.

use super::checked;
use super::names::{MONTHS, WEEKDAYS};
use crate::eval::{Result, raise};
use crate::value::datetime::Date;
use crate::{DateTime, EvalError, Timespan, python};

/// What was read so far.
struct Fields {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    microsecond: i64,
    afternoon: Option<bool>,
    day_of_year: Option<i64>,
    offset: Timespan,
}

/// Parses a text in a format.
pub(super) fn parse(text: &str, format: &str) -> Result<DateTime> {
    let mut reader = Reader {
        rest: text,
        fields: Fields {
            year: 1900,
            month: 1,
            day: 1,
            hour: 0,
            minute: 0,
            second: 0,
            microsecond: 0,
            afternoon: None,
            day_of_year: None,
            offset: Timespan::ZERO,
        },
    };
    match reader.format(format) {
        Ok(()) => {}
        Err(Fault::Mismatch) => return Err(mismatch(text, format)),
        Err(Fault::BadDirective(directive)) => {
            let format = python::frozen_repr(&format.into());
            return Err(raise::value_error(format!(
                "'{directive}' is a bad directive in format {format}"
            )));
        }
    }
    if !reader.rest.is_empty() {
        let rest = reader.rest;
        return Err(raise::value_error(format!(
            "unconverted data remains: {rest}"
        )));
    }
    reader.fields.finish()
}

fn mismatch(text: &str, format: &str) -> EvalError {
    let (text, format) = (
        python::frozen_repr(&text.into()),
        python::frozen_repr(&format.into()),
    );
    raise::value_error(format!("time data {text} does not match format {format}"))
}

enum Fault {
    Mismatch,
    BadDirective(char),
}

impl Fields {
    fn finish(mut self) -> Result<DateTime> {
        if let Some(day) = self.day_of_year {
            let first = Date {
                year: self.year,
                month: 1,
                day: 1,
            };
            let date = Date::from_days(first.days() + day - 1);
            (self.month, self.day) = (date.month, date.day);
        }
        match self.afternoon {
            Some(true) if self.hour < 12 => self.hour += 12,
            Some(false) if self.hour == 12 => self.hour = 0,
            _ => {}
        }
        // Leap seconds are read, but there is no such time.
        let parts = [
            self.year,
            self.month,
            self.day,
            self.hour,
            self.minute,
            self.second,
            self.microsecond,
        ];
        checked(parts, self.offset)
    }
}

struct Reader<'a> {
    rest: &'a str,
    fields: Fields,
}

impl Reader<'_> {
    fn format(&mut self, format: &str) -> std::result::Result<(), Fault> {
        let mut chars = format.chars();
        while let Some(c) = chars.next() {
            match c {
                '%' => match chars.next() {
                    Some(directive) => self.directive(directive)?,
                    None => return Err(Fault::BadDirective('%')),
                },
                c if c.is_whitespace() => {
                    let trimmed = self.rest.trim_start();
                    let before_blank = chars.as_str().starts_with(char::is_whitespace);
                    if trimmed.len() == self.rest.len() && !before_blank {
                        return Err(Fault::Mismatch);
                    }
                    self.rest = trimmed;
                }
                c => self.literal(c)?,
            }
        }
        Ok(())
    }

    fn literal(&mut self, c: char) -> std::result::Result<(), Fault> {
        let mut chars = self.rest.chars();
        let found = chars.next().ok_or(Fault::Mismatch)?;
        if !found.to_lowercase().eq(c.to_lowercase()) {
            return Err(Fault::Mismatch);
        }
        self.rest = chars.as_str();
        Ok(())
    }

    /// Up to `most` digits, at least one.
    fn digits(&mut self, most: usize) -> std::result::Result<&str, Fault> {
        let length = self
            .rest
            .bytes()
            .take(most)
            .take_while(u8::is_ascii_digit)
            .count();
        let (digits, rest) = self.rest.split_at(length);
        self.rest = rest;
        match digits.is_empty() {
            true => Err(Fault::Mismatch),
            false => Ok(digits),
        }
    }

    /// A number of up to `most` digits within a range; it takes only as many
    /// digits as fit.
    fn number(
        &mut self,
        most: usize,
        range: std::ops::RangeInclusive<i64>,
    ) -> std::result::Result<i64, Fault> {
        let before = self.rest;
        for most in (1..=most).rev() {
            self.rest = before;
            let value = self.digits(most)?.parse().unwrap_or(-1);
            if range.contains(&value) {
                return Ok(value);
            }
        }
        Err(Fault::Mismatch)
    }

    /// The index of a name that the text goes on with.
    fn name(&mut self, names: &[&str], full: bool) -> std::result::Result<i64, Fault> {
        for (index, name) in names.iter().enumerate() {
            let name = if full { name } else { &name[..3] };
            let head = self.rest.get(..name.len());
            if head.is_some_and(|head| head.eq_ignore_ascii_case(name)) {
                self.rest = &self.rest[name.len()..];
                return Ok(i64::try_from(index).unwrap_or(0));
            }
        }
        Err(Fault::Mismatch)
    }

    fn directive(&mut self, directive: char) -> std::result::Result<(), Fault> {
        match directive {
            'Y' => {
                let digits = self.digits(4)?;
                if digits.len() < 4 {
                    return Err(Fault::Mismatch);
                }
                self.fields.year = digits.parse().unwrap_or(0);
            }
            'y' => {
                let digits = self.digits(2)?;
                if digits.len() < 2 {
                    return Err(Fault::Mismatch);
                }
                let short: i64 = digits.parse().unwrap_or(0);
                self.fields.year = if short < 69 {
                    2000 + short
                } else {
                    1900 + short
                };
            }
            'm' => self.fields.month = self.number(2, 1..=12)?,
            'd' => self.fields.day = self.number(2, 1..=31)?,
            'H' => self.fields.hour = self.number(2, 0..=23)?,
            'I' => self.fields.hour = self.number(2, 1..=12)?,
            'M' => self.fields.minute = self.number(2, 0..=59)?,
            'S' => self.fields.second = self.number(2, 0..=61)?,
            'j' => self.fields.day_of_year = Some(self.number(3, 1..=366)?),
            'f' => {
                let digits = format!("{:0<6}", self.digits(6)?);
                self.fields.microsecond = digits.parse().unwrap_or(0);
            }
            'B' => self.fields.month = self.name(&MONTHS, true)? + 1,
            'b' => self.fields.month = self.name(&MONTHS, false)? + 1,
            'A' => drop(self.name(&WEEKDAYS, true)?),
            'a' => drop(self.name(&WEEKDAYS, false)?),
            'p' => self.fields.afternoon = Some(self.name(&["AM", "PM"], true)? == 1),
            'z' => self.fields.offset = self.offset()?,
            'Z' => drop(self.name(&["UTC", "GMT"], true)?),
            'w' => drop(self.number(1, 0..=6)?),
            'U' | 'W' => drop(self.number(2, 0..=53)?),
            'c' => self.format("%a %b %d %H:%M:%S %Y")?,
            'x' => self.format("%m/%d/%y")?,
            'X' => self.format("%H:%M:%S")?,
            '%' => self.literal('%')?,
            other => return Err(Fault::BadDirective(other)),
        }
        Ok(())
    }

    /// `+HHMM`, `+HH:MM`, with seconds, or `Z`.
    fn offset(&mut self) -> std::result::Result<Timespan, Fault> {
        if let Some(rest) = self.rest.strip_prefix('Z') {
            self.rest = rest;
            return Ok(Timespan::ZERO);
        }
        let sign = match self.rest.chars().next() {
            Some('+') => 1,
            Some('-') => -1,
            _ => return Err(Fault::Mismatch),
        };
        self.rest = &self.rest[1..];
        let mut seconds = self.two(23)? * 3600;
        let colon = self.rest.starts_with(':');
        self.rest = self.rest.strip_prefix(':').unwrap_or(self.rest);
        seconds += self.two(59)? * 60;
        let more = match colon {
            true => self.rest.strip_prefix(':'),
            false => Some(self.rest).filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())),
        };
        if let Some(rest) = more {
            self.rest = rest;
            seconds += self.two(59)?;
        }
        Ok(Timespan::from_micros(i128::from(sign * seconds) * 1_000_000).unwrap_or_default())
    }

    fn two(&mut self, most: i64) -> std::result::Result<i64, Fault> {
        let digits = self.digits(2)?;
        let value = digits.parse().unwrap_or(0);
        match digits.len() == 2 && value <= most {
            true => Ok(value),
            false => Err(Fault::Mismatch),
        }
    }
}
