//! Cron patterns in croniter's syntax (workflow language §13.8).
//!
//! croniter's grammar decides what is valid and which values a field means; the
//! result is handed to the search of crate `croner` in a form both agree on:
//! every field is `*` or a list of values. `crates/server/tests/data/cron` holds what the
//! real croniter answers.

mod field;
#[cfg(test)]
mod table;

use std::fmt;

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use engine::model::Timestamp;
use jiff::Zoned;
use jiff::tz::TimeZone;

use self::field::{Days, Field, Weekdays};

/// The longest pattern that is read, in bytes.
const MAX_LENGTH: usize = 1_000;

/// A search for a date goes this far, in years; after that a pattern never comes up.
const HORIZON: i16 = 50;

/// A pattern that was read.
#[derive(Clone, Debug)]
pub(crate) struct Pattern(Cron);

/// The text is no pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The specified pattern is not valid: {0}")]
pub(crate) struct BadPattern(String);

impl Pattern {
    /// Reads a pattern of 5 fields, of 6 (seconds last) or of 7 (and years), or one
    /// of the names like `@daily`.
    ///
    /// # Errors
    /// It is not valid; the text is that of the API contract.
    pub(crate) fn parse(text: &str) -> Result<Self, BadPattern> {
        let bad = || BadPattern(text.to_owned());
        if text.len() > MAX_LENGTH {
            return Err(BadPattern(text.chars().take(80).collect::<String>() + "…"));
        }
        let normal = normal_form(&text.to_lowercase()).ok_or_else(bad)?;
        let parser = CronParser::builder()
            .seconds(Seconds::Required)
            .year(Year::Required)
            .build();
        parser.parse(&normal).map(Self).map_err(|_| bad())
    }

    /// The first time after `after` on the clocks of `zone`.
    pub(crate) fn next(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let after = zoned(after, zone)?;
        let found = self.0.find_next_occurrence(&after, false).ok()?;
        let near = found.year() <= after.year().saturating_add(HORIZON);
        near.then(|| timestamp(&found))
    }

    /// The last time that is not after `now`.
    pub(crate) fn latest(&self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let now = zoned(now, zone)?;
        let found = self.0.find_previous_occurrence(&now, true).ok()?;
        Some(timestamp(&found))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

fn zoned(at: Timestamp, zone: &TimeZone) -> Option<Zoned> {
    let at = jiff::Timestamp::from_microsecond(at.micros()).ok()?;
    Some(at.to_zoned(zone.clone()))
}

fn timestamp(at: &Zoned) -> Timestamp {
    // Occurrences are whole seconds; the search carries fractions of its start along.
    let seconds = at.timestamp().as_microsecond().div_euclid(1_000_000);
    Timestamp::from_micros(seconds.saturating_mul(1_000_000))
}

/// The pattern as the search reads it: seconds first, every field `*` or a list.
fn normal_form(text: &str) -> Option<String> {
    let text = match text {
        "@midnight" | "@daily" => "0 0 * * *",
        "@hourly" => "0 * * * *",
        "@weekly" => "0 0 * * 0",
        "@monthly" => "0 0 1 * *",
        "@yearly" | "@annually" => "0 0 1 1 *",
        other => other,
    };
    let parts: Vec<_> = text
        .split(|c: char| c.is_ascii_whitespace() || c == '\u{b}')
        .filter(|part| !part.is_empty())
        .collect();
    let [minute, hour, day, month, weekday, rest @ ..] = parts.as_slice() else {
        return None;
    };
    let (second, year) = match rest {
        [] => ("0", "*"),
        [second] => (*second, "*"),
        [second, year] => (*second, *year),
        _ => return None,
    };
    let days = Days::parse(day, weekday.contains('*'))?;
    let weekdays = Weekdays::parse(weekday, day.contains('*'))?;
    let (day, weekday) = field::join_days(&days, &weekdays);
    Some(format!(
        "{} {} {} {day} {} {weekday} {}",
        Field::Second.parse(second)?.text(),
        Field::Minute.parse(minute)?.text(),
        Field::Hour.parse(hour)?.text(),
        Field::Month.parse(month)?.text(),
        Field::Year.parse(year)?.text(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(text: &str) -> String {
        Pattern::parse(text).map_or_else(|error| error.to_string(), |pattern| pattern.to_string())
    }

    #[test]
    fn normal_forms() {
        let patterns = [
            "*/15 * * * *",
            "7/10 22-2 * * *",
            "0 0 1,L * *",
            "0 0 L-1 * *",
            "0 0 15w * *",
            "0 2 * * mon",
            "0 2 * * Sat-Mon/2",
            "0 2 * * 5#2",
            "0 2 13 * 5#2",
            "0 2 13 * L5",
            "0 2 */2 * *,1#2",
            "0 0 13 * 0-6",
            "0 0 */2 * 0-6",
            "0 0 ? * 7 30 2030-2032",
            "* * * jan-dec * *",
            "@Daily",
            "@reboot",
            "0 0 30 2 0",
            "60 * * * *",
            "* * 0 * *",
            "*/0 * * * *",
            "h * * * *",
            "r * * * *",
            "1,3#2 * * * *",
            "0 0 * * 1,3#2",
            "0 0 * * 5L",
            "0 0 LW * *",
            "-1 * * * *",
            "* * * *",
            "* * * * * * * *",
            "",
            "é * * * *",
        ];
        let lines = patterns.map(|text| format!("{text:24} {}", normal(text)));
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn long_texts_are_refused_at_once() {
        assert!(Pattern::parse(&"1,".repeat(10_000)).is_err());
        let many = format!("{} * * * *", "0-59,".repeat(150).trim_end_matches(','));
        assert!(Pattern::parse(&many).is_ok());
    }
}
