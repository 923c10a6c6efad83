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

/// Seeds of generated definitions that once failed.
#[test]
fn seeds_that_failed_hold() {
    let seeds = [
        5_002_561, 6_000_490, 6_004_223, 6_005_025, 6_005_498, 6_018_272, 6_022_272, 6_031_230,
        6_036_423, 7_012_053, 7_024_433, 7_038_132, 7_054_876, 8_084_009,
    ];
    for seed in seeds {
        if let Err(failure) = sim::run(seed) {
            panic!("{failure}");
        }
    }
}

/// Sub-workflows that a reset had replaced counted again after a restart; an item that
/// still ran when its task was stopped was forgotten by a rerun of another one.
#[test]
fn a_reset_forgets_all_sub_workflows() {
    holds(
        "version: '2.0'
main:
  tasks:
    t: {with-items: 'i in [1, 2, 3]', workflow: child, timeout: 5}
child:
  tasks:
    a: {action: sim.work, retry: {count: 2, delay: 2}, timeout: 5}
",
    );
}

/// A rerun counted a join as open twice if a late branch had rearmed it.
#[test]
fn a_late_branch_and_a_rerun_open_a_join_once() {
    holds(
        "version: '2.0'
main:
  tasks:
    a: {action: sim.work, on-success: [j]}
    b: {action: std.echo output='x' delay=2, wait-before: 2, on-success: [j]}
    j: {join: 1, action: sim.work, publish: {y: <% 1 / 0 %>}}
",
    );
}

/// A rerun inside the sub-workflow of a skipped task brought that task back, and
/// successors of a task reopened from below forgot what they had seen.
#[test]
fn what_follows_from_a_task_above_a_rerun_stays() {
    holds(
        "version: '2.0'
main:
  tasks:
    t:
      workflow: child
      timeout: 5
      publish: {x: <% $.get(x, 0) + 1 %>}
      on-error: [u]
      on-skip: [v]
      on-success: [v]
    u: {action: sim.work, publish: {y: <% $.get(x, 0) %>}, on-complete: [w]}
    v: {action: sim.work}
    w: {action: sim.work}
child:
  tasks:
    a: {action: sim.work, wait-before: 2}
",
    );
}

/// A task paused by one of its sub-workflows stayed paused when that one failed.
#[test]
fn a_paused_task_goes_on_when_the_paused_child_ends() {
    holds(
        "version: '2.0'
main:
  tasks:
    t: {with-items: 'i in [1, 2, 3, 4, 5]', concurrency: 2, workflow: child}
    u: {action: sim.work}
child:
  tasks:
    a: {action: sim.work}
    b: {action: sim.work, pause-before: true}
",
    );
}

/// What ended while a reverse workflow was paused counted as met when its requirements were
/// read anew, and once more when it was processed.
#[test]
fn a_requirement_met_while_paused_counts_once() {
    holds(
        "version: '2.0'
main:
  tasks:
    t: {workflow: back, input: {task_name: d}}
back:
  type: reverse
  tasks:
    a: {action: sim.work}
    b: {action: sim.work, pause-before: true}
    c: {action: sim.work, requires: [a]}
    d: {action: sim.work, requires: [a, b, c]}
",
    );
}
