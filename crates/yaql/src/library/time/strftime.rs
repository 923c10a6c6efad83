//! Formatting as C's `strftime` in the C locale.

use std::fmt::Write;

use super::names::{MONTHS, WEEKDAYS};
use super::{Clock, clock};
use crate::DateTime;
use crate::value::datetime::Date;

/// A datetime in a format; unknown directives stay as they are.
pub(super) fn format(dt: DateTime, format: &str) -> String {
    let moment = Moment {
        dt,
        date: dt.date(),
        clock: clock(dt),
    };
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        match c {
            '%' => moment.directive(chars.next(), &mut out),
            c => out.push(c),
        }
    }
    out
}

struct Moment {
    dt: DateTime,
    date: Date,
    clock: Clock,
}

impl Moment {
    fn directive(&self, directive: Option<char>, out: &mut String) {
        let Some(directive) = directive else {
            out.push('%');
            return;
        };
        if let Some(expanded) = composite(directive) {
            out.push_str(&format(self.dt, expanded));
            return;
        }
        match self.number(directive) {
            Some((value, width)) => out.push_str(&padded(value, width)),
            None => self.text(directive, out),
        }
    }

    /// Numeric directives with their widths; negative: padded with blanks.
    fn number(&self, directive: char) -> Option<(i64, i32)> {
        let Clock {
            hour,
            minute,
            second,
            microsecond,
        } = self.clock;
        let date = self.date;
        let twelve = (hour + 11) % 12 + 1;
        let sunday_first = (date.weekday() + 1) % 7;
        Some(match directive {
            'Y' => (date.year, 0),
            'C' => (date.year / 100, 2),
            'y' => (date.year % 100, 2),
            'm' => (date.month, 2),
            'd' => (date.day, 2),
            'e' => (date.day, -2),
            'H' => (hour, 2),
            'k' => (hour, -2),
            'I' => (twelve, 2),
            'l' => (twelve, -2),
            'M' => (minute, 2),
            'S' => (second, 2),
            'f' => (microsecond, 6),
            'j' => (date.day_of_year(), 3),
            'u' => (date.weekday() + 1, 0),
            'w' => (sunday_first, 0),
            'U' => ((date.day_of_year() + 6 - sunday_first) / 7, 2),
            'W' => ((date.day_of_year() + 6 - date.weekday()) / 7, 2),
            'V' => (iso_week(date).1, 2),
            'G' => (iso_week(date).0, 0),
            'g' => (iso_week(date).0 % 100, 2),
            's' => (self.dt.local_micros().div_euclid(1_000_000), 0),
            _ => return None,
        })
    }

    fn text(&self, directive: char, out: &mut String) {
        let weekday = usize::try_from(self.date.weekday()).unwrap_or(0);
        let month = usize::try_from(self.date.month - 1).unwrap_or(0);
        match directive {
            'A' => out.push_str(WEEKDAYS[weekday]),
            'a' => out.push_str(&WEEKDAYS[weekday][..3]),
            'B' => out.push_str(MONTHS[month]),
            'b' | 'h' => out.push_str(&MONTHS[month][..3]),
            'p' => out.push_str(if self.clock.hour < 12 { "AM" } else { "PM" }),
            'P' => out.push_str(if self.clock.hour < 12 { "am" } else { "pm" }),
            'z' => self.offset(out),
            'Z' if self.dt.offset().is_zero() => out.push_str("UTC"),
            'Z' => {}
            'n' => out.push('\n'),
            't' => out.push('\t'),
            '%' => out.push('%'),
            other => out.extend(['%', other]),
        }
    }

    fn offset(&self, out: &mut String) {
        let micros = self.dt.offset().total_micros();
        let sign = if micros < 0 { '-' } else { '+' };
        let seconds = micros.abs() / 1_000_000;
        // Writing to a string cannot fail.
        let _ = write!(out, "{sign}{:02}{:02}", seconds / 3600, seconds / 60 % 60);
        if seconds % 60 != 0 {
            let _ = write!(out, "{:02}", seconds % 60);
        }
    }
}

fn padded(value: i64, width: i32) -> String {
    match usize::try_from(width) {
        Ok(width) => format!("{value:0width$}"),
        Err(_) => format!("{value:2}"),
    }
}

/// Directives that stand for others.
fn composite(directive: char) -> Option<&'static str> {
    Some(match directive {
        'c' => "%a %b %e %H:%M:%S %Y",
        'D' | 'x' => "%m/%d/%y",
        'F' => "%Y-%m-%d",
        'T' | 'X' => "%H:%M:%S",
        'R' => "%H:%M",
        'r' => "%I:%M:%S %p",
        _ => return None,
    })
}

/// The year and the week of ISO 8601.
fn iso_week(date: Date) -> (i64, i64) {
    // The Thursday of a week tells its year.
    let thursday = Date::from_days(date.days() - date.weekday() + 3);
    (thursday.year, (thursday.day_of_year() - 1) / 7 + 1)
}
