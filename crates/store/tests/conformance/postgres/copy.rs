//! A database file becomes a PostgreSQL database: all of it, or nothing.

use std::fmt::Debug;
use std::path::{Path, PathBuf};

use engine::change::JournalKind;
use store::copy::{Copied, CopyError, copy};
use store::postgres::{Postgres, execute};
use store::query::{Column, ListQuery, NotificationColumn};
use store::sqlite::{Options, Sqlite};
use store::trigger::FireState;
use store::{Shard, StoreError};

use super::cluster::{Cluster, node};
use crate::Database;
use crate::maker::{Maker, Tree, create, large};

/// A file that a case of the suite has filled.
struct Filled {
    path: PathBuf,
    _folder: tempfile::TempDir,
}

fn filled(fill: impl FnOnce(&Sqlite)) -> Filled {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ostro.db");
    fill(&Sqlite::open(&path, &Options::default()).unwrap());
    Filled {
        path,
        _folder: folder,
    }
}

fn copied(from: &Path, to: &str) -> Result<Copied, CopyError> {
    copy(from, to, |_, _| {})
}

fn refusal(from: &Path, to: &str) -> String {
    copied(from, to).unwrap_err().to_string()
}

/// All that the engine and the API may ask for.
fn shown(database: &dyn Database) -> Vec<String> {
    fn list<C: Column>() -> ListQuery<C> {
        ListQuery {
            wide: C::wide().collect(),
            ..ListQuery::default()
        }
    }
    fn text(value: impl Debug) -> String {
        format!("{value:#?}")
    }
    let mut all = vec![
        text(database.code_sources(&list()).unwrap()),
        text(database.dynamic_actions(&list()).unwrap()),
        text(database.environments(&list()).unwrap()),
        text(database.places().unwrap()),
        text(database.next_due().unwrap()),
        text(database.next_delivery().unwrap()),
        text(
            database
                .notifications(&list::<NotificationColumn>())
                .unwrap(),
        ),
    ];
    let executions = database.executions(&list()).unwrap().records;
    for execution in &executions {
        let id = execution.id.id;
        all.push(text(database.load(id).unwrap()));
        all.push(text(database.context(id).unwrap()));
        all.push(text(database.transitions(id).unwrap()));
    }
    all.push(text(&executions));
    all.push(text(database.tasks(&list()).unwrap()));
    all.push(text(database.actions(&list()).unwrap()));
    for state in [FireState::Pending, FireState::Buffered] {
        all.push(text(database.waiting(state, None, 1_000).unwrap()));
    }
    for trigger in database.cron_triggers(&list()).unwrap().records {
        all.push(text(database.fires(trigger.id, &list()).unwrap()));
        all.push(text(trigger));
    }
    all.push(text(database.event_triggers(&list()).unwrap()));
    all.push(text(database.unfinished(None, 1_000).unwrap()));
    for kind in [
        JournalKind::Execution,
        JournalKind::Task,
        JournalKind::Action,
    ] {
        let mut counts = database.counts(kind, None).unwrap();
        counts.sort_by_key(|(state, _)| state.as_str());
        all.push(text(counts));
    }
    for shard in Shard::all() {
        all.push(text(database.next_seq(shard)));
        all.push(text(database.journal(shard, 0, 10_000).unwrap()));
    }
    all
}

fn owner(url: &str) -> Postgres {
    let store = node(url, 1);
    assert_eq!(store.beat().unwrap().owned.len(), 64);
    store
}

/// Cases of the suite that together leave something in nearly all tables.
const CASES: &[&str] = &[
    "round_trip::images_come_back",
    "values::large_values_are_stored_once",
    "journal::numbers_have_no_gaps",
    "journal::numbers_are_not_given_twice",
    "journal::every_cursor_finds_what_follows",
    "deletion::large_trees_go_in_slices",
    "lists::tags_match_whole",
    "definitions::sources_outlive_definitions",
    "definitions::put_keeps_the_id",
    "code::actions_go_with_their_code",
    "code::words_are_kept",
    "environments::environments_change",
    "notifications::many_are_replayed_at_once",
    "event_triggers::an_event_is_accepted_once",
    "triggers::overlaps_are_decided_by_rows",
    "request_keys::a_key_is_for_one_request",
];

/// Whatever the cases leave behind comes over as it was.
#[test]
fn stores_of_the_suite_are_copied() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let mut tables = std::collections::BTreeMap::<String, u64>::new();
    let wanted = crate::CASES.iter().filter(|(name, _)| CASES.contains(name));
    for (name, case) in wanted {
        let file = filled(|store| case(store));
        let url = cluster.migrated();
        let copied = copied(&file.path, &url).unwrap();
        assert!(copied.is_same(), "{name}: {copied:#?}");
        for table in &copied.tables {
            *tables.entry(table.name.clone()).or_default() += table.target.rows;
        }
        let before = shown(&Sqlite::open(&file.path, &Options::default()).unwrap());
        for (one, other) in before.iter().zip(shown(&owner(&url))) {
            assert_eq!(*one, other, "{name}");
        }
    }
    // No case leaves anything in these.
    tables.retain(|name, _| !["doomed", "event_triggers"].contains(&name.as_str()));
    let empty: Vec<_> = tables.iter().filter(|(_, rows)| **rows == 0).collect();
    assert!(empty.is_empty(), "nothing was copied of {empty:?}");
}

