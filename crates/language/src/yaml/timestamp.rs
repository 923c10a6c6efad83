//! Dates and times as YAML 1.1 writes them.

use std::fmt;

use yaql::{DateTime, Timespan};

/// A day of the proleptic Gregorian calendar, years 1 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Date {
    /// 1 to 9999.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

/// A date with a time of day, and perhaps its offset from UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Timestamp {
    /// The day.
    pub date: Date,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
    /// 0 to 999 999.
    pub microsecond: u32,
    /// Minutes east of UTC, if a zone is given.
    pub offset_minutes: Option<i16>,
}

/// What a text that looks like a timestamp stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    Date(Date),
    Timestamp(Timestamp),
}

/// Whether a plain scalar is read as a timestamp: a date alone needs two digits
/// for month and day, before a time one is enough.
pub(super) fn looks_like(text: &str) -> bool {
    Fields::read(text).is_some_and(|fields| fields.time.is_some() || text.len() == 10)
}

/// Reads a date or a timestamp.
///
/// # Errors
/// The text in Python's words, if it has another form or is out of range.
pub(super) fn parse(text: &str) -> Result<Moment, &'static str> {
    let fields = Fields::read(text).ok_or("not a timestamp")?;
    let date = date(&fields)?;
    match fields.time {
        None => Ok(Moment::Date(date)),
        Some(time) => timestamp(date, &time).map(Moment::Timestamp),
    }
}

fn date(fields: &Fields) -> Result<Date, &'static str> {
    let date = Date {
        year: fields.year,
        month: fields.month,
        day: fields.day,
    };
    if date.year == 0 {
        return Err("year 0 is out of range");
    }
    if !(1..=12).contains(&date.month) {
        return Err("month must be in 1..12");
    }
    if date.day == 0 || date.day > days_in_month(date.year, date.month) {
        return Err("day is out of range for month");
    }
    Ok(date)
}

fn days_in_month(year: u16, month: u8) -> u8 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn is_leap(year: u16) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn timestamp(date: Date, time: &Time) -> Result<Timestamp, &'static str> {
    if time.hour > 23 {
        return Err("hour must be in 0..23");
    }
    if time.minute > 59 {
        return Err("minute must be in 0..59");
    }
    if time.second > 59 {
        return Err("second must be in 0..59");
    }
    if time.offset_minutes.is_some_and(|m| m.abs() >= 24 * 60) {
        return Err("offset must be strictly between -24 and 24 hours");
    }
    Ok(Timestamp {
        date,
        hour: time.hour,
        minute: time.minute,
        second: time.second,
        microsecond: time.microsecond,
        offset_minutes: time.offset_minutes,
    })
}

/// The parts of a timestamp before their ranges are checked.
struct Fields {
    year: u16,
    month: u8,
    day: u8,
    time: Option<Time>,
}

struct Time {
    hour: u8,
    minute: u8,
    second: u8,
    microsecond: u32,
    offset_minutes: Option<i16>,
}

impl Fields {
    fn read(text: &str) -> Option<Self> {
        let mut reader = Reader(text);
        let year = reader.digits(4, 4)?;
        reader.eat('-')?;
        let month = u8::try_from(reader.digits(1, 2)?).ok()?;
        reader.eat('-')?;
        let day = u8::try_from(reader.digits(1, 2)?).ok()?;
        let time = match reader.0 {
            "" => None,
            _ => Some(Time::read(&mut reader)?),
        };
        Some(Self {
            year,
            month,
            day,
            time,
        })
    }
}

impl Time {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        if reader.eat('T').or_else(|| reader.eat('t')).is_none() && !reader.blanks() {
            return None;
        }
        let hour = u8::try_from(reader.digits(1, 2)?).ok()?;
        reader.eat(':')?;
        let minute = u8::try_from(reader.digits(2, 2)?).ok()?;
        reader.eat(':')?;
        let second = u8::try_from(reader.digits(2, 2)?).ok()?;
        let microsecond = match reader.eat('.') {
            Some(()) => reader.fraction(),
            None => 0,
        };
        let offset_minutes = match reader.0 {
            "" => None,
            _ => Some(reader.zone()?),
        };
        reader.0.is_empty().then_some(Self {
            hour,
            minute,
            second,
            microsecond,
            offset_minutes,
        })
    }
}

struct Reader<'t>(&'t str);

