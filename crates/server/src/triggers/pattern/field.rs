//! The values that one field of a pattern means, by croniter's rules.

use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Which field it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Second,
    Minute,
    Hour,
    Day,
    Month,
    Weekday,
    Year,
}

/// What a plain field means: values, perhaps all of them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Values {
    all: bool,
    values: BTreeSet<u16>,
}

/// The days of a month.
#[derive(Debug, Default)]
pub(super) struct Days {
    values: Values,
    last: bool,
    /// The working day nearest to that day; stands alone.
    nearest: Option<u16>,
}

/// The days of a week.
#[derive(Debug, Default)]
pub(super) struct Weekdays {
    values: Values,
    /// The first, second … such day of the month.
    nth: BTreeSet<(u16, Nth)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Nth {
    Number(u16),
    Last,
}

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

impl Field {
    fn bounds(self) -> (u16, u16) {
        match self {
            Self::Second | Self::Minute => (0, 59),
            Self::Hour => (0, 23),
            Self::Day => (1, 31),
            Self::Month => (1, 12),
            Self::Weekday => (0, 6),
            Self::Year => (1970, 2099),
        }
    }

    fn count(self) -> usize {
        let (low, high) = self.bounds();
        usize::from(high - low) + 1
    }

    /// Reads a field without rules of its own.
    pub(super) fn parse(self, text: &str) -> Option<Values> {
        let mut values = Values::default();
        for part in text.split(',') {
            self.part(part, &mut values)?;
        }
        values.all |= values.values.len() == self.count();
        Some(values)
    }

    /// One element of a list: `*`, a value, a range, each perhaps with a step.
    fn part(self, text: &str, values: &mut Values) -> Option<()> {
        if text == "*" {
            values.all = true;
            return Some(());
        }
        let (low, high) = self.bounds();
        let (range, step) = match text.split_once('/') {
            Some((range, step)) => (range, number(step).filter(|step| *step > 0)?),
            None => (text, 1),
        };
        let has_step = range.len() < text.len();
        let found = match range.split_once('-') {
            _ if range == "*" => self.range(low, high, step, false),
            Some((from, to)) => self.written_range(from, to, step)?,
            None if has_step => self.range(self.value(range)?, high, step, true),
            None => vec![self.value(range)?],
        };
        values.values.extend(found);
        let inside = |value: &u16| (low..=high).contains(value);
        values.values.iter().all(inside).then_some(())
    }

    fn written_range(self, from: &str, to: &str, step: u16) -> Option<Vec<u16>> {
        let to = match (self, to) {
            (Self::Day, "l") => "31",
            _ => to,
        };
        let (from, to) = (self.value(from)?, self.value(to)?);
        (from.max(to) <= self.bounds().1).then(|| self.range(from, to, step, false))
    }

    /// The values of a range. From and to the same means all, unless only the start
    /// was written; a range that ends before it starts goes around.
    fn range(self, from: u16, to: u16, step: u16, open: bool) -> Vec<u16> {
        let (low, high) = self.bounds();
        let every = |from: u16, to: u16| (from..=to).step_by(step.into());
        match from.cmp(&to) {
            std::cmp::Ordering::Less => every(from, to).collect(),
            std::cmp::Ordering::Equal if open => vec![from],
            std::cmp::Ordering::Equal => every(low, high).collect(),
            std::cmp::Ordering::Greater => {
                let mut values: Vec<_> = every(from, high).collect();
                let skipped = values.last().map_or(0, |last| self.skipped(*last, step));
                values.extend(every(low + skipped, to));
                values
            }
        }
    }

    /// How many values at the start a step leaves out that came from the end.
    fn skipped(self, last: u16, step: u16) -> u16 {
        let (low, high) = self.bounds();
        let (place, left) = (usize::from(last - low), high - last);
        match place + usize::from(step) > self.count() && left < step {
            true => step - left,
            false => 0,
        }
    }