fn some(store: &Sqlite) {
    let mut maker = Maker::new();
    let mut tree = Tree::new(&mut maker);
    tree.execution.context = [("big", large("x"))].into_iter().collect();
    tree.execution.state_info = Some("cut\0off".into());
    tree.create(store);
    let others: Vec<_> = (0..50).map(|_| maker.execution()).collect();
    create(store, &others);
}

#[test]
fn a_database_without_schema_gets_it_and_texts_lose_what_cannot_be_kept() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let (file, url) = (filled(some), cluster.empty());
    let copied = copied(&file.path, &url).unwrap();
    assert!(copied.is_same());
    assert_eq!(copied.texts_with_nul, 1);
    let store = owner(&url);
    let roots = store::Store::unfinished(&store, None, 100).unwrap();
    assert_eq!(roots.len(), 51);
    let first = store::Store::load(&store, roots[0]).unwrap().unwrap();
    let text = first.executions[0].state_info.as_deref();
    assert_eq!(text, Some("cut\u{fffd}off"));
}

#[test]
fn what_is_not_as_it_must_be_is_refused() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let (file, url) = (filled(some), cluster.migrated());
    let open = Sqlite::open(&file.path, &Options::default()).unwrap();
    let error = copied(&file.path, &url).unwrap_err();
    assert!(matches!(error, CopyError::Store(StoreError::InUse { .. })));
    drop(open);

    // A node that still runs; then one that has stopped.
    let living = node(&url, 7);
    let text = refusal(&file.path, &url);
    assert!(
        text.contains("the node \"node-7\" runs on the target"),
        "{text}"
    );
    living.leave().unwrap();
    assert!(copied(&file.path, &url).unwrap().is_same());
    let text = refusal(&file.path, &url);
    assert!(
        text.contains("the target is not empty, there are action_values"),
        "{text}"
    );

    let other = cluster.migrated();
    let undo = "DROP TABLE code_sources, dynamic_actions, service_state; \
                DELETE FROM migrations WHERE number = 3";
    execute(&other, undo).unwrap();
    let text = refusal(&file.path, &other);
    assert!(text.contains("it lacks resources"), "{text}");
    execute(&other, "INSERT INTO migrations VALUES (999, 'x', '')").unwrap();
    let text = refusal(&file.path, &other);
    assert!(text.contains("its schema is version 999"), "{text}");
}

#[test]
fn files_of_other_versions_are_refused() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let (file, url) = (filled(some), cluster.migrated());
    let change = |sql| {
        let connection = rusqlite::Connection::open(&file.path).unwrap();
        connection.execute_batch(sql).unwrap();
    };
    change("DROP INDEX executions_strays; DELETE FROM migrations WHERE number = 10");
    let text = refusal(&file.path, &url);
    assert!(text.contains("it lacks stray executions"), "{text}");
    assert!(text.contains("ostro db migrate"), "{text}");
    let applied = store::sqlite::migrate(&file.path).unwrap();
    assert_eq!(applied, ["stray executions"]);
    change("INSERT INTO migrations VALUES (999, 'x', x'', 0)");
    let text = refusal(&file.path, &url);
    assert!(text.contains("its schema is version 999"), "{text}");
    change("DELETE FROM migrations WHERE number = 999");
    assert!(copied(&file.path, &url).unwrap().is_same());
}

/// The target refuses a row, or changes it: then it stays empty.
#[test]
fn a_copy_that_fails_leaves_nothing() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let (file, url) = (filled(some), cluster.migrated());
    execute(
        &url,
        "ALTER TABLE tasks ADD CONSTRAINT no CHECK (name <> 'step')",
    )
    .unwrap();
    let text = refusal(&file.path, &url);
    assert!(text.contains("violates check constraint \"no\""), "{text}");
    let falsify = "
        ALTER TABLE tasks DROP CONSTRAINT no;
        CREATE FUNCTION falsify() RETURNS trigger LANGUAGE plpgsql
            AS 'BEGIN NEW.name := ''other''; RETURN NEW; END';
        CREATE TRIGGER falsify BEFORE INSERT ON tasks FOR EACH ROW EXECUTE FUNCTION falsify()";
    execute(&url, falsify).unwrap();
    let different = copied(&file.path, &url).unwrap();
    assert!(!different.is_same());
    let wrong = different.tables.iter().filter(|table| !table.is_same());
    let wrong: Vec<_> = wrong.map(|table| table.name.as_str()).collect();
    assert_eq!(wrong, ["tasks"]);
    execute(&url, "DROP TRIGGER falsify ON tasks").unwrap();
    // Otherwise it would not be empty.
    assert!(copied(&file.path, &url).unwrap().is_same());
}

/// Whoever starts a node meanwhile waits for the end of the copy.
#[test]
fn nodes_that_start_meanwhile_wait() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let (file, url) = (filled(some), cluster.migrated());
    let begun = std::sync::Once::new();
    std::thread::scope(|scope| {
        let mut node = None;
        let same = copy(&file.path, &url, |_, _| {
            begun.call_once(|| node = Some(scope.spawn(|| owner(&url))));
        });
        assert!(same.unwrap().is_same());
        let store = node.unwrap().join().unwrap();
        assert_eq!(
            store::Store::unfinished(&store, None, 100).unwrap().len(),
            51
        );
    });
}
