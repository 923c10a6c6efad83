//! Points in time with an offset from UTC.

use std::fmt;
use std::hash::{Hash, Hasher};

use super::Timespan;

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// Offsets are shorter; far more than the day which all clocks agree on.
const MAX_OFFSET: i64 = 1000 * DAY;

/// A point in time, in microseconds, between the years 1 and 9999, with an
/// offset from UTC. Two datetimes are equal when they are the same instant.
#[derive(Clone, Copy)]
pub struct DateTime {
    /// Wall-clock time as microseconds since 1970-01-01T00:00 of the same clock.
    local: i64,
    /// Microseconds that the wall clock is ahead of UTC.
    offset: i64,
}

/// A date of the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Date {
    pub(crate) year: i64,
    pub(crate) month: i64,
    pub(crate) day: i64,
}

impl Date {
    /// Days since 1970-01-01.
    pub(crate) fn days(self) -> i64 {
        // Years from March, so that the leap day is the last day of a year.
        let shifted = self.year - i64::from(self.month <= 2);
        let era = shifted.div_euclid(400);
        let year_of_era = shifted.rem_euclid(400);
        let month = (self.month + 9) % 12;
        let day_of_year = (153 * month + 2) / 5 + self.day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * 146_097 + day_of_era - 719_468
    }

    pub(crate) fn from_days(days: i64) -> Date {
        let days = days + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * day_of_year + 2) / 153;
        let shifted = month + if month < 10 { 3 } else { -9 };
        Date {
            year: year_of_era + era * 400 + i64::from(shifted <= 2),
            month: shifted,
            day: day_of_year - (153 * month + 2) / 5 + 1,
        }
    }

    /// Monday is 0.
    pub(crate) fn weekday(self) -> i64 {
        (self.days() + 3).rem_euclid(7)
    }

    /// 1 for the first of January.
    pub(crate) fn day_of_year(self) -> i64 {
        let first = Date {
            month: 1,
            day: 1,
            ..self
        };
        self.days() - first.days() + 1
    }

    pub(crate) fn days_in_month(year: i64, month: i64) -> i64 {
        match month {
            2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }
}

impl DateTime {
    /// 1970-01-01T00:00 UTC.
    pub const EPOCH: DateTime = DateTime {
        local: 0,
        offset: 0,
    };

    /// From microseconds since the epoch and an offset from UTC.
    ///
    /// `None` outside of the years 1 to 9999, or for an offset of 1000 days or more.
    pub fn from_unix_micros(micros: i64, offset: Timespan) -> Option<Self> {
        let offset_micros = i64::try_from(offset.total_micros()).ok()?;
        Self::from_local(micros.checked_add(offset_micros)?, offset)
    }

    /// From wall-clock microseconds (since 1970-01-01T00:00 of that clock).
    pub(crate) fn from_local(local: i64, offset: Timespan) -> Option<Self> {
        let offset = i64::try_from(offset.total_micros()).ok()?;
        let in_range = (1..=9999).contains(&Date::from_days(local.div_euclid(DAY)).year);
        (offset.abs() < MAX_OFFSET && in_range).then_some(DateTime { local, offset })
    }

    /// From a date and the microseconds of that day.
    pub(crate) fn from_parts(date: Date, micros: i64, offset: Timespan) -> Option<Self> {
        Self::from_local(date.days() * DAY + micros, offset)
    }

    /// Microseconds since the epoch: the instant.
    pub fn unix_micros(self) -> i64 {
        self.local - self.offset
    }

    /// How far the wall clock is ahead of UTC.
    pub fn offset(self) -> Timespan {
        Timespan::from_micros(self.offset.into()).unwrap_or_default()
    }

    /// Wall-clock microseconds, the counterpart of `from_local`.
    pub(crate) fn local_micros(self) -> i64 {
        self.local
    }

    pub(crate) fn date(self) -> Date {
        Date::from_days(self.local.div_euclid(DAY))
    }

    /// Microseconds since midnight.
    pub(crate) fn micros_of_day(self) -> i64 {
        self.local.rem_euclid(DAY)
    }

    /// The form in which results are stored: `%Y-%m-%dT%H:%M:%S.%f`, wall clock,
    /// without the offset (YAQL §4.3).
    pub fn to_stored(self) -> String {
        let Date { year, month, day } = self.date();
        let micros = self.micros_of_day();
        let clock = Clock(micros);
        format!("{year}-{month:02}-{day:02}T{clock}.{:06}", micros % SECOND)
    }
}

/// Time of day as `HH:MM:SS`.
struct Clock(i64);

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0 / SECOND;
        write!(
            f,
            "{:02}:{:02}:{:02}",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        )
    }
}

/// As Python writes a datetime: `2020-01-02 03:04:05.000006+02:00`.
impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Date { year, month, day } = self.date();
        let micros = self.micros_of_day();
        write!(f, "{year:04}-{month:02}-{day:02} {}", Clock(micros))?;
        if micros % SECOND != 0 {
            write!(f, ".{:06}", micros % SECOND)?;
        }
        let sign = if self.offset < 0 { '-' } else { '+' };
        let seconds = self.offset.abs() / SECOND;
        write!(f, "{sign}{:02}:{:02}", seconds / 3600, seconds / 60 % 60)?;
        if seconds % 60 != 0 || self.offset % SECOND != 0 {
            write!(f, ":{:02}", seconds % 60)?;
        }
        if self.offset % SECOND != 0 {
            write!(f, ".{:06}", self.offset.abs() % SECOND)?;
        }
        Ok(())
    }
}

impl fmt::Debug for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PartialEq for DateTime {
    fn eq(&self, other: &Self) -> bool {
        self.unix_micros() == other.unix_micros()
    }
}

impl Eq for DateTime {}

impl PartialOrd for DateTime {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for DateTime {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.unix_micros().cmp(&other.unix_micros())
    }
}

impl Hash for DateTime {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.unix_micros().hash(state);
    }
}
