//! The file, its lock, and the deadline of reads.

use std::time::Duration;

use engine::change::Changes;
use store::query::{ActionColumn, ListQuery};
use store::sqlite::{Options, Sqlite};
use store::{Batch, Catalog, Store, StoreError};

use crate::maker::{ACTION_CREATED, Maker, Tree, create};

#[test]
fn a_second_process_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ostro.db");
    let first = Sqlite::open(&path, &Options::default()).unwrap();
    let error = Sqlite::open(&path, &Options::default()).unwrap_err();
    assert!(matches!(error, StoreError::InUse { .. }));
    let text = error.to_string();
    assert!(text.contains("is in use by another process"), "{text}");
    assert!(text.contains("ostro.db.lock"), "{text}");
    drop(first);
    Sqlite::open(&path, &Options::default()).unwrap();
}

#[test]
fn errors_of_the_file_say_what_was_done() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("no").join("such.db");
    let error = Sqlite::open(&nowhere, &Options::default()).unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("opening the lock file: "), "{text}");

    let path = folder.path().join("strange.db");
    std::fs::write(&path, "this is no database, but a text of a certain length").unwrap();
    let error = Sqlite::open(&path, &Options::default()).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("file is not a database"), "{text}");
}

/// Whatever a caller of the API asks, it ends.
#[test]
fn slow_reads_end() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        read_deadline: Duration::ZERO,
        ..Options::default()
    };
    let store = Sqlite::open(&folder.path().join("ostro.db"), &options).unwrap();
    let mut maker = Maker::new();
    let own = maker.own_action();
    let actions = (0..500).map(|_| (maker.own_action(), ACTION_CREATED));
    let changes = Changes {
        actions: actions.collect(),
        ..Changes::default()
    };
    store.commit(Batch::of(own.root, changes)).unwrap();
    let query = ListQuery::<ActionColumn>::default();
    let error = store.actions(&query).unwrap_err();
    assert!(
        matches!(error, StoreError::Deadline { seconds: 0 }),
        "{error}"
    );
    // The runner's reads have none.
    assert_eq!(store.unfinished(None, 1000).unwrap().len(), 500);
}

/// The log is taken over by the next process, and what was deleted stays so.
#[test]
fn numbers_go_on_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ostro.db");
    let mut maker = Maker::new();
    let execution = maker.execution();
    let shard = store::Shard::of(execution.id);
    for round in 0..3 {
        let store = Sqlite::open(&path, &Options::default()).unwrap();
        assert_eq!(store.next_seq(shard), 3 * round + 1);
        let changes = Changes {
            executions: vec![(execution.clone(), crate::maker::CREATED)],
            journal: vec![maker.entry(&execution), maker.entry(&execution)],
            deleted: vec![execution.id],
            ..Changes::default()
        };
        store.commit(Batch::of(execution.id, changes)).unwrap();
    }
}

/// Tags are in a table beside the executions.
#[test]
fn tags_go_with_their_execution() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ostro.db");
    let count = || {
        let file = rusqlite::Connection::open(&path).unwrap();
        let sql = "SELECT count(*) FROM execution_tags";
        file.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    let store = Sqlite::open(&path, &Options::default()).unwrap();
    let mut maker = Maker::new();
    let mut tree = Tree::new(&mut maker);
    let mut sub = maker.sub_execution(&tree.task, tree.root(), 0);
    for (execution, tags) in [(&mut tree.execution, "a A b"), (&mut sub, "b c")] {
        let origin = std::sync::Arc::make_mut(&mut execution.origin);
        origin.tags = tags.split(' ').map(Into::into).collect();
    }
    tree.create(&store);
    create(&store, &[sub]);
    assert_eq!(count(), 4, "a and A are one");
    let changes = Changes {
        deleted: vec![tree.root()],
        ..Changes::default()
    };
    store.commit(Batch::of(tree.root(), changes)).unwrap();
    assert_eq!(count(), 0);
}
