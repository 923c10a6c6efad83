//! Two hours of schedule over each change of the clocks, in three zones.

use std::fmt::Write as _;

use engine::model::Timestamp;
use store::trigger::Schedule;

use super::{at, look, pattern, trigger};

/// Name of the zone, and the middle of two hours in which its clocks change.
const CHANGES: [(&str, &str, &str); 6] = [
    ("Europe/Vienna", "forward", "2027-03-28T01:00:00Z"),
    ("Europe/Vienna", "back", "2027-10-31T01:00:00Z"),
    ("America/New_York", "forward", "2027-03-14T07:00:00Z"),
    ("America/New_York", "back", "2027-11-07T06:00:00Z"),
    // Half an hour only.
    ("Australia/Lord_Howe", "forward", "2027-10-02T15:30:00Z"),
    ("Australia/Lord_Howe", "back", "2027-04-03T15:00:00Z"),
];

/// Each of these hits the hours around all of the changes.
const PATTERNS: [&str; 4] = ["*/30 * * * *", "15 2 * * *", "15 1 * * *", "45 1-3 * * *"];

#[test]
fn two_hours_around_each_change() {
    let mut text = String::new();
    for (zone, change, middle) in CHANGES {
        for cron in PATTERNS {
            let times = fired(zone, cron, at(middle));
            writeln!(text, "{zone} {change}, {cron:13} {}", times.join(" ")).unwrap();
        }
    }
    insta::assert_snapshot!(text);
}

/// Local times, with the offset, of what fires from an hour before to an hour after.
fn fired(zone: &str, cron: &str, middle: Timestamp) -> Vec<String> {
    let begin = middle.plus_micros(-3_600_000_000);
    let schedule = Schedule {
        timezone: Some(zone.into()),
        ..pattern(cron)
    };
    let mut trigger = trigger(schedule, begin.plus_micros(-1));
    let mut times = Vec::new();
    for second in 0..7_200 {
        for time in look(&mut trigger, begin.plus_seconds(second)) {
            assert_eq!(time, begin.plus_seconds(second), "on time");
            times.push(local(zone, time));
        }
    }
    times
}

fn local(zone: &str, time: Timestamp) -> String {
    let zone = jiff::tz::TimeZone::get(zone).unwrap();
    let time = jiff::Timestamp::from_microsecond(time.micros()).unwrap();
    time.to_zoned(zone).strftime("%H:%M%:z").to_string()
}
