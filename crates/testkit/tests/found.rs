//! What the simulation once found, as small definitions that run under many seeds.

use testkit::sim;

/// Runs a definition with faults under that many seeds.
fn holds(yaml: &str) {
    for seed in 1..=60 {
        if let Err(failure) = sim::run_workflow(seed, yaml) {
            panic!("{failure}");
        }
    }
}

/// A step that may do one thing only planned items over and over.
#[test]
fn items_start_however_small_a_step_is() {
    holds(
        "version: '2.0'
main:
  tasks:
    t: {with-items: 'i in <% range(0, 5) %>', action: std.echo output='x', concurrency: 2}
    u: {action: sim.work}
",
    );
}

/// A failing `publish` was told to the journal as an error after SUCCESS.
#[test]
fn a_publish_that_fails_ends_the_task_once() {
    holds(
        "version: '2.0'
main:
  tasks:
    t: {action: sim.work, publish: {y: <% 1 / 0 %>}, retry: {count: 1, delay: 1}}
",
    );
}

/// A rerun pinned what the waiting join saw; the next gathering did not take it off.
#[test]
fn a_join_gathers_anew_after_a_rerun_above() {
    holds(
        "version: '2.0'
main:
  tasks:
    a: {action: sim.work, publish-on-error: {x: 1}, on-error: [j]}
    b: {action: std.async_noop, on-success: [j]}
    j: {join: all, action: sim.work, publish: {y: <% $.get(x, 0) %>}}
",
    );
}

/// A sub-workflow that a retry had replaced came back to life by a rerun inside it, and
/// after a restart its result counted for the newer run.
#[test]
fn what_a_newer_run_replaced_does_not_count() {
    holds(
        "version: '2.0'
main:
  tasks:
    t:
      with-items: i in [1, 2]
      workflow: child
      retry: {count: 2, delay: 1}
child:
  tasks:
    w: {action: sim.work}
    v: {action: std.async_noop, timeout: 4}
",
    );
}

/// An item without a child counted as running.
#[test]
fn an_item_that_does_not_start_is_not_at_work() {
    holds(
        "version: '2.0'
main:
  tasks:
    t: {with-items: 'i in [1]', workflow: nowhere, wait-after: 1, retry: {count: 1, delay: 1}}
    u: {with-items: 'i in [1, 2]', action: sim.unknown, wait-after: 1}
",
    );
}