    /// A number or a name.
    fn value(self, text: &str) -> Option<u16> {
        if let Some(value) = number(text) {
            return Some(match (self, value) {
                (Self::Weekday, 7) => 0,
                _ => value,
            });
        }
        let place = |names: &[&str]| names.iter().position(|name| *name == text);
        let place = match self {
            Self::Month => place(&MONTHS)? + 1,
            Self::Weekday => place(&WEEKDAYS)?,
            _ => return None,
        };
        u16::try_from(place).ok()
    }
}

impl Values {
    /// The field in the form that the search reads.
    pub(super) fn text(&self) -> String {
        if self.all {
            return "*".to_owned();
        }
        let values: Vec<_> = self.values.iter().map(u16::to_string).collect();
        values.join(",")
    }
}

impl Days {
    /// Reads the field. With all days listed one by one it counts as `*` only if
    /// the weekday has a star, too: else it takes part in the union of both.
    pub(super) fn parse(text: &str, starred: bool) -> Option<Self> {
        let text = if text == "?" { "*" } else { text };
        let mut days = Self::default();
        if let Some(day) = text.strip_suffix('w').or(text.strip_prefix('w')) {
            let day = number(day).filter(|day| (1..=31).contains(day))?;
            days.nearest = Some(day);
            return Some(days);
        }
        for part in text.split(',') {
            match part {
                "l" => days.last = true,
                _ => Field::Day.part(part, &mut days.values)?,
            }
        }
        let entries = days.values.values.len() + usize::from(days.last);
        days.values.all |= starred && entries == Field::Day.count();
        Some(days)
    }

    fn text(&self) -> String {
        match self.nearest {
            // In shorter months croniter takes their last day for it.
            Some(31) => return "LW".to_owned(),
            Some(day) => return format!("{day}W"),
            None => {}
        }
        let mut text = self.values.text();
        if self.last && !self.values.all {
            let comma = if text.is_empty() { "" } else { "," };
            write!(text, "{comma}L").expect("a String takes all text");
        }
        text
    }
}

impl Weekdays {
    /// Reads the field; see [`Days::parse`].
    pub(super) fn parse(text: &str, starred: bool) -> Option<Self> {
        let text = if text == "?" { "*" } else { text };
        let mut weekdays = Self::default();
        for part in text.split(',') {
            weekdays.part(part)?;
        }
        let count = weekdays.values.values.len();
        let full = count == Field::Weekday.count();
        weekdays.values.all |= starred && full;
        weekdays.refuse_mixture(full).then_some(weekdays)
    }

    fn part(&mut self, text: &str) -> Option<()> {
        let (days, nth) = match (text.split_once('#'), text.strip_prefix('l')) {
            (Some((days, nth)), _) if is_nth_base(days) && is_digits(nth) => (
                days,
                Nth::Number(number(nth).filter(|nth| (1..=5).contains(nth))?),
            ),
            (None, Some(day)) if is_digits(day) => (day, Nth::Last),
            _ => return Field::Weekday.part(text, &mut self.values),
        };
        let mut values = Values::default();
        Field::Weekday.part(days, &mut values)?;
        self.nth.extend(values.values.iter().map(|day| (*day, nth)));
        self.values.values.append(&mut values.values);
        Some(())
    }

    /// Days of every week and the nth ones of a month do not go together.
    fn refuse_mixture(&self, full: bool) -> bool {
        let numbered = |day: &u16| self.nth.iter().any(|(of, _)| of == day);
        self.nth.is_empty() || full || self.values.values.iter().all(numbered)
    }

    fn text(&self) -> String {
        if self.nth.is_empty() {
            return self.values.text();
        }
        let one = |(day, nth): &(u16, Nth)| match nth {
            Nth::Number(nth) => format!("{day}#{nth}"),
            Nth::Last => format!("{day}#L"),
        };
        self.nth.iter().map(one).collect::<Vec<_>>().join(",")
    }
}

/// Both day fields as the search reads them. Where both are restricted a day of
/// either counts; a `#` or `W` outweighs plain days of the other field, and both
/// of them, or `#` beside a star, must hold together.
pub(super) fn join_days(days: &Days, weekdays: &Weekdays) -> (String, String) {
    let star = || "*".to_owned();
    let (nearest, nth) = (days.nearest.is_some(), !weekdays.nth.is_empty());
    match (nearest, nth) {
        (true, false) => (days.text(), star()),
        (true, true) => (days.text(), format!("+{}", weekdays.text())),
        (false, true) if weekdays.values.all && !days.values.all => {
            (days.text(), format!("+{}", weekdays.text()))
        }
        (false, true) => (star(), weekdays.text()),
        (false, false) => (days.text(), weekdays.text()),
    }
}

/// What may stand before `#`: a word or number, or a range of names.
fn is_nth_base(text: &str) -> bool {
    let is_word = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let named = |text: &str| WEEKDAYS.contains(&text);
    match text.split_once('-') {
        Some((from, to)) => named(from) && named(to),
        None => !text.is_empty() && is_word(text),
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// A number without sign; beyond 16 bits it is out of every bound.
fn number(text: &str) -> Option<u16> {
    is_digits(text).then(|| text.parse().unwrap_or(u16::MAX))
}
