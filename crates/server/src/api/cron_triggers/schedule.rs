//! When a trigger fires, as callers say it.

use engine::model::{Id, Timestamp};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use store::trigger::{CatchUp, Overlap, Schedule};

use crate::api::error::{ApiError, ApiResult};
use crate::api::fields::{Given, shown};
use crate::triggers::Timetable;

/// How far ahead a first time must be, in seconds.
const AHEAD: u64 = 60;

/// The longest jitter, in seconds: a day.
const MAX_JITTER: i64 = 86_400;

const TIME_FORMAT: &str = "%Y-%m-%d %H:%M";

/// What a body says about the schedule, laid over `schedule`.
///
/// # Errors
/// 400 for what is not valid.
pub(super) fn read(given: &Given, mut schedule: Schedule, now: Timestamp) -> ApiResult<Schedule> {
    if given.mentions("pattern") {
        schedule.pattern = given.filled_text("pattern").map(Into::into);
    }
    if given.mentions("first_execution_time") {
        let first = given.filled_text("first_execution_time");
        schedule.first_at = first.map(time).transpose()?;
    }
    if given.mentions("timezone") {
        schedule.timezone = given.filled_text("timezone").map(Into::into);
    }
    if let Some(text) = given.filled_text("catch_up") {
        schedule.catch_up = catch_up(text)?;
    }
    if let Some(text) = given.text("overlap") {
        schedule.overlap = Overlap::by_name(text).unwrap_or_default();
    }
    schedule.enabled = given.flag("enabled").unwrap_or(schedule.enabled);
    if let Some(seconds) = given.integer("jitter") {
        schedule.jitter = jitter(seconds)?;
    }
    check(given, &schedule, now)?;
    Ok(schedule)
}

fn check(given: &Given, schedule: &Schedule, now: Timestamp) -> ApiResult<()> {
    if schedule.pattern.is_none() && schedule.first_at.is_none() {
        let text = "Pattern or first_execution_time must be specified.";
        return Err(ApiError::bad_request(text));
    }
    let first = schedule
        .first_at
        .filter(|_| given.has("first_execution_time"));
    if first.is_some_and(|first| first < now.plus_seconds(AHEAD)) {
        let text = "first_execution_time must be at least 1 minute in the future.";
        return Err(ApiError::bad_request(text));
    }
    Ok(())
}

/// Refuses a count that only a pattern could serve.
pub(super) fn check_count(schedule: &Schedule, remaining: Option<u32>) -> ApiResult<()> {
    match schedule.pattern.is_none() && remaining.is_some_and(|count| count > 1) {
        true => Err(ApiError::bad_request(
            "Pattern must be provided if count is superior to 1.",
        )),
        false => Ok(()),
    }
}

/// The timetable of a schedule.
///
/// # Errors
/// 400 for a pattern or a zone that is not valid.
pub(super) fn timetable(trigger: Id, schedule: &Schedule) -> ApiResult<Timetable> {
    Timetable::read(trigger, schedule).map_err(|error| ApiError::bad_request(error.to_string()))
}

/// `YYYY-MM-DD HH:MM`, UTC, in the words of Python's `strptime`.
fn time(text: &str) -> ApiResult<Timestamp> {
    let refused = |reason: String| Err(ApiError::bad_request(reason));
    match jiff::fmt::strtime::BrokenDownTime::parse_prefix(TIME_FORMAT, text) {
        Ok((_, used)) if used < text.len() => {
            let rest = text.get(used..).unwrap_or_default();
            refused(format!("unconverted data remains: {}", shown(rest)))
        }
        Ok((parsed, _)) => match parsed.to_datetime().ok().and_then(utc) {
            Some(at) => Ok(at),
            None => refused("day is out of range for month".to_owned()),
        },
        Err(_) => refused(format!(
            "time data '{}' does not match format '{TIME_FORMAT}'",
            shown(text)
        )),
    }
}

fn utc(at: DateTime) -> Option<Timestamp> {
    let at = at.to_zoned(TimeZone::UTC).ok()?.timestamp();
    Some(Timestamp::from_micros(at.as_microsecond()))
}

fn catch_up(text: &str) -> ApiResult<CatchUp> {
    text.parse().map_err(|()| {
        ApiError::invalid_input(
            "catch_up",
            shown(text),
            "Value should be one of: none, latest, all, or a number of seconds",
        )
    })
}

fn jitter(seconds: i64) -> ApiResult<u32> {
    let fits = u32::try_from(seconds)
        .ok()
        .filter(|_| seconds <= MAX_JITTER);
    fits.ok_or_else(|| {
        let reason = format!("Value should be lower or equal to {MAX_JITTER}");
        ApiError::invalid_input("jitter", seconds.to_string(), reason)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_times() {
        assert_eq!(
            time("2030-01-02 03:04").unwrap().to_string(),
            "2030-01-02 03:04:00"
        );
        let refusal = |text| time(text).unwrap_err().text().to_owned();
        assert_eq!(
            refusal("tomorrow"),
            "time data 'tomorrow' does not match format '%Y-%m-%d %H:%M'"
        );
        assert_eq!(
            refusal("2030-01-02 03:04:05"),
            "unconverted data remains: :05"
        );
        assert_eq!(refusal("2030-02-30 03:04"), "day is out of range for month");
    }
}
