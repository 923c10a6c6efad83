//! Thousands of seeded runs with crashes, late and doubled results, and operators.
//!
//! `SEEDS=n` runs that many on all cores, `SEED=n` repeats one and tells what happens;
//! `make sim` does so in a release build.

use std::env;
use std::sync::atomic::{AtomicU64, Ordering};

use testkit::sim;

/// Seeds of an ordinary test run.
const SEEDS: u64 = 3_000;

/// Failures after which a run of many seeds stops looking for more.
const MOST_FAILURES: usize = 10;

fn number(name: &str) -> Option<u64> {
    env::var(name).ok()?.parse().ok()
}

#[derive(Default)]
struct Tally {
    runs: u64,
    crashes: u64,
    events: u64,
    failures: Vec<String>,
}

impl Tally {
    fn add(&mut self, seed: u64) {
        match sim::run(seed) {
            Ok(outcomes) => {
                self.runs += 1;
                self.crashes += u64::from(outcomes.crashes);
                self.events += outcomes.events as u64;
            }
            Err(failure) => {
                eprintln!("seed {seed}: {}", failure.violation);
                self.failures.push(failure.to_string());
            }
        }
    }
}

/// Runs seeds from `next` on, until `last` or until there are failures enough.
fn work(next: &AtomicU64, last: u64) -> Tally {
    let mut tally = Tally::default();
    while tally.failures.len() < MOST_FAILURES {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed > last {
            break;
        }
        tally.add(seed);
    }
    tally
}

fn run(first: u64, last: u64) -> Tally {
    let next = AtomicU64::new(first);
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let tallies: Vec<Tally> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..workers)
            .map(|_| scope.spawn(|| work(&next, last)))
            .collect();
        let joined = running.into_iter().map(std::thread::ScopedJoinHandle::join);
        joined
            .map(|tally| tally.expect("a run that panics has told why"))
            .collect()
    });
    let mut all = Tally::default();
    for tally in tallies {
        all.runs += tally.runs;
        all.crashes += tally.crashes;
        all.events += tally.events;
        all.failures.extend(tally.failures);
    }
    all
}

#[test]
fn every_run_ends_and_no_rule_is_broken() {
    if let Some(seed) = number("SEED") {
        let outcomes = sim::run_verbosely(seed).unwrap_or_else(|failure| panic!("{failure}"));
        println!("{outcomes:?}");
        return;
    }
    let first = number("FIRST").unwrap_or(1);
    let tally = run(first, first + number("SEEDS").unwrap_or(SEEDS) - 1);
    let (runs, crashes, events) = (tally.runs, tally.crashes, tally.events);
    println!("{runs} runs, {crashes} crashes, {events} events");
    let failures = &tally.failures;
    assert!(
        failures.is_empty(),
        "{} runs failed:\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert!(
        crashes * 2 > runs,
        "faults must happen: {crashes} crashes in {runs} runs"
    );
}
