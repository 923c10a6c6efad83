//! Against what the real croniter answers.

use engine::model::Timestamp;
use jiff::tz::TimeZone;

use super::Pattern;

const TABLE: &str = include_str!("../../../tests/data/cron/table.txt");

/// Patterns for which another answer is wanted, with the reason.
const DIFFERENCES: &[(&str, &str)] = &[
    ("0 0 13 * L5", ONE_SIDED),
    ("0 0 1 * 5#2", ONE_SIDED),
    ("0 0 31 2 1#1", ONE_SIDED),
    ("18-25 22-0/7 L 1-9 0#1", ONE_SIDED),
    ("* 17 7W 2/2,2,9-5/3 0", ONE_SIDED),
    ("* 17-3 18 jan-7,4 L3", ONE_SIDED),
    ("29/11 * 29 10-sep sat#2 8-33/18,*/47,4 *", ONE_SIDED),
    ("* */20,21/2 12W 6 6/2", ONE_SIDED),
];

const ONE_SIDED: &str = "a # or W outweighs the plain days of the other field; croniter does \
                         so, too, but finds no time at all where both can not hold together";

fn micros(text: &str) -> Timestamp {
    let at: jiff::civil::DateTime = text.parse().unwrap();
    let at = at.to_zoned(TimeZone::UTC).unwrap().timestamp();
    Timestamp::from_micros(at.as_microsecond())
}

fn answer(pattern: &str, start: Timestamp) -> String {
    let Ok(pattern) = Pattern::parse(pattern) else {
        return "invalid".to_owned();
    };
    let next = |at: &Timestamp| pattern.next(*at, &TimeZone::UTC);
    let times = std::iter::successors(next(&start), next).take(10);
    let times = times.map(|at| at.to_string().replace(' ', "T"));
    times.collect::<Vec<_>>().join(" ")
}

#[test]
fn patterns_mean_what_croniter_makes_of_them() {
    let mut lines = TABLE.lines();
    let start = micros(lines.next().unwrap().strip_prefix("# start ").unwrap());
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in lines {
        let (pattern, expected) = line.split_once('\t').unwrap();
        let found = answer(pattern, start);
        let differs = DIFFERENCES
            .iter()
            .any(|(of, reason)| *of == pattern && !reason.is_empty());
        if (found == expected) == differs {
            wrong.push(format!(
                "{pattern}\n  croniter {expected}\n  found    {found}"
            ));
        }
        count += 1;
    }
    assert!(count >= 300);
    assert!(
        wrong.is_empty(),
        "{} of {count}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
