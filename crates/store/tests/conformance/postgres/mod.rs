//! PostgreSQL: every case of the suite, and what only it has.
//!
//! One test runs all cases, as one server serves them all.

mod cluster;
mod copy;
mod cost;
mod fencing;
mod offers;
mod unanswered;
mod versions;

use std::panic::{AssertUnwindSafe, catch_unwind};

use store::postgres::{migrate, status};

use cluster::Cluster;

#[test]
fn conformance() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let mut failed = Vec::new();
    for (name, case) in crate::CASES {
        let database = cluster.database();
        if catch_unwind(AssertUnwindSafe(|| case(&database))).is_err() {
            failed.push(name);
        }
    }
    assert!(failed.is_empty(), "these failed on PostgreSQL: {failed:?}");
}

#[test]
fn nodes_that_start_at_once_migrate_once() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let url = cluster.empty();
    assert!(status(&url).unwrap().iter().all(|step| !step.applied));
    let applied: Vec<_> = std::thread::scope(|scope| {
        let nodes: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| migrate(&url).unwrap()))
            .collect();
        let names = nodes.into_iter().flat_map(|node| node.join().unwrap());
        names.collect()
    });
    let steps = status(&url).unwrap();
    assert!(steps.iter().all(|step| step.applied));
    assert!(
        applied
            .iter()
            .copied()
            .eq(steps.iter().map(|step| step.name.as_str()))
    );
}

/// Branches of the program may bring their migrations in any order.
#[test]
fn a_number_that_was_left_out_is_applied_later() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let url = cluster.empty();
    migrate(&url).unwrap();
    let undo = "DROP TABLE code_sources, dynamic_actions, service_state; \
                DELETE FROM migrations WHERE number = 3";
    store::postgres::execute(&url, undo).unwrap();
    let missing: Vec<_> = status(&url)
        .unwrap()
        .into_iter()
        .filter(|step| !step.applied)
        .collect();
    assert_eq!(missing.len(), 1, "{missing:?}");
    assert_eq!(migrate(&url).unwrap(), ["resources"]);
    assert!(status(&url).unwrap().iter().all(|step| step.applied));
}
