//! Times that passed while nobody looked, and clocks that were set (docs/cron.md).

use store::trigger::{CatchUp, Schedule};

use super::{at, look_all, pattern, trigger};

const START: &str = "2027-03-01T10:00:30Z";

/// What a trigger of each minute starts that is looked at again after three hours.
fn after_three_hours(catch_up: CatchUp) -> Vec<String> {
    let schedule = Schedule {
        catch_up,
        ..pattern("*/30 * * * *")
    };
    let mut trigger = trigger(schedule, at(START));
    let times = look_all(&mut trigger, at("2027-03-01T13:05:00Z"));
    assert_eq!(trigger.next_at.unwrap().to_string(), "2027-03-01 13:30:00");
    times
}

#[test]
fn latest_is_one_run_for_the_last_time() {
    assert_eq!(after_three_hours(CatchUp::Latest), ["2027-03-01 13:00:00"]);
}

#[test]
fn none_is_no_run() {
    assert!(after_three_hours(CatchUp::None).is_empty());
}

#[test]
fn all_is_a_run_for_each() {
    let times = after_three_hours(CatchUp::All);
    assert_eq!(times.len(), 6);
    assert_eq!(times[0], "2027-03-01 10:30:00");
    assert_eq!(times[5], "2027-03-01 13:00:00");
}

#[test]
fn a_window_is_a_run_for_each_time_in_it() {
    let times = after_three_hours(CatchUp::Window(3600));
    assert_eq!(times, ["2027-03-01 12:30:00", "2027-03-01 13:00:00"]);
    assert!(after_three_hours(CatchUp::Window(200)).is_empty());
}

#[test]
fn none_still_fires_what_is_a_little_late() {
    let schedule = Schedule {
        catch_up: CatchUp::None,
        ..pattern("*/30 * * * *")
    };
    let mut trigger = trigger(schedule, at(START));
    let times = look_all(&mut trigger, at("2027-03-01T10:30:59Z"));
    assert_eq!(times, ["2027-03-01 10:30:00"]);
}

#[test]
fn years_of_seconds_are_caught_up_at_once() {
    let mut trigger = trigger(pattern("* * * * * *"), at(START));
    let times = look_all(&mut trigger, at("2037-03-01T10:00:00Z"));
    assert_eq!(times, ["2037-03-01 10:00:00"]);
}

#[test]
fn a_count_ends_catching_up() {
    let schedule = Schedule {
        catch_up: CatchUp::All,
        ..pattern("* * * * * *")
    };
    let mut trigger = trigger(schedule, at(START));
    trigger.remaining = Some(3);
    let now = at("2037-03-01T10:00:00Z");
    assert_eq!(super::look(&mut trigger, now).len(), 3);
    assert_eq!(trigger.remaining, Some(0));
}

#[test]
fn a_clock_set_back_an_hour_repeats_nothing() {
    let mut trigger = trigger(pattern("*/10 * * * *"), at(START));
    let mut times = Vec::new();
    // 10:00 to 11:00, then the clock is set to 10:00 and runs to 11:30.
    let minutes = (0..=60).chain(0..=90);
    for minute in minutes {
        let now = at("2027-03-01T10:00:45Z").plus_seconds(minute * 60);
        times.extend(look_all(&mut trigger, now));
    }
    let expected: Vec<_> = (1..=9)
        .map(|tenth| {
            at("2027-03-01T10:00:00Z")
                .plus_seconds(tenth * 600)
                .to_string()
        })
        .collect();
    assert_eq!(times, expected);
}

#[test]
fn a_clock_set_forward_an_hour_makes_one_run_of_it() {
    let mut trigger = trigger(pattern("*/10 * * * *"), at(START));
    let mut times = look_all(&mut trigger, at("2027-03-01T10:10:00Z"));
    times.extend(look_all(&mut trigger, at("2027-03-01T11:11:00Z")));
    times.extend(look_all(&mut trigger, at("2027-03-01T11:20:00Z")));
    assert_eq!(
        times,
        [
            "2027-03-01 10:10:00",
            "2027-03-01 11:10:00",
            "2027-03-01 11:20:00"
        ]
    );
}

#[test]
fn jitter_is_bounded_repeatable_and_loses_no_time() {
    let schedule = Schedule {
        jitter: 90,
        ..pattern("* * * * *")
    };
    let mut trigger = trigger(schedule, at(START));
    let mut late = Vec::new();
    for _ in 0..200 {
        let (next, due) = (trigger.next_at.unwrap(), trigger.due_at.unwrap());
        late.push(due.micros() - next.micros());
        assert_eq!(super::look(&mut trigger, due), [next]);
        assert_eq!(
            trigger.next_at.unwrap().micros() - next.micros(),
            60_000_000
        );
    }
    assert!(late.iter().all(|late| (0..=90_000_000).contains(late)));
    assert!(late.iter().any(|late| *late > 80_000_000));
    assert!(late.iter().any(|late| *late < 10_000_000));
}
