//! Cron triggers.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use engine::model::{Id, Timestamp};
use yaql::Dict;

use crate::Scope;
use crate::named::named;

/// A cron trigger. `(name, project_id)` is unique.
#[derive(Clone, Debug, PartialEq)]
pub struct CronTrigger {
    /// Its id.
    pub id: Id,
    /// Its name.
    pub name: Arc<str>,
    /// Owner.
    pub project_id: Arc<str>,
    /// Who else may see it.
    pub scope: Scope,
    /// The workflow's definition.
    pub workflow_id: Id,
    /// The workflow's name when the trigger was made.
    pub workflow_name: Arc<str>,
    /// Input of each execution.
    pub input: Dict,
    /// Start parameters of each execution.
    pub params: Dict,
    /// When it fires.
    pub schedule: Schedule,
    /// Executions that are left to start; `None` is without end.
    pub remaining: Option<u32>,
    /// The next time of the schedule; `None` if it is switched off or over.
    pub next_at: Option<Timestamp>,
    /// `next_at` plus the jitter of that time.
    pub due_at: Option<Timestamp>,
    /// Counts changes.
    pub version: u64,
    /// Creation.
    pub created_at: Timestamp,
    /// Last change; `None` if there was none.
    pub updated_at: Option<Timestamp>,
}

/// When a trigger fires, and what it does about exceptions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The pattern; `None` fires once, at `first_at`.
    pub pattern: Option<Arc<str>>,
    /// The first time, whatever the pattern says.
    pub first_at: Option<Timestamp>,
    /// IANA name of the zone whose clocks the pattern means; `None` is UTC.
    pub timezone: Option<Arc<str>>,
    /// What becomes of times that passed while nobody was there.
    pub catch_up: CatchUp,
    /// What happens while an earlier execution still runs.
    pub overlap: Overlap,
    /// Whether it fires at all.
    pub enabled: bool,
    /// Each fire is late by up to so many seconds, always the same for the same time.
    pub jitter: u32,
}

/// What becomes of times that passed while the server was down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CatchUp {
    /// Nothing.
    None,
    /// One run, for the latest of them.
    #[default]
    Latest,
    /// A run for each.
    All,
    /// A run for each that is at most so many seconds old.
    Window(u32),
}

/// What happens when a time comes while an execution of the trigger still runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overlap {
    /// Both run.
    #[default]
    Allow,
    /// The new one is left out.
    Skip,
    /// The new one waits for the end of the others; at most one waits.
    BufferOne,
    /// The others are cancelled.
    CancelPrevious,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            pattern: None,
            first_at: None,
            timezone: None,
            catch_up: CatchUp::default(),
            overlap: Overlap::default(),
            enabled: true,
            jitter: 0,
        }
    }
}

impl CronTrigger {
    /// A hash of what no two triggers of a project may share: workflow, input,
    /// params, pattern, count and first time, where all of these are given (null
    /// equals nothing; REST API §12.2).
    pub fn likeness(&self) -> Option<[u8; 32]> {
        let schedule = &self.schedule;
        let (remaining, first) = (self.remaining?, schedule.first_at?);
        let parts = [
            self.workflow_name.to_string(),
            yaql::json::to_string(&self.input.clone().into()),
            yaql::json::to_string(&self.params.clone().into()),
            schedule.pattern.as_deref().unwrap_or_default().to_owned(),
            schedule.timezone.as_deref().unwrap_or_default().to_owned(),
            format!("{remaining} {}", first.micros()),
            format!(
                "{} {} {}",
                schedule.catch_up, schedule.overlap, schedule.jitter
            ),
        ];
        Some(*blake3::hash(parts.join("\0").as_bytes()).as_bytes())
    }
}

impl fmt::Display for CatchUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Latest => f.write_str("latest"),
            Self::All => f.write_str("all"),
            Self::Window(seconds) => write!(f, "{seconds}"),
        }
    }
}

impl FromStr for CatchUp {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "none" => Ok(Self::None),
            "latest" => Ok(Self::Latest),
            "all" => Ok(Self::All),
            seconds => seconds.parse().map(Self::Window).map_err(drop),
        }
    }
}

named!(Overlap {
    Allow "allow",
    Skip "skip",
    BufferOne "buffer_one",
    CancelPrevious "cancel_previous",
});

impl fmt::Display for Overlap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