impl Reader<'_> {
    fn eat(&mut self, c: char) -> Option<()> {
        self.0 = self.0.strip_prefix(c)?;
        Some(())
    }

    /// Reads as many digits as there are, up to `max`.
    fn digits(&mut self, min: usize, max: usize) -> Option<u16> {
        let length = self
            .0
            .bytes()
            .take(max)
            .take_while(u8::is_ascii_digit)
            .count();
        if length < min {
            return None;
        }
        let (digits, rest) = self.0.split_at(length);
        self.0 = rest;
        digits.parse().ok()
    }

    /// Skips blanks; whether there were any.
    fn blanks(&mut self) -> bool {
        let rest = self.0.trim_start_matches([' ', '\t']);
        let some = rest.len() < self.0.len();
        self.0 = rest;
        some
    }

    /// Microseconds from any number of digits.
    fn fraction(&mut self) -> u32 {
        let mut microseconds = 0;
        let mut unit = 100_000;
        while let Some(digit) = self.0.chars().next().and_then(|c| c.to_digit(10)) {
            microseconds += digit * unit;
            unit /= 10;
            self.0 = &self.0[1..];
        }
        microseconds
    }

    /// `Z` or `±H[H][:MM]`, in minutes.
    fn zone(&mut self) -> Option<i16> {
        self.blanks();
        if self.eat('Z').is_some() {
            return Some(0);
        }
        let sign = match self.eat('-') {
            Some(()) => -1,
            None => self.eat('+').map(|()| 1)?,
        };
        let hours = i16::try_from(self.digits(1, 2)?).ok()?;
        let minutes = match self.eat(':') {
            Some(()) => i16::try_from(self.digits(2, 2)?).ok()?,
            None => 0,
        };
        Some(sign * (hours * 60 + minutes))
    }
}

impl Date {
    /// Days since 1970-01-01, counted in years from March.
    fn days(self) -> i64 {
        let (month, day) = (i64::from(self.month), i64::from(self.day));
        let year = i64::from(self.year) - i64::from(month <= 2);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719_468
    }
}

impl Timestamp {
    /// The instant; without an offset in UTC. `None` if the offset moves it out of
    /// the years 1 to 9999.
    pub(super) fn to_date_time(self) -> Option<DateTime> {
        let minutes = i64::from(self.offset_minutes.unwrap_or(0));
        let clock = i64::from(self.hour) * 3600 + i64::from(self.minute) * 60;
        let seconds = self.date.days() * 86_400 + clock + i64::from(self.second) - minutes * 60;
        let micros = seconds * 1_000_000 + i64::from(self.microsecond);
        let offset = Timespan::from_micros(i128::from(minutes) * 60_000_000)?;
        DateTime::from_unix_micros(micros, offset)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day } = self;
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// ISO 8601 as Python's `isoformat()`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            date,
            hour,
            minute,
            second,
            ..
        } = self;
        write!(f, "{date}T{hour:02}:{minute:02}:{second:02}")?;
        if self.microsecond > 0 {
            write!(f, ".{:06}", self.microsecond)?;
        }
        if let Some(minutes) = self.offset_minutes {
            let sign = if minutes < 0 { '-' } else { '+' };
            let minutes = minutes.unsigned_abs();
            write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iso(text: &str) -> String {
        match parse(text) {
            Ok(Moment::Date(date)) => date.to_string(),
            Ok(Moment::Timestamp(timestamp)) => timestamp.to_string(),
            Err(problem) => problem.to_owned(),
        }
    }

    #[test]
    fn forms() {
        assert_eq!(iso("2001-12-14"), "2001-12-14");
        assert_eq!(
            iso("2001-12-14 21:59:43.10 -5:30"),
            "2001-12-14T21:59:43.100000-05:30"
        );
        assert_eq!(iso("2001-1-2t1:59:43Z"), "2001-01-02T01:59:43+00:00");
        assert!(!looks_like("2001-1-2") && looks_like("2001-1-2 3:04:05"));
        assert!(!looks_like("2001-12-14 ") && !looks_like("2001-12-14T21:59:43 "));
    }

    #[test]
    fn instants() {
        let Ok(Moment::Timestamp(moment)) = parse("2000-03-01 00:30:00.5 +1") else {
            panic!("no timestamp");
        };
        let instant = moment.to_date_time().unwrap();
        assert_eq!(instant.unix_micros(), 951_867_000_500_000);
        assert_eq!(instant.to_string(), "2000-03-01 00:30:00.500000+01:00");
    }

    #[test]
    fn ranges() {
        assert_eq!(iso("2001-13-14"), "month must be in 1..12");
        assert_eq!(iso("1900-02-29"), "day is out of range for month");
        assert_eq!(iso("2001-12-14 24:00:00"), "hour must be in 0..23");
    }
}
