//! Timespans: lengths of time in whole microseconds.

use std::fmt;

const MICROS_PER_DAY: i128 = 86_400_000_000;
const MAX_DAYS: i32 = 999_999_999;

/// A length of time in microseconds, at most 999,999,999 days either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timespan {
    /// Whole days, rounded down.
    days: i32,
    /// What is left of a day: `0..86_400_000_000`.
    micros: i64,
}

impl Timespan {
    /// No time at all.
    pub const ZERO: Timespan = Timespan { days: 0, micros: 0 };

    /// A timespan of so many microseconds; `None` beyond 999,999,999 days.
    pub fn from_micros(micros: i128) -> Option<Self> {
        let days = i32::try_from(micros.div_euclid(MICROS_PER_DAY)).ok()?;
        let rest = i64::try_from(micros.rem_euclid(MICROS_PER_DAY)).ok()?;
        (-MAX_DAYS..=MAX_DAYS)
            .contains(&days)
            .then_some(Timespan { days, micros: rest })
    }

    /// The length in microseconds.
    pub fn total_micros(self) -> i128 {
        i128::from(self.days) * MICROS_PER_DAY + i128::from(self.micros)
    }

    /// The length in seconds, rounded to the nearest double.
    pub fn total_seconds(self) -> f64 {
        self.total_micros() as f64 / 1e6
    }

    /// Whole days, rounded down (so -1 for a negative hour).
    pub fn days(self) -> i32 {
        self.days
    }

    /// Whole seconds beyond [`Timespan::days`].
    pub fn seconds(self) -> i64 {
        self.micros / 1_000_000
    }

    /// Microseconds beyond [`Timespan::seconds`].
    pub fn microseconds(self) -> i64 {
        self.micros % 1_000_000
    }

    /// Whether there is no time in it.
    pub fn is_zero(self) -> bool {
        self == Self::ZERO
    }

    /// The sum, if it is in range.
    pub fn checked_add(self, other: Timespan) -> Option<Timespan> {
        Self::from_micros(self.total_micros() + other.total_micros())
    }

    /// The difference, if it is in range.
    pub fn checked_sub(self, other: Timespan) -> Option<Timespan> {
        Self::from_micros(self.total_micros() - other.total_micros())
    }
}

/// As Python writes a timedelta: `1 day, 2:03:04.000005`.
impl fmt::Display for Timespan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.days != 0 {
            let s = if self.days.abs() == 1 { "" } else { "s" };
            write!(f, "{} day{s}, ", self.days)?;
        }
        let seconds = self.seconds();
        write!(
            f,
            "{}:{:02}:{:02}",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        )?;
        match self.microseconds() {
            0 => Ok(()),
            micros => write!(f, ".{micros:06}"),
        }
    }
}
