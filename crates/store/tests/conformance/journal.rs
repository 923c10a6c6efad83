//! The journal.

use std::sync::Mutex;

use engine::change::{Changes, JournalEntry, JournalKind};
use engine::model::{Execution, ExecutionId, State};
use store::record::JournalRecord;
use store::{Batch, Shard};

use crate::Database;
use crate::maker::{ACTION_CREATED, CREATED, Maker, Tree, create};

fn commit(database: &dyn Database, root: ExecutionId, journal: Vec<JournalEntry>) {
    let changes = Changes {
        journal,
        ..Changes::default()
    };
    database.commit(Batch::of(root, changes)).unwrap();
}

fn whole(database: &dyn Database, shard: Shard) -> Vec<JournalRecord> {
    database.journal(shard, 0, 100_000).unwrap().records
}

pub(crate) fn numbers_have_no_gaps(database: &dyn Database) {
    let maker = Mutex::new(Maker::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for count in 1..20 {
                    let mut maker = maker.lock().unwrap();
                    let execution = maker.execution();
                    let entries = (0..count % 4).map(|_| maker.entry(&execution)).collect();
                    drop(maker);
                    commit(database, execution.id, entries);
                }
            });
        }
    });
    let mut total = 0;
    for shard in Shard::all() {
        let numbers: Vec<u64> = whole(database, shard)
            .iter()
            .map(|record| record.seq)
            .collect();
        assert!(
            numbers.iter().copied().eq(1..=numbers.len() as u64),
            "{shard}: {numbers:?}"
        );
        assert_eq!(database.next_seq(shard), numbers.len() as u64 + 1);
        total += numbers.len();
    }
    let written: usize = (1..20).map(|count| count % 4).sum();
    assert_eq!(total, 4 * written);
}

pub(crate) fn entries_come_back(database: &dyn Database) {
    let mut maker = Maker::new();
    let tree = Tree::new(&mut maker);
    tree.create(database);
    let root = tree.root();
    let own = maker.own_action();
    let execution = maker.entry(&tree.execution);
    let task = JournalEntry {
        kind: JournalKind::Task,
        id: tree.task.id.0,
        task: Some(tree.task.id),
        previous: Some(State::Running),
        state: State::Success,
        progress: Some((2, 3)),
        ..maker.entry(&tree.execution)
    };
    let action = JournalEntry {
        kind: JournalKind::Action,
        id: tree.action.id.0,
        task: Some(tree.task.id),
        progress: None,
        ..task.clone()
    };
    let alone = JournalEntry {
        root: own.root,
        execution: None,
        task: None,
        id: own.id.0,
        workflow_name: None,
        ..action.clone()
    };
    let entries = vec![execution, task, action];
    let changes = Changes {
        journal: entries.clone(),
        ..Changes::default()
    };
    let first = database.next_seq(Shard::of(root));
    let committed = database.commit(Batch::of(root, changes)).unwrap();
    assert_eq!(committed.first_seqs, [first]);
    let changes = Changes {
        actions: vec![(own.clone(), ACTION_CREATED)],
        journal: vec![alone.clone()],
        ..Changes::default()
    };
    database.commit(Batch::of(own.root, changes)).unwrap();

    let found = database.timeline(root, 0, 10).unwrap();
    let shown: Vec<_> = found.iter().map(|record| record.entry.clone()).collect();
    assert_eq!(shown, entries);
    assert_eq!(found[0].seq, first);
    let rest = database.timeline(root, found[0].seq, 1).unwrap();
    assert_eq!(rest, found[1..2]);
    let shard = Shard::of(own.root);
    let page = database
        .journal(shard, database.next_seq(shard) - 2, 10)
        .unwrap();
    assert!(!page.reset);
    assert_eq!(
        page.records.last().map(|record| &record.entry),
        Some(&alone)
    );
}

/// Entries may share rows: nobody sees that, wherever a cursor stands.
pub(crate) fn every_cursor_finds_what_follows(database: &dyn Database) {
    let mut maker = Maker::new();
    let tree = Tree::new(&mut maker);
    tree.create(database);
    let sub = maker.sub_execution(&tree.task, tree.root(), 0);
    create(database, std::slice::from_ref(&sub));
    let (root, shard) = (tree.root(), Shard::of(tree.root()));
    let first = database.next_seq(shard);
    let mut entries = Vec::new();
    for count in [1, 12, 3] {
        let mut journal: Vec<_> = (0..count).map(|_| maker.entry(&tree.execution)).collect();
        journal.extend((0..2).map(|_| maker.entry(&sub)));
        entries.extend(journal.clone());
        commit(database, root, journal);
    }
    let seqs = first..first + entries.len() as u64;
    let shown = |records: &[JournalRecord]| {
        let shown = records.iter().cloned();
        shown
            .map(|record| (record.seq, record.entry))
            .collect::<Vec<_>>()
    };
    let all: Vec<_> = seqs.zip(entries).collect();
    for after in 0..=all.len() {
        for limit in [1, 2, 5, all.len()] {
            let cursor = first - 1 + after as u64;
            let expected: Vec<_> = all[after..].iter().take(limit).cloned().collect();
            let timeline = database.timeline(root, cursor, limit).unwrap();
            assert_eq!(shown(&timeline), expected);
            let page = database.journal(shard, cursor, limit).unwrap();
            assert_eq!(shown(&page.records), expected);
        }
    }
}

/// Executions of one shard.
fn neighbours(maker: &mut Maker, count: usize) -> Vec<Execution> {
    let shard = Shard::of(maker.execution().id);
    let all = std::iter::repeat_with(|| maker.execution());
    all.filter(|execution| Shard::of(execution.id) == shard)
        .take(count)
        .collect()
}

pub(crate) fn deletion_resets_cursors(database: &dyn Database) {
    let mut maker = Maker::new();
    let executions = neighbours(&mut maker, 2);
    let shard = Shard::of(executions[0].id);
    create(database, &executions);
    for execution in executions.iter().cycle().take(6) {
        let entry = maker.entry(execution);
        commit(database, execution.id, vec![entry]);
    }
    let deleted = Changes {
        deleted: vec![executions[0].id],
        ..Changes::default()
    };
    database
        .commit(Batch::of(executions[0].id, deleted))
        .unwrap();
    let numbers: Vec<u64> = whole(database, shard)
        .iter()
        .map(|record| record.seq)
        .collect();
    assert_eq!(numbers, [2, 4, 6]);
    let reset = |after| database.journal(shard, after, 10).unwrap().reset;
    assert_eq!(
        [reset(0), reset(5), reset(6), reset(7)],
        [true, true, true, false],
        "the deletion itself has number 7"
    );
    commit(
        database,
        executions[1].id,
        vec![maker.entry(&executions[1])],
    );
    assert_eq!(whole(database, shard).last().unwrap().seq, 8);
}

pub(crate) fn numbers_are_not_given_twice(database: &dyn Database) {
    let mut maker = Maker::new();
    let executions = neighbours(&mut maker, 2);
    let shard = Shard::of(executions[0].id);
    for execution in &executions {
        let changes = Changes {
            executions: vec![(execution.clone(), CREATED)],
            journal: vec![maker.entry(execution)],
            deleted: vec![execution.id],
            ..Changes::default()
        };
        database.commit(Batch::of(execution.id, changes)).unwrap();
    }
    assert_eq!(whole(database, shard), []);
    assert_eq!(database.next_seq(shard), 5, "two entries, two deletions");
}
