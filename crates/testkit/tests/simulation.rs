//! Thousands of seeded runs with crashes, late and doubled results, and operators.
//!
//! `SEEDS=n` runs that many, `SEED=n` repeats one.

use std::env;

use testkit::sim;

/// Seeds of an ordinary test run.
const SEEDS: u64 = 3_000;

fn number(name: &str) -> Option<u64> {
    env::var(name).ok()?.parse().ok()
}

#[test]
fn every_run_ends_and_no_rule_is_broken() {
    let seeds = match number("SEED") {
        Some(seed) => seed..=seed,
        None => 1..=number("SEEDS").unwrap_or(SEEDS),
    };
    let (mut runs, mut crashes, mut events) = (0, 0, 0);
    for seed in seeds {
        let outcomes = sim::run(seed).unwrap_or_else(|failure| panic!("{failure}"));
        runs += 1;
        crashes += u64::from(outcomes.crashes);
        events += outcomes.events;
    }
    println!("{runs} runs, {crashes} crashes, {events} events");
    assert!(
        crashes * 2 > runs || runs < 10,
        "faults must happen: {crashes} crashes in {runs} runs"
    );
}
