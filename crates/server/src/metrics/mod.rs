//! What the service counts and measures, for Prometheus (`GET /metrics`).
//!
//! Invariant: neither a scrape nor a step of the engine looks at the store; what is
//! known at the start is adjusted by what is committed since.

mod http;
mod labels;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use engine::change::{JournalEntry, JournalKind};
use engine::model::State;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use labels::{ActionLabels, QueueLabels, StateLabels, TransitionLabels};

pub(crate) use http::Http;

/// Seconds, as a counter.
type Seconds = Counter<f64, AtomicU64>;

/// What is counted and measured.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    executions: PerState<Gauge>,
    transitions: [PerState<Counter>; 3],
    step_seconds: Histogram,
    commit_seconds: Histogram,
    commit_events: Histogram,
    actions: Family<ActionLabels, Histogram, fn() -> Histogram>,
    timer_lateness: Histogram,
    cron_lateness: Histogram,
    expressions: Counter,
    expression_seconds: Seconds,
    /// Events that wait for the runner.
    pub(crate) waiting_events: Gauge,
    /// Actions that wait for a place.
    pub(crate) waiting_actions: Gauge,
    /// Actions at work.
    pub(crate) running_actions: Gauge,
    followers: Gauge,
    /// Requests.
    pub(crate) http: Http,
}

/// One of each for every state: no look-up at each change.
#[derive(Debug)]
struct PerState<T>([T; State::ALL.len()]);

impl<T> PerState<T> {
    fn of(make: impl Fn(State) -> T) -> Self {
        Self(State::ALL.map(make))
    }

    fn get(&self, state: State) -> &T {
        &self.0[state as usize]
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("ostro");
        let executions = Family::<StateLabels, Gauge>::default();
        let transitions = Family::<TransitionLabels, Counter>::default();
        let queues = Family::<QueueLabels, Gauge>::default();
        let actions = Family::new_with_constructor(long as fn() -> Histogram);
        let metrics = Self {
            // Ended ones are counted by their transitions.
            executions: PerState::of(|state| match state.is_completed() {
                false => executions.get_or_create_owned(&state.into()),
                true => Gauge::default(),
            }),
            transitions: [
                JournalKind::Execution,
                JournalKind::Task,
                JournalKind::Action,
            ]
            .map(|kind| {
                PerState::of(|state| {
                    transitions.get_or_create_owned(&TransitionLabels::new(kind, state))
                })
            }),
            step_seconds: short(),
            commit_seconds: short(),
            commit_events: Histogram::new(exponential_buckets(1.0, 4.0, 7)),
            actions: actions.clone(),
            timer_lateness: late(),
            cron_lateness: late(),
            expressions: Counter::default(),
            expression_seconds: Seconds::default(),
            waiting_events: queues.get_or_create_owned(&QueueLabels::new("events")),
            waiting_actions: queues.get_or_create_owned(&QueueLabels::new("actions")),
            running_actions: Gauge::default(),
            followers: Gauge::default(),
            http: Http::new(&mut registry),
            registry: Registry::default(),
        };
        registry.register(
            "executions",
            "Workflow executions that have not ended, by state",
            executions,
        );
        registry.register("transitions", "Changes of states", transitions);
        registry.register("queue_depth", "What waits", queues);
        registry.register(
            "action_seconds",
            "From the start of an action to its outcome, by what runs",
            actions,
        );
        metrics.register(registry)
    }
}

impl Metrics {
    /// Names and registers what has no labels.
    fn register(self, mut registry: Registry) -> Self {
        registry.register(
            "step_seconds",
            "What the engine takes to apply an event",
            self.step_seconds.clone(),
        );
        registry.register(
            "commit_seconds",
            "What the store takes for a transaction of the engine",
            self.commit_seconds.clone(),
        );
        registry.register(
            "commit_events",
            "How many events share a transaction",
            self.commit_events.clone(),
        );
        registry.register(
            "timer_lateness_seconds",
            "From the due time of a delay, timeout or sleep until its end is durable",
            self.timer_lateness.clone(),
        );
        registry.register(
            "cron_lateness_seconds",
            "From the scheduled time of a cron trigger until its execution is durable",
            self.cron_lateness.clone(),
        );
        registry.register(
            "expressions",
            "Expressions evaluated",
            self.expressions.clone(),
        );
        registry.register(
            "expression_seconds",
            "What evaluating expressions took",
            self.expression_seconds.clone(),
        );
        registry.register(
            "running_actions",
            "Actions at work in this process",
            self.running_actions.clone(),
        );
        registry.register(
            "event_streams",
            "Streams of events that are open",
            self.followers.clone(),
        );
        Self { registry, ..self }
    }

    /// Executions that are there at the start.
    pub(crate) fn found(&self, counts: &[(State, u64)]) {
        for (state, count) in counts {
            let count = i64::try_from(*count).unwrap_or(i64::MAX);
            self.executions.get(*state).inc_by(count);
        }
    }

    /// A committed entry of the journal.
    pub(crate) fn committed(&self, entry: &JournalEntry) {
        self.transitions[entry.kind as usize].get(entry.state).inc();
        if entry.kind == JournalKind::Execution {
            self.executions.get(entry.state).inc();
            if let Some(previous) = entry.previous {
                self.executions.get(previous).dec();
            }
        }
    }

    /// An execution that was in that state is gone.
    pub(crate) fn deleted(&self, state: State) {
        self.executions.get(state).dec();
    }

    /// The engine applied an event.
    pub(crate) fn stepped(&self, took: Duration) {
        self.step_seconds.observe(took.as_secs_f64());
    }

    /// A transaction of so many events is durable.
    pub(crate) fn stored(&self, events: usize, took: Duration) {
        self.commit_events.observe(events as f64);
        self.commit_seconds.observe(took.as_secs_f64());
    }

    /// What a timer led to is durable, so long after it was due.
    pub(crate) fn timer_fired(&self, late: Duration) {
        self.timer_lateness.observe(late.as_secs_f64());
    }

    /// The execution of a cron trigger is durable, so long after its time.
    pub(crate) fn cron_fired(&self, late: Duration) {
        self.cron_lateness.observe(late.as_secs_f64());
    }

    /// An expression was evaluated.
    pub(crate) fn evaluated(&self, took: Duration) {
        self.expressions.inc();
        self.expression_seconds.inc_by(took.as_secs_f64());
    }

    /// An action gave its outcome.
    pub(crate) fn ran(&self, name: &str, outcome: &'static str, took: Duration) {
        let labels = ActionLabels::new(name, outcome);
        let histogram = self.actions.get_or_create_owned(&labels);
        histogram.observe(took.as_secs_f64());
    }

    /// Everything, in the form that Prometheus reads.
    pub(crate) fn text(&self, followers: usize) -> String {
        self.followers
            .set(i64::try_from(followers).unwrap_or(i64::MAX));
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("a text takes everything");
        text
    }
}

/// Shared between the parts of a node.
pub(crate) type Shared = Arc<Metrics>;

/// From 10 µs to 10 s.
fn short() -> Histogram {
    Histogram::new(exponential_buckets(0.000_01, 4.0, 11))
}

/// From 1 ms to 100 s, in steps that tell what is on time.
fn late() -> Histogram {
    let tens = (-3..2).flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * 10_f64.powi(power)));
    Histogram::new(tens)
}

/// From 1 ms to an hour.
fn long() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 4.0, 12))
}
