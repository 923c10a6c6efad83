//! What one completion costs in executions of very different sizes: rows, statements,
//! bytes and allocations must not grow with the execution.
//!
//! `FULL=1` adds the largest sizes; with `--nocapture` the table with times is shown
//! (`make bench-cost`).

mod drive;
mod world;

use std::alloc::System;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use store::{Cost, Store};

use drive::Drive;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Completions that are measured.
const MEASURED: u32 = 64;

/// What one completion costs on average.
#[derive(Debug)]
struct PerCompletion {
    size: usize,
    rows: f64,
    statements: f64,
    bytes: f64,
    allocations: f64,
    time: Duration,
}

/// Lets `drive` complete action after action and counts.
fn measure(size: usize, drive: &mut Drive) -> PerCompletion {
    let before = drive.store.cost();
    let region = Region::new(ALLOCATOR);
    let start = Instant::now();
    for _ in 0..MEASURED {
        drive.complete_one();
    }
    let time = start.elapsed() / MEASURED;
    let allocations = region.change().allocations;
    let after = drive.store.cost();
    let each = |of: fn(&Cost) -> u64| (of(&after) - of(&before)) as f64 / f64::from(MEASURED);
    PerCompletion {
        size,
        rows: each(|cost| cost.rows),
        statements: each(|cost| cost.statements),
        bytes: each(|cost| cost.bytes),
        allocations: allocations as f64 / f64::from(MEASURED),
        time,
    }
}

/// Allocations are counted for the whole process: one test at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// Sizes that take too long for every day come with `FULL=1` only.
fn and_if_full(all: &[usize], more: &[usize]) -> Vec<usize> {
    let full = std::env::var_os("FULL").is_some();
    let more = more.iter().filter(|_| full);
    all.iter().chain(more).copied().collect()
}

/// Measures a shape at several sizes and holds the larger ones against the smallest.
fn is_flat(shape: &str, sizes: &[usize], at: impl Fn(usize) -> PerCompletion) {
    let _alone = ALONE.lock();
    let found: Vec<_> = sizes.iter().copied().map(at).collect();
    println!("{shape}: size, rows, statements, bytes, allocations, µs per completion");
    for cost in &found {
        println!(
            "  {:>7} {:>6.1} {:>6.1} {:>8.0} {:>8.1} {:>8}",
            cost.size,
            cost.rows,
            cost.statements,
            cost.bytes,
            cost.allocations,
            cost.time.as_micros()
        );
    }
    let small = &found[0];
    for large in &found[1..] {
        for (what, small, large) in [
            ("rows", small.rows, large.rows),
            ("statements", small.statements, large.statements),
            ("bytes", small.bytes, large.bytes),
            ("allocations", small.allocations, large.allocations),
        ] {
            // Numbers get more digits, maps and heaps grow now and then.
            assert!(
                large <= small * 1.1 + 2.0,
                "{shape}: {what} per completion grow from {small} to {large}"
            );
        }
    }
}

#[test]
fn items_cost_the_same_among_many() {
    is_flat("with-items", &[100, 10_000, 100_000], |size| {
        let yaml = format!(
            "version: '2.0'\nmain:\n  tasks:\n    t:\n      \
             with-items: i in <% range(0, {size}) %>\n      concurrency: 4\n      \
             action: cost.work value=<% $.i %>\n"
        );
        let mut drive = Drive::start(&yaml);
        drive.complete_one();
        measure(size, &mut drive)
    });
}

#[test]
fn rounds_of_a_loop_cost_the_same_after_many() {
    is_flat(
        "loop",
        &and_if_full(&[100, 2_000, 10_000], &[100_000]),
        |size| {
            let yaml = "version: '2.0'\nmain:\n  vars: {n: 0}\n  tasks:\n    \
                    s: {on-success: [t]}\n    t:\n      \
                    action: cost.work\n      publish: {n: <% $.n + 1 %>}\n      \
                    on-success: [u]\n    u: {action: std.noop, on-success: [t]}\n";
            let mut drive = Drive::start(yaml);
            for _ in 0..size / 2 {
                drive.complete_one();
            }
            measure(size, &mut drive)
        },
    );
}

