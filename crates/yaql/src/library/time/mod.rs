//! Datetimes and timespans (YAQL §13.8).

mod free;
mod names;
mod replace;
mod strftime;
mod strptime;
#[cfg(test)]
mod tests;
mod timespans;

use num_bigint::BigInt;
use num_traits::ToPrimitive;

use self::replace::Replace;
pub(super) use self::timespans::declare as declare_timespans;
use super::functions;
use crate::eval::parameter::{Number, Text};
use crate::eval::{Result, Scope, raise};
use crate::value::datetime::Date;
use crate::{DateTime, EvalError, Timespan, Value};

functions! {
    /// A point in time from its parts; `offset` is how far the clock is ahead of UTC.
    function datetime(year, month, day, hour = 0, minute = 0, second = 0, microsecond = 0, offset = Timespan::ZERO) = from_parts;
    /// A point in time from seconds since 1970.
    function datetime(timestamp, offset = Timespan::ZERO) = from_timestamp;
    /// A point in time from a text; without a format many forms are understood.
    function datetime(string, format) = from_text;
    /// The present time.
    function now(offset) = now;
    /// The offset of local time: none, the evaluator runs in UTC.
    function localtz() = || Timespan::ZERO;
    /// The offset of UTC.
    function utctz() = || Timespan::ZERO;
    /// Whether a value is a point in time.
    function isDatetime(value) = |value: Value| matches!(value, Value::DateTime(_));
    /// The point in time with other parts.
    method replace(dt, year, month, day, hour, minute, second, microsecond, offset) = Replace;
    /// The text of a point in time, as C's `strftime` makes it.
    method format(dt, format) = |dt: DateTime, format: Text| strftime::format(dt, &format);
    /// The later point in time.
    function "#operator_+"(left, right) = add;
    /// The later point in time.
    function "#operator_+"(left, right) = |span: Timespan, dt: DateTime| add(dt, span);
    /// The earlier point in time.
    function "#operator_-"(left, right) = subtract;
    /// The time between two points in time.
    function "#operator_-"(left, right) = between;
    /// The year.
    function "#property#year"(dt) = |dt: DateTime| dt.date().year;
    /// The month, from 1.
    function "#property#month"(dt) = |dt: DateTime| dt.date().month;
    /// The day of the month.
    function "#property#day"(dt) = |dt: DateTime| dt.date().day;
    /// The hour.
    function "#property#hour"(dt) = |dt: DateTime| clock(dt).hour;
    /// The minute.
    function "#property#minute"(dt) = |dt: DateTime| clock(dt).minute;
    /// The second.
    function "#property#second"(dt) = |dt: DateTime| clock(dt).second;
    /// The microsecond.
    function "#property#microsecond"(dt) = |dt: DateTime| clock(dt).microsecond;
    /// The day of the week; Monday is 0.
    function "#property#weekday"(dt) = |dt: DateTime| dt.date().weekday();
    /// Midnight of that day.
    function "#property#date"(dt) = |dt: DateTime| at(dt.date(), 0, dt.offset());
    /// The time since midnight.
    function "#property#time"(dt) = time_of_day;
    /// How far the clock is ahead of UTC.
    function "#property#offset"(dt) = |dt: DateTime| dt.offset();
    /// The time on a UTC clock, under the same offset.
    function "#property#utc"(dt) = |dt: DateTime| add(dt, negate(dt.offset()));
    /// Seconds since 1970 of the time on a UTC clock.
    function "#property#timestamp"(dt) = timestamp;
}

const SECOND: i64 = 1_000_000;

/// A time of day in parts.
pub(super) struct Clock {
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
    pub(super) microsecond: i64,
}

pub(super) fn clock(dt: DateTime) -> Clock {
    let micros = dt.micros_of_day();
    let seconds = micros / SECOND;
    Clock {
        hour: seconds / 3600,
        minute: seconds / 60 % 60,
        second: seconds % 60,
        microsecond: micros % SECOND,
    }
}

fn out_of_range() -> EvalError {
    raise::overflow("date value out of range")
}

