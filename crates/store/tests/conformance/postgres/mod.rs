//! PostgreSQL: every case of the suite, and what only it has.
//!
//! One test runs all cases, as one server serves them all.

mod cluster;

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
    assert!(applied.iter().eq(steps.iter().map(|step| &step.name)));
}