#[test]
fn branches_of_a_join_cost_the_same_beside_many() {
    is_flat(
        "fan-in",
        &and_if_full(&[200, 2_000], &[10_000, 50_000]),
        |size| {
            let mut yaml = String::from("version: '2.0'\nmain:\n  tasks:\n");
            for task in 0..size {
                yaml.push_str(&format!(
                    "    t{task}: {{action: cost.work, publish: {{x: 1}}, on-success: [j]}}\n"
                ));
            }
            yaml.push_str("    j: {join: all, action: std.noop}\n");
            let mut drive = Drive::start(&yaml);
            drive.complete_one();
            measure(size, &mut drive)
        },
    );
}

/// Branches of a join of which so many must come: all but a few, or so few that it ran
/// before.
fn branches_of_a_partial_join(size: usize, needed: usize) -> PerCompletion {
    let mut yaml = String::from("version: '2.0'\nmain:\n  tasks:\n");
    for task in 0..size {
        yaml.push_str(&format!(
            "    t{task}: {{action: cost.work, on-success: [j]}}\n"
        ));
    }
    yaml.push_str(&format!(
        "    j: {{join: {needed}, action: std.noop, on-success: [k]}}\n    k: {{action: cost.work}}\n"
    ));
    let mut drive = Drive::start(&yaml);
    for _ in 0..size / 2 {
        drive.complete_one();
    }
    measure(size, &mut drive)
}

#[test]
fn a_partial_join_costs_the_same_with_many_branches() {
    let sizes = and_if_full(&[200, 2_000], &[10_000]);
    is_flat("join: all but ten", &sizes, |size| {
        branches_of_a_partial_join(size, size - 10)
    });
    is_flat("join: 3", &sizes, |size| {
        branches_of_a_partial_join(size, 3)
    });
}

#[test]
fn a_requirement_costs_the_same_among_many() {
    is_flat(
        "reverse",
        &and_if_full(&[200, 2_000], &[10_000, 50_000]),
        |size| {
            let mut yaml = String::from("version: '2.0'\nmain:\n  type: reverse\n  tasks:\n");
            let mut required = Vec::new();
            for task in 0..size {
                yaml.push_str(&format!("    t{task}: {{action: cost.work}}\n"));
                required.push(format!("t{task}"));
            }
            let required = required.join(", ");
            yaml.push_str(&format!(
                "    target: {{action: std.noop, requires: [{required}]}}\n"
            ));
            let mut drive = Drive::start(&yaml);
            drive.complete_one();
            measure(size, &mut drive)
        },
    );
}

#[test]
fn sub_workflows_cost_the_same_after_many() {
    is_flat(
        "sub-workflows",
        &and_if_full(&[100, 2_000], &[10_000]),
        |size| {
            let yaml = format!(
                "version: '2.0'\nmain:\n  tasks:\n    t:\n      \
                 with-items: i in <% range(0, {size}) %>\n      concurrency: 4\n      \
                 workflow: sub\nsub:\n  tasks:\n    a: {{action: cost.work, on-success: [b]}}\n    \
                 b: {{workflow: leaf}}\nleaf:\n  tasks:\n    c: {{action: std.noop}}\n"
            );
            let mut drive = Drive::start(&yaml);
            for done in 0..size - MEASURED as usize - 4 {
                drive.complete_one();
                // The root, its task, and four sub-workflows that wait for an action.
                assert_eq!(drive.in_memory(), 2 + 4 * 2, "after {done} of {size}");
            }
            measure(size, &mut drive)
        },
    );
}

#[test]
fn a_large_value_is_not_stored_for_each_task_that_sees_it() {
    let _alone = ALONE.lock();
    let megabyte = 1 << 20;
    let mut yaml = String::from(
        "version: '2.0'\nmain:\n  tasks:\n    t0:\n      action: cost.large\n      \
         publish: {big: <% task().result %>}\n      on-success: [t1]\n",
    );
    for task in 1..100 {
        let next = task + 1;
        yaml.push_str(&format!(
            "    t{task}: {{action: std.noop, publish: {{x: <% $.big.len() %>}}, on-success: [t{next}]}}\n"
        ));
    }
    yaml.push_str("    t100: {action: std.noop}\n");
    let mut drive = Drive::start(&yaml);
    let before = drive.store.cost().bytes;
    drive.complete_with("x".repeat(megabyte).into());
    let written = drive.store.cost().bytes - before;
    // The action's result, what t0 published, and the execution's output share it.
    assert!(
        written < megabyte as u64 + 16 * 1024,
        "{written} bytes written for 1 MiB that 100 tasks see"
    );
    assert!(drive.has_ended());
}