fn at(date: Date, micros: i64, offset: Timespan) -> Result<DateTime> {
    DateTime::from_parts(date, micros, offset).ok_or_else(out_of_range)
}

fn negate(span: Timespan) -> Timespan {
    Timespan::ZERO.checked_sub(span).unwrap_or_default()
}

/// A datetime from parts, checked as Python does.
pub(super) fn checked(parts: [i64; 7], offset: Timespan) -> Result<DateTime> {
    let [year, month, day, hour, minute, second, microsecond] = parts;
    let complain = |text: &str| Err(raise::value_error(text));
    if !(1..=9999).contains(&year) {
        return complain(&format!("year {year} is out of range"));
    }
    if !(1..=12).contains(&month) {
        return complain("month must be in 1..12");
    }
    if !(1..=Date::days_in_month(year, month)).contains(&day) {
        return complain("day is out of range for month");
    }
    for (value, range, text) in [
        (hour, 0..=23, "hour must be in 0..23"),
        (minute, 0..=59, "minute must be in 0..59"),
        (second, 0..=59, "second must be in 0..59"),
        (microsecond, 0..=999_999, "microsecond must be in 0..999999"),
    ] {
        if !range.contains(&value) {
            return complain(text);
        }
    }
    let micros = ((hour * 60 + minute) * 60 + second) * SECOND + microsecond;
    at(Date { year, month, day }, micros, offset)
}

#[expect(clippy::too_many_arguments, reason = "a date has that many parts")]
fn from_parts(
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    microsecond: i64,
    offset: Timespan,
) -> Result<DateTime> {
    let parts = [year, month, day, hour, minute, second, microsecond];
    checked(parts, offset)
}

fn from_timestamp(timestamp: Number, offset: Timespan) -> Result<DateTime> {
    let micros = match &timestamp {
        Number::Float(f) if !f.is_finite() => {
            return Err(raise::value_error("cannot convert float NaN to integer"));
        }
        Number::Float(f) => BigInt::from((f * 1e6).round_ties_even() as i128),
        other => other.to_big().unwrap_or_default() * SECOND,
    };
    let micros = micros + BigInt::from(offset.total_micros());
    let year_of = |micros: &BigInt| {
        let days = (micros / 86_400_000_000_i64)
            .to_i64()
            .unwrap_or(i64::MAX / 4);
        Date::from_days(days.clamp(-(1 << 50), 1 << 50)).year
    };
    micros
        .to_i64()
        .and_then(|local| DateTime::from_local(local, offset))
        .ok_or_else(|| raise::value_error(format!("year {} is out of range", year_of(&micros))))
}

fn from_text(scope: &Scope<'_>, string: Text, format: Option<Text>) -> Result<DateTime> {
    match format.filter(|format| !format.is_empty()) {
        Some(format) => strptime::parse(&string, &format),
        None => free::parse(&string, scope.runtime.environment.now),
    }
}

fn now(scope: &Scope<'_>, offset: Option<Timespan>) -> Result<DateTime> {
    let now = scope.runtime.environment.now;
    DateTime::from_unix_micros(now.unix_micros(), offset.unwrap_or_default())
        .ok_or_else(out_of_range)
}

fn add(dt: DateTime, span: Timespan) -> Result<DateTime> {
    let local = i128::from(dt.local_micros()) + span.total_micros();
    i64::try_from(local)
        .ok()
        .and_then(|local| DateTime::from_local(local, dt.offset()))
        .ok_or_else(out_of_range)
}

fn subtract(dt: DateTime, span: Timespan) -> Result<DateTime> {
    add(dt, negate(span))
}

fn between(left: DateTime, right: DateTime) -> Timespan {
    let micros = i128::from(left.unix_micros()) - i128::from(right.unix_micros());
    Timespan::from_micros(micros).unwrap_or_default()
}

fn time_of_day(dt: DateTime) -> Timespan {
    Timespan::from_micros(dt.micros_of_day().into()).unwrap_or_default()
}

fn timestamp(dt: DateTime) -> Result<f64> {
    let utc = subtract(dt, dt.offset())?;
    Ok(utc.unix_micros() as f64 / 1e6)
}
