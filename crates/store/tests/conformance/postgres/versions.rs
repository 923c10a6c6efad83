//! Nodes of two versions on one database.

use store::postgres::{Options, Postgres, execute, migrate, status};
use store::{Store, StoreError};

use super::cluster::{Cluster, node};
use super::fencing::{creation, has};
use crate::maker::Maker;

/// A node of a newer version has been here: it added what older ones need not know.
fn newer(url: &str, number: i64, beside: i64) {
    let sql = format!(
        "ALTER TABLE executions ADD COLUMN new_{number} text; \
         ALTER TABLE nodes ADD COLUMN new_{number} bigint NOT NULL DEFAULT 1; \
         INSERT INTO migrations (number, name, checksum, beside) \
         VALUES ({number}, 'of version {number}', '\\x00', {beside})"
    );
    execute(url, &sql).unwrap();
}

fn known(url: &str) -> i64 {
    let steps = status(url).unwrap();
    steps.iter().map(|step| step.number).max().unwrap()
}

fn refusal<T>(result: Result<T, StoreError>) -> String {
    match result {
        Err(StoreError::Schema(text)) => text.to_string(),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it was not refused"),
    }
}

#[test]
fn a_program_works_beside_the_next_version() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let url = cluster.migrated();
    let mine = known(&url);
    let running = node(&url, 1);
    let mut maker = Maker::new();
    let mut works = |store: &Postgres| {
        let execution = maker.execution();
        store.commit(creation(&mut maker, &execution)).unwrap();
        assert!(has(store, &execution));
    };
    assert_eq!(running.beat().unwrap().owned.len(), 64);
    works(&running);

    newer(&url, mine + 1, mine);
    works(&running);
    assert_eq!(running.beat().unwrap().owned.len(), 64);
    assert_eq!(migrate(&url).unwrap(), [""; 0]);
    let last = status(&url).unwrap().pop().unwrap();
    assert_eq!((last.applied, last.known), (true, false));
    // It may begin and come back, too.
    let started = node(&url, 2);
    running.leave().unwrap();
    assert_eq!(started.beat().unwrap().owned.len(), 64);
    works(&started);

    // One more, which only works beside the one before.
    newer(&url, mine + 2, mine + 1);
    let text = refusal(Postgres::open(&url, &Options::default()));
    let (number, expected) = (mine + 2, "too old to work beside it; use a newer version");
    assert!(text.contains(expected), "{text}");
    assert!(text.contains(&format!("version {number} (of version {number})")));
    assert!(refusal(status(&url)).contains(expected));
}

#[test]
fn a_migration_waits_for_nodes_that_are_too_old() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let url = cluster.migrated();
    let old = node(&url, 1);
    let undo = "ALTER TABLE receivers DROP COLUMN told_at; DROP INDEX notifications_receiver; \
                DELETE FROM migrations WHERE number = 11; UPDATE nodes SET schema_version = 9, version = '0.0.9'";
    execute(&url, undo).unwrap();
    let text = refusal(migrate(&url));
    let expected = "the node 'node-1' (version 0.0.9) is at work and too old for migration 11";
    assert!(text.contains(expected), "{text}");
    execute(&url, "UPDATE nodes SET schema_version = 10").unwrap();
    assert_eq!(migrate(&url).unwrap(), ["receivers"]);
    old.leave().unwrap();
}

/// Between the look at the schema and the first sign of life somebody may migrate.
#[test]
fn a_node_that_is_too_old_does_not_join() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let url = cluster.migrated();
    let mine = known(&url);
    let store = Postgres::open(&url, &Options::default()).unwrap();
    newer(&url, mine + 1, mine + 1);
    let text = refusal(store.join(super::cluster::info(1)));
    assert!(text.contains("too old to work beside it"), "{text}");
    assert_eq!(store.nodes().unwrap(), []);
}
