use super::*;

fn today() -> DateTime {
    checked([2024, 3, 31, 12, 0, 0, 0], Timespan::ZERO).unwrap()
}

#[test]
fn dates_are_understood_as_people_write_them() {
    for (text, shown) in [
        ("2020-01-02", "2020-01-02 00:00:00+00:00"),
        (
            "2020-01-02T03:04:05.6789012Z",
            "2020-01-02 03:04:05.678901+00:00",
        ),
        ("2020-01-02 03:04:05-0530", "2020-01-02 03:04:05-05:30"),
        ("20200102T0304", "2020-01-02 03:04:00+00:00"),
        ("Jan 2 2020", "2020-01-02 00:00:00+00:00"),
        ("2 January 2020 3:04 pm", "2020-01-02 15:04:00+00:00"),
        (
            "Thu, 02 Jan 2020 03:04:05 +0200",
            "2020-01-02 03:04:05+02:00",
        ),
        ("13/02/20", "2020-02-13 00:00:00+00:00"),
        ("02.01.2020", "2020-02-01 00:00:00+00:00"),
        ("2024-02", "2024-02-29 00:00:00+00:00"),
        ("10:36", "2024-03-31 10:36:00+00:00"),
        ("10h36m28.5s", "2024-03-31 10:36:28.500000+00:00"),
        ("Sep 1", "2024-09-01 00:00:00+00:00"),
    ] {
        let parsed = free::parse(text, today()).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(parsed.to_string(), shown, "{text}");
    }
    for text in [
        "nonsense",
        "1 2 3 4 5",
        "2020-13-45",
        "é",
        "25:99",
        "+",
        "1:2:",
        "99999999999999999999",
    ] {
        assert!(free::parse(text, today()).is_err(), "{text}");
    }
}

#[test]
fn formats_round_trip() {
    let format = "%A %d %B %Y %I:%M:%S.%f %p %z";
    let moment = checked(
        [2021, 12, 31, 23, 59, 58, 7],
        Timespan::from_micros(-19_800_000_000).unwrap(),
    );
    let moment = moment.unwrap();
    let text = strftime::format(moment, format);
    assert_eq!(text, "Friday 31 December 2021 11:59:58.000007 PM -0530");
    assert_eq!(
        strptime::parse(&text, format).unwrap().to_string(),
        moment.to_string()
    );
}

#[test]
fn weeks_are_those_of_iso() {
    for (parts, week) in [
        ([2020, 12, 31], "2020 53"),
        ([2021, 1, 3], "2020 53"),
        ([2021, 1, 4], "2021 01"),
        ([2018, 12, 31], "2019 01"),
    ] {
        let [year, month, day] = parts;
        let moment = checked([year, month, day, 0, 0, 0, 0], Timespan::ZERO).unwrap();
        assert_eq!(strftime::format(moment, "%G %V"), week);
    }
}
