//! The times of one trigger's schedule.

use engine::model::{Id, Timestamp};
use jiff::tz::TimeZone;
use store::trigger::{CronTrigger, Schedule};

use super::pattern::{BadPattern, Pattern};

/// A schedule that was read.
#[derive(Clone, Debug)]
pub(crate) struct Timetable {
    trigger: Id,
    pattern: Option<Pattern>,
    zone: TimeZone,
    first: Option<Timestamp>,
    jitter: u32,
}

/// Why a schedule can not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadTimetable {
    #[error(transparent)]
    Pattern(#[from] BadPattern),
    #[error("There is no time zone '{0}'. Write a name of the IANA database like Europe/Vienna.")]
    Zone(String),
}

impl Timetable {
    /// Reads the schedule of a trigger.
    ///
    /// # Errors
    /// The pattern is not valid, or the time zone is not known.
    pub(crate) fn read(trigger: Id, schedule: &Schedule) -> Result<Self, BadTimetable> {
        let pattern = schedule
            .pattern
            .as_deref()
            .map(Pattern::parse)
            .transpose()?;
        let zone = match schedule.timezone.as_deref() {
            None => TimeZone::UTC,
            Some(name) => TimeZone::get(name)
                .map_err(|_| BadTimetable::Zone(name.chars().take(80).collect()))?,
        };
        Ok(Self {
            trigger,
            pattern,
            zone,
            first: schedule.first_at,
            jitter: schedule.jitter,
        })
    }

    /// The timetable of a row.
    ///
    /// # Errors
    /// As [`Timetable::read`]: a zone may have gone.
    pub(crate) fn of(trigger: &CronTrigger) -> Result<Self, BadTimetable> {
        Self::read(trigger.id, &trigger.schedule)
    }

    /// The time of a trigger that begins now.
    pub(crate) fn begin(&self, now: Timestamp) -> Option<Timestamp> {
        match self.first {
            Some(first) if first > now => Some(first),
            _ => self.next(now),
        }
    }

    /// The first time of the pattern after a point.
    pub(crate) fn next(&self, after: Timestamp) -> Option<Timestamp> {
        self.pattern.as_ref()?.next(after, &self.zone)
    }

    /// The last time of the pattern up to a point.
    pub(crate) fn latest(&self, now: Timestamp) -> Option<Timestamp> {
        self.pattern.as_ref()?.latest(now, &self.zone)
    }

    /// How late a time is fired, in microseconds: always the same for the same time
    /// of the same trigger.
    pub(crate) fn jitter(&self, at: Timestamp) -> i64 {
        if self.jitter == 0 {
            return 0;
        }
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.trigger.as_bytes());
        hasher.update(&at.micros().to_be_bytes());
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
        let range = u64::from(self.jitter) * 1_000_000 + 1;
        i64::try_from(u64::from_be_bytes(bytes) % range).unwrap_or(0)
    }

    /// When a time is fired.
    pub(crate) fn due(&self, at: Timestamp) -> Timestamp {
        at.plus_micros(self.jitter(at))
    }
}
